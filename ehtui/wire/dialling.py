"""How a hub is connected to: over TCP or TLS, over WebSockets, through a proxy; one way or several.

`auto` tries AMQP's own port first and port 443 after it, and remembers what worked. The libraries
that could do this take 120 ms to load (aiohttp), and none of them speaks AMQP's port through one.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.config.connection_string import AMQP_PORT, AMQPS_PORT
from ehtui.domain.problems import Problem, ProblemError
from ehtui.domain.world.route import Carrier, Route
from ehtui.wire import problems
from ehtui.wire.amqp.connection import FRAMING
from ehtui.wire.amqp.performatives import AmqpError
from ehtui.wire.amqp_client import CONNECTION_LOST, Connection, Silence
from ehtui.wire.lines import HTTPS_PORT, Way, open_line

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence

    from ehtui.wire.credentials import HubAccess

_LOG = logging.getLogger(__name__)
OPEN_S = 8.0  # of silence
HEAD_START_S = 2.0  # of the way that is preferred: a firewall that drops it answers nothing
_HTTP = b"HTTP/"
Key = tuple[str, int, str | None, str | None]
_worked: dict[Key, Carrier] = {}  # of this machine's network, so of the whole process


def ways_to(access: HubAccess) -> tuple[Way, ...]:
    """Every way that the settings allow; what worked before comes first."""
    carriers = {
        "amqp": (Carrier.AMQP,),
        "websocket": (Carrier.WEBSOCKET,),
        "auto": _carriers(access),
    }[access.network.transport]
    first = _worked.get(_key(access))
    ordered = sorted(carriers, key=lambda carrier: carrier is not first)
    return tuple(_way(access, carrier, is_chosen=len(carriers) > 1) for carrier in ordered)


def _carriers(access: HubAccess) -> tuple[Carrier, ...]:
    endpoint = access.network.endpoint

    if endpoint is not None and endpoint.port == HTTPS_PORT:
        return (Carrier.WEBSOCKET,)

    return (Carrier.AMQP, Carrier.WEBSOCKET)


def _way(access: HubAccess, carrier: Carrier, *, is_chosen: bool) -> Way:
    network, endpoint = access.network, access.network.endpoint
    host = endpoint.host if endpoint else access.host
    port = endpoint.port if endpoint else access.port
    proxy = network.proxy

    if carrier is Carrier.WEBSOCKET:
        # HTTPS_PROXY speaks of HTTPS: it says nothing of a port of AMQP's own.
        proxy = proxy or network.https_proxy
        port = HTTPS_PORT if port in {None, AMQPS_PORT} else port
    elif port is None:
        port = AMQPS_PORT if access.use_tls else AMQP_PORT

    assert port is not None
    shown = proxy.shown if proxy else None
    route = Route(carrier, host, port, access.use_tls, shown, is_chosen=is_chosen)
    return Way(route, proxy, tuple(dict.fromkeys((host, access.host))))


def _key(access: HubAccess) -> Key:
    network = access.network
    endpoint = network.endpoint
    host, port = (endpoint.host, endpoint.port or 0) if endpoint else (access.host, access.port)
    proxy, https_proxy = (p.shown if p else None for p in (network.proxy, network.https_proxy))
    return host, port, proxy, https_proxy


async def dial(
    access: HubAccess,
    silence: Silence,
    within_s: float,
    roots: Callable[[], ssl.SSLContext],
) -> Connection:
    """Connect and begin a session, over the first way that leads there; `route` says which.

    Nothing may be silent for longer than `within_s`. `roots` is called in a thread, with TLS.

    Raises:
        ProblemError: No way leads there; the sentence names each.
        AmqpError: The service answered, and refused.
    """
    ways = ways_to(access)
    tls = await asyncio.to_thread(roots) if access.use_tls else None
    race = _Race(access, ways, silence.broken, tls)

    began = asyncio.get_running_loop().time()

    try:
        async with silence.at_most(within_s):
            connection = await race.run()
    except TimeoutError:
        raise ProblemError(race.silent(within_s)) from None

    took_s = asyncio.get_running_loop().time() - began
    _LOG.info("connected in %.3f s over %s", took_s, _shown(connection.route))

    if connection.route is not None and len(ways) > 1:
        _worked[_key(access)] = connection.route.carrier

    return connection


def _shown(route: Route | None) -> str:
    if route is None:
        return "an unknown way"

    through = f" through the proxy {route.proxy}" if route.proxy else ""
    return (
        f"{route.carrier} {route.host}:{route.port}{' with TLS' if route.uses_tls else ''}{through}"
    )


class _Race:
    """Several ways, one after the other and then side by side; the first that gets there wins."""

    def __init__(
        self,
        access: HubAccess,
        ways: Sequence[Way],
        on_sign_of_life: Callable[[], None],
        tls: ssl.SSLContext | None,
    ) -> None:
        self._access = access
        self._waiting = list(ways)
        self._on_sign_of_life = on_sign_of_life
        self._tls = tls
        self._running: dict[asyncio.Task[Connection], Way] = {}
        self._failed: list[tuple[Way, Problem]] = []

    async def run(self) -> Connection:
        """Raises ProblemError where none got there, AmqpError where one did and was refused."""
        try:
            while self._waiting or self._running:
                self._begin_next()
                found = await self._wait()

                if found is not None:
                    return found
        finally:
            await self._let_go()

        raise ProblemError(_joined([problem for _, problem in self._failed]))

    def silent(self, within_s: float) -> Problem:
        """What it means that nothing was heard for so long."""
        ways = [*self._failed, *((way, self._timed_out(way, within_s)) for way in self._silent)]
        return _joined([problem for _, problem in ways])

    _silent: tuple[Way, ...] = ()

    def _timed_out(self, way: Way, within_s: float) -> Problem:
        return problems.timed_out(_seen_over(self._access, way), "connecting", within_s)

    def _begin_next(self) -> None:
        if self._waiting:
            way = self._waiting.pop(0)
            attempt = _connected(self._access, way, self._on_sign_of_life, self._tls)
            self._running[asyncio.ensure_future(attempt)] = way

    async def _wait(self) -> Connection | None:
        """Until one has ended, or it is time for the next to begin."""
        is_alone = not self._waiting or any(way.shares_port for way in self._waiting)
        head_start_s = None if is_alone else HEAD_START_S
        done, _ = await asyncio.wait(
            self._running, timeout=head_start_s, return_when=asyncio.FIRST_COMPLETED
        )

        for task in done:
            way = self._running.pop(task)

            try:
                found = task.result()
            except _WayError as error:
                _LOG.info("%s: %s", _shown(way.route), error.problem.summary)
                self._failed.append((way, error.problem))

                # Behind the same port there is something else only where it is known to be HTTP.
                if not error.is_http:
                    self._waiting = [w for w in self._waiting if not w.shares_port]
            else:
                return found

        return None

    async def _let_go(self) -> None:
        self._silent = tuple(self._running.values())

        for task in self._running:
            task.cancel()

        for result in await asyncio.gather(*self._running, return_exceptions=True):
            if isinstance(result, Connection):
                result.abort()


class _WayError(Exception):
    """A way does not lead there."""

    def __init__(self, problem: Problem, *, is_http: bool = False) -> None:
        super().__init__(problem.summary)
        self.problem = problem
        self.is_http = is_http  # what answered speaks HTTP


def _seen_over(access: HubAccess, way: Way) -> HubAccess:
    """The same for sentences: they name what was connected to."""
    return replace(access, host=way.route.host, port=way.route.port)


async def _connected(
    access: HubAccess,
    way: Way,
    on_sign_of_life: Callable[[], None],
    tls: ssl.SSLContext | None,
) -> Connection:
    connection = Connection(access.host, on_sign_of_life, way.route, access.network.trace)

    try:
        await open_line(_seen_over(access, way), way, connection, tls, on_sign_of_life)
        await connection.begun
    except ProblemError as error:
        connection.abort()
        raise _WayError(error.problem) from None
    except AmqpError as error:
        if error.condition not in {CONNECTION_LOST, FRAMING} or connection.has_begun:
            raise

        seen = _seen_over(access, way)
        told = problems.from_condition(seen, error.condition, error.description)
        raise _WayError(told, is_http=connection.first_heard.startswith(_HTTP)) from None
    except BaseException:
        connection.abort()
        raise

    return connection


def _joined(told: Sequence[Problem]) -> Problem:
    """One problem of all ways: what each met, and what to do about the first."""
    first, *others = told
    summaries = dict.fromkeys((first.summary, *(other.summary for other in others)))
    return replace(first, summary=" ".join(summaries))


async def settle(access: HubAccess, within_s: float = OPEN_S) -> None:
    """Find out which way leads there, for clients that cannot try several; `ways_to` knows then.

    Raises:
        ProblemError: None does.
    """
    if len(ways_to(access)) > 1 and _key(access) not in _worked:
        with suppress(AmqpError):  # refused, but there
            connection = await dial(access, Silence(), within_s, access.network.roots)
            await connection.close()
