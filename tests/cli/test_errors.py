"""Every bad input: one sentence, the next step, the right code, no traceback, no secret."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from ehtui.cli import config as config_command
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from tests.cli.conftest import HUB, SECRET, Ehtui

USAGE, INTERNAL = 64, 70


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["statsu"], "'statsu' is not known here; did you mean 'status'?"),
        (["config", "--hubb", "x"], "did you mean '--hub'?"),
        (["--pid", "many"], "--pid: 'many' is not a process id."),
        (["config", "--group"], "--group has no name"),
        (["config", "-g", ""], "--group is empty"),
        (["--group", "status"], "--group took the word 'status'"),
        (["-g", "status", "--json"], "--group took the word 'status'"),
        (["status", "--fail-on", "always"], "'always' is not known here"),
        (["status", "--for", "soon"], "'soon' is not a length of time such as 15s or 2m"),
        (["status", "--for", "9999h"], "longer than a day"),
        (["config", "--config", "nowhere.yaml"], "--config nowhere.yaml does not exist"),
        (["config", "--env-file", "nowhere"], "--env-file nowhere does not exist"),
        (["config", "--pid", "999999999"], "no process 999999999"),
        (["config", "--container", "NO!"], "--container is not a container name: 'NO!'"),
        (["config", "--account-url", "hg zero"], "--account-url is not the address"),
        (["findings", "--all"], "tells of one hub, so there is no --all"),
        (["status"], "No event hub is configured"),
        ([], "No event hub is configured"),
    ],
)
def test_a_bad_command_line(ehtui: Ehtui, argv: list[str], says: str) -> None:
    said = ehtui(*argv)

    assert said.code == USAGE
    assert says in said.err
    assert_one_sentence(said.err)
    assert said.out == ""


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"EVENTHUB_CONSUMER_GROUP": ""}, "Quote it: '$Default'"),
        ({"EVENTHUB_CONNECTION_STRING": SECRET}, "EVENTHUB_CONNECTION_STRING in the environment"),
        ({"EVENTHUB_CONNECTION_STRING": f"x={SECRET}"}, "has no Endpoint"),
        (
            {"EVENTHUB_CONNECTION_STRING": f"Endpoint=sb://x/;SharedAccessKey={SECRET}"},
            "has no SharedAccessKeyName: Endpoint=sb://x/;SharedAccessKey=***",
        ),
        ({"EVENTHUB_NAME": HUB}, "holds a connection string, not a name"),
        ({"EVENTHUB_NAMESPACE": HUB}, "EVENTHUB_NAMESPACE in the environment holds a connection"),
        ({"AZURE_STORAGE_CONNECTION_STRING": HUB}, "holds an Event Hubs connection string"),
        ({"AZURE_STORAGE_ACCOUNT_URL": f"x?sig={SECRET}"}, "not the address of a storage account"),
        ({"EHTUI_READ_ONLY": "perhaps"}, "should be true or false, not 'perhaps'"),
    ],
)
def test_a_bad_environment(ehtui: Ehtui, variables: dict[str, str], says: str) -> None:
    said = ehtui("config", **variables)

    assert said.code == USAGE
    assert says in said.err
    assert_one_sentence(said.err)


def test_a_file_where_a_name_belongs_is_quoted_in_part(ehtui: Ehtui) -> None:
    said = ehtui("config", "--hub", "x y" * 100_000)

    assert said.code == USAGE
    assert "is not the name of an event hub" in said.err + said.out
    assert len(said.err) < 3000


def test_a_bad_file(ehtui: Ehtui, tmp_path: Path) -> None:
    (tmp_path / "ehtui.yaml").write_text(f"eventhub:\n  connection_string: '{SECRET}\n")
    said = ehtui("config")

    assert said.code == USAGE
    assert "ehtui.yaml is not valid YAML: line 3, column 1" in said.err
    assert_one_sentence(said.err)


def test_a_missing_name_is_asked_for(ehtui: Ehtui) -> None:
    said = ehtui("status", EVENTHUB_CONNECTION_STRING=HUB)

    assert said.code == USAGE
    assert "EVENTHUB_NAME" in said.err
    assert "--hub" in said.err


def raising(error: BaseException) -> object:
    def run(_: argparse.Namespace) -> int:
        raise error

    return run


def test_a_fault_of_ours_is_one_line_and_the_way_to_more(
    ehtui: Ehtui, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = raising(ZeroDivisionError(f"SharedAccessKey={SECRET};\x1b[31m"))
    monkeypatch.setattr(config_command, "run_config", fault)
    said = ehtui("config")

    assert said.code == INTERNAL
    assert "EHTUI_DEBUG=1" in said.err
    assert "ZeroDivisionError" in said.err
    assert_one_sentence(said.err)

    said = ehtui("config", EHTUI_DEBUG="1")
    assert "Traceback" in said.err
    assert "test_errors.py" in said.err
    assert "\x1b" not in said.err


@pytest.mark.parametrize(
    ("kind", "code"), [(ProblemKind.UNSUPPORTED, USAGE), (ProblemKind.INTERNAL, INTERNAL)]
)
def test_a_problem_is_told_as_it_is(
    ehtui: Ehtui, monkeypatch: pytest.MonkeyPatch, kind: ProblemKind, code: int
) -> None:
    problem = ProblemError(Problem(kind, "This cannot be.", "Do that."))
    monkeypatch.setattr(config_command, "run_config", raising(problem))
    said = ehtui("config")

    assert said.code == code
    assert "This cannot be." in said.err


def test_ctrl_c_is_quiet(ehtui: Ehtui, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config_command, "run_config", raising(KeyboardInterrupt()))

    said = ehtui("config")
    assert (said.code, said.out, said.err) == (130, "", "")


def assert_one_sentence(err: str) -> None:
    first, *rest = err.splitlines()

    assert first.startswith("ehtui: ")
    assert len(rest) <= 1
    assert "Traceback" not in err
    assert first.isprintable()
