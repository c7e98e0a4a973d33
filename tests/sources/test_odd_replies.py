"""One odd answer is told and asked again; nothing is given up for it, and it is over when it is."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.domain.updates import HubRead
from ehtui.sources import hub as hub_module
from ehtui.sources.hub import DESCRIBE_EVERY_S, HubSource
from ehtui.sources.source import Paced
from ehtui.wire.amqp.frames import encode_transfer
from ehtui.wire.amqp.messages import Reply, Request
from ehtui.wire.amqp.values import Long, Strings
from ehtui.wire.kept_link import KeptLink
from ehtui.wire.reading import Limiter
from tests.sources.test_hub_rules import FakeReader, World, sampled
from tests.wire.hubs import settings_of
from tests.wire.peer import Peer, hub_of, ok, refuse, serving

HUB, PARTITION = "com.microsoft:eventhub", "com.microsoft:partition"


@dataclass
class Odd:
    """A hub of three partitions that answers oddly about what `of` names: "hub", "0" …"""

    of: str = ""
    change: dict[str, Any] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    value: Any = ...
    code: int | None = None
    is_silent: bool = False

    def answer(self, request: Request) -> Reply | None:
        about = request.properties.get("partition", "hub")
        reply = hub_of("0", "1", "2")(request)

        if about != self.of or reply is None:
            return reply

        if self.is_silent:
            return None

        if self.code is not None:
            return refuse(self.code, "odd")(request)

        value = {**reply.value, **self.change}
        value = {key: given for key, given in value.items() if key not in self.without}
        return ok(request, value if self.value is ... else self.value)


@asynccontextmanager
async def watched(odd: Odd) -> AsyncIterator[tuple[Peer, HubSource, list[float]]]:
    now = [1000.0]
    peer = Peer(answer=odd.answer)

    async with serving(peer):
        source = HubSource(
            settings_of(peer.port),
            limiter=Limiter(None),
            clock=lambda: now[0],
            open_fast=lambda access, clock: KeptLink(access, clock=clock, reply_s=0.3),
        )

        try:
            yield peer, source, now
        finally:
            await source.close()


ODD_HUBS = {
    "no name": Odd("hub", without=("name",)),
    "no partitions": Odd("hub", without=("partition_ids",)),
    "an empty list": Odd("hub", change={"partition_ids": Strings(())}),
    "a number for a list": Odd("hub", change={"partition_ids": 3}),
    "a text for a factor": Odd("hub", change={"georeplication_factor": "two"}),
    "nothing": Odd("hub", value=None),
    "a text": Odd("hub", value="hello"),
    "an unexpected status": Odd("hub", code=500),
    "a redirection": Odd("hub", code=302),
    "silence": Odd("hub", is_silent=True),
}
ODD_PARTITIONS = {
    "no number": Odd("1", without=("last_enqueued_sequence_number",)),
    "a text for a number": Odd("1", change={"begin_sequence_number": "many"}),
    "a list for a number": Odd("1", change={"begin_sequence_number": Strings(("1",))}),
    "another partition": Odd("1", change={"partition": "7"}),
    "nothing": Odd("1", value=None),
    "an unexpected status": Odd("1", code=500),
    "silence": Odd("1", is_silent=True),
}


@pytest.mark.parametrize("odd", ODD_HUBS.values(), ids=ODD_HUBS)
async def test_an_odd_first_description_fails_and_the_next_read_is_as_good_as_any(odd: Odd) -> None:
    odd = replace(odd)  # each test has its own

    async with watched(odd) as (peer, source, _):
        with pytest.raises(ProblemError) as caught:
            await source.read()

        assert isinstance(source, Paced)
        assert source.min_every_s == 0.0
        odd.of = ""
        update = await source.read()

        assert peer.connections == (2 if odd.is_silent else 1)  # the link is kept

    assert caught.value.problem.summary
    assert sampled(update) == ["0", "1", "2"]
    assert update.limitation is None


@pytest.mark.parametrize("odd", ODD_HUBS.values(), ids=ODD_HUBS)
async def test_an_odd_description_later_takes_no_sample_away_and_is_told(odd: Odd) -> None:
    about, odd = odd.of, replace(odd, of="")

    async with watched(odd) as (peer, source, now):
        await source.read()
        now[0] += DESCRIBE_EVERY_S
        odd.of = about
        update = await source.read()
        assert sorted(sampled(update)) == ["0", "1", "2"]
        assert update.hub.partition_ids == ("0", "1", "2")
        assert update.limitation is not None
        assert source.min_every_s == 0.0
        odd.of = ""
        healed = await source.read()  # at once, not in a minute
        assert healed.limitation is None
        assert peer.connections == 1


@pytest.mark.parametrize("odd", ODD_PARTITIONS.values(), ids=ODD_PARTITIONS)
async def test_an_odd_answer_about_one_partition_is_that_ones_trouble(odd: Odd) -> None:
    odd = replace(odd)  # each test has its own

    async with watched(odd) as (peer, source, _):
        update = await source.read()
        assert sampled(update) == ["0", "2"]
        assert update.limitation is not None
        assert source.min_every_s == 0.0
        odd.of = ""
        healed = await source.read()
        assert sorted(sampled(healed)) == ["0", "1", "2"]
        assert healed.limitation is None
        assert peer.connections == 1


async def test_what_was_odd_is_said_in_words() -> None:
    async with watched(Odd("1", without=("begin_sequence_number",))) as (_, source, _now):
        update = await source.read()

    assert update.limitation is not None
    assert update.limitation.kind is ProblemKind.MALFORMED
    assert "an odd answer about partition 1" in update.limitation.summary
    assert "it has no 'begin_sequence_number'" in update.limitation.summary


async def test_a_description_that_lacks_a_partition_is_not_believed_at_once() -> None:
    world = World(FakeReader(("0", "1", "2")))
    source = world.source()
    await source.read()
    world.fast.ids = ("0", "2")
    world.now += DESCRIBE_EVERY_S
    first = await source.read()
    world.fast.ids = ("0", "1", "2")
    second = await source.read()

    assert first.hub.partition_ids == second.hub.partition_ids == ("0", "1", "2")
    assert first.limitation is not None
    assert "without partitions that it had: 1" in first.limitation.summary
    assert second.limitation is None
    assert sorted(sampled(first)) == ["0", "1", "2"]


async def test_a_description_that_goes_on_to_lack_a_partition_is_believed() -> None:
    world = World(FakeReader(("0", "1", "2")))
    source = world.source()
    await source.read()
    world.fast.ids = ("0", "2")
    world.now += DESCRIBE_EVERY_S
    reads = [await source.read() for _ in range(3)]

    assert [read.hub.partition_ids for read in reads][-1] == ("0", "2")
    assert reads[-1].limitation is None


async def test_a_link_that_met_a_misfit_is_tried_again_and_used_as_soon_as_it_fits() -> None:
    world = World(FakeReader(("0", "1"), raises=TypeError("takes 2 arguments")))
    source = world.source()
    waits: list[float] = []

    for _ in range(6):
        update = await source.read()
        waits.append(source.min_every_s)
        assert update.limitation is not None
        assert "takes 2 arguments" in update.limitation.summary

    assert waits == [5.0, 10.0, 20.0, 40.0, 60.0, 60.0]
    world.fast.raises = None
    asked = len(world.slow.asked)
    update = await source.read()
    assert isinstance(update, HubRead)
    assert update.limitation is None
    assert source.min_every_s == 0.0
    assert len(world.slow.asked) == asked


UNREADABLE = b"\x00\x00\x00\x0c\x02\x00\x00\x07\x00\x53\x99\x45"  # no performative that exists


@pytest.mark.parametrize("is_frame", [True, False], ids=["a frame", "a reply"])
async def test_the_public_calls_take_over_where_the_link_meets_what_it_cannot_read(
    is_frame: bool,
) -> None:
    """And it is used again as soon as it fits."""
    async with watched(Odd()) as (peer, source, _):
        await source.read()
        answer, strange = peer.answer, len(peer.live)

        def strangely(request: Request) -> Reply | None:
            if peer.connections > strange + 1:  # those of the public calls
                return answer(request)

            wire = UNREADABLE if is_frame else encode_transfer(7, 42, 9, b"no message", 65536)
            peer.live[-1].writer.write(wire)
            return None

        peer.answer = strangely
        update = await source.read()
        assert sorted(sampled(update)) == ["0", "1", "2"]
        assert update.limitation is not None
        assert "so the SDK's public calls read the hub" in update.limitation.summary
        assert 0.0 < source.min_every_s <= hub_module.PUBLIC_EVERY_S
        peer.answer = answer
        healed = await source.read()
        assert healed.limitation is None
        assert source.min_every_s == 0.0


async def test_numbers_of_any_width_are_numbers() -> None:
    async with watched(Odd("1", change={"begin_sequence_number": Long(0)})) as (_, source, _now):
        update = await source.read()

    assert update.limitation is None
