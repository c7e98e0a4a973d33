"""From the first byte to a token: SASL, `$cbs`, and what a token then allows."""

from __future__ import annotations

import random

import pytest

from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint
from ehtui.sandbox.eventhubs.namespace import ROOT_KEY
from ehtui.sandbox.eventhubs.signing_in import JWT_TYPE
from ehtui.wire.amqp.frames import SASL_HEADER, encode_frame
from ehtui.wire.amqp.messages import Request, encode_request
from ehtui.wire.amqp.performatives import (
    Attach,
    Close,
    Detach,
    Disposition,
    Error,
    Rejected,
    SaslMechanisms,
)
from tests.sandbox.eventhubs.amqp_client import AmqpClient, connected, signed_in
from tests.sandbox.eventhubs.conftest import Clock
from tests.sandbox.eventhubs.signing import sign
from tests.sandbox.eventhubs.test_rules import jwt
from tests.wire.test_codec import BODIES


def key_of(endpoint: EventHubsEndpoint) -> AccessKey:
    return endpoint.namespace.keys[ROOT_KEY]


@pytest.mark.parametrize(
    ("mechanism", "response"),
    [("ANONYMOUS", b""), ("ANONYMOUS", b"\0keyname"), ("MSSBCBS", b""), ("EXTERNAL", b"")],
)
async def test_who_says_hello_may_put_a_token(
    endpoint: EventHubsEndpoint, mechanism: str, response: bytes
) -> None:
    async with connected(endpoint) as client:
        assert await client.sasl(mechanism, response) == 0
        await client.open()
        refusal = await client.receiver("hub/ConsumerGroups/$Default/Partitions/0")

    assert isinstance(refusal, Detach)
    assert refusal.error
    assert refusal.error.condition == "amqp:unauthorized-access"
    assert "'Listen' claim(s) are required" in (refusal.error.description or "")


async def test_plain_brings_the_key_at_once(endpoint: EventHubsEndpoint) -> None:
    key = key_of(endpoint)

    async with connected(endpoint) as client:
        assert await client.sasl("PLAIN", f"\0{key.name}\0{key.value}".encode()) == 0
        await client.open()
        assert isinstance(await client.sender("hub"), Attach)


@pytest.mark.parametrize(
    ("mechanism", "response"),
    [("PLAIN", b"\0RootManageSharedAccessKey\0wrong"), ("PLAIN", b""), ("GSSAPI", b"")],
)
async def test_other_credentials_end_the_connection(
    endpoint: EventHubsEndpoint, mechanism: str, response: bytes
) -> None:
    async with connected(endpoint) as client:
        assert await client.sasl(mechanism, response) == 1
        assert await client.next() is None


async def test_another_protocol_gets_our_header_and_goodbye(endpoint: EventHubsEndpoint) -> None:
    async with connected(endpoint) as client:
        client.writer.write(b"AMQP\x02\x01\x00\x00")
        assert await client.next() == SASL_HEADER
        assert await client.next() is None


async def test_no_amqp_at_all_is_a_framing_error(endpoint: EventHubsEndpoint) -> None:
    async with connected(endpoint) as client:
        client.writer.write(b"EHLO somebody\r\n")
        close = await client.expect(Close)

    assert close.error
    assert close.error.condition == "amqp:connection:framing-error"


async def test_the_mechanisms_are_the_services(endpoint: EventHubsEndpoint) -> None:
    async with connected(endpoint) as client:
        client.writer.write(SASL_HEADER)
        offered = await client.expect(SaslMechanisms)

    assert offered.mechanisms == ("MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL")


@pytest.mark.parametrize(
    ("hub", "key_value", "status", "text"),
    [
        ("hub", None, 202, "Accepted"),
        ("HUB/consumergroups/$default", None, 202, "Accepted"),
        ("hub", "wrong", 401, "InvalidSignature: The token has an invalid signature. TrackingId:"),
        (
            "nothing",
            None,
            404,
            "The messaging entity 'sb://ns.test/nothing' could not be found. To know more visit",
        ),
    ],
)
async def test_put_token(
    endpoint: EventHubsEndpoint, hub: str, key_value: str | None, status: int, text: str
) -> None:
    audience = f"sb://{endpoint.host}:{endpoint.port}/{hub}"
    key = AccessKey(ROOT_KEY, key_value) if key_value else key_of(endpoint)
    token = sign(audience, key, endpoint.namespace.clock() + 60)

    async with connected(endpoint) as client:
        await client.sasl()
        await client.open()
        reply = await client.put_token(audience, token)

    assert reply.properties["status-code"] == status
    assert reply.properties["status-description"].startswith(text)
    conditions = {401: "com.microsoft:auth-failed", 404: "amqp:not-found"}
    assert reply.properties.get("error-condition") == conditions.get(status)


async def test_a_web_token_opens_the_namespace(endpoint: EventHubsEndpoint) -> None:
    token = jwt({"exp": endpoint.namespace.clock() + 60})

    async with connected(endpoint) as client:
        await client.sasl()
        await client.open()
        reply = await client.put_token("sb://ns.test/hub", token, JWT_TYPE)

        assert reply.properties["status-code"] == 202
        assert isinstance(await client.sender("hub"), Attach)


async def test_a_policy_that_only_listens_cannot_send(endpoint: EventHubsEndpoint) -> None:
    key = AccessKey("listen", "secret", frozenset({"Listen"}))
    endpoint.namespace.keys[key.name] = key

    async with signed_in(endpoint, key=key) as client:
        assert isinstance(await client.receiver("hub/ConsumerGroups/$Default/Partitions/0"), Attach)
        refusal = await client.sender("hub")

    assert isinstance(refusal, Detach)
    assert refusal.error
    assert "'Send' claim(s) are required" in (refusal.error.description or "")


async def test_a_token_for_one_hub_opens_no_other(endpoint: EventHubsEndpoint) -> None:
    endpoint.namespace.create_hub("second")

    async with signed_in(endpoint, "hub") as client:
        assert isinstance(await client.sender("second"), Detach)


async def test_a_token_that_runs_out_ends_its_links(
    endpoint: EventHubsEndpoint, clock: Clock
) -> None:
    endpoint.timeouts.silence_s = 1e6

    async with signed_in(endpoint) as client:
        await client.receiver("hub/ConsumerGroups/$Default/Partitions/0")
        clock.now += 3601
        detach = await client.expect(Detach)

    assert detach.error
    assert detach.error.condition == "amqp:link:detach-forced"
    assert (detach.error.description or "").startswith("Unauthorized access. 'Listen' claim(s)")


async def test_an_expired_token_is_told_with_its_end(
    endpoint: EventHubsEndpoint, clock: Clock
) -> None:
    token = sign("hub", key_of(endpoint), clock.now - 1)

    async with connected(endpoint) as client:
        await client.sasl()
        await client.open()
        reply = await client.put_token("hub", token)

    assert reply.properties["status-code"] == 401
    text = reply.properties["status-description"]
    assert "Expiration time: '2027-01-15 07:59:59Z'." in text


@pytest.mark.parametrize("node", ["$cbs", "$management"])
async def test_an_unknown_command_is_rejected(endpoint: EventHubsEndpoint, node: str) -> None:
    async with signed_in(endpoint) as client:
        await send_request(client, node, Request("1", None, {"operation": "RE1AD"}))
        state = (await client.expect(Disposition)).state

    assert isinstance(state, Rejected)
    assert state.error
    assert state.error == Error("amqp:not-allowed", state.error.description)
    assert (state.error.description or "").startswith("Invalid command 'RE1AD'.")


async def test_broken_frames_break_only_their_connection(endpoint: EventHubsEndpoint) -> None:
    chance = random.Random(7)
    frames = [encode_frame(0, body) for body in BODIES[3:]]

    for _ in range(100):
        broken = bytearray(chance.choice(frames))

        for _ in range(chance.randint(1, 4)):
            broken[chance.randrange(8, len(broken))] = chance.randrange(256)

        async with signed_in(endpoint) as client:
            client.writer.write(bytes(broken) + encode_frame(0, Close()))
            assert await client.closed()

    async with signed_in(endpoint) as client:
        assert isinstance(await client.sender("hub"), Attach)


async def send_request(client: AmqpClient, node: str, request: Request) -> None:
    await client.receiver(node)
    link = await client.sender(node)
    assert isinstance(link, Attach)
    client.transfer(link.handle, encode_request(request))
