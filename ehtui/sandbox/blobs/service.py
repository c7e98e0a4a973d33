"""Requests of the Blob REST API become operations on a `BlobAccount`, and their results replies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

from ehtui.sandbox.blobs import leases, listing
from ehtui.sandbox.blobs.auth import CONTAINER, OBJECT, SERVICE, Grant
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.state import Access, Blob, BlobAccount, Conditions, Container, Metadata
from ehtui.sandbox.http import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

_METADATA = "x-ms-meta-"
_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Call:
    """A request, the account it is for, and what its path names."""

    request: Request
    account: BlobAccount
    url: str  # the account's
    container: str
    blob: str
    now: float
    grant: Grant

    @property
    def access(self) -> Access:
        """The conditions and lease id that came with it."""
        headers = self.request.headers

        return Access(self.now, Conditions.from_headers(headers), headers.get("x-ms-lease-id"))

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata that came with it, names in the sender's case."""
        return {
            name[len(_METADATA) :]: value
            for name, value in self.request.header_lines
            if name.lower().startswith(_METADATA)
        }


class Operation(NamedTuple):
    """One operation: its name, what it does, and which permissions let a caller do it."""

    name: str
    run: Callable[[Call], Response]
    permissions: str  # any one of them

    def answer(self, call: Call) -> Response:
        """Do it, or raise the service's 403 where the caller may not."""
        level = _level(call.container, call.blob)
        # A service SAS covers blobs and listing them.
        account_only = level != OBJECT and self.run is not _list_blobs
        call.grant.require(self.permissions, level, account_only=account_only)
        return self.run(call)


def find_operation(request: Request, path: tuple[str, str]) -> Operation:
    """The operation that a request asks for.

    Raises:
        StorageError: The service knows it and this endpoint does not (501), or nobody does (405).
    """
    query = request.query
    key = (_level(*path), request.method, query.get("restype", ""), query.get("comp", ""))

    if operation := _OPERATIONS.get(key):
        return operation

    known = request.method in {"GET", "HEAD", "PUT", "POST", "DELETE"}
    raise StorageError("NotImplemented" if known else "UnsupportedHttpVerb")


def _level(container: str, blob: str) -> str:
    return OBJECT if blob else CONTAINER if container else SERVICE


def split_path(path: str, account: str) -> tuple[str, str]:
    """The container and blob of a decoded path; both may be empty."""
    first, _, rest = path.removeprefix("/").partition("/")

    if first != account:
        raise StorageError("ResourceNotFound")

    container, _, blob = rest.partition("/")
    return container, blob


def _list_containers(call: Call) -> Response:
    query = listing.Query.from_parameters(call.request.query)
    return _xml(listing.containers_xml(call.account, query, url=call.url))


def _create_container(call: Call) -> Response:
    container = call.account.create_container(call.container, call.now, call.metadata)
    return Response(201, _version_headers(container))


def _container_properties(call: Call) -> Response:
    container = call.account.container(call.container)
    headers = _version_headers(container) | _metadata_headers(container.metadata)
    headers |= {"x-ms-lease-status": "unlocked", "x-ms-lease-state": "available"}
    return Response(200, headers)


def _delete_container(call: Call) -> Response:
    container = call.account.container(call.container)
    call.access.conditions.require_for_write(container.etag, container.last_modified)
    call.account.delete_container(call.container)
    return Response(202)


def _list_blobs(call: Call) -> Response:
    container = call.account.container(call.container)
    query = listing.Query.from_parameters(call.request.query)
    page = listing.list_page(container, query)
    return _xml(
        listing.blobs_xml(page, query, url=call.url, container=container.name, now=call.now)
    )


def _put_blob(call: Call) -> Response:
    headers = call.request.headers

    if headers.get("x-ms-blob-type") != "BlockBlob":
        raise StorageError(
            "NotImplemented" if "x-ms-blob-type" in headers else "MissingRequiredHeader"
        )

    # The permission to create does not reach to replacing.
    is_there = call.blob in call.account.container(call.container).blobs

    if is_there and "w" not in call.grant.permissions:
        raise StorageError("AuthorizationPermissionMismatch")

    blob = call.account.put_blob(
        call.container,
        call.blob,
        call.request.body,
        call.access,
        metadata=call.metadata,
        content_type=headers.get("x-ms-blob-content-type")
        or headers.get("content-type")
        or "application/octet-stream",
    )
    return Response(201, _version_headers(blob) | {"x-ms-request-server-encrypted": "true"})


def _set_metadata(call: Call) -> Response:
    blob = call.account.set_metadata(call.container, call.blob, call.metadata, call.access)
    return Response(200, _version_headers(blob) | {"x-ms-request-server-encrypted": "true"})


def _get_blob(call: Call) -> Response:
    blob = call.account.get_blob(call.container, call.blob, call.access)
    headers = _blob_headers(blob, call.now)
    # The SDK asks for a range even where it wants everything; another form asks for everything.
    asked = call.request.headers
    match = _RANGE.fullmatch(asked.get("x-ms-range") or asked.get("range", ""))

    if match is None:
        return Response(200, headers, blob.body)

    size, first = len(blob.body), int(match[1])

    if first >= size:
        raise StorageError("InvalidRange")

    last = min(size - 1, int(match[2] or size))
    content_range = {"Content-Range": f"bytes {first}-{last}/{size}"}
    return Response(206, headers | content_range, blob.body[first : last + 1])


def _blob_properties(call: Call) -> Response:
    blob = call.account.get_blob(call.container, call.blob, call.access)
    return Response(200, _blob_headers(blob, call.now) | {"Content-Length": str(len(blob.body))})


def _delete_blob(call: Call) -> Response:
    call.account.delete_blob(call.container, call.blob, call.access)
    return Response(202, {"x-ms-delete-type-permanent": "true"})


def _lease_blob(call: Call) -> Response:
    status, step = leases.requested_step(call.request.headers, call.now)
    blob = call.account.change_lease(call.container, call.blob, call.access, step)
    headers = _version_headers(blob)

    if blob.lease.breaks_at is not None:
        headers["x-ms-lease-time"] = str(round(blob.lease.breaks_at - call.now))
    elif blob.lease.id is not None:
        headers["x-ms-lease-id"] = blob.lease.id

    return Response(status, headers)


def _version_headers(resource: Blob | Container) -> dict[str, str]:
    return {
        "ETag": resource.etag,
        "Last-Modified": formatdate(resource.last_modified, usegmt=True),
    }


def _metadata_headers(metadata: Metadata) -> dict[str, str]:
    return {f"{_METADATA}{name}": value for name, value in metadata.items()}


def _blob_headers(blob: Blob, now: float) -> dict[str, str]:
    headers = _version_headers(blob) | _metadata_headers(blob.metadata)
    headers |= {
        "Content-Type": blob.content_type,
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": formatdate(blob.created_at, usegmt=True),
        "x-ms-access-tier": "Hot",
        "x-ms-access-tier-inferred": "true",
        "x-ms-server-encrypted": "true",
    }
    return headers | {f"x-ms-{name}": v for name, v in listing.lease_fields(blob.lease, now)}


def _xml(body: bytes) -> Response:
    return Response(200, {"Content-Type": "application/xml"}, body, is_chunked=True)


_OPERATIONS: dict[tuple[str, str, str, str], Operation] = {
    (SERVICE, "GET", "", "list"): Operation("ListContainers", _list_containers, "l"),
    (CONTAINER, "PUT", "container", ""): Operation("CreateContainer", _create_container, "cw"),
    (CONTAINER, "DELETE", "container", ""): Operation("DeleteContainer", _delete_container, "d"),
    (CONTAINER, "GET", "container", "list"): Operation("ListBlobs", _list_blobs, "l"),
    (OBJECT, "PUT", "", ""): Operation("PutBlob", _put_blob, "cw"),
    (OBJECT, "PUT", "", "metadata"): Operation("SetBlobMetadata", _set_metadata, "w"),
    (OBJECT, "PUT", "", "lease"): Operation("LeaseBlob", _lease_blob, "wd"),
    (OBJECT, "GET", "", ""): Operation("GetBlob", _get_blob, "r"),
    (OBJECT, "HEAD", "", ""): Operation("GetBlobProperties", _blob_properties, "r"),
    (OBJECT, "DELETE", "", ""): Operation("DeleteBlob", _delete_blob, "d"),
}
for _method in ("GET", "HEAD"):
    _OPERATIONS |= {
        (CONTAINER, _method, "container", ""): Operation(
            "GetContainerProperties", _container_properties, "r"
        ),
        (OBJECT, _method, "", "metadata"): Operation("GetBlobMetadata", _blob_properties, "r"),
    }
