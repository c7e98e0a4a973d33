"""Beliefs of receivers: where they start, and what they are given."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ehtui.conform.checks import Source, Theme
from ehtui.conform.needs import Need, NotHereError, SilentError
from ehtui.conform.peer import IDLE_LIMIT_S, SELECTOR, Peer
from ehtui.conform.world import event_on
from ehtui.wire.amqp.frames import encode_frame
from ehtui.wire.amqp.messages import DELIVERY_ANNOTATIONS, MESSAGE_ANNOTATIONS, sections
from ehtui.wire.amqp.performatives import AmqpError, Attach, Flow, Transfer

if TYPE_CHECKING:
    from ehtui.conform.world import World

READING = Theme("read")
_GROUP, _BOTH = Need.GROUP, Need.GROUP | Need.SEND
_ALL, _LATEST = "amqp.annotation.x-opt-offset > '-1'", "amqp.annotation.x-opt-offset > '@latest'"
_METRICS, _GEO = "com.microsoft:enable-receiver-runtime-metric", "com.microsoft:georeplication"
_FAR = 1 << 60
_QUIET_S = 1.0


async def _attached(world: World, selector: str | None = _LATEST, **more: Any) -> str:
    """The answer to an attach."""
    async with world.signed_in() as peer:
        try:
            await peer.receiver(world.receiving, selector, **more)
        except AmqpError as error:
            return f"{error.condition}: {error.description}"

    return "attached"


def _annotations(payload: bytes, code: int) -> dict[str, Any]:
    return next((dict(s.value) for s in sections(payload) if s.code == code), {})


async def _sequence_at(world: World, selector: str | None) -> int | None:
    """The first event's sequence number; None where nothing comes."""
    async with world.signed_in() as peer:
        event = await world.first_event(peer, selector)

    number = _annotations(event or b"", MESSAGE_ANNOTATIONS).get("x-opt-sequence-number")
    return None if number is None else int(number)


async def _begin(world: World) -> int:
    state = await world.state_of(world.partition)

    if state["is_partition_empty"]:
        raise NotHereError("the partition is empty")

    return int(state["begin_sequence_number"])


@READING.believe(
    "settled", "The attach reply says that events come settled", "1", Source.REPORTS, _GROUP
)
async def _settled(world: World) -> str:
    async with world.signed_in() as peer:
        return str((await peer.receiver(world.receiving, _LATEST)).sender_settles)


@READING.believe(
    "capabilities",
    "Capabilities that are offered when they are wanted",
    f"{_METRICS}, {_GEO}",
    Source.SDK,
    _GROUP,
)
async def _capabilities(world: World) -> str:
    async with world.signed_in() as peer:
        link = await peer.receiver(world.receiving, _LATEST, wants=(_METRICS, _GEO))
        return ", ".join(sorted(link.offered_capabilities))


@READING.believe(
    "annotations",
    "What is stamped on an event",
    "x-opt-enqueued-time, x-opt-offset, x-opt-sequence-number",
    Source.SDK,
    _BOTH,
)
async def _stamped(world: World) -> str:
    async with world.signed_in() as peer:
        link = await peer.receiver(world.receiving, _LATEST)
        await world.publish(peer)
        event = await event_on(peer, link, 8.0)
        return ", ".join(sorted(_annotations(event or b"", MESSAGE_ANNOTATIONS))) or "no event came"


@READING.believe(
    "metrics",
    "What an event tells of the partition's end, where that is wanted",
    "last_enqueued_offset, last_enqueued_sequence_number, last_enqueued_time_utc,"
    " runtime_info_retrieval_time_utc",
    Source.SDK,
    _GROUP,
)
async def _metrics(world: World) -> str:
    await _begin(world)

    async with world.signed_in() as peer:
        event = await world.first_event(peer, _ALL, wants=(_METRICS,))
        return ", ".join(sorted(_annotations(event or b"", DELIVERY_ANNOTATIONS))) or "nothing"


@READING.believe("credit", "Credit is never exceeded", "1 of 1", Source.SPEC, _BOTH)
async def _credit(world: World) -> str:
    async with world.signed_in() as peer:
        await world.publish(peer, *([b"\0Su\xa0\1x"] * 3))
        link = await peer.receiver(world.receiving, _ALL)
        peer.grant(link.handle, 1, link.initial_delivery_count or 0)
        await peer.message()
        return f"{1 + await _more(peer)} of 1"


async def _more(peer: Peer) -> int:
    """How many events come within a moment that nobody should send in."""
    end = time.monotonic() + _QUIET_S
    count = 0

    while (left := end - time.monotonic()) > 0:
        try:
            await peer.expect(Transfer, within_s=left)
        except SilentError:
            break

        count += 1

    return count


@READING.believe("drain", "Drained credit comes back", "0 left", Source.SPEC, _GROUP)
async def _drain(world: World) -> str:
    async with world.signed_in() as peer:
        link = await peer.receiver(world.receiving, _LATEST)
        peer.grant(link.handle, 7, link.initial_delivery_count or 0, drain=True)

        while True:
            flow = await peer.expect(Flow)

            if flow.handle == link.handle:
                return f"{flow.link_credit} left"


@READING.believe("window", "A session's window holds events back", "2 of 10", Source.SPEC, _BOTH)
async def _window(world: World) -> str:
    async with world.signed_in() as peer:
        await world.publish(peer, *([b"\0Su\xa0\1x"] * 4))
        link = await peer.receiver(world.receiving, _ALL)
        peer.grant(link.handle, 10, link.initial_delivery_count or 0, window=2)
        return f"{await _more(peer)} of 10"


@READING.believe(
    "no-filter", "Without a filter a receiver starts at", "the begin", Source.CHOICE, _GROUP
)
async def _no_filter(world: World) -> str:
    begin, found = await _begin(world), await _sequence_at(world, None)
    return "the begin" if found == begin else "nothing comes" if found is None else "elsewhere"


@READING.believe("all", "Offset > -1 starts at", "the begin", Source.SDK, _GROUP)
async def _all(world: World) -> str:
    begin, found = await _begin(world), await _sequence_at(world, _ALL)
    return "the begin" if found == begin else "nothing comes" if found is None else "elsewhere"


@READING.believe("latest", "@latest gives", "what comes after", Source.SDK, _BOTH)
async def _latest(world: World) -> str:
    last = (await world.state_of(world.partition))["last_enqueued_sequence_number"]

    async with world.signed_in() as peer:
        link = await peer.receiver(world.receiving, _LATEST)
        await world.publish(peer)
        event = await event_on(peer, link, 8.0)

    number = _annotations(event or b"", MESSAGE_ANNOTATIONS).get("x-opt-sequence-number", -1)
    return "what comes after" if number > last else "nothing" if event is None else "older events"


@READING.believe(
    "inclusive", "Sequence number >= the last one gives", "that one", Source.SDK, _BOTH
)
async def _inclusive(world: World) -> str:
    async with world.signed_in() as peer:
        await world.publish(peer)

    last = (await world.state_of(world.partition))["last_enqueued_sequence_number"]
    found = await _sequence_at(world, f"amqp.annotation.x-opt-sequence-number >= '{last}'")
    return "that one" if found == last else f"{found} after {last}"


@READING.believe(
    "before-begin",
    "A sequence number before the begin starts at",
    "the begin",
    Source.REPORTS,
    _GROUP,
)
async def _before_begin(world: World) -> str:
    begin = await _begin(world)
    found = await _sequence_at(world, "amqp.annotation.x-opt-sequence-number > '-1'")
    return "the begin" if found == begin else "nothing comes" if found is None else "elsewhere"


@READING.believe(
    "beyond-sequence",
    "A sequence number beyond the end",
    "com.microsoft:argument-error: The supplied sequence number '…' is invalid. The last sequence"
    " number in the system is '…'.",
    Source.REPORTS,
    _GROUP,
    pattern=r"com\.microsoft:argument-error: The supplied sequence number '.*' is invalid\."
    r" The last sequence number in the system is '.*",
)
async def _beyond_sequence(world: World) -> str:
    async with world.signed_in() as peer:
        selector = f"amqp.annotation.x-opt-sequence-number > '{_FAR}'"
        return await peer.refusal(peer.asked(world.receiving, selector))


@READING.believe(
    "beyond-offset",
    "An offset beyond the end",
    "com.microsoft:argument-error: The supplied offset '…' is invalid. The last offset in the"
    " system is '…'.",
    Source.REPORTS,
    _GROUP,
    pattern=r"com\.microsoft:argument-error: The supplied offset '.*' is invalid\."
    r" The last offset in the system is '.*",
)
async def _beyond_offset(world: World) -> str:
    async with world.signed_in() as peer:
        selector = f"amqp.annotation.x-opt-offset > '{_FAR}'"
        return await peer.refusal(peer.asked(world.receiving, selector))


@READING.believe("future", "An enqueued time in the future", "attached", Source.CHOICE, _GROUP)
async def _future(world: World) -> str:
    at = int((time.time() + 86400) * 1000)
    return await _attached(world, f"amqp.annotation.x-opt-enqueued-time > '{at}'")


@READING.believe(
    "filter",
    "A filter that is none",
    "com.microsoft:argument-error: The filter '…' is not a valid amqp filter for EventHub entities",
    Source.REPORTS,
    _GROUP,
    pattern=r".*The filter '.*' is not a valid amqp filter for EventHub entities.*",
)
async def _filter(world: World) -> str:
    async with world.signed_in() as peer:
        return await peer.refusal(peer.asked(world.receiving, "no filter"))


@READING.believe(
    "descriptor",
    "A filter under another key of the map counts by its descriptor",
    "refused",
    Source.REPORTS,
    _GROUP,
)
async def _descriptor(world: World) -> str:
    """A filter that is none: it can only be refused where it is looked at."""
    async with world.signed_in() as peer:
        frame = encode_frame(0, peer.asked(world.receiving, "no filter"))
        peer.write(frame.replace(SELECTOR.encode(), b"x" * len(SELECTOR), 1))
        reply = await peer.expect(Attach)
        return "refused" if reply.source is None else "not looked at"


@READING.believe(
    "unknown-group",
    "A receiver of a group that there is not",
    "amqp:not-found: The messaging entity '…' could not be found. …",
    Source.REPORTS,
    pattern=r"amqp:not-found: The messaging entity '.*' could not be found\..*",
)
async def _unknown_group(world: World) -> str:
    async with world.signed_in() as peer:
        group = "ConsumerGroups/ehtui-conform-no-such-group"
        return await peer.refusal(peer.asked(f"{world.access.hub}/{group}/Partitions/0"))


@READING.believe(
    "unknown-partition",
    "A receiver of a partition that there is not",
    "com.microsoft:argument-out-of-range: The specified partition is invalid for an EventHub"
    " partition sender or receiver. …",
    Source.REPORTS,
    _GROUP,
    pattern=r"com\.microsoft:argument-out-of-range: The specified partition is invalid for an"
    r" EventHub partition sender or receiver.*",
)
async def _unknown_partition(world: World) -> str:
    async with world.signed_in() as peer:
        address = f"{world.access.hub}/ConsumerGroups/{world.own_group}/Partitions/9999"
        return await peer.refusal(peer.asked(address))


@READING.believe("url", "An address may be a whole URL", "attached", Source.SDK, _GROUP)
async def _url(world: World) -> str:
    async with world.signed_in() as peer:
        await peer.receiver(f"amqps://{world.access.host}/{world.receiving}", _LATEST)
        return "attached"


@READING.believe(
    "idle",
    "A receiver without credit is detached after half an hour",
    "amqp:link:detach-forced: The link '…' is force detached. Code: ServerError. Details:"
    " AmqpEventHubConsumer.IdleTimerExpired: Idle timeout: 00:30:00.",
    Source.REPORTS,
    _GROUP | Need.SLOW,
    pattern=r"amqp:link:detach-forced: The link '.*' is force detached\. Code: ServerError\."
    r" Details: AmqpEventHubConsumer\.IdleTimerExpired.*",
    limit_s=IDLE_LIMIT_S,
)
async def _idle(world: World) -> str:
    async with world.signed_in() as peer:
        return await peer.idles((await peer.receiver(world.receiving, _LATEST)).handle)


@READING.believe(
    "waiting",
    "A receiver that has credit is not idle",
    "it stays",
    Source.CHOICE,
    _GROUP | Need.SLOW,
    limit_s=IDLE_LIMIT_S,
)
async def _waiting(world: World) -> str:
    async with world.signed_in() as peer:
        link = await peer.receiver(world.receiving, _LATEST)
        peer.grant(link.handle, 1, link.initial_delivery_count or 0)
        return await peer.idles(link.handle)
