"""`ehtui status` as its users run it: against the sandbox's servers and a real consumer."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import ContainerClient

from ehtui.cli import compose
from ehtui.cli.flags import ExitCode, seconds
from ehtui.config.found import Flags
from ehtui.config.process_settings import look_into
from ehtui.config.resolve import resolve
from ehtui.config.settings import Settings
from ehtui.domain.problems import ProblemKind
from ehtui.domain.snapshot import SourceStatus
from ehtui.views.status import exit_code
from tests.promtool import promtool
from tests.scraped import parse_old
from tests.waiting import wait_until

Process = subprocess.Popen[str]


def start(*argv: str, folder: Path, **variables: str) -> Process:
    """`python -m …` with nothing in its environment but these."""
    return subprocess.Popen(
        [sys.executable, "-m", *argv],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@dataclass(frozen=True)
class Running:
    """A sandbox with one consumer that owns both partitions."""

    environment: dict[str, str]
    consumer: int
    folder: Path

    def ehtui(self, *argv: str, **variables: str) -> Process:
        return start("ehtui", *argv, folder=self.folder, **variables)

    def status(self, *argv: str, **variables: str) -> tuple[int, Any]:
        process = self.ehtui("status", "--json", *argv, **variables)
        out, err = process.communicate(timeout=45)
        assert err == ""

        return process.returncode, json.loads(out)

    def settings(self, **variables: str) -> Settings:
        """The same settings with some replaced, for a look from this process."""
        return resolve(
            Flags(),
            environment={**self.environment, **variables},
            folder=self.folder,
            look_into=look_into,
        ).settings

    def is_owned(self) -> bool:
        partitions = [p for g in compose.look(self.settings()).groups for p in g.partitions]

        return len(partitions) == 2 and all(p.lease.owner and p.checkpoint for p in partitions)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("empty")
    processes = [start("ehtui", "sandbox", "--partitions", "2", folder=folder)]

    try:
        environment = read_environment(processes[0], 5)
        consumer = start(
            *(
                "ehtui.sandbox.consumer",
                "--name",
                "alpha",
                "--interval",
                "1",
                "--expiry",
                "6",
                "--log",
                "alpha.log",
            ),
            folder=folder,
            **environment,
        )
        processes.append(consumer)
        processes.append(start("ehtui.sandbox.producer", folder=folder, **environment))
        running = Running(environment, consumer.pid, folder)
        wait_until(running.is_owned, timeout_s=45, what="both partitions owned and checkpointed")

        yield running
    finally:
        for process in reversed(processes):
            process.terminate()
            process.communicate(timeout=10)


def read_environment(sandbox: Process, lines: int) -> dict[str, str]:
    assert sandbox.stdout is not None
    words = [shlex.split(sandbox.stdout.readline())[0] for _ in range(lines)]

    return dict(word.split("=", 1) for word in words)


def test_a_real_hub_and_a_real_consumer(running: Running) -> None:
    code, document = running.status(**running.environment)

    assert code == 0
    assert document["schema"] == "ehtui.status/1"
    assert document["hub"]["name"] == running.environment["EVENTHUB_NAME"]
    assert [p["id"] for p in document["hub"]["partitions"]] == ["0", "1"]
    assert {source["state"] for source in document["sources"]} == {"ok"}

    (group,) = document["groups"]
    (owner,) = group["owners"]
    assert owner["pid"] == running.consumer
    assert owner["partitions"] == ["0", "1"]
    assert {p["lease"]["state"] for p in group["partitions"]} == {"held"}
    assert all(p["lag"] is not None and p["lag"] >= 0 for p in group["partitions"])


def test_metrics_of_it_are_understood_by_prometheus(running: Running) -> None:
    process = running.ehtui("metrics", "--format", "prometheus", **running.environment)
    out, err = process.communicate(timeout=45)
    owned = [
        (each.labels["messaging_destination_partition_id"], each.value)
        for family in parse_old(out)
        for each in family.samples
        if each.name == "ehtui_group_partition_owned"
    ]

    assert (process.returncode, err) == (0, "")
    assert owned == [("0", 1), ("1", 1)]
    promtool("check", "metrics", given=out)


def test_pid_alone_finds_the_same_hub(running: Running) -> None:
    code, document = running.status("--pid", str(running.consumer))

    assert code == 0
    assert document["hub"]["name"] == running.environment["EVENTHUB_NAME"]
    assert running.consumer in {consumer["pid"] for consumer in document["consumers"]}


def test_pid_says_what_it_found_and_where_beside_the_report(running: Running) -> None:
    process = running.ehtui("status", "--pid", str(running.consumer))
    out, err = process.communicate(timeout=45)

    assert out.startswith("ehtui  127.0.0.1:")
    assert f"process {running.consumer} uses" in err
    assert "eventhub.name = meetings, EVENTHUB_NAME in its environment" in err
    assert "SharedAccessKey=***" in err


def test_a_pipe_gets_the_report_without_colours(running: Running) -> None:
    process = running.ehtui("status", **running.environment)
    out, err = process.communicate(timeout=45)

    assert (process.returncode, err) == (0, "")
    assert "\x1b" not in out
    assert "Partitions: 2" in out


NOWHERE = "SharedAccessKeyName=k;SharedAccessKey=v"


@pytest.mark.parametrize(
    ("variable", "value", "source", "kind"),
    [
        ("EVENTHUB_NAME", "nowhere", "hub", ProblemKind.NOT_FOUND),
        (
            "EVENTHUB_CONNECTION_STRING",
            f"Endpoint=sb://127.0.0.1:1;{NOWHERE};UseDevelopmentEmulator=true",
            "hub",
            ProblemKind.UNREACHABLE,
        ),
        (
            "EVENTHUB_CONNECTION_STRING",
            f"Endpoint=sb://nowhere.invalid;{NOWHERE}",
            "hub",
            ProblemKind.UNRESOLVED,
        ),
        ("CHECKPOINT_CONTAINER", "nowhere", "store", ProblemKind.NOT_FOUND),
        (
            "AZURE_STORAGE_CONNECTION_STRING",
            "AccountName=a;AccountKey=YWJj;BlobEndpoint=http://127.0.0.1:1/a",
            "store",
            ProblemKind.UNREACHABLE,
        ),
    ],
)
def test_one_source_that_cannot_be_read_leaves_the_others(
    running: Running, variable: str, value: str, source: str, kind: ProblemKind
) -> None:
    snapshot = compose.look(running.settings(**{variable: value}))
    states = {state.name: state for state in snapshot.sources}
    problem = states[source].problem

    assert exit_code(snapshot) == ExitCode.UNREADABLE
    assert states[source].status is SourceStatus.FAILED
    assert problem is not None
    assert problem.kind is kind
    assert problem.advice
    assert {s.status for name, s in states.items() if name != source} == {SourceStatus.OK}


def test_a_wrong_key_is_named_and_not_shown(running: Running) -> None:
    key = running.environment["EVENTHUB_CONNECTION_STRING"]
    wrong = key.replace("SharedAccessKey=", "SharedAccessKey=dG9wc2VjcmV0")
    code, document = running.status(**{**running.environment, "EVENTHUB_CONNECTION_STRING": wrong})
    (hub,) = [state for state in document["sources"] if state["name"] == "hub"]

    assert (code, hub["error_kind"]) == (3, "unauthorised")
    assert "dG9wc2VjcmV0" not in json.dumps(document)


def test_a_checkpoint_beyond_the_stream_is_found_by_one_look(running: Running) -> None:
    """Whichever of hub and store answered first: `ahead` came and went from run to run."""
    container = ContainerClient.from_connection_string(
        running.environment["AZURE_STORAGE_CONNECTION_STRING"],
        running.environment["CHECKPOINT_CONTAINER"],
    )
    known = next(iter(container.list_blob_names()))  # namespace/hub/group/…
    name = "/".join([*known.split("/")[:2], "ghost", "checkpoint", "0"])
    metadata = {"sequencenumber": "900000000", "offset": "900000000"}

    with container:
        container.upload_blob(name, b"", metadata=metadata)

        try:
            for _ in range(3):
                snapshot = compose.look(running.settings())
                (ghost,) = (g for g in snapshot.groups if g.name == "ghost")
                assert ghost.partitions[0].ahead is not None
        finally:
            container.delete_blob(name)


def test_ctrl_c_ends_a_long_watch_at_once_and_quietly(running: Running) -> None:
    process = running.ehtui("status", "--for", "300s", **running.environment)
    wait_until(lambda: is_waiting(process.pid), what="the monitor's thread to run")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=40)

    assert (process.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize("output", ["json", "table"])
def test_a_watch_whose_reader_goes_ends_by_itself(running: Running, output: str) -> None:
    process = running.ehtui(
        "status", "--watch", "300ms", "-o", output, **running.environment, PYTHONUNBUFFERED=""
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert process.stdout.readline()  # the first is there before the second is made
    process.stdout.close()

    assert process.wait(timeout=20) == 141
    assert process.stderr.read() == ""
    process.stderr.close()


def test_a_long_watch_notices_that_its_reader_has_gone(running: Running) -> None:
    process = running.ehtui("status", "--watch", "10m", "--json", **running.environment)
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["schema"] == "ehtui.status/1"
    process.stdout.close()

    assert process.wait(timeout=20) == 141
    process.stderr.close()


def test_ctrl_c_ends_a_watch_of_reports_quietly(running: Running) -> None:
    process = running.ehtui("status", "--watch", "300s", "--json", **running.environment)
    assert process.stdout is not None
    assert json.loads(process.stdout.readline())["schema"] == "ehtui.status/1"
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=40)

    assert (process.returncode, out, err) == (130, "", "")


def is_waiting(pid: int) -> bool:
    return len(list(Path(f"/proc/{pid}/task").iterdir())) > 1


@pytest.mark.parametrize(
    ("text", "length_s"), [("15", 15), ("15s", 15), ("1.5m", 90), ("200ms", 0.2), ("1H", 3600)]
)
def test_lengths_of_time(text: str, length_s: float) -> None:
    assert seconds(text) == pytest.approx(length_s)
