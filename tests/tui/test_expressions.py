"""Expressions find what Python's do, and give up instead of hanging."""

from __future__ import annotations

import time

import pytest

from ehtui.tui.expressions import Expression, ExpressionError


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^ok$", "OK"),
        ("^(behind|unowned)$", "behind"),
        (r"\d+,\d{3}", "≤9,120"),
        ("회.록", "회의록"),
    ],
)
def test_it_finds_whatever_the_case(pattern: str, text: str) -> None:
    assert Expression(pattern).is_in(text)
    assert not Expression(pattern).is_in("~")


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(a|a?)+$"])
def test_what_takes_too_long_is_given_up(pattern: str) -> None:
    with pytest.raises(ExpressionError, match="too long"):
        Expression(pattern).is_in("a" * 500 + "!")


@pytest.mark.parametrize("pattern", ["(", "ok)", "[a", "*", "a\\", "[z-a]", "(?a)(?L)x"])
def test_what_cannot_be_read_is_told(pattern: str) -> None:
    with pytest.raises(ExpressionError, match=r"at position|incompatible"):
        Expression(pattern)


def test_what_is_slow_for_many_texts_is_given_up_too() -> None:
    expression = Expression("(a|aa)+$")
    texts = ["a" * 24 + "!"] * 2000

    with pytest.raises(ExpressionError, match="too long"):
        any(map(expression.is_in, texts))


def test_of_many_texts_it_rests_before_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    expression = Expression("a.*b", per_turn_s=0.5)
    assert expression.rests_s == 0

    with pytest.raises(ExpressionError, match="too long"):
        Expression("(a|aa)+$", per_turn_s=5.0).is_in("a" * 500 + "!")  # after LONGEST_S at most

    tired = Expression("(a|aa)+$")

    with pytest.raises(ExpressionError, match="too long"):
        tired.is_in("a" * 500 + "!")

    # Whatever else the machine did meanwhile.
    monkeypatch.setattr(time, "monotonic", lambda: tired._began_at + 0.25)
    assert tired.rests_s == 0.75
