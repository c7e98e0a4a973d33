"""`ehtui explain`: no hub, no settings, words for whatever the screen writes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.cli.main import run

if TYPE_CHECKING:
    import pytest


def test_a_name_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "lease.overdue"]) == 0

    out = capsys.readouterr().out
    assert out.startswith("lease.overdue  (Findings)\n")
    assert "What to do" in out
    assert "It rests on" in out


def test_headings_are_coloured_where_that_is_asked_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")

    assert run(["explain", "standby"]) == 0
    assert capsys.readouterr().out.startswith("\x1b[36mstandby  (Consumers)\x1b[0m\n")


def test_words_may_stand_apart(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "wait", "3/10"]) == 0
    assert capsys.readouterr().out.startswith("wait 3/10")


def test_alone_it_lists_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0

    out = capsys.readouterr().out
    assert all(name in out for name in ("wait 3/10", "LAST SEQ", "standby", "handler.stuck"))


def test_an_unknown_name_says_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "overdeu"]) == 64
    assert "did you mean 'overdue'?" in capsys.readouterr().err
