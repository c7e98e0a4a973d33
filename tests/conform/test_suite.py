"""The whole suite on the sandbox, as somebody runs it; and what its report says, and does not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from ehtui.cli import conform
from ehtui.cli.flags import resolve_args
from ehtui.cli.parser import parse
from ehtui.config.errors import ConfigError
from ehtui.config.secret import Secret
from ehtui.conform import report, suite
from ehtui.conform.checks import Check, Result, Source, State, run
from ehtui.conform.needs import WITHOUT, Need
from ehtui.conform.world import LATEST, World
from ehtui.domain.problems import ProblemError
from ehtui.wire.amqp.performatives import Detach
from ehtui.wire.amqp.values import Symbol
from ehtui.wire.credentials import SharedKey, SharedSignature

EHTUI = [sys.executable, "-m", "ehtui"]
DOCS = Path(__file__).parents[2] / "docs" / "conform.md"
ALL = ("--send", "--store", "--own-group", "own")


def sandboxed(*arguments: str) -> subprocess.CompletedProcess[str]:
    around = [*EHTUI, "sandbox", "--group", "own", "--"]
    return subprocess.run(
        [*around, *EHTUI, "conform", *arguments],
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_the_sandbox_does_what_is_believed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    ended = sandboxed(*ALL, "--yes", "--report", str(tmp_path / "found"))
    document = json.loads((tmp_path / "found.json").read_text())
    record_property(
        "note", ended.stdout.strip().splitlines()[-2 if "Written" in ended.stdout else -1]
    )
    wrong = [c for c in document["checks"] if c["state"] not in ("as_believed", "not_asked")]

    assert wrong == []
    assert ended.returncode == 0, ended.stderr
    slow = {check.id for check in suite.CHECKS if Need.SLOW in check.needs}
    assert {c["id"] for c in document["checks"] if c["state"] == "not_asked"} == slow
    assert "owner levels" in ended.stderr  # it said beforehand what it would do
    told = (tmp_path / "found.md").read_text() + json.dumps(document)
    assert re.findall(r"127\.0\.0\.1|meetings|checkpoints/|RootManage", told) == []


def test_without_more_rights_it_only_reads() -> None:
    ended = sandboxed("--yes", "--only", "management.status", "--only", "send", "--only", "own")

    assert "✓ management.status" in ended.stdout
    assert "may be written to (--send)" in ended.stdout
    assert "a consumer group of its own (--own-group)" in ended.stdout
    assert "sends" not in ended.stderr
    assert ended.returncode == 0


def test_a_hub_that_is_other_than_believed_ends_it_with_1() -> None:
    change = (
        "import os, subprocess, sys, urllib.request as web;"
        "url = os.environ['EHTUI_SANDBOX_CONTROL_URL'] + '/hubs/meetings';"
        "head = {'Authorization': 'Bearer ' + os.environ['EHTUI_SANDBOX_CONTROL_TOKEN']};"
        "body = b'{\"georeplication_factor\": 3}';"
        "web.urlopen(web.Request(url, body, head, method='PATCH')).read();"
        "sys.exit(subprocess.run(sys.argv[1:]).returncode)"
    )
    conforming = [*EHTUI, "conform", "--yes", "--only", "management.factor"]
    ended = subprocess.run(
        [*EHTUI, "sandbox", "--", sys.executable, "-c", change, *conforming],
        capture_output=True,
        text=True,
        timeout=55,
        check=False,
    )

    assert "found:    3" in ended.stdout, ended.stderr
    assert ended.returncode == 1


def test_unasked_it_does_nothing() -> None:
    ended = sandboxed(*ALL, "--only", "send.accepted")

    assert ended.returncode == 64
    assert "--yes" in ended.stderr
    assert "✓" not in ended.stdout


def test_what_is_read_only_is_not_written_to() -> None:
    with pytest.raises(ConfigError, match="read-only"):
        conform.run_conform(parse(["conform", "--send", "--read-only", "--yes"]))


def test_a_group_of_everybodys_is_refused() -> None:
    with pytest.raises(ConfigError, match="anybody"):
        conform.run_conform(parse(["conform", "--own-group", "$default", "--yes"]))


def test_a_report_that_cannot_be_written_is_told_first(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no folder"):
        conform.run_conform(parse(["conform", "--report", str(tmp_path / "no" / "x"), "--yes"]))


async def test_a_group_in_which_somebody_receives_is_left_alone(world: World) -> None:
    owner = {Symbol("com.microsoft:epoch"): 1}

    async with world.signed_in() as peer:
        await peer.receiver(world.receiving, LATEST, properties=owner)

        with pytest.raises(ProblemError, match="they would be disconnected"):
            await world.look_around()

        assert not any(isinstance(getattr(x, "body", None), Detach) for x in peer.inbox)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hub": "nosuch"}, "nosuch"),
        ({"credential": SharedKey("RootManageSharedAccessKey", Secret("x"))}, "signature"),
    ],
)
async def test_a_hub_that_cannot_be_read_is_told(
    world: World, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ProblemError, match=words):
        await World(replace(world.access, **change)).look_around()


def test_a_check_that_there_is_not_is_named() -> None:
    with pytest.raises(ConfigError, match=r"nothing\.such"):
        conform.run_conform(parse(["conform", "--only", "nothing.such"]))


def test_beliefs_are_listed_and_written_down(capsys: pytest.CaptureFixture[str]) -> None:
    assert conform.run_conform(parse(["conform", "--list"])) == 0
    table = capsys.readouterr().out

    assert table == report.beliefs(suite.CHECKS)
    assert table in DOCS.read_text(), "paste what `ehtui conform --list` prints"


def test_checks_are_many_and_each_has_a_name_of_its_own() -> None:
    names = [check.id for check in suite.CHECKS]

    assert len(names) >= 80
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("check", suite.CHECKS, ids=lambda check: check.id)
def test_a_belief_agrees_with_its_own_words(check: Check) -> None:
    """What is shown as believed would be found to be so; nothing at all would not."""
    told = check.believes.replace("…", "0.")

    assert check.agrees(told) or check.pattern is not None
    assert not check.agrees("")
    assert not check.agrees("attached, or something else altogether")


@pytest.mark.parametrize("need", list(Need))
async def test_what_lacks_is_told(need: Need, world: World) -> None:
    async def look(_: World) -> str:
        raise AssertionError("it was run")

    signature = SharedSignature(Secret("SharedAccessSignature sr=x"))
    nobody = World(replace(world.access, credential=signature))
    check = Check("a.b", "title", "this", Source.CHOICE, look, need)
    result = await run(check, nobody)

    assert result.state is State.NOT_ASKED
    assert result.found == WITHOUT[need]


async def test_nothing_of_whoever_ran_it_is_in_the_report(world: World) -> None:
    secret, store = world.key.key.reveal(), world.store
    assert store is not None
    assert store.address.key is not None
    told = (
        f"the hub at {world.access.host} of {world.access.namespace}, key {secret} of"
        f" {world.key.name}, SharedAccessSignature sr=x&sig=abc%3d, 10.1.2.3, x.servicebus."
        f"windows.net, {store.container} TrackingId:1-2-3_G1, SystemTracker:ns:eventhub:hub~0,"
        " Timestamp:2026-01-01 \x1b[31m|<b>"
    )
    result = Result(suite.CHECKS[0], State.DIFFERENT, told)
    veil = report.veil_of(world)
    hidden = [secret, world.access.host, "abc", "10.1.2.3", "x.service", "checkpoints", "\x1b"]
    texts = [
        report.markdown([result], veil, {"host": told}),
        report.as_json([result], veil, {"host": told}),
        "\n".join(report.lines(result, veil)),
    ]

    for text in texts:
        assert [word for word in hidden if word in text] == []
        assert "{hub}" in text


async def test_the_store_is_left_as_it_was(world: World) -> None:
    store = world.store
    assert store is not None
    await store.put("one")
    await store.put("two/three")
    assert await store.listing() != await store.listing("nothing")
    assert await store.close() == []
    assert "<Name>" not in await store.listing()


async def test_what_could_not_be_deleted_is_told(world: World) -> None:
    store = world.store
    assert store is not None
    await store.put("leased")
    await store.lease("leased")

    assert await store.close() == [f"{store.prefix}leased"]


async def test_intentions_name_what_will_be_touched(world: World) -> None:
    told = "\n".join(suite.intentions(world, suite.CHECKS))

    assert "'hub'" in told
    assert "'own'" in told
    assert "'checkpoints'" in told
    assert "half an hour" not in told

    assert len(suite.intentions(World(world.access), suite.CHECKS)) == 1


def test_the_emulator_has_its_own_defaults() -> None:
    args = parse(["conform", "--emulator", "--store", "--container", "cps"])
    world = conform._world(args, resolve_args(args).settings)

    assert (world.access.host, world.access.port, world.access.use_tls) == (
        "localhost",
        5672,
        False,
    )
    assert (world.access.hub, world.own_group) == ("eh1", "cg1")
    assert world.store is not None
    assert world.store.address.endpoint == "http://127.0.0.1:10000/devstoreaccount1"
