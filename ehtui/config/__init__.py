"""Flags, environment, `.env`, YAML and a consumer's own process become `Settings`."""
