"""Runs azure-eventhub's own live tests against the sandbox and prints the counts.

    python tests/interop/sdk_live.py [PYTEST_ARGUMENTS]

The tests come from the source distribution of the installed version, into `.work/` of the checkout;
nothing of them is committed; beside them goes websocket-client. They want ports 5671 and 443 of
loopback addresses. Ends with 1 when fewer than 215 live tests pass; the SDK's unit tests
among them, which talk to nobody, are counted apart.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections import Counter
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

CHECKOUT = Path(__file__).parents[2]
WORK = CHECKOUT / ".work" / "sdk-live"
AT_LEAST = 215
WEBSOCKETS = "websocket-client==1.9.2"  # the SDK's synchronous clients want it, ehtui does not
WORKERS = 10  # the tests sleep most of the time
SETTINGS = """
[pytest]
asyncio_mode = auto
timeout = 600
addopts = --import-mode=importlib -p no:cacheprovider -q
"""


def main() -> int:
    """Fetch, run, report."""
    tests, more = fetch(WORK), websockets(WORK)
    arguments = sys.argv[1:] or ["livetest", "pyamqp_tests"]
    command = [sys.executable, "-m", "pytest", "-n", str(WORKERS), f"--junitxml={report()}"]
    subprocess.run(
        [*command, *arguments], cwd=tests, env=os.environ | {"PYTHONPATH": str(more)}, check=False
    )
    passed = summarise(report())
    return 0 if sys.argv[1:] or passed >= AT_LEAST else 1


def report() -> Path:
    """Where pytest writes what became of each."""
    return WORK / "report.xml"


def forget() -> None:
    """Forget an earlier run."""
    report().unlink(missing_ok=True)


def fetch(work: Path) -> Path:
    """The tests of the installed version, with our conftest; downloaded once."""
    installed = version("azure-eventhub")
    tests = work / f"azure_eventhub-{installed}" / "tests"

    if not tests.exists():
        work.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
        source = ["--no-binary=azure-eventhub", f"azure-eventhub=={installed}"]
        subprocess.run([*command, *source, f"--dest={work}"], check=True)

        with tarfile.open(next(work.glob(f"azure_eventhub-{installed}.tar.gz"))) as archive:
            archive.extractall(work, filter="data")

    # The distribution's package must not shadow the installed one.
    shutil.copy(Path(__file__).with_name("sdk_live_conftest.py"), tests / "conftest.py")
    (tests / "pytest.ini").write_text(SETTINGS)
    return tests


def websockets(work: Path) -> Path:
    """The folder of a package that the tests alone need; downloaded once."""
    folder = work / WEBSOCKETS

    if not folder.exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        subprocess.run([*command, f"--target={folder}", WEBSOCKETS], check=True)

    return folder


def summarise(found: Path) -> int:
    """Print counts and each test that did not pass; returns how many live tests did."""
    counts = {"live": Counter[str](), "unit": Counter[str]()}

    for case in ElementTree.parse(found).iter("testcase"):
        name = f"{case.get('classname')}.{case.get('name')}"
        outcome, reason = judge(case)
        counts["unit" if ".unittest." in name else "live"][outcome] += 1

        if outcome != "passed":
            sys.stdout.write(f"{outcome}: {name}: {reason}\n")

    for kind, outcomes in counts.items():
        parts = ", ".join(f"{number} {outcome}" for outcome, number in outcomes.items())
        total = outcomes.total()
        sys.stdout.write(f"azure-eventhub {version('azure-eventhub')} {kind}: {total}: {parts}\n")

    return counts["live"]["passed"]


def judge(case: ElementTree.Element) -> tuple[str, str]:
    """How a test ended and, unless it passed, the first line of why."""
    for element in case:
        if element.tag in ("failure", "error", "skipped"):
            reason = (element.get("message") or "").partition("\n")[0][:200]
            return "skipped" if element.tag == "skipped" else "failed", reason

    return "passed", ""


if __name__ == "__main__":
    sys.exit(main())
