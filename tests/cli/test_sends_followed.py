"""Send and follow on a sandbox: real consumers, one of which hangs at an event that it is sent."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ehtui.cli.flags import ExitCode
from ehtui.cli.sending import _lines
from ehtui.sandbox.meetings import POISON
from ehtui.sandbox.options import Pace, ServerOptions
from ehtui.sandbox.sandbox import Sandbox
from tests.cli.conftest import Ehtui, Said

QUICK = Pace(interval_s=0.5, expiry_s=4.0, work_s=0.0, checkpoint_s=0.2)
CAREFUL, NOBODY = "careful", "nobody"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    groups = ("$Default", CAREFUL, NOBODY)

    with Sandbox(
        ServerOptions(groups=groups, partitions=2), consumers=1, pace=QUICK, traffic=0
    ) as sandbox:
        sandbox.start_consumer(CAREFUL, switches=("--poison=hang",))
        yield sandbox


Send = Callable[..., Said]


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_events_on_standard_input_have_to_be_agreed_to_beforehand(
    ehtui: Ehtui, more: tuple[str, ...]
) -> None:
    said = ehtui("send", "--lines", "-", *more)

    assert (said.code, said.out) == (ExitCode.USAGE, "")
    assert "standard input, where nobody can be asked then" in said.err
    assert "Add --yes, or --dry-run to look." in said.err


def test_standard_input_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(b"one\n\ntwo\n"), encoding="utf-8")
    monkeypatch.setattr(sys, "stdin", stdin)

    assert [each.body for each in _lines("-")] == [b"one", b"two"]
    assert not stdin.closed


@pytest.fixture
def send(sandbox: Sandbox, ehtui: Ehtui) -> Send:
    return lambda *words, **more: ehtui(
        "send", *words, "--yes", "--refresh", "0.3", **sandbox.environment, **more
    )


def document(said: Said) -> dict[str, Any]:
    assert said.err == ""
    told: dict[str, Any] = json.loads(said.out)

    return told


def followed(send: Send, *words: str, group: str = "$Default") -> tuple[int, list[dict[str, Any]]]:
    said = send(*words, "--follow", "20s", "--json", "--group", group)

    return said.code, document(said)["followed"]


def test_a_healthy_consumers_checkpoint_passes_what_is_sent(send: Send) -> None:
    said = send("--partition", "1", "--follow", "20s")

    assert said.code == ExitCode.OK, said
    assert "Sent 1 event to P1, as #0 in P1." in said.out
    assert "Sent as #0 to P1; " in said.out
    assert "'s checkpoint passed it " in said.out


def test_each_partition_is_followed(send: Send) -> None:
    code, places = followed(send, "--count", "6")

    assert code == ExitCode.OK
    assert {(place["partition"], place["count"]) for place in places} == {("0", 3), ("1", 3)}
    assert all(place["verdict"] == "passed" for place in places)
    assert all(place["last_sequence"] - place["first_sequence"] == 2 for place in places)


def test_one_that_hangs_is_told_from_one_that_does_not(send: Send) -> None:
    code, places = followed(send, "--count", "2", group=CAREFUL)  # now its cadence is known
    assert (code, [place["verdict"] for place in places]) == (ExitCode.OK, ["passed"] * 2)

    body = json.dumps({"eventType": POISON})
    code, (stuck,) = followed(send, "--body", body, "--partition", "0", group=CAREFUL)
    assert (code, stuck["verdict"]) == (ExitCode.NOT_PASSED, "stuck")
    assert stuck["checkpoint"] == stuck["last_sequence"] - 1
    assert stuck["waited_s"] > 3 * stuck["cadence_s"]

    # The same events in another group, and its other partition, are well.
    code, (place,) = followed(send, "--partition", "0")
    assert (code, place["verdict"]) == (ExitCode.OK, "passed")
    code, (place,) = followed(send, "--partition", "1", group=CAREFUL)
    assert (code, place["verdict"]) == (ExitCode.OK, "passed")


def test_where_nobody_reads_that_is_the_verdict(send: Send) -> None:
    said = send("--partition", "1", "--follow", "20s", "--group", NOBODY)

    assert said.code == ExitCode.NOT_PASSED
    assert f"nobody in {NOBODY} owns the partition" in said.out
    assert "→ Start a consumer" in said.out


def test_with_a_peek_group_an_event_is_found_by_its_marker(send: Send) -> None:
    told = document(send("--partition", "1", "--json", "--follow", "9s", "--peek-group", NOBODY))
    (place,) = told["followed"]

    assert told["plan"]["is_marked"]
    assert ["sequence", str(place["last_sequence"])] in told["outcome"]["details"]
    assert place["verdict"] == "passed"


def test_too_little_time_gives_no_verdict(send: Send) -> None:
    said = send("--partition", "1", "--follow", "0.1s", "--group", NOBODY)

    assert said.code == ExitCode.NO_VERDICT
    assert "No verdict in that time" in said.out


def test_lines_of_a_file_each_once_and_in_order(
    send: Send, sandbox: Sandbox, tmp_path: Path
) -> None:
    lines = [json.dumps({"n": "{{sequence}}", "line": n}) for n in range(300)]
    (tmp_path / "events.jsonl").write_text("\n\n".join(lines) + "\r\n")
    before = last(sandbox, "1")
    told = document(send("--lines", "events.jsonl", "--partition", "1", "--json"))

    assert told["outcome"]["state"] == "done"
    assert ["accepted", "300"] in told["outcome"]["details"]
    assert ["sequence", f"{before + 1}-{before + 300}"] in told["outcome"]["details"]
    assert told["plan"]["count"] == 300
    assert told["plan"]["content"]["events"] == []
    assert last(sandbox, "1") == before + 300


def last(sandbox: Sandbox, partition: str) -> int:
    hub = sandbox.control("GET", "/state")["hubs"][0]

    return int(next(p["last_sequence"] for p in hub["partitions"] if p["id"] == partition))


def test_a_line_that_is_too_large_is_named_and_nothing_is_sent(
    send: Send, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "big.jsonl").write_text("{}\n" + "x" * 1_100_000 + "\n{}\n")
    before = last(sandbox, "0")
    said = send("--lines", "big.jsonl", "--partition", "0")

    assert said.code == ExitCode.CRITICAL
    assert "Line 2 of big.jsonl has 1,100," in said.out
    assert "more than the 1,048,576 that this hub takes. Nothing was sent." in said.out
    assert last(sandbox, "0") == before


def test_a_rate_is_kept_and_a_key_stays_in_its_partition(send: Send) -> None:
    told = document(send("--partition-key", "room 1", "--count", "5", "--rate", "20", "--json"))

    assert ["accepted", "5"] in told["outcome"]["details"]
    assert told["plan"]["interval_s"] == pytest.approx(0.05)
    partitions = [value for name, value in told["outcome"]["details"] if name == "partition"]
    assert len(partitions) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--lines", "missing.jsonl"), "missing.jsonl can't be read: No such file"),
        (("MINUTES_FINALIZED", "--body", "{}"), "another event is given too"),
        (("--property", "novalue"), "is not NAME=VALUE"),
        (("--rate", "0"), "is not a number of events a second"),
        (("--rate", "5", "--interval", "1s"), "not allowed with"),
    ],
)
def test_what_cannot_be_meant(send: Send, words: tuple[str, ...], told: str) -> None:
    said = send(*words)

    assert said.code == ExitCode.USAGE
    assert told in said.err


def test_no_line_is_nothing_to_send(send: Send, tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("\n\n")
    said = send("--lines", "empty.jsonl")

    assert said.code == ExitCode.WARNING
    assert "There is no event in empty.jsonl." in said.err


def test_a_test_event_may_stand_in_a_file_of_its_own(
    send: Send, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "events").mkdir()
    (tmp_path / "ehtui.yaml").write_text(
        "test_events:\n  meeting:\n    file: events/meeting.json\n    content_type: x/meeting\n"
    )
    said = send("meeting", "--partition", "0")
    assert said.code == ExitCode.WARNING
    assert "The file of test event “meeting” can't be read (No such file" in said.err

    (tmp_path / "events" / "meeting.json").write_text('{"at": "{{now}}", "by": "{{host}}"}')
    before = last(sandbox, "0")
    told = document(send("meeting", "--partition", "0", "--json"))

    assert told["plan"]["template"] == "meeting"
    assert told["plan"]["content_type"] == "x/meeting"
    assert "{{" not in told["plan"]["body"]
    assert last(sandbox, "0") == before + 1


def test_a_test_event_has_a_body_or_a_file(send: Send, tmp_path: Path) -> None:
    (tmp_path / "ehtui.yaml").write_text("test_events:\n  meeting:\n    body: x\n    file: y\n")
    said = send("meeting")

    assert said.code == ExitCode.USAGE
    assert "test_events.meeting has a body and a file." in said.err
