"""`ehtui events`: what is shown of a hub, and what is refused before anything is read."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ehtui.cli import events, output_format
from ehtui.cli.event_choice import LastOnes, Wanted, beginning_of, positions_from
from ehtui.cli.parser import parse
from ehtui.config.errors import ConfigError
from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings, Settings
from ehtui.domain.problems import ProblemError
from ehtui.domain.world.events import AtSequence, Earliest, Event, Latest
from ehtui.domain.world.hub import PartitionSample
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.sandbox.eventhubs.events import new_event

START = 1_790_000_000.0


class Hub:
    """A hub of two partitions, and the command at work on it."""

    def __init__(self, endpoint: EventHubsEndpoint, namespace: Namespace) -> None:
        self.namespace = namespace
        self.settings = Settings(
            eventhub=EventHubSettings(
                connection_string=Secret(endpoint.connection_string("hub")), peek_group="peek"
            )
        )

    def append(self, partition: str, *bodies: bytes, at: float = START, **properties: str) -> None:
        log = self.namespace.hub("hub").partition(partition)
        assert log is not None
        log.append([new_event(body, properties or None) for body in bodies], at)
        log.notify()

    async def run(self, *words: str) -> None:
        args = parse(["events", *words])
        wanted = Wanted(args.grep, args.key, args.property)
        saved = events._opened(args.save) if args.save else None
        show = events._shown_by(args, self.settings)

        try:
            await events._Showing(args, self.settings, wanted, show, saved).run()
        finally:
            if saved is not None:
                saved.close()


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    namespace = Namespace("ns.test", clock=lambda: START + 100)
    namespace.create_hub("hub", partitions=2, groups=["peek"])

    async with EventHubsEndpoint(namespace) as endpoint:
        hub = Hub(endpoint, namespace)
        hub.append("0", *(b"zero-%d" % number for number in range(30)), at=START)
        hub.append("1", *(b"one-%d" % number for number in range(30)), at=START + 1)
        yield hub


def said(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


async def test_the_last_ones_of_each_partition(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    await hub.run("--raw", "--from", "-2")
    assert said(capsys) == ["zero-28", "zero-29", "one-28", "one-29"]

    await hub.run("--raw")
    assert said(capsys) == [
        *(f"zero-{n}" for n in range(20, 30)),
        *(f"one-{n}" for n in range(20, 30)),
    ]


async def test_so_many_of_one_partition(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    await hub.run("--raw", "-p", "1", "--from", "earliest", "--count", "3")
    assert said(capsys) == ["one-0", "one-1", "one-2"]


async def test_around_a_position(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    await hub.run("--raw", "-p", "0", "--around", "10", "--count", "4")
    assert said(capsys) == ["zero-8", "zero-9", "zero-10", "zero-11"]

    await hub.run("--raw", "-p", "0", "--around", "1", "--count", "4")
    assert said(capsys) == ["zero-0", "zero-1", "zero-2", "zero-3"]


async def test_until_a_moment(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    await hub.run("--raw", "--from", "earliest", "--until", "2026-09-21T14:13:20Z")
    assert len(said(capsys)) == 30


async def test_a_plain_line(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    await hub.run("-p", "1", "--from", "7", "--count", "1")
    (line,) = said(capsys)
    assert line.endswith("P1 #7 text one-7")


async def test_json_that_hostile_bodies_do_not_break(
    hub: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    bodies = [b"\xff\x00\n", b'{"a": "\n"}', "\u2028\x1b]0;x\x07".encode()]
    hub.append("0", *bodies, at=START + 2)
    await hub.run("--json", "-p", "0", "--from", "30")
    lines = capsys.readouterr().out.split("\n")
    documents = [json.loads(line) for line in lines if line]

    assert [each["sequence"] for each in documents] == [30, 31, 32]
    assert documents[0]["body_base64"] == "/wAK"
    assert documents[1]["body"] == '{"a": "\n"}'
    assert "\x1b" not in "".join(lines)


async def test_hostile_bodies_do_nothing_to_a_terminal(
    hub: Hub, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.append("0", b"\x1b]0;title\x07\r\nbell", at=START + 2)
    await hub.run("-p", "0", "--from", "30")
    await hub.run("-p", "0", "--from", "30", "--pretty")
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    await hub.run("-p", "0", "--from", "30", "--raw")
    told = capsys.readouterr().out

    assert "bell" in told
    assert not set("\x1b\x07\r") & set(told)


async def test_only_what_matches(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    hub.append("0", b"with", at=START + 2, kind="minutes")
    hub.append("0", b"other", at=START + 2, kind="heartbeat")
    await hub.run("--raw", "--from", "earliest", "--property", "kind=minutes")
    assert said(capsys) == ["with"]

    await hub.run("--raw", "--from", "earliest", "--grep", "ZERO-2", "--count", "2")
    assert said(capsys) == ["zero-2", "zero-20"]

    await hub.run("--raw", "--from", "earliest", "--grep", "/^one-[12]$/")
    assert said(capsys) == ["one-1", "one-2"]

    await hub.run("--raw", "--from", "earliest", "--key", "nobody's")
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "No such event." in captured.err


async def test_an_expression_that_takes_for_ever(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ehtui.cli.event_choice.EXPRESSION_S", 0.05)
    hub.append("0", b"a" * 40 + b"!", at=START + 2)

    with pytest.raises(ProblemError, match="takes too long"):
        await hub.run("--from", "earliest", "--grep", "/(a|aa)+$/")


async def test_saved_for_its_owner_alone(
    hub: Hub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "events.jsonl"
    await hub.run("-p", "0", "--from", "-3", "--save", str(path))
    saved = [json.loads(line)["body"] for line in path.read_text().splitlines()]

    assert saved == ["zero-27", "zero-28", "zero-29"]
    assert len(said(capsys)) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    with pytest.raises(ConfigError, match="there already"):
        await hub.run("--save", str(path))


async def test_following_until_it_is_enough(hub: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    running = asyncio.ensure_future(hub.run("--raw", "--follow", "--count", "2"))
    receivers = hub.namespace.hub("hub").receivers

    while not receivers.describe("1"):
        await asyncio.sleep(0.01)

    hub.append("1", b"new", b"newer", at=START + 3)
    await running
    assert said(capsys) == ["new", "newer"]


def test_a_length_of_time_with_its_sign() -> None:
    assert parse(["events", "--from", "-10m"]).begin == "-10m"
    assert parse(["events", "--from", "-3", "--until", "-1h"]).until == "-1h"


@pytest.mark.parametrize("text", ["nowhere", "12:99", "-x"])
def test_no_place_to_begin(text: str) -> None:
    with pytest.raises(ConfigError, match="not a place to begin"):
        beginning_of(text, START, 0.0)


def sample(begin: int, last: int, *, is_empty: bool = False) -> PartitionSample:
    return PartitionSample("0", begin, last, "1", START, is_empty, START)


def test_the_last_ones_are_no_more_than_there_are() -> None:
    def at(sample: PartitionSample, count: int) -> object:
        return positions_from(LastOnes(count), ["0"], {"0": sample}, None)["0"]

    assert at(sample(0, 99), 10) == AtSequence(90)
    assert at(sample(95, 99), 10) == Earliest()
    assert at(sample(100, 99, is_empty=True), 10) == Latest()
    assert beginning_of("-1", START, 0.0) == LastOnes(1)


def test_without_a_checkpoint_it_begins_at_the_begin() -> None:
    assert positions_from(None, ["0"], {}, None) == {"0": Earliest()}


def test_a_bad_expression() -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        Wanted("/(/", None, None)


def test_a_property_that_is_there_whatever_its_value() -> None:
    event = Event("0", 1, "1", START, b"", properties=(("n", 5), ("s", "x")))

    assert Wanted(None, None, ["n"]).matches(event)
    assert Wanted(None, None, ["n=5", "s=x"]).matches(event)
    assert not Wanted(None, None, ["n=6"]).matches(event)
    assert not Wanted(None, None, ["other"]).matches(event)


def test_bytes_go_out_as_they_are(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    output_format.print_bytes(b"\xff\x00")
    assert capsysbinary.readouterr().out == b"\xff\x00"
