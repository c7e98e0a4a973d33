"""One reader-and-writer per checkpoint format: pure, recognised by looking."""
