"""One module a command, and the composition: the one place that knows every room."""

from __future__ import annotations

import sys

import ehtui


def main() -> int:
    """Run the command line; the result is the exit code."""
    # Asked by scripts: as quick as Python itself.
    if sys.argv[1:] == ["--version"] and sys.stdout is not None:
        try:
            print(f"ehtui {ehtui.__version__}", flush=True)
        except OSError:  # told below, as for every command
            pass
        else:
            return 0

    from ehtui.cli.main import run  # noqa: PLC0415 - `import ehtui.cli` alone costs nothing

    return run(sys.argv[1:])
