"""One module a command, and the composition: the one place that knows every room."""

from __future__ import annotations


def main() -> int:
    """Run the command line."""
    raise NotImplementedError
