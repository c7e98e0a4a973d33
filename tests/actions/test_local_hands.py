"""How a configured consumer is started."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.actions.process_control import GROUP_VARIABLE, LocalControl
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.actions.plans import StartPlan
from ehtui.domain.world.process import LAUNCH_VARIABLE, LaunchMark, read_mark

PLAN = StartPlan("rag", ("python", "c.py"), None, "test", (), "x.log", 1.0)


def test_a_consumer_starts_in_its_own_environment_and_the_plans_group(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("STATE=/srv/{group}\n")
    rag = ConsumerSettings(command=("python", "c.py", "--group={group}"), env_file=str(file))
    launch = LocalControl({"rag": rag}).prepare(PLAN)

    assert launch.argv == ("python", "c.py", "--group=test")
    assert launch.environment["STATE"] == "/srv/test"
    assert launch.environment[GROUP_VARIABLE] == "test"


def test_what_is_inherited_stays_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROMPT_TEMPLATE", "[{group}] $ ")
    file = tmp_path / ".env"
    file.write_text("STATE=/srv/{group}\n")
    rag = ConsumerSettings(command=("python", "c.py"), env_file=str(file))
    launch = LocalControl({"rag": rag}).prepare(PLAN)

    assert launch.environment["PROMPT_TEMPLATE"] == "[{group}] $ "
    assert launch.environment["STATE"] == "/srv/test"


def test_without_its_env_file_it_is_not_started(tmp_path: Path) -> None:
    rag = ConsumerSettings(command=("python", "c.py"), env_file=str(tmp_path / "nowhere.env"))

    with pytest.raises(FileNotFoundError, match=r"nowhere\.env"):
        LocalControl({"rag": rag}).prepare(PLAN)


def test_what_it_starts_is_marked_so_that_it_is_known_again() -> None:
    rag = ConsumerSettings(command=("python", "c.py"))
    hands = LocalControl({"rag": rag}, namespace="contoso.servicebus.windows.net", hub="meetings")
    mark = read_mark(hands.prepare(PLAN).environment[LAUNCH_VARIABLE])

    assert mark == LaunchMark("rag", "test", "contoso.servicebus.windows.net", "meetings")
