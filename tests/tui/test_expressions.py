"""Expressions find what Python's do, and never take long about it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.tui.expressions import Expression, ExpressionError

TEXTS = (
    "",
    "ok",
    "OK behind",
    "≤9,120",
    "회의록 🚀",
    "■ 73fda457",
    "a_b-c",
    "P2",
    "P20",
    "aaaa!",
    "]x^",
)
PATTERNS = (
    "ok", "^ok$", "^(behind|unowned)$", "73F", r"\bP2\b", r"\d+,\d{3}", "[^a-z]", "[a-c-]+",
    "a{2,3}",
    "a{2}$", "(?:a|b)*!", "(a+)+$", ".", "", "x?$", "^$", r"\S\s\S", r"[\d,]+$", "회.록", "[]x]",
    "a*?!",
    "[^]]", r"\.", r"[\]^-]", "(ok|OK) B", "{", "a{,2}b", r"\Bb", "(?i)OK", "|ok", "()",
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_it_finds_what_pythons_own_finds(pattern: str) -> None:
    expression, own = Expression(pattern), re.compile(pattern, re.IGNORECASE)

    for text in TEXTS:
        assert expression.is_in(text) == bool(own.search(text)), text


def _patterns() -> st.SearchStrategy[str]:
    simple = st.sampled_from(
        ["a", "b", "A", ".", r"\d", r"\w", r"\s", r"\b", "^", "$", "[ab]", "[^a]", "[0-9]", "-"]
    )
    # Of repeated places, such as (^)*, Python's own makes what it likes.
    repeated = st.sampled_from(["a", "b", ".", "[ab]", r"\d", "[^a]"])
    quantified = st.tuples(repeated, st.sampled_from(["*", "+", "?", "{1,2}", "{2}", "*?"]))
    atoms = st.one_of(simple, quantified.map("".join))
    sequences = st.lists(atoms, max_size=4).map("".join)
    either = st.lists(sequences, min_size=1, max_size=3).map("|".join)
    grouped = st.tuples(either, either).map(lambda two: f"(?:{two[0]}){two[1]}")

    return st.one_of(either, grouped)


@given(_patterns(), st.text("aAb1- _", max_size=8))
def test_it_agrees_with_pythons_own(pattern: str, text: str) -> None:
    own = re.compile(pattern, re.IGNORECASE)

    assert Expression(pattern).is_in(text) == bool(own.search(text))


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b$", "(.*)*x", "(a*)*b", ".*.*.*.*.*.*x"])
def test_what_makes_pythons_own_hang_is_found_out_at_once(pattern: str) -> None:
    """With going back, the first would take longer than the universe has been there."""
    assert not Expression(pattern).is_in("a" * 5000 + "!")


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", r"a \( is not closed"),
        ("ok)", r"a \) has no"),
        ("[a", r"a \[ is not closed"),
        ("*", r"nothing stands before \*"),
        ("a\\", "nothing follows"),
        (r"(a)\1", r"\\1 is not understood"),
        ("(?=a)", "is not understood here"),
        ("(?<n>a)", "is not understood here"),
        ("a{3,2}", "no number of times"),
        ("a{999}", "no number of times"),
        ("((a{200}){200}){200}", "repeats too much"),
        ("(" * 200 + ")" * 200, "too many"),
        ("[z-a]", "runs backwards"),
    ],
)
def test_what_cannot_be_read_is_told(pattern: str, why: str) -> None:
    with pytest.raises(ExpressionError, match=why):
        Expression(pattern)


def test_what_it_remembers_is_bounded() -> None:
    expression = Expression("x.{12}y")

    for number in range(30_000):
        expression.is_in(chr(0x4E00 + number % 20_000) + "x")

    assert sum(len(known.then) for known in expression._known.values()) <= 20_001
