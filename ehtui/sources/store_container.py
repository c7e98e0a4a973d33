"""One container of a checkpoint store: where this hub's records are in it, and what they say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.hub import looks_like_host, port_of
from ehtui.domain.world.store import OtherName
from ehtui.sources.layouts import (
    Candidate,
    candidates,
    locate_elsewhere,
    read_blob,
    read_unfetched,
    summed,
)
from ehtui.sources.layouts.base import Place, Record, Scope, StoredBlob
from ehtui.sources.layouts.lease_json import MOST_BYTES
from ehtui.wire.storage import BlobAccount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.wire.storage import BlobBody, BlobItem, BlobPage

# A container with no more blobs than this that are not ours is listed whole: no more requests than
# for one prefix, and a new spelling of the namespace is seen at once.
FEW_FOREIGN_BLOBS = 1_000
BODIES_AT_ONCE = 8
BODIES_BYTES = 16 << 20  # of all leases of a container: each has some hundred
MOST_HUB_PAGES = 5
MOST_OTHER_NAMES = 20  # folders that may be another name of the namespace, looked into in a walk
BLOBS_A_SLICE = 250  # about 1 ms of parsing, then other tasks and threads have their turn
_BLOBS_TROUBLE = {ProblemKind.FORBIDDEN, ProblemKind.UNAUTHORISED, ProblemKind.MALFORMED}


_TOO_MANY_BODIES = Problem(
    ProblemKind.MALFORMED,
    f"the leases of its container take more than {BODIES_BYTES >> 20} MB, as those of no host do",
)


class ContainerRead(Struct):
    """What one read of a container gave, and what it cost."""

    records: tuple[Record, ...] = ()
    server_time: float | None = None  # of the last page
    read_at: float | None = None
    asked_at: float = 0.0  # that page, local time
    blobs_seen: int = 0
    pages: int = 0
    elsewhere: tuple[OtherName, ...] = ()

    def count(self, page: BlobPage, asked_at: float) -> None:
        """Add a page, and when it was asked for."""
        self.pages += 1
        self.blobs_seen += len(page.blobs)
        self.server_time = page.server_time
        self.read_at = page.read_at
        self.asked_at = asked_at


class _Known(Struct):
    """A blob as it was last read: nothing is parsed or fetched again that did not change."""

    etag: str
    lease_state: str | None
    fitting: tuple[Candidate, ...]
    body: bytes | None = None
    records: tuple[Record, ...] = ()
    elsewhere: Place | None = None  # this hub's under another name of the namespace


class WatchedContainer(Struct):
    """Reads one container again and again."""

    account: BlobAccount
    name: str
    scope: Scope
    clock: Callable[[], float]
    was_read: bool = False
    has_records: bool = False
    _prefixes: tuple[str, ...] = ()
    _is_listed_whole: bool = True
    _is_elsewhere: bool = False  # some name was of this hub, but for its namespace
    _elsewhere: tuple[OtherName, ...] = ()  # as the last walk found it, while not listed whole
    _known: dict[str, _Known] = field(default_factory=dict)

    async def read(self, *, look_again: bool) -> ContainerRead:
        """List what is this hub's; `look_again` also finds new spellings and prefixes.

        Raises:
            ProblemError: The container cannot be read.
        """
        result = ContainerRead()
        items: list[BlobItem] | None = None

        if look_again or self._is_listed_whole:
            items = await self._look(result)

        if items is None:
            items = await self._listed(result)
        else:
            # The usual case costs nothing.
            self._elsewhere = self._summed(items, result) if self._is_elsewhere else ()

        result.elsewhere = self._elsewhere
        result.records = await self._records(items)
        self.was_read = True
        self.has_records = bool(result.records)

        return result

    async def _page(
        self,
        result: ContainerRead,
        *,
        prefix: str = "",
        marker: str = "",
        delimiter: str = "",
        metadata: bool = True,
    ) -> BlobPage:
        asked_at = self.clock()
        page = await self.account.list_page(
            self.name, prefix=prefix, marker=marker, delimiter=delimiter, metadata=metadata
        )
        result.count(page, asked_at)

        return page

    async def _look(self, result: ContainerRead) -> list[BlobItem] | None:
        """All blobs, where few are not ours; else find the beginnings of this hub's names."""
        items: list[BlobItem] = []
        foreign = 0
        marker = ""

        while self.scope.is_named_container and foreign <= FEW_FOREIGN_BLOBS:
            page = await self._page(result, marker=marker)
            items += page.blobs
            foreign += await self._foreign_among(page.blobs)
            marker = page.marker

            if not marker and foreign <= FEW_FOREIGN_BLOBS:
                self._is_listed_whole = True
                return items

        self._is_listed_whole = False
        self._elsewhere = ()
        ours = [place.prefix for item in items for _, place in self._entry(item).fitting]
        self._watch(ours + await self._descend(result))

        return None

    async def _foreign_among(self, items: list[BlobItem]) -> int:
        foreign = 0

        for start in range(0, len(items), BLOBS_A_SLICE):
            some = items[start : start + BLOBS_A_SLICE]
            foreign += sum(not self._entry(item).fitting for item in some)
            await asyncio.sleep(0)

        return foreign

    def _entry(self, item: BlobItem) -> _Known:
        """What is known of a blob; of a new one, which formats its name fits."""
        entry = self._known.get(item.name)
        if entry is None:
            fitting = candidates(item, self.scope)
            elsewhere = None if fitting else locate_elsewhere(item.name, self.scope)
            self._is_elsewhere |= elsewhere is not None
            entry = self._known[item.name] = _Known("", None, fitting, elsewhere=elsewhere)

        return entry

    def _summed(self, items: Iterable[BlobItem], result: ContainerRead) -> tuple[OtherName, ...]:
        found = ((item, self._entry(item).elsewhere) for item in items)
        seen_at = result.server_time or result.read_at or 0.0

        return summed(((item, parts) for item, parts in found if parts), self.name, seen_at)

    def _watch(self, prefixes: Iterable[str]) -> None:
        """List these from now on; a container that the user named is never left alone."""
        nothing_yet = _expected(self.scope) if self.scope.is_named_container else ()
        self._prefixes = _outermost(prefixes) or nothing_yet

    async def _descend(self, result: ContainerRead) -> list[str]:
        """Folder by folder: `{namespace}/`, then `{namespace}/{hub}/`, in any spelling."""
        tops = await self._folders("", result, most_pages=1)
        if tops is None:
            # Too many to look through: ask for the namespace itself, as it is mostly spelled.
            hosts = {prefix.partition("/")[0] for prefix in _expected(self.scope)}
            hosts |= {self.scope.namespace, *self.scope.aliases}
            found = [await self._folders(host, result, most_pages=1) for host in sorted(hosts)]
            tops = sorted({top for folders in found for top in folders or ()})

        prefixes: list[str] = []
        others: list[str] = []

        for top in tops:
            if self.scope.covers_namespace(top[:-1]):
                hubs = await self._folders(top, result, most_pages=MOST_HUB_PAGES) or []
                prefixes += [h for h in hubs if self.scope.covers(top[:-1], h[len(top) : -1])]
            elif self._may_be_ours(top[:-1]):
                others.append(top)

        await self._look_elsewhere(others[:MOST_OTHER_NAMES], result)

        return prefixes

    def _may_be_ours(self, name: str) -> bool:
        """Whether it is worth a request to see what a folder holds of this hub."""
        is_likely = self.scope.is_named_container or looks_like_host(name)

        return is_likely and self.scope.names.may_cover(name)

    async def _look_elsewhere(self, tops: Iterable[str], result: ContainerRead) -> None:
        """Sum up what other names of the namespace hold of this hub: a page each."""
        for top in tops:
            hubs = await self._folders(top, result, most_pages=1) or []
            for hub in hubs:
                if hub[len(top) : -1].lower() == self.scope.hub.lower():
                    page = await self._page(result, prefix=hub)
                    self._elsewhere += self._summed(page.blobs, result)

    async def _folders(
        self, prefix: str, result: ContainerRead, *, most_pages: int
    ) -> list[str] | None:
        """The folders right below a prefix; None where there are too many."""
        folders: list[str] = []
        marker = ""

        for _ in range(most_pages):
            page = await self._page(
                result, prefix=prefix, marker=marker, delimiter="/", metadata=False
            )
            folders += page.folders
            marker = page.marker
            if not marker:
                return folders

        return folders if most_pages > 1 else None

    async def _listed(self, result: ContainerRead) -> list[BlobItem]:
        items: list[BlobItem] = []

        for prefix in self._prefixes:
            marker = ""

            while True:
                page = await self._page(result, prefix=prefix, marker=marker)
                items += page.blobs
                marker = page.marker
                if not marker:
                    break

        return items

    async def _records(self, items: list[BlobItem]) -> tuple[Record, ...]:
        known: dict[str, _Known] = {}
        wanted: list[tuple[BlobItem, _Known]] = []

        for number, item in enumerate(items, 1):
            entry = self._entry(item)
            if (entry.etag, entry.lease_state) != (item.etag, item.lease_state):
                entry = self._renewed(item, entry)
                if _wants_body(item, entry):
                    wanted.append((item, entry))

            known[item.name] = entry

            if number % BLOBS_A_SLICE == 0:
                await asyncio.sleep(0)

        await self._fetch(wanted, known)
        self._known = known

        return tuple(record for entry in known.values() for record in entry.records)

    def _renewed(self, item: BlobItem, before: _Known) -> _Known:
        """A blob's entry after it changed; its body is kept while the ETag is the same."""
        body = before.body if before.etag == item.etag else None
        entry = _Known(
            item.etag, item.lease_state, before.fitting, body, elsewhere=before.elsewhere
        )

        if not _wants_body(item, entry):
            entry.records = read_blob(StoredBlob(self.name, item, body), entry.fitting)

        return entry

    async def _fetch(self, wanted: list[tuple[BlobItem, _Known]], known: dict[str, _Known]) -> None:
        """Fetch the bodies of JSON leases that are new or changed."""
        gate = asyncio.Semaphore(BODIES_AT_ONCE)
        held_bytes = sum(len(entry.body) for entry in known.values() if entry.body)

        async def fetch(name: str) -> BlobBody | None:
            nonlocal held_bytes

            async with gate:
                if held_bytes > BODIES_BYTES:
                    raise ProblemError(_TOO_MANY_BODIES)

                body = await self.account.get_blob(self.name, name)
                held_bytes += len(body.content) if body else 0

                return body

        outcomes = await asyncio.gather(
            *(fetch(item.name) for item, _ in wanted), return_exceptions=True
        )

        for (item, entry), outcome in zip(wanted, outcomes, strict=True):
            if isinstance(outcome, BaseException):
                entry.records = self._unfetched(item, entry, outcome)
                entry.etag = ""  # tried again at the next read
            elif outcome is None:  # gone since it was listed
                del known[item.name]
            else:
                entry.body = outcome.content
                entry.records = read_blob(StoredBlob(self.name, item, entry.body), entry.fitting)

    def _unfetched(self, item: BlobItem, entry: _Known, error: BaseException) -> tuple[Record, ...]:
        """A body that may not be read is that blob's trouble; anything else is the container's."""
        if not isinstance(error, ProblemError) or error.problem.kind not in _BLOBS_TROUBLE:
            raise error

        blob = StoredBlob(self.name, item)

        return read_unfetched(blob, entry.fitting, error.problem.summary)


def _wants_body(item: BlobItem, entry: _Known) -> bool:
    is_small = (item.size or 0) <= MOST_BYTES

    return entry.body is None and is_small and any(fits.needs_body for fits, _ in entry.fitting)


def _expected(scope: Scope) -> tuple[str, ...]:
    """How most clients spell this hub: in lower case, with or without the port."""
    hub = scope.hub.lower()
    names = [name.lower() for name in (scope.namespace, *scope.aliases)]
    hosts = {*names, *(name.removesuffix(port_of(name)) for name in names)}

    return tuple(sorted(f"{host}/{hub}/" for host in hosts))


def _outermost(prefixes: Iterable[str]) -> tuple[str, ...]:
    """Without those that another one covers."""
    kept: list[str] = []

    for prefix in sorted(set(prefixes)):
        if not (kept and prefix.startswith(kept[-1])):
            kept.append(prefix)

    return tuple(kept)
