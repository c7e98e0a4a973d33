"""Copy Blob, Copy Blob From URL and Put Blob From URL, within the account; all at once."""

from __future__ import annotations

from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from ehtui.sandbox.blobs.call import version_headers
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.state import Conditions, Copy
from ehtui.sandbox.http import Request, Response

if TYPE_CHECKING:
    from urllib.parse import SplitResult

    from ehtui.sandbox.blobs.call import Call
    from ehtui.sandbox.blobs.state import Blob

_OK = 200
_CONDITION = "x-ms-source-if-"


def copy(call: Call) -> Response:
    """Copy a blob of this account, with its metadata unless other metadata came with the request.

    Raises:
        StorageError: The source is elsewhere, not there, or not the caller's to read.
    """
    call.require_replacing()
    given = call.request.headers
    url, source = _source(call)
    is_put = "x-ms-blob-type" in given  # Put Blob From URL: a new blob, and no copy
    told = url._replace(query="", fragment="").geturl()
    made = Copy(str(uuid4()), told, int(call.now), len(source.body))
    blob = call.account.put_blob(
        call.container,
        call.blob,
        source.body,
        call.access,
        metadata=call.metadata or source.metadata,
        content_type=given.get("x-ms-blob-content-type") or source.content_type,
        blocks=() if is_put else source.blocks,
        copy=None if is_put else made,
    )

    if is_put:
        return Response(201, version_headers(blob) | {"x-ms-request-server-encrypted": "true"})

    status = {"x-ms-copy-id": made.id, "x-ms-copy-status": "success"}
    return Response(202, version_headers(blob) | status)


def headers(blob: Blob) -> dict[str, str]:
    """What a blob tells of the copy that it is."""
    if blob.copy is None:
        return {}

    made = blob.copy
    return {
        "x-ms-copy-id": made.id,
        "x-ms-copy-source": made.source,
        "x-ms-copy-status": "success",
        "x-ms-copy-progress": f"{made.size_bytes}/{made.size_bytes}",
        "x-ms-copy-completion-time": formatdate(made.completed_at, usegmt=True),
    }


def _source(call: Call) -> tuple[SplitResult, Blob]:
    try:
        url = urlsplit(call.request.headers["x-ms-copy-source"])
    except ValueError as error:
        raise StorageError("InvalidHeaderValue") from error

    own = urlsplit(call.url)
    inside = url.path.removeprefix(own.path)

    # Another host, or another account, nobody here can ask.
    if url.netloc.lower() != own.netloc or inside == url.path or inside[:1] != "/":
        raise StorageError("CannotVerifyCopySource")

    container, _, name = unquote(inside).removeprefix("/").partition("/")
    _check_reader(call, f"{url.path}?{url.query}", is_signed="sig=" in url.query)
    blob = call.account.container(container).blob(name)
    conditions = {
        f"if-{name.removeprefix(_CONDITION)}": value
        for name, value in call.request.headers.items()
        if name.startswith(_CONDITION)
    }
    Conditions.from_headers(conditions).require_for_write(blob.etag, blob.last_modified)
    return url, blob


def _check_reader(call: Call, target: str, *, is_signed: bool) -> None:
    """A source is read with the signature in its own URL, or by the caller: a SAS covers itself."""
    if is_signed:
        asked = call.request
        probe = Request("HEAD", target, (), peer=asked.peer, is_secure=asked.is_secure)
        status = call.serve(probe).status

        if status != _OK:
            raise StorageError("CannotVerifyCopySource", status=status)
    elif "sig" in call.request.query or "r" not in call.grant.permissions:
        raise StorageError("CannotVerifyCopySource", status=401)
