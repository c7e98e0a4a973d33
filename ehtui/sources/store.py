"""The checkpoint store as a source: all records of one hub, whoever wrote them, as one listing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ehtui.clock import steady
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.domain.updates import StoreRead
from ehtui.domain.world.store import Checkpoint, Layout, Ownership, StoreListing, UnreadableBlob
from ehtui.sources.layouts import prefer_new
from ehtui.sources.layouts.base import Scope
from ehtui.sources.store_container import ContainerRead, WatchedContainer
from ehtui.wire.storage import BlobAccount, address_of

if TYPE_CHECKING:
    from ehtui.sources.layouts.base import Record, Write
    from ehtui.wire.storage import StorageAddress


NAME = "store"
WALK_EVERY_S = 600.0
NOTHING_FOUND_EVERY_S = 30.0  # while no container has anything of this hub
CONTAINERS_AT_ONCE = 8
MOST_GROUPS = 1000  # a hub of the largest tier has no more; each is a table of all partitions
# Trouble that stays until somebody does something: other containers are shown meanwhile.
_LASTING = {ProblemKind.NOT_FOUND, ProblemKind.FORBIDDEN, ProblemKind.UNAUTHORISED}


class StoreSource(Struct):
    """Reads the containers that are configured or, else, those that have something of this hub.

    `group` is whose records those are that name no group (`settings.layout`); `aliases` are other
    names of the namespace, whose records are this hub's too. It connects at its first read.

    A container whose trouble lasts (missing, no permission) is told as an `UnreadableBlob` without
    a name, and the others stand. Where a container of this hub fails for the moment, the whole
    read fails: half a listing would look like lost leases.
    """

    settings: CheckpointStoreSettings
    namespace: str  # or its endpoint
    hub: str
    group: str = "$Default"
    aliases: Sequence[str] = ()
    clock: Callable[[], float] = steady
    account: BlobAccount | None = None  # None: opened at the first read
    _own_container: str | None = None  # that its address names
    _containers: dict[str, WatchedContainer] = field(default_factory=dict)
    _walked_at: float | None = None
    _skew_s: float = 0.0  # server minus local, as last seen

    @property
    def name(self) -> str:
        """See `Source`."""
        return NAME

    async def read(self) -> StoreRead:
        """See `Source`."""
        started = self.clock()
        look_again = self._is_walk_due(started)
        await self._open(discover=look_again)
        reads, failed = await self._read_containers(look_again=look_again)

        if look_again:
            self._walked_at = started

        ended = self.clock()

        return StoreRead(ended, NAME, self._listing(reads, failed, ended), ended - started)

    async def connected(self) -> BlobAccount:
        """The account that it reads, for who also writes there.

        Raises:
            ProblemError: The settings name none.
        """
        if self.account is None:
            address = address_of(self.settings)
            self._own_container = address.container
            # On another thread: it loads the Azure libraries.
            self.account = await asyncio.to_thread(_open_account, address, self.clock)

        return self.account

    async def close(self) -> None:
        """See `Source`."""
        if self.account is not None:
            await self.account.close()

    def _is_walk_due(self, now: float) -> bool:
        if self._walked_at is None:
            return True

        has_records = any(c.has_records for c in self._containers.values())
        every_s = WALK_EVERY_S if has_records else NOTHING_FOUND_EVERY_S

        return not 0.0 <= now - self._walked_at < every_s

    async def _open(self, *, discover: bool) -> None:
        """Connect, and know which containers to read."""
        account, named = await self.connected(), self.settings.containers

        if self._own_container and not named:
            named = (self._own_container,)

        if named and not self._containers:
            scope = self._scope(is_named=True)
            self._containers = {n: WatchedContainer(account, n, scope, self.clock) for n in named}

        has_named = any(c.scope.is_named_container for c in self._containers.values())

        if discover and not has_named:
            await self._discover(account)

    async def _discover(self, account: BlobAccount) -> None:
        scope = self._scope(is_named=False)
        names = [name for name in await account.list_containers() if not name.startswith("$")]
        self._containers = {
            name: self._containers.get(name) or WatchedContainer(account, name, scope, self.clock)
            for name in names
        }

    def _scope(self, *, is_named: bool) -> Scope:
        layout = self.settings.layout

        return Scope(
            namespace=(self.namespace.partition("//")[2] or self.namespace).rstrip("/"),
            hub=self.hub,
            group=self.group,
            nameless=Layout(layout) if layout else None,
            is_named_container=is_named,
            aliases=tuple(self.aliases),
        )

    async def _read_containers(
        self, *, look_again: bool
    ) -> tuple[list[ContainerRead], list[UnreadableBlob]]:
        gate = asyncio.Semaphore(CONTAINERS_AT_ONCE)

        async def read(container: WatchedContainer) -> ContainerRead:
            async with gate:
                return await container.read(look_again=look_again)

        watched = list(self._containers.values())
        outcomes = await asyncio.gather(*map(read, watched), return_exceptions=True)
        reads: list[ContainerRead] = []
        errors: list[ProblemError] = []
        failed: list[UnreadableBlob] = []

        for container, outcome in zip(watched, outcomes, strict=True):
            if isinstance(outcome, ContainerRead):
                reads.append(outcome)
            elif isinstance(outcome, ProblemError) and self._may_go_on(container, outcome):
                errors.append(outcome)
                failed += _told(container, outcome)
            else:
                raise outcome

        if errors and not reads:
            raise errors[0]

        return reads, failed

    def _may_go_on(self, container: WatchedContainer, error: ProblemError) -> bool:
        """Whether the listing is worth something without this container."""
        is_known_empty = container.was_read and not container.has_records

        return is_known_empty or error.problem.kind in _LASTING

    def _listing(
        self, reads: list[ContainerRead], failed: list[UnreadableBlob], now: float
    ) -> StoreListing:
        every = [record for read in reads for record in read.records]
        records, left_out = _of_most_groups(every, self.group)
        ownerships, checkpoints = prefer_new(
            (r for r in records if isinstance(r, Ownership)),
            (r for r in records if isinstance(r, Checkpoint)),
        )
        server_time, read_at, asked_at = self._times(reads, now)

        return StoreListing(
            ownerships,
            checkpoints,
            (*(r for r in records if isinstance(r, UnreadableBlob)), *failed, *left_out),
            server_time,
            read_at,
            blobs_seen=sum(read.blobs_seen for read in reads),
            pages=sum(read.pages for read in reads),
            elsewhere=tuple(other for read in reads for other in read.elsewhere),
            asked_at=asked_at,
        )

    def _times(self, reads: list[ContainerRead], now: float) -> tuple[float, float, float]:
        """The newest Date header, the local time of its arrival and that of its request."""
        times = [
            (read.read_at, read.server_time, read.asked_at)
            for read in reads
            if read.read_at is not None and read.server_time is not None
        ]

        if times:
            read_at, server_time, asked_at = max(times)
            self._skew_s = server_time - read_at
            return server_time, read_at, asked_at

        return now + self._skew_s, now, now


def _of_most_groups(
    records: list[Record], own: str
) -> tuple[list[Record], tuple[UnreadableBlob, ...]]:
    """Without the groups that wrote longest ago, where there are more than any hub has."""
    written_at: dict[str, float] = {}

    for record in records:
        if group := _group(record):
            written_at[group] = max(written_at.get(group, 0.0), _written_at(record))

    if len(written_at) <= MOST_GROUPS:
        return records, ()

    newest = sorted(written_at, key=lambda g: (g == own.lower(), written_at[g]), reverse=True)
    kept = {*newest[:MOST_GROUPS], ""}
    reason = (
        f"{len(written_at) - MOST_GROUPS} more consumer groups have records there; "
        f"the {MOST_GROUPS} that wrote last are shown, as many as a hub can have"
    )
    container = next(_container(r) for r in records if _group(r) not in kept)

    return (
        [record for record in records if _group(record) in kept],
        (UnreadableBlob(container, "", reason),),
    )


def _group(record: Record) -> str:
    """Names of groups ignore case; "" where it is of none."""
    return (record.group or "").lower()


def _written_at(record: Record) -> float:
    if isinstance(record, UnreadableBlob):
        return record.written_at or 0.0

    return record.blob.last_modified


def _container(record: Record) -> str:
    return record.container if isinstance(record, UnreadableBlob) else record.blob.container


def _told(container: WatchedContainer, error: ProblemError) -> list[UnreadableBlob]:
    """A container's trouble; one that ehtui found and that is gone since is none."""
    if error.problem.kind is ProblemKind.NOT_FOUND and not container.scope.is_named_container:
        return []

    return [UnreadableBlob(container.name, "", error.problem.summary)]


async def apply_write(account: BlobAccount, write: Write) -> str:
    """Write on its condition; the new ETag.

    Raises:
        ProblemError: CONFLICT where the blob changed meanwhile or somebody holds its lease.
    """
    if write.body is None:
        return await account.set_metadata(
            write.container, write.name, write.metadata, if_match=write.if_match
        )

    return await account.upload(
        write.container,
        write.name,
        write.body,
        write.metadata,
        if_match=write.if_match,
        if_absent=write.if_match is None,
    )


def _open_account(address: StorageAddress, clock: Callable[[], float]) -> BlobAccount:
    """This is what loads the Azure libraries (0.3 s)."""
    from ehtui.wire.storage_client import HttpBlobAccount  # noqa: PLC0415

    return HttpBlobAccount(address, clock=clock)
