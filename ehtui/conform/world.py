"""What checks look at: a hub, a group of their own, a store; and how to get in."""

from __future__ import annotations

import asyncio
import ssl
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from msgspec.structs import replace

from ehtui.conform.needs import Need, SilentError
from ehtui.conform.peer import Peer
from ehtui.conform.store import NO_RIGHT, Store, code_of
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.wire import problems
from ehtui.wire.amqp.messages import Reply, Request, encode_event
from ehtui.wire.amqp.performatives import AmqpError
from ehtui.wire.credentials import HubAccess, SharedKey
from ehtui.wire.dialling import settle, ways_to
from ehtui.wire.lines import open_line

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ehtui.wire.amqp.performatives import Attach

CONNECT_S = 15.0
HUB_TYPE, PARTITION_TYPE = "com.microsoft:eventhub", "com.microsoft:partition"
LATEST = "amqp.annotation.x-opt-offset > '@latest'"
STOLEN, UNAUTHORISED = "amqp:link:stolen", "amqp:unauthorized-access"
_INTERNAL = 500
EVENT = b"ehtui conform: this event may be ignored"


class Admin(Protocol):
    """Changes hubs and groups while somebody watches."""

    async def change(self, method: str, *path: str, **body: Any) -> None:
        """Pull a lever; ValueError where it does not move."""

    async def close(self) -> None:
        """Let go of connections."""


@dataclass(slots=True)
class World:
    """What this run may use; what is None it may not."""

    access: HubAccess
    own_group: str | None = None
    may_send: bool = False
    is_slow: bool = False
    store: Store | None = None
    admin: Admin | None = None
    partitions: tuple[str, ...] = ()
    empty_partition: str | None = None
    sent: int = 0
    refused: dict[Need, str] = field(default_factory=dict)  # what was allowed here, and not there
    _tls: ssl.SSLContext | None = field(default=None, repr=False)

    @property
    def has(self) -> Need:
        """The needs that are met."""
        met = {
            Need.KEY: isinstance(self.access.credential, SharedKey),
            Need.SEND: self.may_send and Need.SEND not in self.refused,
            Need.GROUP: self.own_group is not None,
            Need.STORE: self.store is not None and Need.STORE not in self.refused,
            Need.STORE_KEY: self.store is not None and self.store.has_key,
            Need.ADMIN: self.admin is not None,
            Need.EMPTY: self.empty_partition is not None,
            Need.SLOW: self.is_slow,
        }
        found = Need.NOTHING

        for need, is_met in met.items():
            found |= need if is_met else Need.NOTHING

        return found

    @property
    def key(self) -> SharedKey:
        """The hub's key."""
        assert isinstance(self.access.credential, SharedKey)
        return self.access.credential

    @property
    def partition(self) -> str:
        """The partition that is written to and read."""
        return self.partitions[-1]

    @property
    def receiving(self) -> str:
        """The address of that partition in the group of our own."""
        return f"{self.access.hub}/ConsumerGroups/{self.own_group}/Partitions/{self.partition}"

    @property
    def sending(self) -> str:
        """Its address for senders."""
        return f"{self.access.hub}/Partitions/{self.partition}"

    async def look_around(self) -> None:
        """Learn the hub's partitions, whether one was never written, and that the group is free.

        Raises:
            ProblemError: The hub cannot be read, or somebody receives in the group of our own.
        """
        try:
            await self._look_around()

            if self.own_group is not None:
                await self._check_group()

            if self.may_send:
                await self._check_sending()
        except AmqpError as error:
            told = problems.from_condition(self.access, error.condition, error.description)
            raise ProblemError(told) from None
        except SilentError:
            raise ProblemError(problems.timed_out(self.access, "asking", CONNECT_S)) from None

    async def try_store(self) -> None:
        """Write a blob: whoever may only read is asked nothing that writes."""
        if self.store is not None and (reply := await self.store.put("first")).status in NO_RIGHT:
            self.refused[Need.STORE] = f"the store does not let it write ({code_of(reply)})"

    async def _check_sending(self) -> None:
        """An attach sends nothing: it tells whether the credential may."""
        async with self.signed_in() as peer:
            try:
                await peer.sender(self.sending)
            except AmqpError as error:
                if error.condition != UNAUTHORISED:
                    raise

                self.refused[Need.SEND] = f"{self.access.credential.label} has no right to send"

    def _refused(self, reply: Reply) -> ProblemError:
        given = reply.properties
        status, text = given.get("status-code"), str(given.get("status-description", ""))
        code = status if isinstance(status, int) else _INTERNAL
        condition = str(given.get("error-condition", ""))
        return ProblemError(problems.from_status(self.access, code, text, condition))

    async def _check_group(self) -> None:
        """A reader without an owner level disturbs nobody, and is refused where there is one."""
        async with self.signed_in() as peer:
            try:
                await peer.receiver(self.receiving, LATEST)
            except AmqpError as error:
                if error.condition != STOLEN:
                    raise

                where = f"partition {self.partition} in the group {self.own_group!r}"
                told = f"Somebody receives {safe(where)}: they would be disconnected."
                advice = "Give --own-group a consumer group that nobody uses."
                raise ProblemError(Problem(ProblemKind.CONFLICT, told, advice)) from None

    async def _look_around(self) -> None:
        async with self.signed_in() as peer:
            described = await peer.request("$management", self.read())

            if not isinstance(described.value, dict):
                raise self._refused(described)

            self.partitions = tuple(map(str, described.value["partition_ids"]))

            for partition in self.partitions[:32]:
                async with self.signed_in() as other:
                    reply = await other.request("$management", self.read(partition))

                if reply.value and reply.value.get("last_enqueued_sequence_number") == -1:
                    self.empty_partition = partition
                    return

    def read(self, partition: str | None = None, **changed: Any) -> Request:
        """A READ of the hub or a partition, with other properties where they are given."""
        properties: dict[str, Any] = {
            "name": self.access.hub,
            "operation": "READ",
            "type": HUB_TYPE if partition is None else PARTITION_TYPE,
        }
        properties |= {} if partition is None else {"partition": partition}
        return Request("ehtui-read", None, properties | changed)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Peer]:
        """A connection on which nothing was said yet."""
        access, roots = self.access, self.access.network.roots
        await settle(access, CONNECT_S)
        way = ways_to(access)[0]

        if access.use_tls and self._tls is None:
            self._tls = await asyncio.to_thread(roots)

        trace = access.network.trace
        peer = Peer(trace.follow(way.route) if trace else None)
        seen = replace(access, host=way.route.host, port=way.route.port)

        try:
            async with asyncio.timeout(CONNECT_S):
                await open_line(seen, way, peer, self._tls, lambda: None)

            yield peer
        finally:
            peer.abort()

    @asynccontextmanager
    async def opened(self, **fields: Any) -> AsyncIterator[Peer]:
        """An open connection with a session; nobody has shown a token yet."""
        async with self.connected() as peer:
            await peer.sasl()
            await peer.open(self.access.host, **fields)
            yield peer

    @asynccontextmanager
    async def signed_in(self) -> AsyncIterator[Peer]:
        """The same, with a token for the hub."""
        async with self.opened() as peer:
            audience = self.access.audience
            token = await self.access.credential.token(audience, time.time())
            reply = await peer.request("$cbs", put_token(audience, token.text.reveal(), token.kind))

            if reply.properties.get("status-code") not in (200, 202):
                raise self._refused(reply)

            yield peer

    async def publish(self, peer: Peer, *payloads: bytes, to: str | None = None) -> list[str]:
        """Send messages, and how each ended."""
        link = await peer.sender(to or self.sending)
        await peer.credit(link.handle)
        ends = []

        for payload in payloads or (encode_event(EVENT),):
            peer.transfer(link.handle, payload)
            self.sent += 1
            ends.append(await peer.settled())

        return ends

    async def state_of(self, partition: str) -> dict[str, Any]:
        """What a partition says of itself now."""
        async with self.signed_in() as peer:
            return dict((await peer.request("$management", self.read(partition))).value)

    async def first_event(self, peer: Peer, selector: str | None, **more: Any) -> bytes | None:
        """The first event that a receiver gets within a short while."""
        link = await peer.receiver(self.receiving, selector, **more)
        return await event_on(peer, link)


async def event_on(peer: Peer, link: Attach, within_s: float = 2.0) -> bytes | None:
    """The next event on a link; None where none comes."""
    peer.grant(link.handle, 1, link.initial_delivery_count or 0)

    try:
        return (await peer.message(within_s)).payload
    except SilentError:
        return None


def put_token(audience: str, token: str, kind: str = "servicebus.windows.net:sastoken") -> Request:
    """A request to `$cbs`."""
    properties = {"operation": "put-token", "type": kind, "name": audience}
    return Request("ehtui-token", None, properties, token)
