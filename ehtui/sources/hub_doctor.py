"""A hub's way in, step by step: name, port, TLS, credential, hub, groups. Nothing is received."""

from __future__ import annotations

import asyncio
import socket
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.diagnosis import Check, Verdict
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import capital, safe
from ehtui.domain.values import Value
from ehtui.domain.world.new_group import create_group_command
from ehtui.domain.world.route import Carrier
from ehtui.sources.sdk_reach import reach
from ehtui.wire import problems
from ehtui.wire.amqp.performatives import AmqpError
from ehtui.wire.credentials import access_of
from ehtui.wire.dialling import ways_to
from ehtui.wire.kept_link import KeptLink

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Sequence

    from ehtui.config.settings import EventHubSettings
    from ehtui.domain.world.hub import HubDescription
    from ehtui.domain.world.route import Route
    from ehtui.wire.credentials import HubAccess
    from ehtui.wire.lines import Way

CONNECT_S = 6.0
WEBSOCKET_PORT = 443
# A processor holds the partition with an owner level: the group is there.
_TAKEN = frozenset({"amqp:link:stolen", "amqp:resource-limit-exceeded"})


class HubDoctor(Value, frozen=True):
    """Asks one hub everything once; each step needs the one before it."""

    settings: EventHubSettings
    clock: Callable[[], float]
    roots: Callable[[], ssl.SSLContext] | None = None  # None: the settings' own
    connect_s: float = CONNECT_S

    async def checks(self) -> AsyncIterator[Check]:
        """Every check in its order, each as soon as it is known."""
        try:
            access = access_of(self.settings)
        except ProblemError as error:
            yield Check.of("hub.configuration", error.problem)
            return

        told = f"{access.endpoint}, event hub {safe(access.hub)!r}, with {access.credential.label}."
        yield Check("hub.configuration", Verdict.OK, told)

        ways = ways_to(access)
        yield (named := await self._name(access, ways[0]))

        if named.verdict is Verdict.FAILED:
            yield _unreached()
            return

        check, way = await self._port(access, ways)
        yield check

        if way is None:
            yield _unreached()
            return

        # Through a proxy TLS begins behind it: the link itself tries that.
        if way.route.uses_tls and way.proxy is None:
            yield (secured := await self._tls(access, way))

            if secured.verdict is Verdict.FAILED:
                yield _unreached()
                return

        async for check in self._inside(access):
            yield check

    async def _name(self, access: HubAccess, way: Way) -> Check:
        host, port = _first_hop(way)

        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                host, port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            problem = problems.from_os_error(replace(access, host=host), error)
            return Check.of("hub.name", problem)

        addresses = ", ".join(dict.fromkeys(str(each[4][0]) for each in found))
        what = "The proxy " if way.proxy else ""
        return Check("hub.name", Verdict.OK, f"{what}{safe(host)} is {addresses}.")

    async def _port(self, access: HubAccess, ways: Sequence[Way]) -> tuple[Check, Way | None]:
        """The first way whose port is open, and what to say of it and of those before it."""
        closed: list[tuple[int, OSError]] = []

        for way in ways:
            host, port = _first_hop(way)

            try:
                await self._connect(host, port)
            except OSError as error:
                closed.append((port, error))
                continue

            of = f" of the proxy {way.proxy.shown}" if way.proxy else ""
            told = f"Port {port}{of} is open."

            if not closed:
                return Check("hub.port", Verdict.OK, told), way

            told = f"{told} Port {closed[0][0]} is not: AMQP goes over {_over(way.route)}."
            return Check("hub.port", Verdict.NOTE, told), way

        host, port = _first_hop(ways[0])
        problem = problems.from_os_error(replace(access, host=host, port=port), closed[0][1])
        advice = await self._way_round(access, ways)
        return Check("hub.port", Verdict.FAILED, problem.summary, advice), None

    async def _way_round(self, access: HubAccess, ways: Sequence[Way]) -> str:
        """What to do where no port that may be used is open."""
        if ways[0].proxy:
            return "Check the proxy's address in eventhub.proxy or HTTPS_PROXY."

        if any(_first_hop(way)[1] == WEBSOCKET_PORT for way in ways):
            return (
                "Port 443 is not open either: check the firewall, the namespace's networking "
                "rules, and any private endpoint; or name a proxy in eventhub.proxy."
            )

        try:
            await self._connect(access.host, WEBSOCKET_PORT)
        except OSError:
            return f"Neither {access.port} nor 443 is open: check the firewall and the address."

        return "Port 443 is open: with eventhub.transport: auto, AMQP goes over WebSockets."

    async def _connect(
        self, host: str, port: int, tls: ssl.SSLContext | None = None, name: str | None = None
    ) -> str:
        """Connect and hang up; the version of TLS."""
        async with asyncio.timeout(self.connect_s):
            _, writer = await asyncio.open_connection(host, port, ssl=tls, server_hostname=name)

        spoken = writer.get_extra_info("ssl_object")
        version = str(spoken.version()) if spoken is not None else ""
        writer.close()

        with suppress(OSError):
            await writer.wait_closed()

        return version

    async def _tls(self, access: HubAccess, way: Way) -> Check:
        try:
            roots = await asyncio.to_thread(self.roots or access.network.roots)
            version = await self._secured(way, roots)
        except ProblemError as error:
            return Check.of("hub.tls", error.problem)
        except OSError as error:
            return Check.of("hub.tls", problems.from_os_error(access, error))

        return Check("hub.tls", Verdict.OK, f"{version}, and the certificate is trusted.")

    async def _secured(self, way: Way, roots: ssl.SSLContext) -> str:
        """With the first name that the certificate may be for, as connections are opened."""
        host, port = _first_hop(way)
        *others, last = way.names

        for name in others:
            with suppress(ssl.SSLCertVerificationError):
                return await self._connect(host, port, roots, name)

        return await self._connect(host, port, roots, last)

    async def _inside(self, access: HubAccess) -> AsyncIterator[Check]:
        link = KeptLink(access, roots=self.roots, clock=self.clock)

        try:
            reading = await link.read((), describe=True)
            hub = reading.hub
        except ProblemError as error:
            for check in _not_let_in(access, error.problem):
                yield check

            await link.close()
            return
        except Exception as error:  # what the kept link does not understand
            yield Check("hub.exists", Verdict.FAILED, f"An odd answer: {safe(str(error))[:160]}")
            await link.close()
            return

        if reading.route is not None:
            yield Check("hub.route", Verdict.OK, f"Connected over {_over(reading.route)}.")

        yield Check(
            "hub.credential", Verdict.OK, f"{capital(access.credential.label)} is accepted."
        )

        if hub is not None:
            yield _described(access, hub)

            if reading.route is not None:
                yield reach(reading.route, is_geo_replicated=bool(hub.is_geo_replicated))

            for check in await self._groups(access, link, hub):
                yield check

        await link.close()

    async def _groups(self, access: HubAccess, link: KeptLink, hub: HubDescription) -> list[Check]:
        settings, partition = self.settings, hub.partition_ids[0]
        wanted = {"group": settings.consumer_group, "peek_group": settings.peek_group}
        checks = []

        for id_, group in wanted.items():
            if group is None:
                told = (
                    "No peek group is configured, so events cannot be looked at. Create one, and "
                    "name it in eventhub.peek_group:"
                )
                advice = _create(access, "ehtui-peek")
                checks.append(Check("hub.peek_group", Verdict.NOTE, told, advice))
                continue

            checks.append(await _group(access, link, f"hub.{id_}", group, partition))

        return checks


def _first_hop(way: Way) -> tuple[str, int]:
    """What is connected to: the proxy where there is one."""
    return (way.proxy.host, way.proxy.port) if way.proxy else (way.route.host, way.route.port)


def _over(route: Route) -> str:
    carrier = "WebSockets" if route.carrier is Carrier.WEBSOCKET else "AMQP"
    tls = " with TLS" if route.uses_tls else ""
    proxy = f", through the proxy {route.proxy}" if route.proxy else ""
    return f"{carrier}{tls} on port {route.port}{proxy}"


def _unreached() -> Check:
    return Check("hub.credential", Verdict.SKIPPED, "Not tried: there is no way there.")


def _not_let_in(access: HubAccess, problem: Problem) -> list[Check]:
    if problem.kind is ProblemKind.UNAUTHORISED:
        skipped = Check("hub.exists", Verdict.SKIPPED, "Not asked: the credential is refused.")
        return [Check.of("hub.credential", problem), skipped]

    if problem.kind in {ProblemKind.NOT_FOUND, ProblemKind.FORBIDDEN}:
        let_in = Check(
            "hub.credential", Verdict.OK, f"{capital(access.credential.label)} is accepted."
        )
        return [let_in, Check.of("hub.exists", problem)]

    return [Check.of("hub.exists", problem)]


def _described(access: HubAccess, hub: HubDescription) -> Check:
    parts = len(hub.partition_ids)
    geo = " It is geo-replicated: offsets are opaque." if hub.is_geo_replicated else ""
    told = f"Event hub {safe(access.hub)!r} has {parts} partition{'s' * (parts != 1)}.{geo}"
    return Check("hub.exists", Verdict.OK, told)


def _create(access: HubAccess, group: str) -> str:
    """How a group is created."""
    if not access.use_tls:
        return (
            f"Add the group {safe(group)!r} to what serves here: 'ehtui sandbox --group' or the "
            "emulator's Config.json."
        )

    command = create_group_command(access.namespace, safe(access.hub), safe(group))
    return command or f"Create the group {safe(group)!r} where this hub is configured."


async def _group(access: HubAccess, link: KeptLink, id_: str, group: str, partition: str) -> Check:
    shown = repr(safe(group))

    try:
        await link.try_group(group, partition)
    except AmqpError as error:
        if error.condition in _TAKEN or "epoch" in error.description.lower():
            told = (
                f"Consumer group {shown} is there, and its partitions are read with owner levels."
            )
            return Check(id_, Verdict.OK, told)

        problem = problems.from_condition(access, error.condition, error.description)

        if problem.kind is ProblemKind.NOT_FOUND:
            told = f"The event hub has no consumer group {shown}."
            return Check(id_, Verdict.FAILED, told, _create(access, group))

        return Check.of(id_, problem)
    except ProblemError as error:
        return Check.of(id_, error.problem)

    return Check(id_, Verdict.OK, f"Consumer group {shown} is there, and may be read.")
