"""The columns of events, apart from what makes their cells: settings name them at the start."""

from __future__ import annotations

from ehtui.views.cells import Column

COLUMNS = (
    Column(
        "at",
        "ENQUEUED",
        12,
        min_width=8,
        gives_way=3,
        meaning="when the service took the event: its own clock, in this host's time zone",
    ),
    Column("partition", "P", 2, align_right=True, meaning="the partition"),
    Column(
        "sequence",
        "SEQUENCE",
        9,
        align_right=True,
        meaning="the sequence number: it grows by one with each event of the partition",
    ),
    Column(
        "mark",
        "MARK",
        10,
        min_width=4,
        gives_way=1,
        meaning="“done”: the group's checkpoint stands at this event, the last one done; “next”: "
        "the event that the checkpoint stands before; “last”: the newest of its partition",
    ),
    Column(
        "key", "KEY", 12, min_width=6, gives_way=4, meaning="the partition key, where it has one"
    ),
    Column(
        "size",
        "SIZE",
        8,
        align_right=True,
        gives_way=6,
        is_extra=True,
        meaning="of the whole message on the wire",
    ),
    Column(
        "type",
        "TYPE",
        9,
        min_width=4,
        gives_way=5,
        is_extra=True,
        meaning="what the body is, found out by reading it: JSON, text, gzip+JSON, binary …",
    ),
    Column(
        "body", "BODY", 60, grows=True, min_width=12, good_width=36, meaning="how the body begins"
    ),
)
