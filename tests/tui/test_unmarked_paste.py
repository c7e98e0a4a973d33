"""What a terminal sends in one read: typed, or pasted without saying so."""

from __future__ import annotations

import pytest

from ehtui.tui.terminal import UnmarkedPastes

TYPED = [
    "R",
    "kR\r\r",
    "jjjjjjjjjjjjjjjjjjjj",  # held down, on a line that stood still
    "jjjjjkkkkk2R\r",
    "/consumer rag-minutes\r",  # typed for the filter that the first of it opens
    ":restart everything\r",
    "\x1b[B" * 40,
    "\x1b[<35;60;18M" * 50,
    "\x1b[?2026;2$y\x1b[?1;2c",
    "\x1b]11;rgb:1e1e/2a2a/3c3c\x07",
    "\x1bP>|xterm(367)\x1b\\",
    "\x1b[200~kubectl get pods\r\x1b[201~",  # marked already
    "a51300\r",
]
PASTED = [
    "Restart the consumer\r",
    "R\tPOD\tREADY\tSTATUS\tAGE\r",
    "kubectl get pods -n rag\r\n",
    "naïve Größe\r",
    "quit now or never",
]


@pytest.mark.parametrize("text", TYPED)
def test_typing_is_left_as_it_is(text: str) -> None:
    assert UnmarkedPastes(lambda: False).marked(text, 1.0) == text


@pytest.mark.parametrize("text", PASTED)
def test_a_paste_is_marked_whole(text: str) -> None:
    assert UnmarkedPastes(lambda: False).marked(text, 1.0) == f"\x1b[200~{text}\x1b[201~"


def test_a_text_field_takes_it_as_typed() -> None:
    assert UnmarkedPastes(lambda: True).marked(PASTED[0], 1.0) == PASTED[0]


def test_the_rest_that_follows_belongs_to_it() -> None:
    pastes = UnmarkedPastes(lambda: False)
    pastes.marked(PASTED[0], 1.0)

    assert pastes.marked("k\r", 1.05) == "\x1b[200~k\r\x1b[201~"
    assert pastes.marked("k\r", 1.6) == "k\r"


def test_a_marked_paste_that_comes_in_several_reads_is_not_marked_twice() -> None:
    pastes = UnmarkedPastes(lambda: False)

    for text in ("\x1b[200~one two three", "four five six", "seven eight\x1b[201~"):
        assert pastes.marked(text, 1.0) == text

    assert pastes.marked(PASTED[0], 2.0) != PASTED[0]


@pytest.mark.parametrize("begun", ["\x1b]11;rgb:1e", "\x1b[<35;1", "\x1bP>|xt", "\x1b["])
def test_the_rest_of_an_escape_sequence_is_no_paste(begun: str) -> None:
    pastes = UnmarkedPastes(lambda: False)
    rest = "23;45;6789/abcdefgh\x07"

    assert pastes.marked(begun, 1.0) == begun
    assert pastes.marked(rest, 1.02) == rest
    assert pastes.marked(PASTED[0], 3.0) != PASTED[0]


def test_an_escape_sequence_that_never_ends_is_not_kept() -> None:
    pastes = UnmarkedPastes(lambda: False)

    for _ in range(64):
        pastes.marked("\x1b]" + "x" * 4000, 1.0)

    assert len(pastes._pending) < 4096


def test_escapes_in_a_paste_cannot_end_it() -> None:
    marked = UnmarkedPastes(lambda: False).marked("one two three\x1b[201~k\r\r", 1.0)

    assert marked.endswith("k\r\r\x1b[201~")
