"""One module a command, and the composition: the one place that knows every room."""

from __future__ import annotations

import sys

import ehtui


def main() -> int:
    """Run the command line; the result is the exit code."""
    if sys.argv[1:] == ["--version"]:  # asked by scripts: as quick as Python itself
        sys.stdout.write(f"ehtui {ehtui.__version__}\n")
        return 0

    from ehtui.cli.main import run  # noqa: PLC0415 - `import ehtui.cli` alone costs nothing

    return run(sys.argv[1:])
