"""Requests of the Blob REST API become operations on a `BlobAccount`, and their results replies."""

from __future__ import annotations

import re
from email.utils import formatdate
from typing import TYPE_CHECKING, NamedTuple

from ehtui.sandbox.blobs import batch, blocks, copying, leases, listing
from ehtui.sandbox.blobs.auth import CONTAINER, EVERYTHING, OBJECT, SERVICE
from ehtui.sandbox.blobs.call import Call, metadata_headers, version_headers, xml_reply
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.http import Request, Response

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.sandbox.blobs.state import Blob

_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")


class Operation(NamedTuple):
    """One operation: its name, what it does, and which permissions let a caller do it."""

    name: str
    run: Callable[[Call], Response]
    permissions: str  # any one of them

    def answer(self, call: Call) -> Response:
        """Do it, or raise the service's 403 where the caller may not."""
        level = _level(call.container, call.blob)
        # A service SAS covers blobs, listing them, and what asks for less than that.
        is_open = self.run in (_list_blobs, _account_information, batch.run)
        account_only = level != OBJECT and not is_open
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


def split_path(path: str, account: str, *, is_part: bool = False) -> tuple[str, str]:
    """The container and blob of a decoded path; both may be empty.

    The SDKs leave the account out of the parts of a batch.
    """
    first, _, rest = path.removeprefix("/").partition("/")

    if is_part and not (first == account and "/" in rest):
        rest = path.removeprefix("/")
    elif first != account:
        raise StorageError("ResourceNotFound")

    container, _, blob = rest.partition("/")
    return container, blob


def _list_containers(call: Call) -> Response:
    query = listing.Query.from_parameters(call.request.query)
    return xml_reply(listing.containers_xml(call.account, query, url=call.url))


def _create_container(call: Call) -> Response:
    container = call.account.create_container(call.container, call.now, call.metadata)
    return Response(201, version_headers(container))


def _container_properties(call: Call) -> Response:
    container = call.account.container(call.container)
    headers = version_headers(container) | metadata_headers(container.metadata)
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
    return xml_reply(
        listing.blobs_xml(page, query, url=call.url, container=container.name, now=call.now)
    )


def _put_blob(call: Call) -> Response:
    headers = call.request.headers

    if "x-ms-copy-source" in headers:
        return copying.copy(call)

    if headers.get("x-ms-blob-type") != "BlockBlob":
        raise StorageError(
            "NotImplemented" if "x-ms-blob-type" in headers else "MissingRequiredHeader"
        )

    call.require_replacing()
    blob = call.account.put_blob(
        call.container,
        call.blob,
        call.request.body,
        call.access,
        metadata=call.metadata,
        content_type=call.content_type,
    )
    return Response(201, version_headers(blob) | {"x-ms-request-server-encrypted": "true"})


def _account_information(_: Call) -> Response:
    return Response(
        200,
        {
            "x-ms-sku-name": "Standard_LRS",
            "x-ms-account-kind": "StorageV2",
            "x-ms-is-hns-enabled": "false",
        },
    )


def _set_metadata(call: Call) -> Response:
    blob = call.account.set_metadata(call.container, call.blob, call.metadata, call.access)
    return Response(200, version_headers(blob) | {"x-ms-request-server-encrypted": "true"})


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
    headers = version_headers(blob)

    if blob.lease.breaks_at is not None:
        headers["x-ms-lease-time"] = str(round(blob.lease.breaks_at - call.now))
    elif blob.lease.id is not None:
        headers["x-ms-lease-id"] = blob.lease.id

    return Response(status, headers)


def _blob_headers(blob: Blob, now: float) -> dict[str, str]:
    headers = version_headers(blob) | metadata_headers(blob.metadata)
    headers |= {
        "Content-Type": blob.content_type,
        "Accept-Ranges": "bytes",
        "x-ms-blob-type": "BlockBlob",
        "x-ms-creation-time": formatdate(blob.created_at, usegmt=True),
        "x-ms-access-tier": "Hot",
        "x-ms-access-tier-inferred": "true",
        "x-ms-server-encrypted": "true",
    }
    headers |= copying.headers(blob)
    return headers | {f"x-ms-{name}": v for name, v in listing.lease_fields(blob.lease, now)}


_OPERATIONS: dict[tuple[str, str, str, str], Operation] = {
    (SERVICE, "GET", "", "list"): Operation("ListContainers", _list_containers, "l"),
    # Who may do what is asked of each part.
    (SERVICE, "POST", "", "batch"): Operation("SubmitBatch", batch.run, EVERYTHING),
    (CONTAINER, "POST", "container", "batch"): Operation("SubmitBatch", batch.run, EVERYTHING),
    (CONTAINER, "PUT", "container", ""): Operation("CreateContainer", _create_container, "cw"),
    (CONTAINER, "DELETE", "container", ""): Operation("DeleteContainer", _delete_container, "d"),
    (CONTAINER, "GET", "container", "list"): Operation("ListBlobs", _list_blobs, "l"),
    (OBJECT, "PUT", "", ""): Operation("PutBlob", _put_blob, "cw"),
    (OBJECT, "PUT", "", "metadata"): Operation("SetBlobMetadata", _set_metadata, "w"),
    (OBJECT, "PUT", "", "lease"): Operation("LeaseBlob", _lease_blob, "wd"),
    (OBJECT, "PUT", "", "block"): Operation("PutBlock", blocks.put_block, "cw"),
    (OBJECT, "PUT", "", "blocklist"): Operation("PutBlockList", blocks.put_block_list, "cw"),
    (OBJECT, "GET", "", "blocklist"): Operation("GetBlockList", blocks.get_block_list, "r"),
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
    _OPERATIONS |= {
        (level, _method, "account", "properties"): Operation(
            "GetAccountInformation", _account_information, EVERYTHING
        )
        for level in (SERVICE, CONTAINER, OBJECT)
    }
