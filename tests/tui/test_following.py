"""The timeline keeps showing what is newest until somebody scrolls or chooses another row."""

from __future__ import annotations

from ehtui.tui.grid_viewport import Viewport
from ehtui.views.cells import Cell, Column, Row, Table

HEIGHT = 4


def newest_first(count: int) -> Table:
    rows = tuple(Row(f"k{n}", (Cell(str(n)),)) for n in reversed(range(count)))

    return Table((Column("n", "N", 3),), rows, "title")


class Screen:
    """Places a viewport as the grid does, one line a row."""

    def __init__(self) -> None:
        self.view = Viewport(follows_top=True)
        self.show(10)

    def show(self, count: int) -> None:
        self.view.show(newest_first(count))
        self.draw()

    def draw(self) -> None:
        view = self.view
        view.place(range(len(view.listing) + 1), HEIGHT)
        view.on_screen = [view.listing.keys[n] for n in range(view.top, view.top + HEIGHT)]


def test_it_follows_though_it_has_or_had_the_focus() -> None:
    screen = Screen()
    screen.view.take_focus()
    screen.draw()

    for count in range(11, 40):
        screen.show(count)
        assert screen.view.on_screen[0] == f"k{count - 1}"
        assert screen.view.cursor == f"k{count - 1}"


def test_it_follows_without_ever_having_the_focus() -> None:
    screen = Screen()
    screen.show(40)
    assert screen.view.on_screen[0] == "k39"
    assert screen.view.cursor is None


def test_a_row_that_was_chosen_stays_chosen_and_in_view() -> None:
    screen = Screen()
    screen.view.take_focus()
    screen.view.move(1)
    screen.draw()
    screen.show(30)
    assert screen.view.cursor == "k8"
    assert "k8" in screen.view.on_screen


def test_what_was_scrolled_to_stays() -> None:
    screen = Screen()
    screen.view.scroll(3)
    screen.draw()
    seen = tuple(screen.view.on_screen)
    screen.show(30)
    assert tuple(screen.view.on_screen) == seen


def test_back_at_the_top_it_follows_again() -> None:
    screen = Screen()
    screen.view.take_focus()
    screen.view.move(3)
    screen.draw()
    screen.show(20)
    screen.view.move(0)
    screen.draw()
    screen.show(30)
    assert screen.view.on_screen[0] == "k29"
