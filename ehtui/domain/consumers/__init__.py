"""Which local process is which owner, and what part it has in each group."""
