from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ehtui.views.width import cut, pad, width, wrap

SAMPLES = {
    "ehtui": 5,
    "": 0,
    "회의록": 6,
    "회의 🎉": 7,
    "👍🏽": 2,
    "👨\u200d👩\u200d👧": 2,
    "❤️": 2,
    "🇰🇷": 2,
    "e\u0301": 1,
    "\u1112\u1161\u11ab": 2,  # 한, in parts
    "█░▁▇▲●✓■–…≤": 11,
}
PIECES = [*"ab –…", "가", "힣", "🎉", "e\u0301", "❤️", "👨\u200d👩\u200d👧"]
TEXT = st.lists(st.sampled_from(PIECES)).map("".join)


@pytest.mark.parametrize(("text", "cells"), SAMPLES.items())
def test_width(text: str, cells: int) -> None:
    assert width(text) == cells
    assert cell_len(text) == cells  # what the screen will draw it with


@given(TEXT)
def test_width_agrees_with_the_screen(text: str) -> None:
    assert width(text) == cell_len(text)


@given(TEXT, st.integers(1, 30))
def test_cut_fits_and_marks_what_it_leaves_out(text: str, cells: int) -> None:
    shown = cut(text, cells)

    assert width(shown) <= cells
    assert shown == text or shown.endswith("…")


@given(TEXT, st.integers(0, 30), st.booleans())
def test_padded_text_takes_exactly_its_cells(text: str, cells: int, right: bool) -> None:
    assert width(pad(text, cells, align_right=right)) == cells


@given(TEXT, st.integers(2, 30))
def test_wrapped_lines_fit_and_lose_nothing(text: str, cells: int) -> None:
    lines = wrap(text, cells)

    assert all(width(line) <= cells for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize(
    ("text", "cells", "shown"),
    [("회의록", 6, "회의록"), ("회의록", 5, "회의…"), ("회의록", 4, "회…"), ("abc", 0, "")],
)
def test_a_wide_character_is_never_halved(text: str, cells: int, shown: str) -> None:
    assert cut(text, cells) == shown


def test_wrapping_keeps_words_whole_where_it_can() -> None:
    assert wrap("the lease runs out at noon", 10) == ["the lease", "runs out", "at noon"]
    assert wrap("", 10) == [""]
    assert wrap("abcdefgh", 3) == ["abc", "def", "gh"]
