"""`make interop`: every group of other people's clients and servers, counted.

    python -m tests.interop

Ends with 1 when a group has a failure, or when fewer of the SDK's live tests pass than promised.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from typing_extensions import override

from tests.interop import sdk_live

GROUPS = {
    "Python SDK": (
        "tests/sandbox/test_sandbox.py",
        "tests/sandbox/eventhubs",
        "tests/interop/test_sync_consumer.py",
        "tests/interop/test_readme.py",
    ),
    "JavaScript SDK": (
        "tests/interop/test_javascript.py",
        "tests/interop/test_javascript_sandbox.py",
    ),
    "Azurite and the Blob endpoint": (
        "tests/sandbox/blobs",
        "tests/interop/test_azurite.py",
        "tests/interop/test_store_azurite.py",
    ),
    "Conformance suite": ("tests/conform", "tests/interop/test_conform_azurite.py"),
}


@dataclass(frozen=True, slots=True)
class Count:
    passed: int
    failed: int
    skipped: int

    @override
    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def main() -> int:
    """Run all groups, print the counts last."""
    counts = {name: run(paths) for name, paths in GROUPS.items()}
    live = sdk_live.main()

    for name, count in counts.items():
        print(f"{name}: {count}")

    print(f"azure-eventhub's own live tests: {'as promised' if live == 0 else 'too few'} (above)")

    return 1 if live or any(count.failed or not count.passed for count in counts.values()) else 0


def run(paths: tuple[str, ...]) -> Count:
    """One group in a pytest of its own."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        options = ["-q", "-n", "2", "--dist", "loadgroup", f"--junitxml={report}"]
        command = [sys.executable, "-m", "pytest", *options, *paths]
        environment = {**os.environ, "EHTUI_REQUIRE_INTEROP": "1"}
        subprocess.run(command, check=False, env=environment)
        suite = ElementTree.parse(report).getroot()[0]

    total, skipped = int(suite.get("tests", "0")), int(suite.get("skipped", "0"))
    failed = int(suite.get("failures", "0")) + int(suite.get("errors", "0"))

    return Count(total - failed - skipped, failed, skipped)


if __name__ == "__main__":
    sys.exit(main())
