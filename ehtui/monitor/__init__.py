"""Polls, folds and publishes, on a thread and loop of its own."""
