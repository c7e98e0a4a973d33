"""Reads the world into updates."""
