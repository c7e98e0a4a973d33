from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from ehtui.cli.config import lines
from ehtui.config.errors import ConfigError
from ehtui.config.found import Flags
from ehtui.config.process_settings import look_into
from ehtui.config.resolve import resolve
from tests.shortcuts import only_linux
from tests.waiting import wait_until

KEY = "c2VjcmV0LXZhbHVl"
HUB = f"Endpoint=sb://hgzero.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
STORE = f"AccountName=hgzero;AccountKey={KEY}"
SLEEP = "import sys; sys.stdout.write('up\\n'); sys.stdout.flush(); sys.stdin.read()"

Start = Callable[..., int]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a sleeping stranger in a folder; ended when its input closes."""
    running: list[subprocess.Popen[str]] = []

    def begin(
        *argv: str,
        environment: dict[str, str] | None = None,
        folder: str = ".",
        interpreter: str = sys.executable,
    ) -> int:
        process = subprocess.Popen(
            [interpreter, *(argv or ("-c", SLEEP))],
            cwd=tmp_path / folder,
            env=environment or {},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"

        return process.pid

    yield begin

    for process in running:
        process.communicate()


def values(pid: int) -> dict[str, str]:
    return {key: value.value for key, value in look_into(pid).values.items()}


def test_the_guides_consumer_is_understood_as_it_runs(start: Start, tmp_path: Path) -> None:
    rag = tmp_path / "rag"
    rag.mkdir()
    (rag / ".env").write_text(f"EVENTHUB_CONNECTION_STRING={HUB}\nEVENTHUB_NAME=meetings\n")
    (rag / "config.yaml").write_text(
        "eventhub:\n  consumer_group: '${GROUP}'\nazure:\n  storage:\n"
        f"    connection_string: {STORE}\n    container_name: hgzero-checkpoints\n"
    )
    (rag / "start_consumer.py").write_text(SLEEP)
    pid = start("start_consumer.py", environment={"GROUP": "test-group"}, folder="rag")
    findings = look_into(pid)
    found = {key: value.value for key, value in findings.values.items()}

    assert found == {
        "eventhub.connection_string": HUB,
        "eventhub.name": "meetings",
        "eventhub.consumer_group": "test-group",
        "checkpoint_store.connection_string": STORE,
        "checkpoint_store.containers": "hgzero-checkpoints",
    }
    assert str(rag / ".env") in str(findings.values["eventhub.name"].origin)
    assert f"process {pid}" in str(findings.values["eventhub.name"].origin)


def test_environment_and_flags_of_a_process(start: Start) -> None:
    pid = start(
        "-c", SLEEP, "--consumer-group", "flag", "--container=cps",
        environment={"EVENTHUB_CONNECTION_STRING": HUB, "EVENTHUB_CONSUMER_GROUP": "env"},
    )  # fmt: skip
    found = values(pid)

    assert found["eventhub.connection_string"] == HUB
    assert found["eventhub.consumer_group"] == "env"  # the documented name is the surer one
    assert found["checkpoint_store.containers"] == "cps"


def test_the_listing_says_what_was_read_of_a_process(start: Start, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("EVENTHUB_NAME=meetings\n")
    pid = start(environment={"EVENTHUB_CONNECTION_STRING": HUB})
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    resolved = resolve(Flags(pid=pid), environment={}, folder=folder, look_into=look_into)

    read = f"read: the command line and the environment of process {pid}, {tmp_path}/.env"

    assert read in lines(resolved)


def test_the_scripts_own_folder_counts_where_it_was_started_from_elsewhere(
    start: Start, tmp_path: Path
) -> None:
    app = tmp_path / "app" / "src"
    app.mkdir(parents=True)
    (app.parent / ".env").write_text(f"EVENTHUB_CONNECTION_STRING={HUB}\n")
    (app / "main.py").write_text(SLEEP)

    assert values(start("app/src/main.py"))["eventhub.connection_string"] == HUB


def test_a_file_above_the_interpreter_is_not_the_applications(start: Start, tmp_path: Path) -> None:
    """A virtual environment has a dot in its path, and stands in somebody's project."""
    programs = tmp_path / "project" / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    (tmp_path / "project" / ".env").write_text(f"EVENTHUB_CONNECTION_STRING={HUB}\n")
    (tmp_path / "work").mkdir()

    with pytest.raises(ConfigError, match="shows no event hub"):
        look_into(start(folder="work", interpreter=str(programs / "python")))


@only_linux("shows the root of a process")
@pytest.mark.skipif(os.geteuid() != 0, reason="changing the root needs its rights")
def test_paths_of_a_process_with_another_root_are_followed_through_it(
    start: Start, tmp_path: Path
) -> None:
    """As in a container: what it calls /app is nowhere on this host."""
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "main.py").touch()
    (tmp_path / "app" / ".env").write_text("EVENTHUB_NAME=meetings\n")
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / ".env").write_text(f"EVENTHUB_CONNECTION_STRING={HUB}\n")
    enter = f"import os; os.chroot({str(tmp_path)!r}); os.chdir('/work'); {SLEEP}"
    found = values(start("-c", enter, "/app/main.py"))

    assert found == {"eventhub.connection_string": HUB, "eventhub.name": "meetings"}


def test_a_broken_file_of_the_application_is_noted_and_passed_over(
    start: Start, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text("a: [")
    findings = look_into(start(environment={"EVENTHUB_CONNECTION_STRING": HUB}))

    assert any("not valid YAML" in note for note in findings.notes)


def test_an_alias_that_holds_itself_ends(start: Start, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(f"app: &a\n  hub: '{HUB}'\n  again: *a\n")

    assert values(start())["eventhub.connection_string"] == HUB


def test_a_process_that_is_not_there() -> None:
    pids = set(psutil.pids())
    free = next(pid for pid in range(30_000, 4_000_000) if pid not in pids)

    for pid in (free, -1, 2**80):
        with pytest.raises(ConfigError, match=f"no process {pid}"):
            look_into(pid)


def test_a_process_without_settings_says_where_was_looked(start: Start, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        look_into(start())

    assert "EVENTHUB_CONNECTION_STRING" in caught.value.summary
    assert str(tmp_path) in caught.value.summary


def test_a_zombie_has_nothing_to_show() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])

    try:
        wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)

        with pytest.raises(ConfigError, match="has ended"):
            look_into(process.pid)
    finally:
        process.wait()


@pytest.mark.skipif(os.geteuid() != 0, reason="needs two users to be refused")
def test_no_right_to_read_names_the_user_and_the_way() -> None:
    """Asked as `nobody` about a process of root."""
    code = (
        f"import os, sys; sys.path.insert(0, {str(Path.cwd())!r})\n"
        "from ehtui.config.process_settings import look_into\n"
        "from ehtui.config.errors import ConfigError\n"
        "os.setgid(65534); os.setuid(65534)\n"
        f"try: look_into({os.getpid()})\n"
        "except ConfigError as error: print(error.summary, error.advice)\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "No right to read the environment" in run.stdout
    assert "sudo -u root ehtui --pid" in run.stdout
