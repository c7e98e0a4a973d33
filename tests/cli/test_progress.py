from __future__ import annotations

import pytest

from ehtui.cli.output_format import Progress, tell_unread
from ehtui.domain.snapshot import PartitionState
from tests.views import world


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_person_sees_how_far_it_is_and_a_log_nothing(
    is_terminal: bool, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)

    with Progress() as progress:
        progress.tell(33, 1024)
        progress.tell(244, 1024)

    out, err = capsys.readouterr()
    lines = ["", "ehtui: 33 of 1,024 partitions read", "ehtui: 244 of 1,024 partitions read"]

    assert out == ""
    assert err.split("\r") == ([*lines, " " * len(lines[-1]), ""] if is_terminal else [""])


def test_what_was_not_read_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    read, unread = PartitionState("0", world.sample("0", 10)), PartitionState("1")
    tell_unread(world.snapshot(partitions=(read,)))
    assert capsys.readouterr().err == ""

    tell_unread(world.snapshot(partitions=(read, unread)))
    assert "ehtui: 1 of 2 partitions were not read" in capsys.readouterr().err
