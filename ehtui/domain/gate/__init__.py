"""A deployment: how a group stood before, what happened, and whether it is as before."""
