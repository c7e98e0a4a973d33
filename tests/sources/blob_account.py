"""A `BlobAccount` in memory: pages as the service cuts them, and counts what is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from typing_extensions import override

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.wire.storage import BlobAccount, BlobBody, BlobItem, BlobPage

SERVER_AHEAD_S = 7.0


@dataclass
class FakeBlobAccount(BlobAccount):
    page_size: int = 5000
    now: float = 1_000_000.0
    containers: dict[str, dict[str, tuple[BlobItem, bytes]]] = field(default_factory=dict)
    failures: dict[str, ProblemKind] = field(default_factory=dict)  # "": the account
    body_failures: dict[str, ProblemKind] = field(default_factory=dict)  # by blob name
    asked: list[tuple[str, ...]] = field(default_factory=list)
    closed: bool = False
    _version: int = 0

    def put(
        self,
        container: str,
        name: str,
        metadata: Mapping[str, str] | None = None,
        body: bytes = b"",
        lease: str = "available",
    ) -> BlobItem:
        self._version += 1
        item = BlobItem(
            name, f"0x{self._version:X}", self.now, lease, dict(metadata or {}), len(body)
        )
        self.containers.setdefault(container, {})[name] = (item, body)

        return item

    def requests(self, kind: str) -> int:
        return sum(1 for asked in self.asked if asked[0] == kind)

    def clock(self) -> float:
        return self.now

    @override
    async def list_page(
        self,
        container: str,
        *,
        prefix: str = "",
        marker: str = "",
        delimiter: str = "",
        metadata: bool = True,
    ) -> BlobPage:
        self.asked.append(("list", container, prefix, marker, delimiter))
        await asyncio.sleep(0)
        self._fail(self.failures.get(container))

        if container not in self.containers:
            self._fail(ProblemKind.NOT_FOUND)

        entries: dict[str, BlobItem | None] = {}

        for name in sorted(self.containers[container]):
            if name.startswith(prefix):
                rest = name[len(prefix) :]
                folder = rest.partition(delimiter)[0] if delimiter and delimiter in rest else None
                key = name if folder is None else f"{prefix}{folder}{delimiter}"
                entries[key] = self.containers[container][name][0] if folder is None else None

        names = sorted(name for name in entries if name >= marker)
        page = names[: self.page_size]
        items = [entries[name] for name in page]

        return BlobPage(
            [i if metadata else i._replace(metadata={}) for i in items if i is not None],
            [name for name in page if entries[name] is None],
            names[self.page_size] if len(names) > self.page_size else "",
            self.now + SERVER_AHEAD_S,
            self.now,
        )

    @override
    async def list_containers(self) -> list[str]:
        self.asked.append(("containers",))
        self._fail(self.failures.get(""))

        return sorted(self.containers)

    @override
    async def get_blob(self, container: str, name: str) -> BlobBody | None:
        self.asked.append(("get", container, name))
        await asyncio.sleep(0)
        self._fail(self.body_failures.get(name))
        found = self.containers[container].get(name)

        return BlobBody(found[1], found[0].etag) if found else None

    @override
    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        if name not in self.containers[container]:
            self._fail(ProblemKind.NOT_FOUND)

        item, body = self.containers[container][name]

        if if_match not in {None, item.etag} or item.lease_state == "leased":
            self._fail(ProblemKind.CONFLICT)

        return self.put(container, name, metadata, body).etag

    @override
    async def upload(
        self,
        container: str,
        name: str,
        body: bytes,
        metadata: Mapping[str, str],
        *,
        if_match: str | None = None,
        if_absent: bool = False,
    ) -> str:
        found = self.containers[container].get(name)

        is_held = found is not None and found[0].lease_state == "leased"
        is_other = if_match and (not found or found[0].etag != if_match)

        if (if_absent and found) or is_other or is_held:
            self._fail(ProblemKind.CONFLICT)

        return self.put(container, name, metadata, body).etag

    @override
    async def delete(self, container: str, name: str, *, if_match: str) -> None:
        found = self.containers[container].get(name)

        if found is None or found[0].etag != if_match:
            self._fail(ProblemKind.CONFLICT if found else ProblemKind.NOT_FOUND)

        del self.containers[container][name]

    @override
    async def close(self) -> None:
        self.closed = True

    @staticmethod
    def _fail(kind: ProblemKind | None) -> None:
        if kind is not None:
            raise ProblemError(Problem(kind, f"made to fail: {kind}"))
