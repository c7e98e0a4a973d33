"""One colour, one meaning, in every theme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations

import pytest
from textual.theme import BUILTIN_THEMES, Theme

from ehtui.domain.snapshot import ConsumerRole, Snapshot
from ehtui.tui.app import EhtuiApp
from ehtui.tui.options import UiOptions
from ehtui.tui.strips import look
from ehtui.tui.themes import DARK, LIGHT, MONO, OWNER_COLOURS, distance, fallback_variables
from ehtui.views.cells import Cell, Table, Tone
from ehtui.views.glyphs import ASCII, PALETTE_SIZE, UNICODE, Glyphs
from ehtui.views.states import ROLE
from ehtui.views.tables import consumers_table, timeline_table
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import GROUP, SCENES

THEMES = {theme.name: theme for theme in (*BUILTIN_THEMES.values(), DARK, LIGHT, MONO)}
MEANT = {Tone.INFO: "primary", Tone.WARNING: "warning", Tone.CRITICAL: "error"}
WELL = ("success",)
FAR, APART, FEWEST = 20.0, 15.0, 5


def variables(theme: Theme) -> dict[str, str]:
    """What widgets style with, as the application has it."""
    return fallback_variables(theme) | theme.to_color_system().generate() | theme.variables


def owners(theme: Theme) -> list[str]:
    return [variables(theme)[f"owner-{place}"] for place in range(OWNER_COLOURS)]


def is_far(one: str, other: str, least: float) -> bool:
    if one.startswith("ansi_") or other.startswith("ansi_"):
        return one != other

    return distance(one, other) >= least


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_no_owner_has_a_colour_that_means_something(theme: Theme) -> None:
    known = variables(theme)

    for name in (*MEANT.values(), *WELL):
        assert all(is_far(owner, known[name], FAR) for owner in owners(theme)), name


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_owners_can_be_told_apart(theme: Theme) -> None:
    different = set(owners(theme))

    assert len(different) >= FEWEST
    assert all(is_far(one, other, APART) for one, other in combinations(different, 2))


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_standby_has_a_colour_that_no_owner_has(theme: Theme) -> None:
    standby = variables(theme)[MEANT[ROLE[ConsumerRole.STANDBY].tone]]

    assert all(is_far(owner, standby, FAR) for owner in owners(theme))


def test_there_are_as_many_places_as_colours() -> None:
    assert PALETTE_SIZE == OWNER_COLOURS


@pytest.mark.parametrize("glyphs", [UNICODE, ASCII])
def test_no_owner_has_a_sign_that_means_something(glyphs: Glyphs) -> None:
    marks = {glyphs.critical, glyphs.warning, glyphs.info, glyphs.well, glyphs.failed}

    assert not marks & set(glyphs.owners)
    assert len(set(glyphs.owners)) == len(glyphs.owners)


def test_without_colour_weight_tells_warnings_from_owners() -> None:
    def weight(name: str) -> bool:
        style = look(name, variables(MONO), is_native=True, has_colour=False)
        return bool(style.bold)

    assert all(weight(f"{tone}") for tone in (Tone.WARNING, Tone.CRITICAL))
    assert not any(weight(f"owner-{place}") for place in range(OWNER_COLOURS))
    assert not weight(f"{Tone.INFO}")


def cells(table: Table, column: str) -> Iterator[Cell]:
    place = next(at for at, each in enumerate(table.columns) if each.key == column)

    return (row.cells[place] for row in table.rows)


@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_only_owners_have_owners_colours(scene: Callable[[], Snapshot]) -> None:
    snapshot = scene()
    timeline = list(cells(timeline_table(snapshot, GROUP), "subject"))
    consumers = list(cells(consumers_table(snapshot, GROUP), "owner"))

    assert all((cell.owner, cell.tone) == (None, Tone.PLAIN) for cell in timeline)
    assert all(cell.owner is None for cell in consumers if "standby" in cell.text)
    assert all(cell.owner is not None for cell in consumers if "standby" not in cell.text)


@pytest.mark.parametrize(
    ("read_only", "paused", "tones"),
    [
        (False, False, []),
        (True, False, [Tone.INFO]),
        (False, True, [Tone.WARNING]),
        (True, True, [Tone.WARNING, Tone.INFO]),
    ],
)
def test_of_the_states_only_a_picture_that_grows_old_is_a_warning(
    read_only: bool, paused: bool, tones: list[Tone]
) -> None:
    backend = FakeBackend(SCENES["healthy"](), read_only=read_only)
    backend.is_paused = paused

    assert [state.tone for state in EhtuiApp(backend, UiOptions()).states] == tones
