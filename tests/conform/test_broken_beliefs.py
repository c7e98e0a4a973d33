"""A sandbox that is wrong in one thing: the check of that thing says so, and only then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ehtui.conform import peer
from ehtui.conform.checks import State, run
from ehtui.conform.needs import Need
from ehtui.conform.suite import CHECKS
from ehtui.conform.world import World
from ehtui.sandbox.blobs import BlobEndpoint, listing, state
from ehtui.sandbox.eventhubs import EventHubsEndpoint, connection, errors, idempotence, links, nodes
from ehtui.sandbox.eventhubs import namespace as hubs
from ehtui.sandbox.eventhubs import partition_log as logs
from ehtui.sandbox.eventhubs.addresses import EARLIEST, parse_selector
from ehtui.wire.amqp import connection as core
from ehtui.wire.amqp.performatives import Attach
from ehtui.wire.amqp.values import Long

Break = Callable[[pytest.MonkeyPatch, EventHubsEndpoint], None]


def with_limits(**changed: int) -> Break:
    def broken(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
        patch.setattr(connection, "_LIMITS", connection._LIMITS._replace(**changed))

    return broken


def with_silence_of_a_minute(_: pytest.MonkeyPatch, endpoint: EventHubsEndpoint) -> None:
    endpoint.timeouts.silence_s = 60.0


def with_a_first_transfer_of_0(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(core, "FIRST_TRANSFER", 0)


def with_another_condition_of_401(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(errors, "AUTH_FAILED", "amqp:unauthorized-access")


def with_limited_cbs(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(nodes, "ANY_SIZE", 262144)


def with_little_credit(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(nodes, "_CREDIT", 7)


def with_replies_on_the_last_link(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(nodes.Responses, "answers_to", lambda *_: False)


def without_properties(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    answered = links.LinkUser.reply_to
    patch.setattr(
        links.LinkUser, "reply_to", lambda *given: answered(*given)._replace(properties=None)
    )


def with_replication(_: pytest.MonkeyPatch, endpoint: EventHubsEndpoint) -> None:
    endpoint.namespace.set_replication("hub", 2)


def with_times_as_numbers(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(nodes, "Timestamp", Long)


def with_larger_messages(_: pytest.MonkeyPatch, endpoint: EventHubsEndpoint) -> None:
    endpoint.namespace.max_message_bytes = 2 << 20


def with_links_that_end_at_large_messages(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    def detach(self: links.LinkUser, delivery: Any) -> None:
        facts = {"delivery": 0, "size": delivery.size_bytes, "limit": 1}
        self.detach(errors.message_too_large("ns", **facts))

    patch.setattr(links.LinkUser, "oversized", detach)


def with_other_offsets(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(logs, "_OVERHEAD_BYTES", 0)


def with_another_hash(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(hubs, "partition_for_key", lambda key, count: (len(key) + count) % count)


def with_unsettled_events(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(links, "_SETTLED", 0)


def with_filters_by_key(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    def start(self: links.Consumer, attach: Attach) -> int:
        assert attach.source is not None
        named = (attach.source.filters or {}).get("selector")  # old clients' key
        return self._log.start(parse_selector(named) if named else EARLIEST)

    patch.setattr(links.Consumer, "_start", start)


def with_six_readers(_: pytest.MonkeyPatch, endpoint: EventHubsEndpoint) -> None:
    endpoint.namespace.hub("hub").receivers.limit = 6


def with_other_words_for_stolen(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    made = errors._refusal(errors.STOLEN, 410, "The receiver was disconnected.")
    patch.setattr(errors, "stolen", made)


def with_azurites_first_claim(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(state.Conditions, "_is_unchanged", lambda *_: False)


def with_one_etag(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(state.BlobAccount, "_etag", lambda *_: '"0x1"')


def with_whole_pages(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(listing.Query, "page_size", 5000)


def with_lower_case_metadata(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    checked = state._checked
    patch.setattr(
        state, "_checked", lambda given: {k.lower(): v for k, v in checked(given).items()}
    )


def with_events_published_twice(patch: pytest.MonkeyPatch, _: EventHubsEndpoint) -> None:
    patch.setattr(idempotence.Publishing, "takes", lambda *_: True)


BROKEN: dict[str, Break] = {
    "open.frame": with_limits(frame_bytes=32768),
    "open.channels": with_limits(channel_max=255),
    "open.handles": with_limits(handle_max=1023),
    "open.window": with_limits(window=2048),
    "open.idle": with_silence_of_a_minute,
    "open.outgoing-id": with_a_first_transfer_of_0,
    "token.expired": with_another_condition_of_401,
    "token.largest": with_limited_cbs,
    "management.credit": with_little_credit,
    "management.many": with_little_credit,
    "management.pairs": with_replies_on_the_last_link,
    "management.pairs-unnamed": with_limits(handle_max=9),
    "management.factor": with_replication,
    "management.hub-types": with_times_as_numbers,
    "send.properties": without_properties,
    "send.largest": with_larger_messages,
    "send.too-large": with_links_that_end_at_large_messages,
    "send.offset": with_other_offsets,
    "send.key": with_another_hash,
    "publish.twice": with_events_published_twice,
    "publish.gap": with_events_published_twice,
    "read.settled": with_unsettled_events,
    "read.descriptor": with_filters_by_key,
    "own.sixth": with_six_readers,
    "own.higher": with_other_words_for_stolen,
    "store.second-claim": with_azurites_first_claim,
    "store.etag-moves": with_one_etag,
    "store.pages": with_whole_pages,
    "store.metadata-case": with_lower_case_metadata,
}


@pytest.mark.parametrize("name", BROKEN)
async def test_a_check_finds_what_is_wrong(
    name: str, endpoint: EventHubsEndpoint, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = next(check for check in CHECKS if check.id == name)

    assert (await run(check, world)).state is State.AS_BELIEVED

    BROKEN[name](monkeypatch, endpoint)
    result = await run(check, world)

    assert result.state is State.DIFFERENT, result.found


async def test_what_does_not_answer_is_told(blobs: BlobEndpoint, world: World) -> None:
    check = next(check for check in CHECKS if check.id == "store.etag")
    await blobs.stop()

    assert (await run(check, world)).state is State.NO_ANSWER


SLOW = [check.id for check in CHECKS if Need.SLOW in check.needs]


@pytest.mark.parametrize("name", SLOW)
async def test_what_takes_half_an_hour_is_believed_too(
    name: str, endpoint: EventHubsEndpoint, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a sandbox whose half an hour is short."""
    endpoint.timeouts.idle_link_s = 0.2
    monkeypatch.setattr(peer, "IDLE_S", 1.5)
    world.is_slow = True
    check = next(check for check in CHECKS if check.id == name)

    if name == "open.silence":
        endpoint.timeouts.silence_s = 0.4

    result = await run(check, world)

    assert result.state is State.AS_BELIEVED, result.found


async def test_a_link_that_never_idles_out_is_found(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peer, "IDLE_S", 0.6)
    world.is_slow = True
    check = next(check for check in CHECKS if check.id == "read.idle")

    assert (await run(check, world)).found == "it stays"
