"""After a burst: the end first, the middle in the background, and what is left is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.domain.world.process import LogIncidentKind as Kind
from ehtui.sources.log_text.facts import LogRecord
from ehtui.sources.log_text.follow import HEAD_BYTES, PIECE_BYTES, LogReader
from ehtui.sources.log_text.patterns import KEPT_CHARACTERS, MOST_SENTENCES, RecordMemo

FILLER = "2026-01-20 21:11:59,123 INFO app: handled one event of many, nothing else to say here\n"
MIDDLE = FILLER * 50_000  # 4 MB
STARTS = "2026-01-20 21:11:59,500 INFO x: EventProcessor '{}' is being started\n"


def reader(path: Path) -> LogReader:
    return LogReader(str(path), clock=lambda: 1_768_950_000.0)


def owners(records: tuple[LogRecord, ...]) -> list[str | None]:
    return [record.fact.owner for record in records]


def test_the_end_is_known_before_the_middle_is_read(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(
        STARTS.format("first") + MIDDLE + STARTS.format("middle") + MIDDLE + STARTS.format("last")
    )
    logs = reader(log)
    first = logs.read()

    assert owners(first.records) == ["first", "last"]
    assert first.behind_bytes > 6_000_000
    assert logs.behind_bytes == first.behind_bytes

    left = first.behind_bytes
    found: list[LogRecord] = []

    while logs.behind_bytes:
        more = logs.catch_up(1_000_000)
        assert more.behind_bytes < left
        left = more.behind_bytes
        found += more.records

    assert owners(tuple(found)) == ["middle"]
    assert first.records[0].place < found[0].place < first.records[1].place


def test_new_lines_come_before_what_was_passed_over(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(MIDDLE + STARTS.format("middle") + MIDDLE)
    logs = reader(log)
    logs.read()

    with log.open("a") as file:
        file.write(STARTS.format("new"))

    reading = logs.read()
    assert owners(reading.records) == ["new"]
    assert reading.behind_bytes > 0
    assert not reading.records[0].is_past


def test_a_burst_while_it_is_followed_is_no_past(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(STARTS.format("first"))
    logs = reader(log)
    assert [r.is_past for r in logs.read().records] == [True]

    with log.open("a") as file:
        file.write(STARTS.format("burst") + MIDDLE + STARTS.format("last"))

    assert owners(logs.read().records) == ["last"]
    caught_up = [r for _ in range(8) for r in logs.catch_up(1_000_000).records]
    assert [(r.fact.owner, r.is_past) for r in caught_up] == [("burst", False)]
    assert logs.behind_bytes == 0


def test_a_traceback_that_is_written_later_belongs_to_the_record_before(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    failed = (
        "2026-01-20 21:11:59,123 WARNING x: EventProcessor instance 'own' of eventhub 'h' partition"
        " '2' consumer group 'g'. An error occurred while receiving. The exception is Oops().\n"
    )
    log.write_text(failed)
    logs = reader(log)
    assert [r.fact.kind for r in logs.read().records] == [Kind.RECEIVE_FAILED]
    assert logs.read().records == ()

    with log.open("a") as file:
        file.write("Traceback (most recent call last):\n  File 'x', line 1, in y\n")
        file.write("azure.eventhub.exceptions.ConnectionLostError: link:stolen\n")
        file.write("2026-01-20 21:12:00,123 INFO x: next\n")

    (more,) = logs.read().records
    assert (more.fact.kind, more.fact.owner, more.fact.partition) == (Kind.LINK_STOLEN, "own", "2")
    assert logs.read().records == ()


@pytest.mark.parametrize("shift", range(0, 90, 7))
def test_a_record_across_two_pieces_is_one(tmp_path: Path, shift: int) -> None:
    """Wherever the border falls: pieces have a megabyte, this record lies around one."""
    log = tmp_path / "a.log"
    record = (
        "2026-01-20 21:11:59,123 ERROR x: failed\n"
        "Traceback (most recent call last):\n"
        + "".join(f"  File 'f{n}', line {n}, in {n:060d}\n" for n in range(60))
        + "OddError: link:stolen\n  More of it: EventProcessor 'own' is being started\n"
    )
    before = (HEAD_BYTES + PIECE_BYTES) // len(FILLER) - shift
    log.write_text(FILLER * before + record + FILLER * 30_000)
    logs = reader(log)
    records = list(logs.read().records)

    while logs.behind_bytes:
        records += logs.catch_up(1_000_000).records

    assert [(r.fact.owner, r.fact.kind) for r in records][-1:] == [("own", Kind.LINK_STOLEN)]
    assert {r.place.offset for r in records} == {before * len(FILLER)}


def test_a_flood_of_one_sentence_keeps_each_time(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(
        "".join(
            f"2026-01-20 21:11:{n:02d},250+00:00 WARNING x: EventProcessor 'o' has been stopped.\n"
            for n in range(40)
        )
    )
    records = reader(log).read().records
    times = [r.written_at.at for r in records if r.written_at is not None]

    assert len({r.fact for r in records}) == 1
    assert times == [1_768_943_460.25 + n for n in range(40)]
    assert [r.text[17:19] for r in records] == [f"{n:02d}" for n in range(40)]
    assert len({r.place for r in records}) == 40


def test_of_a_flood_that_was_passed_over_the_first_and_the_last_are_told_with_their_number(
    tmp_path: Path,
) -> None:
    log = tmp_path / "a.log"
    said = "2026-01-20 21:11:{:02d},000Z INFO x: EventProcessor '{}' hasn't claimed an ownership.\n"
    flood = [said.format(n % 60, ("one", "two")[n % 2]) for n in range(9_000)]
    nobody = "2026-01-20 21:11:59,000Z INFO x: on_error link:stolen\n"
    log.write_text(MIDDLE + "".join(flood) + nobody * 3 + MIDDLE)
    logs = reader(log)
    logs.read()
    told: list[LogRecord] = []

    while logs.behind_bytes:
        told += logs.catch_up(100_000_000).records

    for owner in ("one", "two"):
        mine = [r for r in told if r.fact.owner == owner]
        assert sum(r.count for r in mine) == 4_500
        assert len(mine) <= 8  # two of each piece
        assert min(mine, key=lambda r: r.place).count == 1

    assert [r.count for r in told if r.fact.owner is None] == [1, 1, 1]


def test_a_memo_of_sentences_keeps_few_and_short_ones() -> None:
    memo = RecordMemo()

    for n in range(3 * MOST_SENTENCES):
        memo.read(f"EventProcessor 'o{n}' is being started", 0.0)

    memo.read("EventProcessor 'x' is being started" + " " * KEPT_CHARACTERS, 0.0)
    assert len(memo._known) <= MOST_SENTENCES
    assert max(map(len, memo._known)) <= KEPT_CHARACTERS


def test_frames_of_a_stack_are_passed_over_and_its_end_is_read(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    frames = "".join(f'  File "f{n}.py", line {n}, in receive\n    await x()\n' for n in range(40))
    log.write_text(
        "ERROR:app:EventProcessor 'own' of mine failed\nTraceback (most recent call last):\n"
        + frames
        + "azure.eventhub.exceptions.ConnectionLostError: link:stolen\n"
        "Error condition: ErrorCondition.LinkStolen\nINFO:app:next\n"
    )
    (record,) = reader(log).read().records

    assert record.fact.kind is Kind.LINK_STOLEN
    assert "await x()" not in record.text
    assert record.text.endswith("ErrorCondition.LinkStolen")
