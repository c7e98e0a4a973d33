"""Clients that mean harm: the endpoint refuses them one by one, and serves the others."""

from __future__ import annotations

import pytest

from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint
from ehtui.sandbox.eventhubs.signing_in import JWT_TYPE, SAS_TYPE
from ehtui.wire.amqp.frames import AMQP_HEADER, SASL_HEADER, encode_frame
from ehtui.wire.amqp.messages import BATCH_FORMAT, encode_event
from ehtui.wire.amqp.performatives import (
    Accepted,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Flow,
    Frame,
    Open,
    Rejected,
    SaslInit,
    Source,
    Target,
    Transfer,
)
from tests.hostile.amqp_stage import (
    ATTACK,
    at_most,
    close_of,
    endpoint,
    is_served,
    namespace,
    no_traceback,
)
from tests.hostile.measuring import MEGABYTE
from tests.sandbox.eventhubs.amqp_client import connected, signed_in
from tests.sandbox.eventhubs.signing import sign
from tests.sandbox.eventhubs.test_rules import jwt

__all__ = ["endpoint", "namespace", "no_traceback"]  # fixtures


async def test_the_frame_of_the_issue_costs_nothing(endpoint: EventHubsEndpoint) -> None:
    with at_most(4 * MEGABYTE):
        async with connected(endpoint) as client:
            client.writer.write(AMQP_HEADER + ATTACK)
            assert await close_of(client) == "amqp:connection:framing-error"

        assert await is_served(endpoint)


MALFORMED = {
    "the attack of the issue": bytes.fromhex("005372d100000004ffffffff"),
    "described for ever": b"\x00" * 5000,
    "a key that is cut off": b"\x00\x53\x72\xc1\x03\x02\xa3\xff",
    "annotations twice": b"\x00\x53\x72\xc1\x01\x00" * 2,
    "a key after the body": encode_event(b"x") + b"\x00\x53\x72\xc1\x01\x00",
    "no message": b"hello",
    "a key of a mile": b"\x00\x53\x72\xd1\x00\x00\x9c\x5e\x00\x00\x00\x02\xa3\x13"
    b"x-opt-partition-key\xb1\x00\x00\x9c\x40" + b"k" * 40_000,
}


@pytest.mark.parametrize("payload", MALFORMED.values(), ids=MALFORMED)
@pytest.mark.parametrize("form", [0, BATCH_FORMAT], ids=["single", "batch"])
async def test_a_malformed_delivery_is_rejected_and_the_link_goes_on(
    endpoint: EventHubsEndpoint, payload: bytes, form: int
) -> None:
    if form:
        payload = b"\x00\x53\x75\xb0" + len(payload).to_bytes(4, "big") + payload

    async with signed_in(endpoint) as client:
        link = await client.sender("hub/Partitions/0")
        assert isinstance(link, Attach)
        client.transfer(link.handle, payload, form)
        refused = await client.expect(Disposition)
        client.transfer(link.handle, encode_event(b"good"))
        taken = await client.expect(Disposition)

    assert isinstance(refused.state, Rejected)
    assert refused.state.error
    assert taken.state == Accepted()
    assert endpoint.namespace.log("hub", "0").last_sequence == 0


async def test_a_batch_of_more_events_than_anybody_sends_is_rejected(
    endpoint: EventHubsEndpoint,
) -> None:
    batch = b"\x00\x53\x75\xa0\x00" * 100_000

    async with signed_in(endpoint) as client:
        link = await client.sender("hub/Partitions/0")
        assert isinstance(link, Attach)

        for start in range(0, len(batch), 50_000):
            piece = batch[start : start + 50_000]
            more = start + 50_000 < len(batch)
            client.send(Transfer(link.handle, 0, b"t", BATCH_FORMAT, False, more, False, piece))

        refused = await client.expect(Disposition)

    assert isinstance(refused.state, Rejected)


async def test_handles_and_channels_beyond_the_announced_are_refused(
    endpoint: EventHubsEndpoint,
) -> None:
    async with signed_in(endpoint) as client:
        client.send(Attach("l", 256, True, source=Source("$cbs"), target=Target("me")))
        assert await close_of(client) == "amqp:connection:framing-error"

    async with signed_in(endpoint) as client:
        client.send(Attach("l", 255, True, source=Source("$cbs"), target=Target("me")))
        assert (await client.expect(Attach)).handle == 255
        client.send(Begin(None, 0, 10, 10), channel=5000)
        assert await close_of(client) == "amqp:connection:framing-error"


async def test_plain_works_with_an_authorisation_identity_too(
    endpoint: EventHubsEndpoint,
) -> None:
    key = next(iter(endpoint.namespace.keys.values()))
    secret = f"{key.name}\0{key.value}".encode()

    for given, expected in (
        (b"\0" + secret, 0),
        (b"somebody\0" + secret, 0),
        (key.name.encode() + b"\0" + secret, 0),
        (secret, 1),
        (b"\0\0" + secret, 1),
        (b"\0" + secret + b"\0", 1),
        (b"", 1),
        (b"\0" * 400, 1),
    ):
        async with connected(endpoint) as client:
            assert await client.sasl("PLAIN", given) == expected, given


@pytest.mark.parametrize(
    "greeting",
    [
        SASL_HEADER * 3,
        AMQP_HEADER * 3,
        AMQP_HEADER + encode_frame(0, Open("a")) * 2,
        SASL_HEADER + encode_frame(0, SaslInit("ANONYMOUS")) * 2,
        AMQP_HEADER + b"\x00\x01\x00\x00\x02\x00\x00\x00",
        AMQP_HEADER + encode_frame(0, Open("a")) + b"\x00\x02\x00\x00\x02\x00\x00\x00",
    ],
)
async def test_whoever_greets_for_ever_or_too_broadly_is_let_go(
    endpoint: EventHubsEndpoint, greeting: bytes
) -> None:
    async with connected(endpoint) as client:
        client.writer.write(greeting)
        assert await client.closed()


async def test_a_request_without_an_end_is_rejected_and_not_kept(
    endpoint: EventHubsEndpoint,
) -> None:
    async with signed_in(endpoint) as client:
        link = await client.sender("$management")
        assert isinstance(link, Attach)

        for _ in range(100):
            client.send(Transfer(link.handle, 9, b"t", 0, False, True, False, bytes(60_000)))

        state = (await client.expect(Disposition)).state
        assert endpoint._broker.held_bytes == 0

    assert isinstance(state, Rejected)
    assert state.error
    assert state.error.condition == "amqp:link:message-size-exceeded"


@pytest.mark.parametrize(
    ("kind", "token"),
    [
        (JWT_TYPE, "x." + "W1tb" * 8000 + ".y"),
        (JWT_TYPE, jwt({"exp": 10**400})),
        (JWT_TYPE, jwt({"exp": float("nan")})),
        (JWT_TYPE, jwt({"exp": float("inf")})),
        (JWT_TYPE, jwt({"exp": [1]})),
        (SAS_TYPE, "SharedAccessSignature sr=hub&sig=x&se=²²²&skn=RootManageSharedAccessKey"),
        (SAS_TYPE, "SharedAccessSignature sr=hub&sig=é&se=9&skn=RootManageSharedAccessKey"),
        (SAS_TYPE, "SharedAccessSignature sr=é&sig=%ff&se=9&skn=RootManageSharedAccessKey"),
        (SAS_TYPE, f"SharedAccessSignature sr=hub&sig=x&se={'9' * 5000}&skn=n"),
        (SAS_TYPE, "SharedAccessSignature " + "&" * 50_000),
        (SAS_TYPE, sign("hub", AccessKey("RootManageSharedAccessKey", "wrong"), 4e9)),
        ("x" * 50_000, "x"),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_a_token_that_is_none_is_refused(
    endpoint: EventHubsEndpoint, kind: str, token: str
) -> None:
    async with connected(endpoint) as client:
        await client.sasl()
        await client.open()
        reply = await client.put_token("hub", token, kind)
        assert reply.properties["status-code"] == 401
        assert len(str(reply.properties["status-description"])) < 2000


async def test_an_audience_of_a_mile_is_refused(endpoint: EventHubsEndpoint) -> None:
    async with signed_in(endpoint) as client:
        reply = await client.put_token("hub/" + "a/" * 20_000, jwt({"exp": 4e9}), JWT_TYPE)

    assert reply.properties["status-code"] == 401


@pytest.mark.parametrize(
    "body",
    [
        Flow(2**32 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, 1, 2**32 - 1, 2**32 - 1, drain=True),
        Flow(None, 0, 0, 0),
        Disposition(True, 0, 2**32 - 1, True, Accepted()),
        Detach(77, True),
        Transfer(77, None, None, 0, False, True, True, b""),
        End(),
    ],
    ids=lambda body: type(body).__name__,
)
async def test_extreme_but_valid_frames_are_taken(
    endpoint: EventHubsEndpoint, body: Flow | Disposition | Detach | Transfer | End
) -> None:
    async with signed_in(endpoint) as client:
        assert isinstance(await client.receiver("hub/ConsumerGroups/$Default/Partitions/0"), Attach)

        for _ in range(50):
            client.send(body)

        client.send(Close())
        assert await client.closed()

    assert await is_served(endpoint)


def test_frames_are_what_they_are() -> None:
    assert Frame(1, None).body is None
