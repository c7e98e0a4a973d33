"""One module a command, and the composition: the one place that knows every room."""

from __future__ import annotations

import sys


def main() -> int:
    """Run the command line; the result is the exit code."""
    from ehtui.cli.main import run  # noqa: PLC0415 - `import ehtui.cli` alone costs nothing

    return run(sys.argv[1:])
