"""How far a group has got: lag, rates, health, and what a checkpoint proves."""
