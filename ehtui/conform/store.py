"""Requests to the checkpoint store as a check wants them, whatever comes back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from ehtui.wire.storage_client import API_VERSION
from ehtui.wire.storage_http import Reply, StorageHttp
from ehtui.wire.storage_signing import EntraTokens, sign

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.config.secret import Secret
    from ehtui.wire.storage import StorageAddress

_CONNECT_S, _SILENCE_S = 15.0, 20.0
_GONE, NO_RIGHT = (202, 404), (401, 403)


class Store:
    """One container, in which every blob of this run begins with `prefix`."""

    def __init__(self, address: StorageAddress, container: str, prefix: str) -> None:
        self.address = address
        self.container = container
        self.prefix = prefix
        self._made: set[str] = set()
        self._tokens = None if address.key or address.sas else EntraTokens(None, address.proxy)
        self._http = StorageHttp(
            address.endpoint,
            ca_files=address.ca_file,
            proxy=address.proxy,
            connect_s=_CONNECT_S,
            silence_s=_SILENCE_S,
        )

    @property
    def has_key(self) -> bool:
        """Whether requests are signed with the account's key."""
        return self.address.key is not None

    async def ask(
        self,
        method: str,
        name: str | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        key: Secret | None = None,
        container: str | None = None,
        **query: str,
    ) -> Reply:
        """One request about a blob of this run, or the container."""
        path = f"/{container or self.container}"
        path += "" if name is None else f"/{quote(self.prefix + name, safe='/')}"
        given = [urlencode(query), self.address.sas.reveal() if self.address.sas else ""]
        asked = "&".join(filter(None, given))
        url = f"{self.address.endpoint}{path}" + (f"?{asked}" if asked else "")
        sent = {"x-ms-version": API_VERSION, "User-Agent": "ehtui", **(headers or {})}

        if method == "PUT":
            sent["Content-Length"] = str(len(body or b""))

            if name is not None and not query:
                self._made.add(name)

        signed = await self._signed(method, url, sent, key)
        reply = await self._http.ask(method, url, signed, body)

        if name is not None and reply.status in NO_RIGHT:
            self._made.discard(name)

        return reply

    async def put(
        self, name: str, body: bytes = b"", metadata: Mapping[str, str] | None = None, **more: str
    ) -> Reply:
        """Write a whole blob; headers with underscores for hyphens."""
        headers = {"x-ms-blob-type": "BlockBlob"}
        headers |= {f"x-ms-meta-{key}": value for key, value in (metadata or {}).items()}
        return await self.ask("PUT", name, headers | _headers(more), body)

    async def set_metadata(self, name: str, metadata: Mapping[str, str], **more: str) -> Reply:
        """Replace a blob's metadata."""
        headers = {f"x-ms-meta-{key}": value for key, value in metadata.items()} | _headers(more)
        return await self.ask("PUT", name, headers, comp="metadata")

    async def head(self, name: str) -> Reply:
        """A blob's headers, as Get Blob Metadata tells them."""
        return await self.ask("GET", name, comp="metadata")

    async def lease(self, name: str, **more: str) -> Reply:
        """Take a lease of 15 s."""
        headers = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "15"} | _headers(more)
        return await self.ask("PUT", name, headers, comp="lease")

    async def release(self, name: str, lease_id: str) -> Reply:
        """Let go of it."""
        headers = {"x-ms-lease-action": "release", "x-ms-lease-id": lease_id}
        return await self.ask("PUT", name, headers, comp="lease")

    async def listing(self, prefix: str = "", **query: Any) -> str:
        """The XML of a listing of this run's blobs."""
        reply = await self.ask(
            "GET", restype="container", comp="list", prefix=self.prefix + prefix, **query
        )
        return reply.content.decode("utf-8-sig", "replace")

    async def close(self) -> list[str]:
        """Delete what was written; the names of what stays."""
        left = []

        for name in sorted(self._made):
            try:
                status = (await self.ask("DELETE", name)).status
            except Exception:  # whatever is in the way: it is told
                status = 0

            if status not in _GONE:
                left.append(self.prefix + name)

        await self._http.close()
        return left

    async def _signed(
        self, method: str, url: str, sent: Mapping[str, str], key: Secret | None
    ) -> Mapping[str, str]:
        key = key or self.address.key

        if key is not None:
            return sign(self.address.account, key, method, url, sent, time.time())

        if self._tokens is None:
            return sent

        return {**sent, "Authorization": await self._tokens.header(time.time())}


def code_of(reply: Reply) -> str:
    """Status and error code."""
    code = reply.headers.get("x-ms-error-code", "")
    return f"{reply.status} {code}".strip()


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in given.items()}
