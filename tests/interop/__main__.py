"""`make interop`: other people's clients and servers against ours, and ours against theirs.

    python -m tests.interop

Prints one table of counts. What cannot run says why, and is counted as not run, never as passed.
Ends with 1 where something failed or too few of the SDK's live tests passed, with 2 where nothing
failed and something did not run, else with 0. What the parts say themselves is in .work/interop.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

from tests.interop import WHOLE, sdk_live
from tests.interop.table import PARTS, Row, cases_in, code_of, printed, rows_of

FOLDER = sdk_live.CHECKOUT / ".work" / "interop"
WITHIN_S = 1200.0
WORKERS = 4  # most wait for processes
FUZZ_MINUTES = 1.0
_ORDERLY = (0, 1)  # how pytest ends when it ran its tests


@dataclass
class Run:
    """A command that goes on beside others; `end` says what went wrong with it as a whole."""

    name: str
    process: subprocess.Popen[bytes]
    end: str = ""

    @classmethod
    def start(cls, name: str, *command: str) -> Run:
        """Start it; what it says goes into a file."""
        print(f"{name}: {FOLDER / name}.log", flush=True)

        with (FOLDER / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=sdk_live.CHECKOUT,
                env={**os.environ, WHOLE: "1"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

        return cls(name, process)

    def wait(self, until: float) -> str:
        """Wait for its end, or make one."""
        try:
            code = self.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.stop()
            self.end = f"it did not end within {WITHIN_S:.0f} s"
        else:
            self.end = "" if code in _ORDERLY else f"it ended with {code}: see its log"

        return self.end

    def stop(self) -> None:
        """End it, with what it started."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGTERM)

        with suppress(subprocess.TimeoutExpired):
            self.process.wait(20)

        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def main() -> int:
    """Run all, print the table last."""
    began = time.monotonic()
    FOLDER.mkdir(parents=True, exist_ok=True)
    report = FOLDER / "tests.xml"
    report.unlink(missing_ok=True)
    sdk_live.forget()
    paths = dict.fromkeys(path for part in PARTS for path in part.paths)
    options = ["-q", "-n", str(WORKERS), "--dist", "loadgroup", f"--junitxml={report}"]
    live = Run.start("live", "-m", "tests.interop.sdk_live")
    rest = Run.start("tests", "-m", "pytest", *options, *paths)

    try:
        ends = [run.wait(began + WITHIN_S) for run in (live, rest)]
    finally:
        live.stop()
        rest.stop()

    rows = [
        live_row(ends[0]),
        *rows_of(cases_in(report), ends[1]),
        fuzz_row(),
    ]
    print(f"\n{printed(rows)}\n\n{(time.monotonic() - began) / 60:.1f} minutes in all.")
    return code_of(rows)


def live_row(end: str) -> Row:
    """The SDK's own tests; those that talk to nobody are counted apart."""
    cases = cases_in(sdk_live.report())
    live = [case for case in cases if ".unittest." not in case.name]
    title = f"azure-eventhub's own live tests (at least {sdk_live.AT_LEAST})"
    return Row.of(title, live, end, sdk_live.AT_LEAST)


def fuzz_row() -> Row:
    """A minute of mistakes on a live port; ten: `python -m tests.hostile --minutes 10`."""
    began = time.monotonic()
    run = Run.start("fuzz", "-m", "tests.hostile", "--minutes", str(FUZZ_MINUTES))
    end = run.wait(began + FUZZ_MINUTES * 60 + 120)
    run.stop()
    row = Row(f"Fuzz on a live port, {FUZZ_MINUTES:g} minute", seconds=time.monotonic() - began)
    is_right = run.process.returncode == 0
    row.passed, row.failed = int(is_right), int(not is_right)
    said = (FOLDER / "fuzz.log").read_text(errors="replace").splitlines()
    row.notes = [end or next(iter(said[-1:]), "it said nothing")]
    return row


if __name__ == "__main__":
    sys.exit(main())
