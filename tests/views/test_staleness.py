"""What is older than two polls says so at every width, and nothing of it is green."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.policy import Policy
from ehtui.domain.snapshot import Health, LeaseState, PartitionState, Snapshot, SourceStatus
from ehtui.views.cells import Row, Table, Tone
from ehtui.views.glyphs import UNICODE
from ehtui.views.headline import headline
from ehtui.views.report import report
from ehtui.views.sources import stepped
from ehtui.views.tables import partitions_table
from tests.views import world


def picture(
    *, sampled: float = 1.0, store: float = 1.0, policy: Policy | None = None, **changes: object
) -> Snapshot:
    """Three partitions of which the first was sampled so long ago, and the store read."""
    ids = ("0", "1", "2")
    partitions = tuple(
        PartitionState(p, world.sample(p, 20, at=world.NOW - (sampled if p == "0" else 1.0)), 3.0)
        for p in ids
    )
    group = world.group_state(*(world.partition(p, world.lease(), 20, 18) for p in ids))
    picture = world.snapshot(
        partitions=partitions,
        groups=(group,),
        sources=(world.source("hub"), world.source("store", age=store)),
        findings=(),
    )
    return replace(picture, policy=policy or Policy(), **changes)


def cells(table: Table, row: Row) -> dict[str, tuple[str, Tone]]:
    return {
        column.key: (cell.text.strip(), cell.tone)
        for column, cell in zip(table.columns, row.cells, strict=True)
    }


def is_green(row: Row) -> bool:
    return any(cell.tone is Tone.GOOD or cell.owner is not None for cell in row.cells)


@pytest.mark.parametrize("quiet", [False, True])
@pytest.mark.parametrize(
    ("sampled", "store", "old"),
    [(10.5, 1.0, 0), (12.0, 1.0, 1), (72.0, 1.0, 1), (1.0, 12.0, 3), (3600.0, 72.0, 3)],
)
def test_a_row_older_than_two_polls_is_dim_dated_and_a_guess(
    sampled: float, store: float, old: int, quiet: bool
) -> None:
    table = partitions_table(
        picture(sampled=sampled, store=store), world.GROUP, selected="2", quiet=quiet
    )

    for row in table.rows[:old]:
        told = cells(table, row)
        assert told["health"][0].startswith("ok ")
        assert told["health"][0].endswith(" ago")
        assert told["lease"][0].startswith("~")
        assert told["lag"][0] == "~2"
        assert {tone for _, tone in told.values()} == {Tone.DIM}
        assert not is_green(row)

    for row in table.rows[old:]:
        told = cells(table, row)
        assert told["health"] == ("ok", Tone.GOOD)
        assert not told["lag"][0].startswith("~")
        assert is_green(row)


def test_the_age_is_that_of_the_older_side() -> None:
    table = partitions_table(picture(sampled=72.0, store=130.0), world.GROUP)

    assert [cells(table, row)["health"][0] for row in table.rows] == ["ok 2m ago"] * 3
    assert [row.stale_s for row in table.rows] == [120.0] * 3


def test_two_polls_are_those_that_are_configured() -> None:
    slow = Policy(hub_interval_s=30.0, store_interval_s=60.0)
    table = partitions_table(picture(sampled=50.0, store=110.0, policy=slow), world.GROUP)
    assert all(row.stale_s is None for row in table.rows)
    table = partitions_table(picture(sampled=70.0, store=110.0, policy=slow), world.GROUP)
    assert [row.stale_s for row in table.rows] == [60.0, None, None]


def test_on_a_large_hub_no_row_that_was_read_long_ago_reads_as_if_it_was_just_now() -> None:
    """1,024 partitions that a limiter spreads over 72 s."""
    count = 1024
    ids = tuple(map(str, range(count)))
    partitions = tuple(
        PartitionState(p, world.sample(p, 20, at=world.NOW - 72 * int(p) / count), 3.0) for p in ids
    )
    group = world.group_state(*(world.partition(p, world.lease(), 20, 20) for p in ids))
    snapshot = replace(picture(), partitions=partitions, groups=(group,))
    table = partitions_table(snapshot, world.GROUP, quiet=True)

    assert not any(note.startswith("read <") for note in table.notes)
    assert any("rows stale, up to 1m" in note for note in table.notes)
    last = cells(table, table.rows[-1])
    assert last["health"] == ("ok 1m ago", Tone.DIM)
    assert cells(table, table.rows[0])["health"] == ("ok", Tone.GOOD)
    assert "lag ~0" in table.title


def test_trouble_keeps_its_colour_and_its_date() -> None:
    late = world.partition("0", world.lease(LeaseState.EXPIRED, age=200), 20, 18)
    stuck = world.partition("1", world.lease(), 20, 18, health=Health.STOPPED)
    snapshot = replace(picture(store=41.0), groups=(world.group_state(late, stuck),))
    table = partitions_table(snapshot, world.GROUP)
    first, second = cells(table, table.rows[0]), cells(table, table.rows[1])

    assert first["health"] == ("expired 40s ago", Tone.CRITICAL)
    assert second["health"] == ("stopped 40s ago", Tone.CRITICAL)
    assert first["lag"][1] is Tone.DIM


def test_what_is_not_known_is_no_guess() -> None:
    unknown = world.partition("0", world.lease(LeaseState.NEVER_OWNED), 20, None)
    snapshot = replace(picture(store=41.0), groups=(world.group_state(unknown),))
    told = cells(table := partitions_table(snapshot, world.GROUP), table.rows[0])

    assert told["lease"][0] == "none"
    assert told["lag"][0] == "–"


def test_a_lease_that_nobody_saw_run_out_has_not() -> None:
    held = picture()
    later = replace(held, taken_at=held.taken_at + 600)
    table = partitions_table(later, world.GROUP, selected="0", quiet=True)

    assert {cells(table, row)["lease"][0] for row in table.rows} == {"~0s"}


def test_ages_stand_still_between_their_steps() -> None:
    held = picture(sampled=31.0, store=31.0)

    def rows(later_s: float) -> list[Row]:
        aged = replace(held, taken_at=held.taken_at + later_s)
        return list(partitions_table(aged, world.GROUP, quiet=True).rows)

    assert rows(0.0)[0] == rows(3.9)[0]
    assert rows(0.0)[0] != rows(5.2)[0]
    assert rows(31.0)[0] == rows(43.0)[0]  # after a minute, in quarters
    assert stepped(4.4) == 4  # polls of a second: four seconds ago is not now
    assert stepped(59.9) == 55
    assert stepped(74.9) == 60
    assert stepped(359.0) == 300


@pytest.mark.parametrize("width", [60, 80, 120, 200])
def test_the_age_is_there_at_every_width(width: int) -> None:
    from ehtui.views.tables.columns import arrange  # noqa: PLC0415 - what a screen has room for

    table = partitions_table(picture(store=72.0), world.GROUP, quiet=True)
    slots = arrange(table.columns, width - 4)
    text = " ".join(table.rows[0].cells[slot.index].text for slot in slots)

    assert "ok 1m ago" in text
    assert all(slot.width >= len(table.rows[0].cells[slot.index].text) for slot in slots)


def test_calm_words_are_dated_and_not_green_while_a_side_is_old() -> None:
    fresh, old = picture(), picture(store=41.0)

    assert headline(fresh, world.GROUP).tone is Tone.GOOD
    told = headline(old, world.GROUP)
    assert told.tone is Tone.PLAIN
    assert told.text.startswith("As of 12:02:19: 1 owner holds all 3 partitions")
    assert UNICODE.mark(None) not in told.text


def test_a_report_says_it_too() -> None:
    lines = report(picture(store=72.0), world.GROUP)

    assert "ok 1m ago" in lines
    assert "lag ~6" in lines


def test_a_source_that_has_failed_dates_its_rows_as_well() -> None:
    failed = world.source("store", age=139, status=SourceStatus.FAILED)
    snapshot = replace(picture(), sources=(world.source("hub"), failed))
    table = partitions_table(snapshot, world.GROUP)

    assert cells(table, table.rows[1])["health"][0] == "ok 2m15s ago"
