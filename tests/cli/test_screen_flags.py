"""`--refresh`, `-r` and `--at`."""

from __future__ import annotations

import pytest

from ehtui.cli.flags import resolve_args
from ehtui.cli.main import run
from ehtui.cli.parser import parse
from ehtui.config.errors import ConfigError
from tests.cli.conftest import HUB


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVENTHUB_CONNECTION_STRING", HUB)
    monkeypatch.setenv("EVENTHUB_NAME", "meetings")


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(("text", "seconds"), [("2", 2.0), ("500ms", 0.5), ("1m", 60.0)])
def test_everything_is_read_so_often(text: str, seconds: float) -> None:
    resolved = resolve_args(parse(["--refresh", text]))
    poll = resolved.settings.poll

    assert (poll.hub_s, poll.store_s, poll.processes_s) == (seconds,) * 3
    assert str(resolved.origins["poll.store_s"]) == "--refresh"


@pytest.mark.usefixtures("hub")
def test_nobody_reads_so_often() -> None:
    with pytest.raises(ConfigError, match=r"--refresh should be between 0.2 and 3600 seconds"):
        resolve_args(parse(["--refresh", "0.01"]))


@pytest.mark.usefixtures("hub")
def test_r_is_read_only() -> None:
    assert resolve_args(parse(["-r"])).settings.read_only
    assert not resolve_args(parse([])).settings.read_only


def test_a_place_is_for_the_screen() -> None:
    assert parse(["--at", "partition:2/why"]).at == "partition:2/why"
    demo = parse(["demo", "--at", "timeline", "-r", "--refresh", "1"])
    assert (demo.at, demo.read_only, demo.refresh) == ("timeline", True, 1.0)
    assert "at" not in parse(["demo"])


def test_help_names_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    said = capsys.readouterr().out

    assert all(flag in said for flag in ("--at PLACE", "-r, --read-only", "--refresh SECONDS"))
