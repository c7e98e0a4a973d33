"""Requests of the Blob REST API become operations on a `BlobAccount`, and their results replies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from ehtui.sandbox.blobs import lease_service, listing
from ehtui.sandbox.blobs.conditions import Conditions
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.grants import CONTAINER, OBJECT, SERVICE, Grant, Need
from ehtui.sandbox.blobs.ranges import cut, requested_range
from ehtui.sandbox.blobs.state import Access, Blob, BlobAccount, Container, Metadata
from ehtui.sandbox.http import Request, Response

_METADATA = "x-ms-meta-"


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


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the service: its name, what it needs and what it does."""

    name: str
    need: Need
    run: Callable[[Call], Response]


def find_operation(request: Request, path: tuple[str, str]) -> Operation:
    """The operation that a request asks for.

    Raises:
        StorageError: The service knows it and this endpoint does not (501), or nobody does (405).
    """
    container, blob = path
    query = request.query
    level = OBJECT if blob else CONTAINER if container else SERVICE
    key = (level, request.method, query.get("restype", ""), query.get("comp", ""))

    if operation := _OPERATIONS.get(key):
        return operation

    known = request.method in {"GET", "HEAD", "PUT", "POST", "DELETE"}
    raise StorageError("NotImplemented" if known else "UnsupportedHttpVerb")


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

    if "w" not in call.grant.permissions:
        _require_absent(call)

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


def _require_absent(call: Call) -> None:
    """The permission to create does not reach to replacing."""
    if call.blob in call.account.container(call.container).blobs:
        raise StorageError("AuthorizationPermissionMismatch")


def _set_metadata(call: Call) -> Response:
    blob = call.account.set_metadata(call.container, call.blob, call.metadata, call.access)

    return Response(200, _version_headers(blob) | {"x-ms-request-server-encrypted": "true"})


def _get_blob(call: Call) -> Response:
    blob = call.account.get_blob(call.container, call.blob, call.access)
    headers = _blob_headers(blob, call.now)
    asked = requested_range(call.request.headers)

    if asked is None:
        return Response(200, headers, blob.body)

    body, content_range = cut(blob.body, asked)

    return Response(206, headers | {"Content-Range": content_range}, body)


def _blob_properties(call: Call) -> Response:
    blob = call.account.get_blob(call.container, call.blob, call.access)

    return Response(200, _blob_headers(blob, call.now) | {"Content-Length": str(len(blob.body))})


def _delete_blob(call: Call) -> Response:
    call.account.delete_blob(call.container, call.blob, call.access)

    return Response(202, {"x-ms-delete-type-permanent": "true"})


def _lease_blob(call: Call) -> Response:
    reply = lease_service.run(
        call.account, (call.container, call.blob), call.request.headers, call.access
    )

    return Response(reply.status, _version_headers(reply.blob) | reply.headers)


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


_READ = Need("r", OBJECT)
_WRITE = Need("w", OBJECT)
_CONTAINER = "container"
_OPERATIONS: dict[tuple[str, str, str, str], Operation] = {
    (SERVICE, "GET", "", "list"): Operation(
        "ListContainers", Need("l", SERVICE, account_only=True), _list_containers
    ),
    (CONTAINER, "PUT", _CONTAINER, ""): Operation(
        "CreateContainer", Need("cw", CONTAINER, account_only=True), _create_container
    ),
    (CONTAINER, "GET", _CONTAINER, ""): Operation(
        "GetContainerProperties", Need("r", CONTAINER, account_only=True), _container_properties
    ),
    (CONTAINER, "HEAD", _CONTAINER, ""): Operation(
        "GetContainerProperties", Need("r", CONTAINER, account_only=True), _container_properties
    ),
    (CONTAINER, "DELETE", _CONTAINER, ""): Operation(
        "DeleteContainer", Need("d", CONTAINER, account_only=True), _delete_container
    ),
    (CONTAINER, "GET", _CONTAINER, "list"): Operation(
        "ListBlobs", Need("l", CONTAINER), _list_blobs
    ),
    (OBJECT, "PUT", "", ""): Operation("PutBlob", Need("cw", OBJECT), _put_blob),
    (OBJECT, "PUT", "", "metadata"): Operation("SetBlobMetadata", _WRITE, _set_metadata),
    (OBJECT, "PUT", "", "lease"): Operation("LeaseBlob", Need("wd", OBJECT), _lease_blob),
    (OBJECT, "GET", "", ""): Operation("GetBlob", _READ, _get_blob),
    (OBJECT, "HEAD", "", ""): Operation("GetBlobProperties", _READ, _blob_properties),
    (OBJECT, "GET", "", "metadata"): Operation("GetBlobMetadata", _READ, _blob_properties),
    (OBJECT, "HEAD", "", "metadata"): Operation("GetBlobMetadata", _READ, _blob_properties),
    (OBJECT, "DELETE", "", ""): Operation("DeleteBlob", Need("d", OBJECT), _delete_blob),
}
