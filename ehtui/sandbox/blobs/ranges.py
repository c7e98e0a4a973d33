"""Byte ranges of Get Blob: the SDK asks for one even where it wants everything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ehtui.sandbox.blobs.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_RANGE = re.compile(r"bytes=([0-9]{1,18})-([0-9]{0,18})")


def requested_range(headers: Mapping[str, str]) -> tuple[int, int | None] | None:
    """First and last byte asked for; a header in another form asks for everything."""
    match = _RANGE.fullmatch(headers.get("x-ms-range") or headers.get("range", ""))

    if match is None:
        return None

    return int(match[1]), int(match[2]) if match[2] else None


def cut(body: bytes, asked: tuple[int, int | None]) -> tuple[bytes, str]:
    """The bytes of the range and the Content-Range that names them."""
    first, last = asked

    if first >= len(body):
        raise StorageError("InvalidRange")

    last = min(len(body) - 1, len(body) - 1 if last is None else last)

    return body[first : last + 1], f"bytes {first}-{last}/{len(body)}"
