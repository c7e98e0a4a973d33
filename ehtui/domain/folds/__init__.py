"""One module per kind of update: what it changes in the snapshot that is built."""
