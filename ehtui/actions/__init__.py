"""Runs plans: identity re-checked, read-only honoured, audited."""
