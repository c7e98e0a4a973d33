"""Snapshot and an identity become a Plan, or a Refusal with its reason."""
