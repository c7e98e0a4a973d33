"""A child of the supervisor that does nothing: it says that it is ready, and waits."""

from __future__ import annotations

import signal
import sys

from ehtui.sandbox.children import end_with_sandbox


def end(*_: object) -> None:
    sys.stdout.write("asked to end\n")
    raise SystemExit


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.SIG_IGN if "--deaf" in sys.argv else end)
    end_with_sandbox()
    sys.stdout.write("ready\n")
    sys.stdout.flush()

    while True:
        signal.pause()
