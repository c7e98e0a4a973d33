"""`ehtui explain`: no hub, words for whatever the screen writes."""

from __future__ import annotations

from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from ehtui.cli.main import run


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
    assert run(["explain", "wait"]) == 0
    assert capsys.readouterr().out.startswith("wait 3/10")
    assert run(["explain", "wait", "3/10"]) == 0
    assert capsys.readouterr().out.startswith("wait 3/10")


def test_alone_it_lists_everything(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain"]) == 0

    out = capsys.readouterr().out
    assert all(name in out for name in ("wait 3/10", "LAST SEQ", "standby", "handler.stuck"))


def test_an_unknown_name_says_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", "overdeu"]) == 64
    assert "did you mean 'overdue'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "variable"),
    [
        (["explain", "lease.overdue", "--lang", "ko"], ""),
        (["--lang", "ko", "explain", "lease.overdue"], ""),
        (["explain", "lease.overdue"], "ko"),
        (["--lang", "ko", "explain", "lease.overdue"], "en"),
    ],
)
def test_it_is_explained_in_korean_where_that_is_asked_for(
    argv: list[str],
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("EHTUI_LANG", variable)

    assert run(argv) == 0

    out = capsys.readouterr().out
    assert out.startswith("lease.overdue  (진단)\n")
    assert "할 일" in out


def test_a_file_says_the_language_and_what_is_wrong_in_it_is_no_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EHTUI_LANG", raising=False)
    file = tmp_path / "config.yaml"
    file.write_text("ui: {lang: ko}", encoding="utf-8")

    assert run(["explain", "standby"]) == 0
    assert "인계받음" in capsys.readouterr().out

    file.write_text("ui: {lang: ko, nonsense: [}", encoding="utf-8")

    assert run(["explain", "standby"]) == 0
    assert "Owns nothing, by design" in capsys.readouterr().out


def test_a_language_that_there_is_not_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("EHTUI_LANG", "de")

    assert run(["explain", "standby"]) == 64
    assert "EHTUI_LANG" in capsys.readouterr().err


@pytest.mark.parametrize(("encoding", "told"), [("ascii", "Leases"), ("euc-kr", "리스")])
def test_an_output_without_hangul_is_told_in_english(
    encoding: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = BytesIO()
    monkeypatch.setattr("sys.stdout", TextIOWrapper(written, encoding))

    assert run(["explain", "held", "--lang", "ko"]) == 0
    assert written.getvalue().decode(encoding).startswith(f"held  ({told})")
