"""Submit Batch: many deletions in one request, each with its own signature and its own answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import uuid4

from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.http import Request, Response

if TYPE_CHECKING:
    from ehtui.sandbox.blobs.call import Call

MOST_PARTS, MOST_BYTES = 256, 4 << 20  # the service's
_BOUNDARY = re.compile(r'multipart/mixed\s*;.*?boundary="?([^";,\s]{1,200})"?', re.IGNORECASE)
_CONTENT_ID = re.compile(rb"content-id:\s*([^\r\n]{1,40})", re.IGNORECASE)


def run(call: Call) -> Response:
    """Answer each part as if it had come by itself.

    Raises:
        StorageError: The body is no batch.
    """
    boundary = _BOUNDARY.search(call.request.headers.get("content-type", ""))
    body = call.request.body

    if boundary is None or len(body) > MOST_BYTES:
        raise StorageError("InvalidInput")

    # Clients end lines with one or two characters.
    text = body.replace(b"\r\n", b"\n")
    parts = text.split(b"--" + boundary[1].encode())[1:-1]

    if not 0 < len(parts) <= MOST_PARTS:
        raise StorageError("InvalidInput")

    mark = f"batchresponse_{uuid4()}"
    told = b"".join(f"--{mark}\r\n".encode() + _answered(call, part) for part in parts)
    content = {"Content-Type": f"multipart/mixed; boundary={mark}"}
    return Response(202, content, told + f"--{mark}--\r\n".encode())


def _answered(call: Call, part: bytes) -> bytes:
    head, _, inner = part.lstrip(b"\n").partition(b"\n\n")
    number = _CONTENT_ID.search(head)
    told = b"Content-Type: application/http\r\n"
    told += b"Content-ID: " + number[1].strip() + b"\r\n" if number else b""
    reply = call.serve(_request(call, inner), is_part=True)
    return told + b"\r\n" + b"".join(map(bytes, reply.pieces())) + b"\r\n"


def _request(call: Call, inner: bytes) -> Request:
    """The request of a part; its target is signed as it stands, with or without the account."""
    first, *rest = inner.decode("latin-1").partition("\n\n")[0].strip("\n").split("\n")
    words = first.split(" ")

    if len(words) < len(("DELETE", "/path")) or words[0] != "DELETE":
        raise StorageError("InvalidInput")

    lines = (line.partition(":") for line in rest if ":" in line)
    given = tuple((name.strip(), value.strip()) for name, _, value in lines)
    asked = call.request
    return Request(words[0], words[1], given, peer=asked.peer, is_secure=asked.is_secure)
