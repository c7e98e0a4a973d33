"""A line to a hub before anybody speaks AMQP over it: TCP, a proxy's tunnel, TLS, a WebSocket."""

from __future__ import annotations

import asyncio
import base64
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, cast

from typing_extensions import override

from ehtui.config.connection_string import AMQP_PORT, AMQPS_PORT
from ehtui.domain.problems import ProblemError
from ehtui.domain.values import Value
from ehtui.domain.world.route import Carrier, Route
from ehtui.wire import problems
from ehtui.wire.roots import trusted_roots

if TYPE_CHECKING:
    from collections.abc import Callable

    import h11

    from ehtui.config.networks import Proxy
    from ehtui.wire.credentials import HubAccess
    from ehtui.wire.websocket import WebSocket
    from ehtui.wire.websocket_pipe import WebSocketPipe

NEXT_ADDRESS_S = 0.25  # a dead IPv6 route must not cost the whole time for connecting
_OTHER_NAMES = frozenset({62, 64})  # OpenSSL: the certificate is for another host, or address
_LET_THROUGH = range(200, 300)
_MOST_KEPT_BYTES = 256 * 1024  # before anybody has taken the line over
HTTPS_PORT, HTTP_PORT = 443, 80


class Way(Value, frozen=True):
    """A route that can be taken, with what it takes to do so."""

    route: Route
    proxy: Proxy | None
    names: tuple[str, ...]  # that the certificate may be for

    @property
    def shares_port(self) -> bool:
        """Whether another carrier may be behind the same port, as in the sandbox."""
        return self.route.port not in {AMQPS_PORT, AMQP_PORT, HTTPS_PORT}


class _Line(asyncio.Protocol):
    """Keeps what arrives until somebody else takes the line over."""

    transport: asyncio.Transport | None = None

    def __init__(self) -> None:
        self._kept = b""
        self._is_lost = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def more(self) -> bytes:
        """What has arrived, as soon as there is anything.

        Raises:
            ConnectionError: The other side let go.
        """
        while not self._kept:
            if self._is_lost:
                raise ConnectionResetError(0, "closed by the other side")

            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

        kept, self._kept = self._kept, b""
        return kept

    def put_back(self, data: bytes) -> None:
        """Of what had arrived, what belongs to whoever speaks next."""
        self._kept = data + self._kept

    def hand_over(self, user: asyncio.Protocol, socket: WebSocket | None, early: bytes) -> None:
        """Let `user` speak from here on, over a WebSocket where there is one."""
        transport = self._used()
        pipe = _piped(transport, user, socket) if socket else None
        transport.set_protocol(pipe or user)
        user.connection_made(pipe or transport)

        if early:
            user.data_received(early)

        # A pipe has to answer what came with the greeting, a ping or the end.
        if self._kept or pipe:
            (pipe or user).data_received(self._kept)

        if self._is_lost:
            (pipe or user).connection_lost(self._error)

    async def secure(self, tls: ssl.SSLContext, name: str) -> None:
        """Speak TLS from here on.

        Raises:
            OSError: It failed.
        """
        if self._kept:
            # No server of TLS speaks first: this is whoever stands between, in the clear.
            raise ConnectionAbortedError(0, "something was said before TLS began")

        loop = asyncio.get_running_loop()
        secured = await loop.start_tls(self._used(), self, tls, server_hostname=name)

        if secured is None:
            raise ConnectionResetError(0, "closed by the other side")

        self.transport = secured

    def say(self, data: bytes) -> None:
        """Send something."""
        self._used().write(data)

    def abort(self) -> None:
        """Let go at once."""
        if self.transport is not None:
            self.transport.abort()

    def _used(self) -> asyncio.Transport:
        assert self.transport is not None
        return self.transport

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    @override
    def data_received(self, data: bytes) -> None:
        self._kept += data

        if len(self._kept) > _MOST_KEPT_BYTES:
            self.abort()

        self._wake()

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._is_lost, self._error = True, exc
        self._wake()


class _OtherNameError(Exception):
    """The certificate is trusted, and for another name."""

    def __init__(self, error: ssl.SSLCertVerificationError) -> None:
        super().__init__(str(error))
        self.error = error


async def open_line(
    seen: HubAccess,
    way: Way,
    user: asyncio.Protocol,
    tls: ssl.SSLContext | None,
    on_sign_of_life: Callable[[], None],
) -> None:
    """Connect, and hand the line to `user` as a transport; `seen` is what sentences name.

    The certificate may be for the address that is configured or for the namespace: a private link
    has the one, a gateway the other.

    Raises:
        ProblemError: It cannot be had, with the step that failed.
    """
    *others, last = way.names
    opening = _Opening(seen, way, tls, on_sign_of_life)

    for name in others:
        with suppress(_OtherNameError):
            return await opening.run(user, name)

    try:
        await opening.run(user, last)
    except _OtherNameError as error:
        raise ProblemError(problems.from_os_error(seen, error.error)) from None


class _Opening:
    """The steps, one after the other."""

    def __init__(
        self,
        seen: HubAccess,
        way: Way,
        tls: ssl.SSLContext | None,
        on_sign_of_life: Callable[[], None],
    ) -> None:
        self._seen = seen
        self._way = way
        self._tls = tls
        self._on_sign_of_life = on_sign_of_life

    async def run(self, user: asyncio.Protocol, name: str) -> None:
        """Raises ProblemError, or _OtherNameError where the certificate is not for `name`."""
        line = _Line()
        socket, early = None, b""

        try:
            await self._reach(line)

            if self._tls is not None:
                await line.secure(self._tls, name)
                self._on_sign_of_life()

            if self._way.route.carrier is Carrier.WEBSOCKET:
                socket, early = await self._upgrade(line)
        except OSError as error:
            line.abort()

            if (
                isinstance(error, ssl.SSLCertVerificationError)
                and error.verify_code in _OTHER_NAMES
            ):
                raise _OtherNameError(error) from None

            raise ProblemError(problems.from_os_error(self._seen, error)) from None
        except BaseException:
            line.abort()
            raise

        line.hand_over(user, socket, early)

    async def _reach(self, line: _Line) -> None:
        proxy = self._way.proxy

        if proxy is None:
            await _connect(line, self._seen.host, self._seen.port)
        else:
            await self._tunnel(line, proxy)

        self._on_sign_of_life()

    async def _tunnel(self, line: _Line, proxy: Proxy) -> None:
        """Ask the proxy to let us through.

        Raises:
            ProblemError: It cannot be reached, or does not.
        """
        import h11  # noqa: PLC0415 - whoever has a proxy

        try:
            await _connect(line, proxy.host, proxy.port)
            self._on_sign_of_life()

            if proxy.uses_tls:
                await line.secure(self._tls or trusted_roots(), proxy.host)
                self._on_sign_of_life()

            answer = await self._asked_for_tunnel(line, proxy)
        except OSError as error:
            raise ProblemError(problems.proxy_unreachable(self._seen, proxy, error)) from None
        except h11.RemoteProtocolError as error:
            raise ProblemError(problems.proxy_odd(proxy, str(error))) from None

        if answer.status_code not in _LET_THROUGH:
            reason = answer.reason.decode("latin-1")
            told = problems.proxy_refused(self._seen, proxy, answer.status_code, reason)
            raise ProblemError(told)

    async def _asked_for_tunnel(self, line: _Line, proxy: Proxy) -> h11.Response:
        import h11  # noqa: PLC0415 - as above

        authority = _authority(self._seen.host, self._seen.port)
        headers = [("Host", authority)]

        if proxy.user is not None:
            password = proxy.password.reveal() if proxy.password else ""
            pair = base64.b64encode(f"{proxy.user.reveal()}:{password}".encode()).decode()
            headers.append(("Proxy-Authorization", f"Basic {pair}"))

        asking = h11.Connection(h11.CLIENT)
        asked = h11.Request(method="CONNECT", target=authority, headers=headers)
        line.say((asking.send(asked) or b"") + (asking.send(h11.EndOfMessage()) or b""))

        while True:
            asking.receive_data(await line.more())

            while isinstance(event := asking.next_event(), h11.InformationalResponse):
                pass

            if isinstance(event, h11.Response):
                line.put_back(asking.trailing_data[0])
                return event

    async def _upgrade(self, line: _Line) -> tuple[WebSocket, bytes]:
        """Ask for AMQP over WebSockets; the socket, and what of the stream came with the answer.

        Raises:
            ProblemError: There is none to be had.
        """
        # wsproto, for who needs it.
        from ehtui.wire.websocket import WebSocket, WebSocketError  # noqa: PLC0415

        standard = HTTPS_PORT if self._tls is not None else HTTP_PORT
        is_standard = self._seen.port == standard
        host = _authority(self._seen.host, None if is_standard else self._seen.port)
        socket = WebSocket(is_client=True)
        line.say(socket.hello(host))
        early = b""

        try:
            while not socket.is_open:
                early = b"".join(socket.receive(await line.more()))
        except WebSocketError as error:
            raise ProblemError(problems.no_websocket(self._seen, str(error))) from None

        self._on_sign_of_life()
        return socket, early


def _piped(
    transport: asyncio.Transport, user: asyncio.Protocol, socket: WebSocket
) -> WebSocketPipe:
    from ehtui.wire.websocket_pipe import WebSocketPipe  # noqa: PLC0415 - as above

    return WebSocketPipe(transport, user, socket)


async def _connect(line: _Line, host: str, port: int) -> None:
    await asyncio.get_running_loop().create_connection(
        lambda: line, host, port, happy_eyeballs_delay=NEXT_ADDRESS_S
    )


def _authority(host: str, port: int | None) -> str:
    named = f"[{host}]" if ":" in host else host
    return named if port is None else f"{named}:{port}"
