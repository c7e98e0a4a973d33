"""What `make interop` counts: which test belongs to which row, and the table."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from tests.interop import azurite
from tests.interop.javascript import version_of
from tests.interop.test_amqp_peers import PROTON
from tests.interop.test_python_versions import KNOWN
from tests.monitor.test_equal_to_the_sdk import SIZES, WAYS

_PEERS = "tests/interop/test_amqp_peers.py"
_EQUAL = "tests/monitor/test_equal_to_the_sdk.py"
_VERSIONS = "tests/interop/test_python_versions.py"
_JAVASCRIPT = "tests/interop/test_javascript.py", "tests/interop/test_javascript_websockets.py"


@dataclass(frozen=True)
class Case:
    """One test, as a report of pytest's has it."""

    name: str  # module::test[parameters]
    outcome: str  # passed, failed, skipped
    reason: str
    seconds: float
    note: str = ""  # what it counted itself


@dataclass(frozen=True)
class Part:
    """A row: the tests whose names match, of these files."""

    title: str
    pattern: str
    paths: tuple[str, ...]


PARTS = (
    Part(
        "Python SDK, as installed",
        r"tests\.sandbox\.(test_sandbox|eventhubs\.)|interop\.test_(sync_consumer|readme)::",
        (
            "tests/sandbox/test_sandbox.py",
            "tests/sandbox/eventhubs",
            "tests/interop/test_sync_consumer.py",
            "tests/interop/test_readme.py",
        ),
    ),
    *(
        Part(f"Python SDK {v}", rf"test_python_versions::.*-{re.escape(v)}-", (_VERSIONS,))
        for v in KNOWN
    ),
    Part(
        f"JavaScript SDK {version_of('6')}",
        r"test_javascript(_websockets)?::.*\[6\]|test_javascript_sandbox::",
        (*_JAVASCRIPT, "tests/interop/test_javascript_sandbox.py"),
    ),
    Part(
        f"JavaScript SDK {version_of('5.12')}",
        r"test_javascript(_websockets)?::.*\[5\.12\]",
        _JAVASCRIPT,
    ),
    Part(
        "ehtui's writes beside Python and JavaScript processors",
        r"interop\.test_(checkpoints|releases)::",
        ("tests/interop/test_checkpoints.py", "tests/interop/test_releases.py"),
    ),
    Part(
        f"rhea {version_of('6', 'rhea')}, as client and as service",
        r"test_amqp_peers::.*\[rhea\]",
        (_PEERS,),
    ),
    Part(
        f"python-qpid-proton {PROTON}, as client and as service",
        r"test_amqp_peers::.*\[proton\]",
        (_PEERS,),
    ),
    Part("Store contract on the sandbox", r"tests\.sandbox\.blobs\.", ("tests/sandbox/blobs",)),
    Part(
        f"Store contract on Azurite {azurite.VERSION}",
        r"interop\.test_azurite\.",
        ("tests/interop/test_azurite.py",),
    ),
    Part(
        "Checkpoint stores on Azurite",
        r"interop\.test_store_azurite",
        ("tests/interop/test_store_azurite.py",),
    ),
    Part("Conformance suite on the sandbox", r"tests\.conform\.", ("tests/conform",)),
    Part(
        "Conformance suite on Azurite",
        r"interop\.test_conform_azurite::",
        ("tests/interop/test_conform_azurite.py",),
    ),
    *(
        Part(
            f"Monitor equal to the SDK, {'/'.join(map(str, SIZES))} partitions, {way}",
            rf"test_equal_to_the_sdk::.*\[{way}-",
            (_EQUAL,),
        )
        for way in WAYS
    ),
)


@dataclass
class Row:
    """What is told of a part."""

    title: str
    passed: int = 0
    failed: int = 0
    not_run: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    least: int | None = None  # so many are promised to pass; the rest is accounted for

    @property
    def has_failed(self) -> bool:
        """Whether it is not as it should be."""
        if self.least is None:
            return bool(self.failed)

        return self.has_run and self.passed < self.least

    @property
    def has_run(self) -> bool:
        """Whether there was anything that could fail."""
        return bool(self.passed or self.failed)

    @property
    def lacks(self) -> bool:
        """Whether something of it did not run that should."""
        return bool(self.not_run) if self.least is None else not self.has_run

    @classmethod
    def of(cls, title: str, cases: Sequence[Case], end: str, least: int | None = None) -> Row:
        """Count; without a single test it is one that did not run."""
        counts = Counter(case.outcome for case in cases)
        row = cls(title, counts["passed"], counts["failed"], counts["skipped"], least=least)
        row.seconds = sum(case.seconds for case in cases)
        row.notes = [case.note for case in cases if case.note]
        reasons = Counter(
            f"not run: {case.reason}"
            if case.outcome == "skipped"
            else f"failed: {case.name.rpartition('::')[2]}: {case.reason}"
            for case in cases
            if case.outcome != "passed"
        )
        row.notes += [f"{text} ({n}x)" if n > 1 else text for text, n in reasons.items()]

        if not cases:
            row.not_run = 1
            row.notes.append(f"not run: {end or 'no test was found'}")

        return row


def rows_of(cases: Iterable[Case], end: str) -> list[Row]:
    """Every part's row; a test is counted once."""
    left = list(cases)
    rows = []

    for part in PARTS:
        own = [case for case in left if re.search(part.pattern, case.name)]
        left = [case for case in left if case not in own]
        rows.append(Row.of(part.title, own, end))

    if left:
        rows.append(Row.of("Tests of no part", left, end))

    return rows


def cases_in(report: Path) -> list[Case]:
    """The tests of a report; none where there is no report."""
    return [_case(element) for element in _tests(report)]


def _tests(report: Path) -> list[ElementTree.Element]:
    try:
        return list(ElementTree.parse(report).iter("testcase"))
    except (OSError, ElementTree.ParseError):
        return []


def _case(element: ElementTree.Element) -> Case:
    name = f"{element.get('classname')}::{element.get('name')}"
    seconds = float(element.get("time", "0"))
    outcome, reason = "passed", ""

    for child in element:
        if child.tag in {"failure", "error", "skipped"}:
            reason = (child.get("message") or "").partition("\n")[0][:200]
            outcome = "skipped" if child.tag == "skipped" else "failed"

    notes = [p.get("value", "") for p in element.iter("property") if p.get("name") == "note"]
    return Case(name, outcome, reason, seconds, "; ".join(notes))


def printed(rows: Sequence[Row]) -> str:
    """The table, and below it what is to be said of some rows."""
    width = max(len(row.title) for row in rows)
    lines = [f"{'':{width}}  passed  failed  not run  tests took"]

    for row in rows:
        counts = f"{row.passed:6}  {row.failed:6}  {row.not_run:7}"
        lines.append(f"{row.title:{width}}  {counts}  {row.seconds:8.0f} s")

    lines += ["", *(f"{row.title}: {note}" for row in rows for note in row.notes)]
    return "\n".join(lines)


def code_of(rows: Sequence[Row]) -> int:
    """How the command ends: 1 for a failure, 2 where only something is missing."""
    return 1 if any(row.has_failed for row in rows) else 2 if any(r.lacks for r in rows) else 0
