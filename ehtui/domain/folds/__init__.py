"""One module per kind of update: what it changes in a draft."""
