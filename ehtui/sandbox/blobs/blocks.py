"""Blobs in pieces: Put Block, Put Block List, Get Block List."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from ehtui.sandbox.blobs.call import version_headers, xml_reply
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.state import MOST_BLOCKS, Block
from ehtui.sandbox.http import Response

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ehtui.sandbox.blobs.call import Call
    from ehtui.sandbox.blobs.state import Blob

_ID_BYTES = 64
_COMMITTED, _UNCOMMITTED, _LATEST = "Committed", "Uncommitted", "Latest"


def put_block(call: Call) -> Response:
    """Keep a block until a list asks for it."""
    block = call.request.query.get("blockid", "")

    try:
        decoded = base64.b64decode(block, validate=True)
    except ValueError as error:
        raise StorageError("InvalidBlockId") from error

    if not 0 < len(decoded) <= _ID_BYTES:
        raise StorageError("InvalidBlockId")

    if "x-ms-copy-source" in call.request.headers:
        raise StorageError("NotImplemented")

    if not call.request.body:
        raise StorageError("InvalidHeaderValue")

    call.account.stage(call.container, call.blob, block, call.request.body, call.access)
    return Response(201, {"x-ms-request-server-encrypted": "true"})


def put_block_list(call: Call) -> Response:
    """Make a blob of blocks: those that wait, and those that it has already."""
    call.require_replacing()
    place = call.account.container(call.container)
    staged = place.staged.get(call.blob, {})
    committed = dict(_committed(place.blobs.get(call.blob)))
    pieces: list[tuple[str, bytes]] = []

    for kind, block in _listed(call.request.body):
        places = {_COMMITTED: (committed,), _UNCOMMITTED: (staged,)}.get(kind, (staged, committed))
        found = next((blocks[block] for blocks in places if block in blocks), None)

        if found is None:
            raise StorageError("InvalidBlockList")

        pieces.append((block, found))

    _check_room(call, sum(len(piece) for _, piece in pieces))
    given = call.request.headers.get("x-ms-blob-content-type")
    blob = call.account.put_blob(
        call.container,
        call.blob,
        b"".join(piece for _, piece in pieces),
        call.access,
        metadata=call.metadata,
        content_type=given or "application/octet-stream",  # the request's own is the list's
        blocks=tuple(Block(block, len(piece)) for block, piece in pieces),
    )
    return Response(201, version_headers(blob) | {"x-ms-request-server-encrypted": "true"})


def get_block_list(call: Call) -> Response:
    """Tell a blob's blocks: committed (the default), uncommitted, or all."""
    place = call.account.container(call.container)
    blob, staged = place.blobs.get(call.blob), place.staged.get(call.blob, {})
    kind = call.request.query.get("blocklisttype", "committed").lower()

    if blob is None and not staged:
        raise StorageError("BlobNotFound")

    if kind not in ("committed", "uncommitted", "all"):
        raise StorageError("InvalidQueryParameterValue")

    text = '<?xml version="1.0" encoding="utf-8"?><BlockList>'

    if kind != "uncommitted":
        text += _blocks("CommittedBlocks", blob.blocks if blob else ())

    if kind != "committed":
        waiting = (Block(block, len(body)) for block, body in staged.items())
        text += _blocks("UncommittedBlocks", waiting)

    reply = xml_reply(b"\xef\xbb\xbf" + f"{text}</BlockList>".encode())
    size = {"x-ms-blob-content-length": str(len(blob.body) if blob else 0)}
    reply.headers.update(size | (version_headers(blob) if blob else {}))
    return reply


def _listed(body: bytes) -> Iterator[tuple[str, str]]:
    """Each block that a list names, and where it is to be looked for."""
    if b"<!" in body:  # no document type: nothing that grows when it is read
        raise StorageError("InvalidXmlDocument")

    try:
        root = ElementTree.fromstring(body)
    except ElementTree.ParseError as error:
        raise StorageError("InvalidXmlDocument") from error

    if len(root) > MOST_BLOCKS:
        raise StorageError("InvalidBlockList")

    for item in root:
        if root.tag != "BlockList" or item.tag not in (_COMMITTED, _UNCOMMITTED, _LATEST):
            raise StorageError("InvalidXmlDocument")

        yield item.tag, (item.text or "").strip()


def _committed(blob: Blob | None) -> Iterator[tuple[str, bytes]]:
    position = 0

    for block in blob.blocks if blob else ():
        yield block.id, blob.body[position : position + block.size_bytes] if blob else b""
        position += block.size_bytes


def _check_room(call: Call, size: int) -> None:
    """A list may name one block fifty thousand times: look before it is all joined."""
    if size > call.account.most_bytes:
        raise StorageError("RequestBodyTooLarge")


def _blocks(tag: str, blocks: Iterable[Block]) -> str:
    told = "".join(
        f"<Block><Name>{escape(block.id)}</Name><Size>{block.size_bytes}</Size></Block>"
        for block in blocks
    )
    return f"<{tag}>{told}</{tag}>"
