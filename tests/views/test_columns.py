"""Where columns stand: whoever can use space has it, and the least important goes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.snapshot import Snapshot, TimelineEvent
from ehtui.domain.timeline import FindingBegan
from ehtui.views.cells import Cell, Column, Table
from ehtui.views.groups import groups_table
from ehtui.views.report import table_lines
from ehtui.views.tables import consumers_table, partitions_table, timeline_table
from ehtui.views.tables.columns import NARROW_GAP, arrange
from tests.views import world


@st.composite
def column(draw: st.DrawFn, key: int) -> Column:
    wanted = draw(st.integers(1, 60))
    least = draw(st.none() | st.integers(1, 60))
    gives_way, grows = draw(st.integers(0, 4)), draw(st.booleans())
    return Column(str(key), "", wanted, gives_way=gives_way, grows=grows, min_width=least)


Columns = st.integers(1, 8).flatmap(lambda n: st.tuples(*(column(key) for key in range(n))))


def least(columns: tuple[Column, ...]) -> int:
    sizes = (min(each.min_width or each.width, each.width) for each in columns)
    return sum(sizes) + NARROW_GAP * (len(columns) - 1)


@given(Columns, st.integers(1, 250))
def test_no_cell_is_free_while_one_is_cut(columns: tuple[Column, ...], cells: int) -> None:
    slots = arrange(columns, cells)
    shown = tuple(columns[slot.index] for slot in slots)
    taken = slots[-1].x + slots[-1].width

    assert taken <= cells
    assert [slot.x for slot in slots[1:]] == [s.x + s.width + s.gap for s in slots[:-1]]

    if any(slot.width < each.width for slot, each in zip(slots, shown, strict=True)):
        assert taken == cells

    if any(each.grows for each in shown):
        assert taken == cells


@given(Columns, st.integers(1, 250))
def test_who_gave_way_had_to_and_gave_way_before_who_is_left(
    columns: tuple[Column, ...], cells: int
) -> None:
    shown = {slot.index for slot in arrange(columns, cells)}
    gone = [place for place in range(len(columns)) if place not in shown]
    asked = [place for place in gone if columns[place].gives_way]

    if len(asked) < len(gone):  # those who never give way do not fit either: cut on the right
        return

    for place in asked:
        order = columns[place].gives_way
        assert all(columns[other].gives_way <= order for other in shown)

    if asked:
        last = min(asked, key=lambda place: (columns[place].gives_way, place))
        assert least(tuple(columns[place] for place in sorted({*shown, last}))) > cells


@given(Columns, st.integers(1, 250), st.integers(1, 40))
def test_nothing_gets_narrower_or_goes_where_there_is_more_space(
    columns: tuple[Column, ...], cells: int, more: int
) -> None:
    few, many = arrange(columns, cells), arrange(columns, cells + more)

    assert {slot.index for slot in few} <= {slot.index for slot in many}


def shown_in(table: Table, cells: int) -> dict[str, tuple[int, str]]:
    """The columns that are shown, with their width and what the first row says in it."""
    return {
        table.columns[slot.index].key: (
            slot.width,
            table.rows[0].cells[slot.index].within(slot.width),
        )
        for slot in arrange(table.columns, cells)
    }


def owning(
    *owned: str, command: str = "python -u -X dev /srv/start_consumer.py --hub a-b-c"
) -> Table:
    consumer = world.consumer(51257, 7380, world.A, owned, command=command)
    return consumers_table(world.snapshot(consumers=(consumer,), findings=()), world.GROUP)


SCATTERED = tuple(str(number) for number in (0, 1, 2, 3, *range(7, 64, 2)))


def test_a_long_list_collapses_before_anybody_goes_for_it() -> None:
    calm, long = shown_in(owning("0"), 62), shown_in(owning(*SCATTERED), 62)

    assert calm.keys() == long.keys() >= {"cpu", "memory", "command"}
    assert long["owns"][1] == "0, +32"
    assert shown_in(owning(*SCATTERED), 78)["owns"][1] == "0–3, 7, +28"
    assert shown_in(owning(*SCATTERED), 400)["owns"][1].endswith("61, 63")


def test_a_command_takes_what_is_free_and_begins_with_its_script() -> None:
    command = f"start_consumer.py {'--option-with-a-name value ' * 8}".strip()
    table = owning("0", command=f"/usr/bin/python3.11 -u {command}")

    assert shown_in(table, 72)["command"][0] >= len("start_consumer.py")
    narrow, wide = shown_in(table, 133), shown_in(table, 246)
    assert wide["command"] == (wide["command"][0], command)
    assert wide["command"][0] > narrow["command"][0] > 20


@pytest.mark.parametrize(
    ("names", "commands", "stays"),
    [
        (("minutes", "heartbeat"), ("python c.py", "python c.py"), "name"),
        (("minutes", "heartbeat"), ("python a.py", "python b.py"), "command"),
        ((None, None), ("python c.py", "python c.py"), "command"),
    ],
)
def test_a_name_stays_while_it_tells_more_than_the_command(
    names: tuple[str | None, ...], commands: tuple[str, ...], stays: str
) -> None:
    consumers = tuple(
        world.consumer(51257 + n, 30, command=command, consumer_name=name)
        for n, (name, command) in enumerate(zip(names, commands, strict=True))
    )
    table = consumers_table(world.snapshot(consumers=consumers, findings=()), world.GROUP)
    shown = shown_in(table, 56)

    assert {"name", "command"} & shown.keys() == {stays}
    assert "cpu" in shown


@pytest.mark.parametrize("cells", [36, 40, 56, 76])
def test_lag_outlives_the_lease(cells: int) -> None:
    shown = shown_in(partitions_table(world.snapshot(), world.GROUP), cells)

    assert {"id", "health", "lag"} <= shown.keys()
    assert ("lease" in shown) is (cells > 36)


def test_a_group_with_a_long_name_takes_what_is_free_and_no_lag() -> None:
    group = replace(world.snapshot().groups[0], name="a-group-with-quite-a-long-name-for-a-group")
    table = groups_table(world.snapshot(groups=(group,)))

    assert shown_in(table, 40)["lag"]
    assert shown_in(table, 120)["group"][1] == group.name


SIZES = [36, 56, 76, 116, 196, 246]
TABLES = (partitions_table, consumers_table, timeline_table)


@pytest.mark.parametrize("cells", SIZES)
def test_no_pane_overflows_and_a_report_neither(cells: int) -> None:
    snapshot: Snapshot = world.snapshot()

    for make in TABLES:
        table = make(snapshot, world.GROUP)
        last = arrange(table.columns, cells)[-1]
        assert last.x + last.width <= cells
        assert all(len(line) <= cells for line in table_lines(table, cells))


def test_a_cell_says_as_much_as_fits() -> None:
    cell = Cell("0–3, 7, 9", shorter=("0–3, 7, +1", "0–3, +2"))

    assert [cell.within(cells) for cells in (9, 8, 2)] == ["0–3, 7, 9", "0–3, +2", "0–3, +2"]


def test_what_another_groups_list_is_called_goes_before_a_column_does() -> None:
    consumer = replace(world.consumer(7, 30, world.A), owns=tuple(("analytics", n) for n in "0123"))
    table = consumers_table(world.snapshot(consumers=(consumer,), findings=()), world.GROUP)

    assert shown_in(table, 36)["owns"][1] == "…:0–3"
    assert "lag" in shown_in(table, 36)
    assert shown_in(table, 133)["owns"][1] == "analytics:0–3"


def test_a_sentence_has_space_beside_a_finding_of_many_partitions() -> None:
    many = replace(
        world.OVERDUE,
        subject=replace(world.OVERDUE.subject, partition=None),
        evidence=replace(world.OVERDUE.evidence, partitions=tuple("13579")),
    )
    began = TimelineEvent(
        1, world.NOW - 9, "finding.began", many.subject, FindingBegan(world.NOW), finding=many
    )
    table = timeline_table(world.snapshot(timeline=(began,)), world.GROUP)

    assert shown_in(table, 116)["subject"] == (12, "5 partitions")


@pytest.mark.parametrize(("cells", "trend"), [(120, 8), (160, 30), (219, 30), (250, 60)])
def test_pictures_are_longer_where_there_is_space(cells: int, trend: int) -> None:
    table = partitions_table(world.snapshot(), world.GROUP, screen_cells=cells)
    shown = shown_in(table, cells - 4)

    assert shown["trend"][0] == trend
    assert len(shown["trend"][1]) == trend
