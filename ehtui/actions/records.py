"""A restart's record: one small file that outlives whoever carries the restart out.

It keeps its size, so that a disk that fills up meanwhile cannot lose it. Values of the environment
and arguments that hold secrets never stand in it. Loads the standard library only.
"""

from __future__ import annotations

import json
import os
from typing import Any

SCHEMA = "ehtui.restart/1"
_BLOCK = 4096
_LONGEST_DETAIL = 600


def write_record(descriptor: int, record: dict[str, Any]) -> None:
    """Put it into the file, over what stood there.

    Raises:
        OSError: The disk is full, at the first time; later there is room.
    """
    detail = record.get("detail")
    told = {"schema": SCHEMA, **record, "detail": detail and detail[:_LONGEST_DETAIL]}
    text = json.dumps(told).encode()
    size = os.fstat(descriptor).st_size

    if size == 0:
        size = (len(text) + 2 * _LONGEST_DETAIL) // _BLOCK * _BLOCK + _BLOCK

    padded = text.ljust(size - 1) + b"\n"
    written = os.pwrite(descriptor, padded, 0)

    if written < len(padded):
        os.pwrite(descriptor, padded[written:], written)  # says why not

    os.fsync(descriptor)
