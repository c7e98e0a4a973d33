"""Which way is taken to a hub, what is told where none leads there, and who may answer on it."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.config.networks import Endpoint, Proxy
from ehtui.config.secret import Secret
from ehtui.config.settings import TransportChoice
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.route import Carrier
from ehtui.sandbox.eventhubs import EventHubsEndpoint, Namespace
from ehtui.wire import dialling, lines
from ehtui.wire.amqp_client import Silence
from ehtui.wire.credentials import HubAccess, access_of
from ehtui.wire.dialling import dial, settle, ways_to
from ehtui.wire.kept_link import KeptLink
from ehtui.wire.network import Network
from tests.wire.certificates import self_signed
from tests.wire.hubs import access_to, settings_of
from tests.wire.peer import Peer, serving
from tests.wire.proxying import PASSWORD, USER, ConnectProxy, joined, listening

LIMIT_S = 5.0
PATIENCE_S = 0.2


def over(access: HubAccess, transport: TransportChoice, **more: object) -> HubAccess:
    network = Network(transport, **more)  # type: ignore[arg-type]
    return replace(access, network=network)


async def route_of(access: HubAccess, within_s: float = LIMIT_S) -> Carrier:
    connection = await dial(access, Silence(), within_s, access.network.roots)
    await connection.close()
    assert connection.route is not None
    return connection.route.carrier


async def problem_of(access: HubAccess, within_s: float = LIMIT_S) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await route_of(access, within_s)

    return caught.value.problem


@asynccontextmanager
async def answering(speak: Callable[[bytes], bytes]) -> AsyncIterator[int]:
    """A port where every head is answered with what `speak` says to it, and then hung up."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(speak(await reader.readuntil(b"\r\n\r\n")))
        await writer.drain()
        await reader.read()

    async with listening(serve) as port:
        yield port


@asynccontextmanager
async def silence() -> AsyncIterator[int]:
    """A port that takes whatever comes and says nothing."""

    async def serve(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with listening(serve) as port:
        yield port


@asynccontextmanager
async def sandbox(*, only_websockets: bool = False) -> AsyncIterator[EventHubsEndpoint]:
    namespace = Namespace()
    namespace.create_hub("hub", 1)

    async with EventHubsEndpoint(namespace, only_websockets=only_websockets) as endpoint:
        yield endpoint


@pytest.fixture
def two_ports(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], HubAccess]:
    """A namespace as Azure has them, AMQP and WebSockets on ports of their own."""

    def make(amqp: int, websockets: int) -> HubAccess:
        for module in (dialling, lines):
            monkeypatch.setattr(module, "AMQPS_PORT", amqp)
            monkeypatch.setattr(module, "HTTPS_PORT", websockets)

        return over(access_to(amqp), "auto")

    monkeypatch.setattr(dialling, "HEAD_START_S", 0.05)
    return make


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def test_a_closed_port_makes_way_for_websockets(
    two_ports: Callable[[int, int], HubAccess],
) -> None:
    async with sandbox() as endpoint:
        assert await route_of(two_ports(closed_port(), endpoint.port)) is Carrier.WEBSOCKET


async def test_a_port_that_is_dropped_holds_up_nobody_for_long(
    two_ports: Callable[[int, int], HubAccess],
) -> None:
    async with silence() as silent, sandbox() as endpoint:
        assert await route_of(two_ports(silent, endpoint.port)) is Carrier.WEBSOCKET


async def test_the_own_port_is_preferred_and_what_worked_is_remembered(
    two_ports: Callable[[int, int], HubAccess],
) -> None:
    async with sandbox() as endpoint, sandbox() as websockets:
        access = two_ports(endpoint.port, websockets.port)
        assert await route_of(access) is Carrier.AMQP
        assert ways_to(access)[0].route.carrier is Carrier.AMQP
        before = websockets.statistics().connections_opened
        await endpoint.stop()
        assert await route_of(access) is Carrier.WEBSOCKET
        await settle(access)  # known: nobody connects for it
        assert ways_to(access)[0].route.carrier is Carrier.WEBSOCKET
        assert websockets.statistics().connections_opened == before + 1


async def test_where_neither_leads_there_both_are_named(
    two_ports: Callable[[int, int], HubAccess],
) -> None:
    first, second = closed_port(), closed_port()
    told = await problem_of(two_ports(first, second))
    assert told.kind is ProblemKind.UNREACHABLE
    assert f":{first}" in told.summary
    assert f":{second}" in told.summary


async def test_where_both_are_silent_both_are_named(
    two_ports: Callable[[int, int], HubAccess],
) -> None:
    async with silence() as first, silence() as second:
        told = await problem_of(two_ports(first, second), PATIENCE_S)

    assert told.kind is ProblemKind.TIMEOUT
    assert all(f":{port}" in told.summary for port in (first, second))


async def test_an_emulator_is_not_dialled_twice() -> None:
    """Behind the same port there is something else only where HTTP answers."""
    async with serving(Peer()) as peer:
        assert await route_of(over(access_to(peer.port), "auto")) is Carrier.AMQP

    assert len((await problem_of(access_to(closed_port()))).summary.split("refused")) == 2


async def test_only_one_way_is_taken_where_only_one_is_asked_for() -> None:
    async with sandbox(only_websockets=True) as endpoint:
        told = await problem_of(over(access_to(endpoint.port), "amqp"))
        assert told.kind is ProblemKind.MALFORMED
        assert await route_of(over(access_to(endpoint.port), "websocket")) is Carrier.WEBSOCKET


def proof(head: bytes) -> str:
    key = head.partition(b"Sec-WebSocket-Key: ")[2].partition(b"\r\n")[0]
    guid = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(key + guid, usedforsecurity=False).digest()).decode()


def agreed(head: bytes, frames: bytes = b"", protocol: str = "AMQPWSB10") -> bytes:
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {proof(head)}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
    ).encode() + frames


HOSTILE_WEBSOCKETS: dict[str, Callable[[bytes], bytes]] = {
    "not found": lambda _: b"HTTP/1.1 404 Not Found\r\n\r\n",
    "a redirect": lambda _: b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere/\r\n\r\n",
    "a page": lambda _: b"HTTP/1.1 200 OK\r\n\r\n<html>" + b"x" * 100_000,
    "garbage": lambda _: b"\x00\xff" * 4096 + b"\r\n\r\n",
    "headers without an end": lambda _: b"HTTP/1.1 101 OK\r\n" + b"A: b\r\n" * 10_000,
    "many headers": lambda _: b"HTTP/1.1 101 OK\r\n" + b"A: b\r\n" * 500 + b"\r\n",
    "no proof": lambda _: b"HTTP/1.1 101 OK\r\nSec-WebSocket-Protocol: AMQPWSB10\r\n\r\n",
    "another protocol": lambda head: agreed(head, protocol="chat"),
}
HOSTILE_FRAMES = {
    "text": b"\x81\x05hello",
    "masked": b"\x82\x85abcdhello",
    "a ping too long": b"\x89\x7e\x01\x00" + bytes(256),
    "a ping in pieces": b"\x09\x00",
    "reserved bits": b"\xf2\x01x",
    "longer than anything": b"\x82\x7f" + b"\xff" * 8,
    "a stream that is no AMQP": b"\x82\x7f" + (1 << 40).to_bytes(8, "big") + b"x" * 100_000,
    "the end": b"\x88\x02\x03\xe8",
}


@pytest.mark.parametrize("what", HOSTILE_WEBSOCKETS)
async def test_whatever_answers_instead_of_a_websocket_is_told(what: str) -> None:
    async with answering(HOSTILE_WEBSOCKETS[what]) as port:
        told = await problem_of(over(access_to(port), "websocket"))

    assert told.kind is ProblemKind.MALFORMED
    assert f"127.0.0.1:{port} does not take AMQP over WebSockets" in told.summary
    assert len(told.summary) < 400


@pytest.mark.parametrize("what", HOSTILE_FRAMES)
async def test_a_websocket_that_says_something_else_is_told(what: str) -> None:
    async with answering(lambda head: agreed(head, HOSTILE_FRAMES[what])) as port:
        link = KeptLink(over(access_to(port), "websocket"))

        with pytest.raises(ProblemError) as caught:
            await link.read(["0"], describe=False)

        await link.close()

    assert caught.value.problem.kind in {ProblemKind.MALFORMED, ProblemKind.UNREACHABLE}


async def test_pings_are_no_sign_of_life() -> None:
    async def ping(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(agreed(await reader.readuntil(b"\r\n\r\n")))
        frame = b"\x89\x0cstill there?"

        while not writer.is_closing():
            writer.write(frame)
            await writer.drain()
            await asyncio.sleep(PATIENCE_S / 20)

    async with listening(ping) as port:
        access = over(access_to(port), "websocket")
        told = await problem_of(access, PATIENCE_S)

    assert told.kind is ProblemKind.TIMEOUT


def through(port: int, proxy: Proxy, transport: TransportChoice = "websocket") -> HubAccess:
    return over(access_to(port), transport, proxy=proxy)


@pytest.mark.parametrize("transport", ["amqp", "websocket"])
async def test_a_proxy_is_shown_name_and_password(transport: TransportChoice) -> None:
    async with sandbox() as endpoint, ConnectProxy(wants_password=True).serving() as proxy:
        known = Proxy("127.0.0.1", proxy.port, user=Secret(USER), password=Secret(PASSWORD))
        assert await route_of(through(endpoint.port, known, transport)) is Carrier(transport)
        assert proxy.asked == [f"127.0.0.1:{endpoint.port}"]


@pytest.mark.parametrize("user", [None, Secret("nobody")])
async def test_a_proxy_that_does_not_know_us(user: Secret | None) -> None:
    async with ConnectProxy(wants_password=True).serving() as proxy:
        known = Proxy("127.0.0.1", proxy.port, user=user, password=Secret("hunter2"))
        told = await problem_of(through(5671, known))

    assert told.kind is ProblemKind.UNAUTHORISED
    assert f"The proxy 127.0.0.1:{proxy.port}" in told.summary
    assert "hunter2" not in f"{told} {known}"


async def test_a_proxy_that_lets_only_443_through_is_no_obstacle(
    two_ports: Callable[[int, int], HubAccess],
) -> None:
    async with sandbox() as endpoint:
        async with ConnectProxy(ports=frozenset({endpoint.port})).serving() as proxy:
            access = two_ports(closed_port(), endpoint.port)
            access = over(access, "auto", proxy=Proxy("127.0.0.1", proxy.port))
            assert await route_of(access) is Carrier.WEBSOCKET

        assert len(proxy.asked) == 2


async def test_a_proxy_of_the_machine_is_for_websockets_alone() -> None:
    async with sandbox() as endpoint, ConnectProxy().serving() as proxy:
        https = Proxy("127.0.0.1", proxy.port)
        await route_of(over(access_to(endpoint.port), "amqp", https_proxy=https))
        assert proxy.asked == []
        await route_of(over(access_to(endpoint.port), "websocket", https_proxy=https))
        assert proxy.asked == [f"127.0.0.1:{endpoint.port}"]


HOSTILE_PROXIES: dict[str, tuple[Callable[[bytes], bytes], ProblemKind]] = {
    "forbidden": (lambda _: b"HTTP/1.1 403 Forbidden\r\n\r\n", ProblemKind.FORBIDDEN),
    "a bad gateway": (lambda _: b"HTTP/1.1 502 Bad Gateway\r\n\r\n", ProblemKind.UNREACHABLE),
    "a redirect": (lambda _: b"HTTP/1.1 302 Found\r\nLocation: x\r\n\r\n", ProblemKind.UNREACHABLE),
    "garbage": (lambda _: b"SSH-2.0-OpenSSH\r\n\r\n", ProblemKind.MALFORMED),
    "no end": (lambda _: b"HTTP/1.1 200 OK\r\n" + b"A: b\r\n" * 99_999, ProblemKind.MALFORMED),
}


async def test_what_a_proxy_says_before_tls_is_nobodys() -> None:
    """Else whoever stands between would speak as the hub, in the clear."""
    said = b"HTTP/1.1 200 OK\r\n\r\nAMQP\x03\x01\x00\x00"

    async with answering(lambda _: said) as port:
        access = replace(access_to(5671, tls=True), host="127.0.0.1")
        told = await problem_of(over(access, "amqp", proxy=Proxy("127.0.0.1", port)))

    assert "before TLS" in told.summary or told.kind is ProblemKind.TLS


@pytest.mark.parametrize("what", HOSTILE_PROXIES)
async def test_whatever_a_proxy_answers_instead_is_told(what: str) -> None:
    speak, kind = HOSTILE_PROXIES[what]

    async with answering(speak) as port:
        told = await problem_of(through(5671, Proxy("127.0.0.1", port)))

    assert told.kind is kind
    assert f"The proxy 127.0.0.1:{port}" in told.summary


async def test_a_proxy_that_is_not_there_is_told_as_one() -> None:
    port = closed_port()
    told = await problem_of(through(5671, Proxy("127.0.0.1", port)))
    assert "The proxy for 127.0.0.1:5672 cannot be used" in told.summary
    assert f"Nothing listens on 127.0.0.1:{port}" in told.summary
    assert "eventhub.proxy" in told.advice


@pytest.mark.parametrize("namespace", ["127.0.0.1", "hub.example"])
@pytest.mark.parametrize("name", ["address", "namespace"])
@pytest.mark.parametrize("transport", ["amqp", "websocket"])
async def test_a_certificate_may_be_for_the_address_or_for_the_namespace(
    tmp_path: Path, namespace: str, name: str, transport: TransportChoice
) -> None:
    """A gateway has one for itself, a private link or a tunnel the namespace's."""
    of_address = namespace == "127.0.0.1" or name == "address"
    certificate, server = self_signed(tmp_path, "" if of_address else namespace)
    namespace_there = Namespace()
    namespace_there.create_hub("hub", 1)
    endpoint = EventHubsEndpoint(namespace_there)

    async with endpoint, tls_before(endpoint.port, server) as port:
        access = access_of(settings_of(port, tls=True))
        access = replace(access, host=namespace, port=5671)
        trusting = over(
            access,
            transport,
            endpoint=Endpoint("127.0.0.1", port),
            ca_file=(str(certificate),),
        )
        assert await route_of(trusting) is Carrier(transport)
        stranger = replace(trusting, host="elsewhere.example")

        if not of_address:
            told = await problem_of(stranger)
            assert told.kind is ProblemKind.TLS


@asynccontextmanager
async def tls_before(port: int, context: ssl.SSLContext) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await joined(reader, writer, "127.0.0.1", port)

    async with listening(serve, context) as secured:
        yield secured


async def test_a_file_of_roots_that_is_none_is_told(tmp_path: Path) -> None:
    empty = tmp_path / "roots.pem"
    empty.write_text("nothing")

    for file in (empty, tmp_path / "missing.pem"):
        told = await problem_of(over(access_to(5671, tls=True), "amqp", ca_file=(str(file),)))
        assert told.kind is ProblemKind.TLS
        assert str(file) in told.summary
