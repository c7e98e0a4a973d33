"""Events for a recording, which keeps none: the same ones each time, around its checkpoints."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator
from itertools import chain

from ehtui.domain.snapshot import GroupPartition, Snapshot
from ehtui.domain.world.events import Event

BEFORE, BEHIND = 24, 12
PER_S = 4.0
_TITLES = ("주간 회의록", "Sprint review", "장애 회고", "Budget 2027")
_TYPES = ("MEETING_STARTED", "TRANSCRIPT_SEGMENT_READY", "TODO_ADDED", "MINUTES_FINALIZED")


def _body(number: int) -> tuple[bytes, str | None]:
    """A body, and what its sender says that it is."""
    document = {
        "eventType": _TYPES[number % len(_TYPES)],
        "data": {
            "meetingId": f"meeting-{number % 40:03}",
            "title": _TITLES[number % len(_TITLES)],
            "todos": [{"who": "Kim", "due": None}] if number % 4 == 2 else [],
        },
    }
    text = json.dumps(document, ensure_ascii=False).encode()

    match number % 12:
        case 3:
            return gzip.compress(text, mtime=0), "application/json"
        case 5:
            return base64.b64encode(text), None
        case 7:
            return "회의가 시작되었습니다 \x1b[31m!".encode(), "text/plain"
        case 9:
            return bytes.fromhex("0a09726f6f6d2d30303110d2091a036b696d"), "application/x-protobuf"
        case 11:
            return b"", None
        case _:
            return text, "application/json"


def _event(partition: str, number: int, at: float) -> Event:
    body, content_type = _body(number)
    system = [("x-opt-sequence-number-epoch", "-1"), ("message-id", f"m-{partition}-{number}")]

    return Event(
        partition=partition,
        sequence=number,
        offset=str(number * 211),
        enqueued_at=at,
        body=body,
        size_bytes=len(body) + 91,
        key=f"room-{number % 7}" if number % 3 else None,
        properties=(("source", "meetings"), ("attempt", number % 2 + 1)),
        system=tuple(system),
        content_type=content_type,
    )


def _of_partition(known: GroupPartition, snapshot: Snapshot) -> Iterator[Event]:
    sample = next((p.sample for p in snapshot.partitions if p.id == known.id), None)
    done = known.checkpoint.sequence if known.checkpoint is not None else None

    if sample is None or sample.is_empty:
        return

    last = sample.last_sequence
    middle = last if done is None else done

    for number in range(
        max(sample.begin_sequence, middle - BEFORE), min(last, middle + BEHIND) + 1
    ):
        yield _event(known.id, number, snapshot.server_now - 2 - (last - number) / PER_S)


def events_around(snapshot: Snapshot, group: str) -> tuple[Event, ...]:
    """Events on both sides of each checkpoint of that group, by time."""
    state = snapshot.group(group)
    known = state.partitions if state is not None else ()
    found = chain.from_iterable(_of_partition(each, snapshot) for each in known)

    return tuple(sorted(found, key=lambda event: event.enqueued_at))
