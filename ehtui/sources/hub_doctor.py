"""A hub's way in, step by step: name, port, TLS, credential, hub, groups. Nothing is received."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ehtui.config.settings import EventHubSettings
from ehtui.domain.diagnosis import Check, Verdict
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.wire import problems
from ehtui.wire.amqp.performatives import AmqpError
from ehtui.wire.credentials import access_of
from ehtui.wire.kept_link import KeptLink

if TYPE_CHECKING:
    from ehtui.domain.world.hub import HubDescription
    from ehtui.wire.credentials import HubAccess

CONNECT_S = 6.0
WEBSOCKET_PORT = 443
# A processor holds the partition with an owner level: the group is there.
_TAKEN = frozenset({"amqp:link:stolen", "amqp:resource-limit-exceeded"})


@dataclass(frozen=True)
class HubDoctor:
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

        for step in (self._name, self._port, self._tls):
            check = await step(access)

            if check is None:
                continue

            yield check

            if check.verdict is Verdict.FAILED:
                yield Check("hub.credential", Verdict.SKIPPED, "Not tried: there is no way there.")
                return

        async for check in self._inside(access):
            yield check

    async def _name(self, access: HubAccess) -> Check:
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                access.host, access.port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            return Check.of("hub.name", problems.from_os_error(access, error))

        addresses = ", ".join(dict.fromkeys(str(each[4][0]) for each in found))
        return Check("hub.name", Verdict.OK, f"{safe(access.host)} is {addresses}.")

    async def _port(self, access: HubAccess) -> Check:
        try:
            await self._connect(access.host, access.port)
        except OSError as error:
            problem = problems.from_os_error(access, error)
            return Check("hub.port", Verdict.FAILED, problem.summary, await self._way_round(access))

        return Check("hub.port", Verdict.OK, f"Port {access.port} is open.")

    async def _way_round(self, access: HubAccess) -> str:
        """What to do where the port of AMQP is closed."""
        try:
            await self._connect(access.host, WEBSOCKET_PORT)
        except OSError:
            return (
                f"Neither {access.port} nor {WEBSOCKET_PORT} is open from this host: check the "
                "firewall, the namespace's networking rules and any private endpoint."
            )

        return (
            f"Port {WEBSOCKET_PORT} is open: AMQP over WebSockets works there "
            "(eventhub.transport: websocket); or ask for port 5671 to be opened."
        )

    async def _connect(self, host: str, port: int, tls: ssl.SSLContext | None = None) -> str:
        async with asyncio.timeout(self.connect_s):
            _, writer = await asyncio.open_connection(host, port, ssl=tls)

        spoken = writer.get_extra_info("ssl_object")
        version = str(spoken.version()) if spoken is not None else ""
        writer.close()

        with suppress(OSError):
            await writer.wait_closed()

        return version

    async def _tls(self, access: HubAccess) -> Check | None:
        if not access.use_tls:
            return None

        try:
            roots = await asyncio.to_thread(self.roots or access.network.roots)
            version = await self._connect(access.host, access.port, roots)
        except OSError as error:
            return Check.of("hub.tls", problems.from_os_error(access, error))

        return Check("hub.tls", Verdict.OK, f"{version}, and the certificate is trusted.")

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

        yield Check(
            "hub.credential", Verdict.OK, f"{_capital(access.credential.label)} is accepted."
        )

        if hub is not None:
            yield _described(access, hub)

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


def _not_let_in(access: HubAccess, problem: Problem) -> list[Check]:
    if problem.kind is ProblemKind.UNAUTHORISED:
        skipped = Check("hub.exists", Verdict.SKIPPED, "Not asked: the credential is refused.")
        return [Check.of("hub.credential", problem), skipped]

    if problem.kind in {ProblemKind.NOT_FOUND, ProblemKind.FORBIDDEN}:
        let_in = Check(
            "hub.credential", Verdict.OK, f"{_capital(access.credential.label)} is accepted."
        )
        return [let_in, Check.of("hub.exists", problem)]

    return [Check.of("hub.exists", problem)]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _described(access: HubAccess, hub: HubDescription) -> Check:
    parts = len(hub.partition_ids)
    geo = " It is geo-replicated: offsets are opaque." if hub.is_geo_replicated else ""
    told = f"Event hub {safe(access.hub)!r} has {parts} partition{'s' * (parts != 1)}.{geo}"
    return Check("hub.exists", Verdict.OK, told)


def _create(access: HubAccess, group: str) -> str:
    """How a group is created; what nobody can know here stands in capitals."""
    if not access.use_tls:
        return (
            f"Add the group {safe(group)!r} to what serves here: 'ehtui sandbox --group' or the "
            "emulator's Config.json."
        )

    namespace = safe(access.host.partition(".")[0])
    return (
        "az eventhubs eventhub consumer-group create --resource-group RESOURCE_GROUP "
        f"--namespace-name {namespace} --eventhub-name {safe(access.hub)} --name '{safe(group)}'"
    )


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
