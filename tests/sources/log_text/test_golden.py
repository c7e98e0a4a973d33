"""Golden lines of every SDK: tests/sources/golden/logs/README.md says how they are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec.structs import asdict

from ehtui.sources.log_text.follow import LogReader

FOLDER = Path(__file__).parents[1] / "golden" / "logs"
IDS = {
    "U": "73fda457-b555-4af5-873a-54a2baa5fd95",
    "V": "0c15a17c-2cf7-44a4-b868-57cdbce717a2",
}


class Golden(NamedTuple):
    where: str
    record: str
    told: dict[str, str] | None


def goldens() -> Iterator[Golden]:
    for path in sorted(FOLDER.glob("*.txt")):
        record: list[str] = []

        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            if line.startswith("=> "):
                yield Golden(f"{path.stem}:{number}", "\n".join(record), expected(line[3:]))
                record = []
            elif line and not line.startswith("-- "):
                record.append(with_ids(line))


def with_ids(line: str) -> str:
    for short, long in IDS.items():
        for left, right in (("'", "'"), ('"', '"'), ("[", "]"), ("=", "}"), ("-", ":")):
            line = line.replace(f"{left}{short}{right}", f"{left}{long}{right}")

        for before in ("ID ", "is ", "for ", "id "):
            line = line.replace(f"{before}{short} ", f"{before}{long} ")
            line = line.removesuffix(f"{before}{short}") + (
                f"{before}{long}" if line.endswith(f"{before}{short}") else ""
            )

    return line


def expected(told: str) -> dict[str, str] | None:
    if told == "nothing":
        return None

    pairs = dict(pair.split("=", 1) for pair in told.split())
    return {key: IDS.get(value, value) for key, value in pairs.items()}


def told(fact: Any) -> dict[str, str]:
    return {key: str(value) for key, value in asdict(fact).items() if value not in {None, False}}


@pytest.mark.parametrize("golden", goldens(), ids=lambda golden: golden.where)
def test_a_golden_line_tells_what_it_says(golden: Golden, tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(f"{golden.record}\n", "utf-8")
    records = LogReader(str(log)).read().records

    assert [told(record.fact) for record in records] == ([golden.told] if golden.told else [])


def test_every_sdk_has_its_lines() -> None:
    sdks = {golden.where.partition(":")[0] for golden in goldens()}

    assert sdks == {
        "dapr",
        "dotnet",
        "functions",
        "go",
        "java",
        "javascript",
        "python",
        "rust",
        "service",
    }
