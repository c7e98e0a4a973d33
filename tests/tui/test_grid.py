"""The grid: columns give way, widths are terminal cells, what did not change is not painted."""

from __future__ import annotations

from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.message import Message
from typing_extensions import override

from ehtui.domain.text import visible
from ehtui.tui.grid import Grid
from ehtui.tui.grid_viewport import Listing, Sort
from ehtui.tui.strips import fit, wrap
from ehtui.tui.themes import DARK, FALLBACK_VARIABLES
from ehtui.views.cells import Cell, Column, Row, Table
from ehtui.views.tables.columns import arrange, can_skip

COLUMNS = (
    Column("id", "ID", 4, align_right=True),
    Column("name", "NAME", 12, grows=True, min_width=6),
    Column("lag", "LAG", 8, align_right=True),
    Column("rate", "RATE", 6, align_right=True, gives_way=1),
    Column("note", "NOTE", 10, gives_way=2),
)
NAMES = (
    "plain",
    "회의록 처리기",
    "🚀 rocket 🧑‍🚀",
    "[red]x[/red]",
    "a\x1b[31mb\tc",
    "한글🗒️e\u0301",
)


def row(number: int, lag: float | None = None, name: str | None = None) -> Row:
    name = NAMES[number % len(NAMES)] if name is None else name
    cells = (
        Cell(str(number), sort=number),
        Cell(name, sort=name),
        Cell("–" if lag is None else f"{lag:,.0f}", sort=lag),
        Cell("1.0"),
        Cell("note"),
    )

    return Row(f"k{number}", cells, rank=2 if number % 10 == 7 else 0)


def table(count: int = 20) -> Table:
    return Table(COLUMNS, tuple(row(n, float(n * 3 % 17)) for n in range(count)), "title")


class Host(App[None]):
    def __init__(self, shown: Table) -> None:
        super().__init__()
        self.register_theme(DARK)
        self.theme = DARK.name
        self.painted: list[Region] = []
        self.shown = shown

    @override
    def get_theme_variable_defaults(self) -> dict[str, str]:
        return FALLBACK_VARIABLES

    @override
    def compose(self) -> ComposeResult:
        painted = self.painted

        class Watched(Grid):
            @override
            def refresh(
                self,
                *regions: Region,
                repaint: bool = True,
                layout: bool = False,
                recompose: bool = False,
            ) -> Self:
                painted.extend(regions or [self.size.region])
                return super().refresh(
                    *regions, repaint=repaint, layout=layout, recompose=recompose
                )

        yield Watched("Things", id="grid")

    def on_mount(self) -> None:
        self.query_one(Grid).show(self.shown)


def lines(grid: Grid) -> list[str]:
    return [grid.render_line(y).text for y in range(grid.size.height)]


@given(st.integers(1, 200), st.integers(0, 4))
def test_slots_never_overlap_or_leave_the_width(width: int, skip: int) -> None:
    end = 0

    for slot in arrange(COLUMNS, width, skip=skip):
        assert slot.x >= end
        assert slot.width >= 1
        end = slot.x + slot.width

    assert end <= max(width, COLUMNS[0].width)


def test_columns_give_way_in_their_declared_order() -> None:
    shown = [[slot.index for slot in arrange(COLUMNS, width)] for width in (48, 30, 22)]

    assert shown == [[0, 1, 2, 3, 4], [0, 1, 2, 3], [0, 1, 2]]


def test_chosen_columns_stand_in_the_order_in_which_they_were_chosen() -> None:
    order = (2, 4, 0)
    wide = arrange(COLUMNS, 60, order=order)
    assert [slot.index for slot in wide] == [2, 4, 0]
    assert [slot.x for slot in wide] == sorted(slot.x for slot in wide)

    assert [slot.index for slot in arrange(COLUMNS, 14, order=order)] == [2, 0]
    assert [slot.index for slot in arrange(COLUMNS, 60, order=order, skip=1)] == [2, 0]
    assert can_skip(COLUMNS, 14, 1, order)
    assert not can_skip(COLUMNS, 60, 1, order)


def test_hidden_columns_come_into_view_sideways() -> None:
    assert can_skip(COLUMNS, 30, 1)
    assert [slot.index for slot in arrange(COLUMNS, 30, skip=2)] == [0, 3, 4]
    assert not can_skip(COLUMNS, 60, 1)


@given(st.text(max_size=30), st.integers(1, 20), st.booleans())
def test_text_fits_its_cells_exactly(text: str, width: int, right: bool) -> None:
    assert cell_len(fit(text, width, align_right=right)) == width


@pytest.mark.parametrize("name", NAMES)
def test_wrapped_text_keeps_its_words(name: str) -> None:
    assert " ".join(wrap(name, 8, 9)) == visible(name)


def test_unknown_sorts_last_whichever_end_comes_first() -> None:
    rows = (row(0, 5.0), row(1, None), row(2, 9.0))
    shown = Listing(replace(table(), rows=rows))

    for descending, keys in ((False, ["k0", "k2", "k1"]), (True, ["k2", "k0", "k1"])):
        listing = replace(shown, sort=Sort("lag", descending=descending)).arranged()
        assert [each.key for each in listing.rows] == keys


@pytest.mark.parametrize("size", [(20, 6), (60, 20), (140, 30)])
async def test_every_line_is_as_wide_as_the_grid(size: tuple[int, int]) -> None:
    app = Host(table())

    async with app.run_test(size=size):
        grid = app.query_one(Grid)
        assert {cell_len(line) for line in lines(grid)} == {size[0]}
        assert not any(char in "".join(lines(grid)) for char in "\x1b\t")


async def test_only_changed_cells_are_painted() -> None:
    app = Host(table())

    async with app.run_test(size=(80, 30)) as pilot:
        grid = app.query_one(Grid)
        await pilot.pause()
        app.painted.clear()
        grid.show(table())
        assert app.painted == []

        changed = table()
        cells = list(changed.rows[3].cells)
        cells[2] = Cell("8", sort=8.0)
        rows = list(changed.rows)
        rows[3] = replace(rows[3], cells=tuple(cells))
        grid.show(replace(changed, rows=tuple(rows)))
        assert sum(region.area for region in app.painted) <= 2
        assert {region.y for region in app.painted} == {5}


async def test_moving_the_cursor_paints_two_rows() -> None:
    app = Host(table())

    async with app.run_test(size=(80, 30)) as pilot:
        await pilot.press("down")
        app.painted.clear()
        await pilot.press("down")
        assert {region.y for region in app.painted} == {3, 4}


async def test_scroll_stays_with_its_rows_when_others_come_before_them() -> None:
    app = Host(table(200))

    async with app.run_test(size=(80, 12)) as pilot:
        grid = app.query_one(Grid)
        await pilot.press(*["pagedown"] * 5)
        before = lines(grid)[2:]
        fresh = tuple(row(n, name="new") for n in range(900, 910))
        grid.show(replace(table(200), rows=(*fresh, *table(200).rows)))
        assert [line[:30] for line in lines(grid)[2:]] == [line[:30] for line in before]


async def test_sorting_puts_the_cursor_on_top_and_newer_rows_leave_it_on_its_own() -> None:
    app = Host(table(200))

    async with app.run_test(size=(80, 12)) as pilot:
        grid = app.query_one(Grid)
        await pilot.press("down", "down")
        grid.sort_by(Sort("lag", descending=True))
        first = grid.listing.keys[0]
        assert grid.cursor == first
        assert "▌" in lines(grid)[2]
        grid.show(replace(table(200), rows=tuple(reversed(table(200).rows))))
        assert grid.cursor == first


async def test_a_cursor_whose_row_goes_away_takes_the_row_in_its_place_and_says_so() -> None:
    app = Host(table())
    told: dict[str | None, None] = {}  # a message that bubbles is seen at every stop

    def hear(message: Message) -> None:
        if isinstance(message, Grid.CursorMoved):
            told[message.key] = None

    async with app.run_test(size=(80, 30), message_hook=hear) as pilot:
        grid = app.query_one(Grid)
        await pilot.press("down")
        grid.filter_rows(lambda each: each.key in {"k5", "k6"})
        assert grid.cursor == "k6"
        grid.show(replace(table(), rows=table().rows[:6]))
        assert grid.cursor == "k5"
        grid.show(replace(table(), rows=table().rows[:5]))
        assert grid.targets == ()
        grid.show(table())
        assert grid.cursor == "k5"
        await pilot.pause()
        assert list(told) == ["k0", "k1", "k6", "k5", None]


async def test_a_filter_that_hides_every_row_leaves_nothing_to_act_on() -> None:
    app = Host(table())

    async with app.run_test(size=(80, 30)):
        grid = app.query_one(Grid)
        grid.filter_rows(lambda _: False)
        assert grid.targets == ()
        grid.filter_rows(None)
        assert grid.cursor == "k0"


async def test_a_view_that_was_scrolled_away_stays_when_the_cursors_row_goes() -> None:
    app = Host(table(200))

    async with app.run_test(size=(80, 12)):
        grid = app.query_one(Grid)
        grid._scroll(30)
        before = [line[:30] for line in lines(grid)[2:]]
        grid.show(replace(table(200), rows=table(200).rows[1:]))
        assert grid.cursor == "k1"
        assert [line[:30] for line in lines(grid)[2:]] == before


async def test_tags_survive_filter_and_refresh_and_go_with_their_row() -> None:
    app = Host(table())

    async with app.run_test(size=(80, 30)) as pilot:
        grid = app.query_one(Grid)
        await pilot.press("down", "space", "space")
        grid.filter_rows(lambda each: each.key == "k9")
        grid.show(table())
        assert list(grid.targets) == ["k1", "k2"]
        grid.show(replace(table(), rows=table().rows[2:]))
        assert list(grid.targets) == ["k2"]


async def test_mouse_selects_opens_scrolls_and_sorts() -> None:
    app = Host(table(100))
    opened: set[str] = set()  # a message that bubbles is seen at every stop

    async with app.run_test(
        size=(80, 12),
        message_hook=lambda m: opened.add(m.key) if isinstance(m, Grid.RowSelected) else None,
    ) as pilot:
        grid = app.query_one(Grid)
        await pilot.click(Grid, offset=(10, 4))
        assert grid.cursor == "k2"
        await pilot.click(Grid, offset=(10, 4), times=2)
        assert opened == {"k2"}
        heading = next(i for i, char in enumerate(lines(grid)[1]) if char == "L")
        await pilot.click(Grid, offset=(heading, 1))
        assert grid.listing.sort == Sort("lag")
        await pilot.click(Grid, offset=(heading, 1))
        assert grid.listing.sort == Sort("lag", descending=True)


async def test_two_thousand_rows_draw_only_what_is_seen() -> None:
    app = Host(table(2000))

    async with app.run_test(size=(80, 30)) as pilot:
        grid = app.query_one(Grid)
        await pilot.press("end")
        assert grid.cursor == "k1999"
        assert len(grid._drawing._rows) == 28
