"""Widgets that draw single lines."""
