"""Which hub and group a process's own settings name."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ehtui.config.process_places import Place, ProcessFacts
from ehtui.config.process_settings import declared_target, target_of
from ehtui.domain.world.process import LAUNCH_VARIABLE, DeclaredTarget, LaunchMark, read_mark

KEY = "c2VjcmV0LXZhbHVl"
STRING = (
    f"Endpoint=sb://Contoso.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
)


def target(
    arguments: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    *files: dict[str, str],
) -> DeclaredTarget:
    places = [
        Place("its command line", arguments or {}),
        Place("its environment", environment or {}),
    ]
    places += [Place(f"file {n}", variables) for n, variables in enumerate(files)]

    return target_of(ProcessFacts(7, "python consumer.py", "/srv", tuple(places)))


def test_nothing_is_named() -> None:
    assert target({"x": "1"}, {"PATH": "/bin"}) == DeclaredTarget()


def test_what_environment_and_connection_string_name() -> None:
    found = target(
        {},
        {
            "EVENTHUB_CONNECTION_STRING": f"{STRING};EntityPath=meetings",
            "EVENTHUB_NAME": "Meetings",
            "EVENTHUB_CONSUMER_GROUP": "audit",
        },
    )

    assert [name.lower() for name in found.namespaces] == ["contoso.servicebus.windows.net"]
    assert found.hubs == ("meetings",)
    assert found.groups == ("audit",)
    assert KEY not in repr(found)


@pytest.mark.parametrize("option", ["group", "g", "consumer-group", "cg", "group-id"])
def test_a_group_on_the_command_line(option: str) -> None:
    assert target({option: "audit"}).groups == ("audit",)


def test_a_group_there_and_another_one_in_the_environment_are_two() -> None:
    found = target({"group": "audit"}, {"EVENTHUB_CONSUMER_GROUP": "$Default"})

    assert found.groups == ("audit", "$Default")


def test_a_file_is_not_asked_for_what_the_environment_sets() -> None:
    """As python-dotenv has it: the .env of a project does not override."""
    found = target(
        {},
        {"EVENTHUB_NAME": "one", "EVENTHUB_CONSUMER_GROUP": "audit"},
        {"EVENTHUB_NAME": "two", "EVENTHUB_CONSUMER_GROUP": "$Default"},
        {"eventhub.name": "three"},
    )

    assert found.hubs == ("one", "three")
    assert found.groups == ("audit",)


def test_what_is_still_to_be_put_in_is_no_name() -> None:
    assert target({}, {"EVENTHUB_NAME": "${HUB}"}).hubs == ()


def test_another_system_names_no_group_of_ours() -> None:
    assert target({}, {"KAFKA_CONSUMER_GROUP": "audit"}).groups == ()


def test_the_mark_of_a_start_is_read() -> None:
    mark = LaunchMark("rag", "audit", "contoso.servicebus.windows.net", "meetings")
    assert target({}, {LAUNCH_VARIABLE: mark.text}).mark == mark


@pytest.mark.parametrize(
    "text", [None, "", "1", "[]", "{}", '{"consumer":"x"}', '{"consumer":1,"group":"g"}', "{"]
)
def test_what_is_no_mark(text: str | None) -> None:
    assert read_mark(text) is None


def test_of_a_running_process(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f"EVENTHUB_CONNECTION_STRING={STRING}\nEVENTHUB_NAME=meetings\n")
    code = "print('up', flush=True); import sys; sys.stdin.read()"

    with subprocess.Popen(
        [sys.executable, "-c", code, "--group", "audit"],
        cwd=tmp_path,
        env={},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        found = declared_target(process.pid)
        process.communicate()

    assert found is not None
    assert (found.hubs, found.groups) == (("meetings",), ("audit",))
    assert declared_target(process.pid) is None  # it has ended
