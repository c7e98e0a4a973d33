"""A profile's colour can be read on every theme, and says nothing where there are no colours."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from ehtui.tui.own_colours import OWN_BADGE, OWN_TEXT, READABLE, contrast
from ehtui.tui.strips import Brushes, Mark, look
from ehtui.views.cells import Cell
from tests.tui.test_colours import THEMES, variables

# What a user may write; the last two are as far as can be from being readable somewhere.
CHOSEN = ("red", "orange", "yellow", "green", "cyan", "blue", "magenta", "grey", "#000", "#ffffff")
GROUNDS = ("background", "panel", "cursor", "cursor-blurred")


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_text_and_badge_are_readable(theme: Theme) -> None:
    known = variables(theme)

    for colour in CHOSEN:
        badge = look(f"{OWN_BADGE}{colour}", known, is_native=theme.ansi, has_colour=True)
        assert badge.color is not None
        assert badge.bgcolor is not None
        assert of(badge.color.get_truecolor(), badge.bgcolor.get_truecolor()) >= READABLE

        text = look(f"{OWN_TEXT}{colour}", known, is_native=theme.ansi, has_colour=True)
        assert text.color is not None

        if theme.ansi:  # the terminal's background is not known: it brings its own
            assert text == badge
            continue

        for ground in GROUNDS:
            least = min(
                READABLE, contrast(Color.parse(known["foreground"]), _ground(known, ground))
            )
            assert of(text.color.get_truecolor(), _ground(known, ground)) >= least, (colour, ground)


def of(one: object, other: object) -> float:
    return contrast(*(Color(*each[:3]) for each in (one, other)))  # type: ignore[index]


def _ground(known: dict[str, str], name: str) -> Color:
    return Color.parse(known[name])


@pytest.mark.parametrize("name", [OWN_TEXT, OWN_BADGE])
@pytest.mark.parametrize("colour", ["", "no colour", "#12", "ansi_red", "auto"])
def test_what_is_no_colour_is_weight_alone(name: str, colour: str) -> None:
    style = look(
        f"{name}{colour}", variables(THEMES["ehtui-dark"]), is_native=False, has_colour=True
    )

    assert (style.color, style.bgcolor, style.bold) == (None, None, True)


def test_without_colours_there_is_none() -> None:
    known = variables(THEMES["ehtui-mono"])
    style = look(f"{OWN_BADGE}red", known, is_native=True, has_colour=False)

    assert (style.color, style.bgcolor, style.bold) == (None, None, True)


def test_a_cell_is_painted_in_its_own_colour_on_its_rows_background() -> None:
    known = variables(THEMES["ehtui-dark"])
    brushes = Brushes(
        look("title", known, is_native=False, has_colour=True),
        lambda name: look(name, known, is_native=False, has_colour=True),
    )
    plain = brushes.cell(Cell("orders", colour="orange"), Mark.NONE)
    selected = brushes.cell(Cell("orders", colour="orange"), Mark.CURSOR | Mark.FOCUSED)

    assert plain.color == selected.color
    assert selected.bgcolor == Color.parse(known["cursor"]).rich_color


def test_where_the_selected_row_is_reversed_a_badge_is_not() -> None:
    known = variables(THEMES["ansi-dark"])
    brushes = Brushes(
        look("title", known, is_native=True, has_colour=True),
        lambda name: look(name, known, is_native=True, has_colour=True),
    )
    focused = Mark.CURSOR | Mark.FOCUSED
    selected = brushes.cell(Cell("orders", colour="orange"), focused)

    assert selected == brushes.cell(Cell("orders"), focused)
