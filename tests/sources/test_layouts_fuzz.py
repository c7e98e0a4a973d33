"""Whatever stands in a container, reading it never raises, and what is written reads back."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import ParamSpec

from hypothesis import given, settings
from hypothesis import strategies as st

from ehtui.domain.text import safe
from ehtui.domain.world.store import Checkpoint, Layout, Ownership, UnreadableBlob
from ehtui.sources.layouts import FORMATS, candidates, prefer_new, read_blob
from ehtui.sources.layouts.base import Scope, StoredBlob, UnreadableError, Write
from ehtui.sources.layouts.lease_json import NAMELESS
from ehtui.wire.storage import BlobItem

P = ParamSpec("P")
THOUSANDS = settings(max_examples=800, deadline=None)
HOSTS = st.sampled_from(["ns", "NS:1", "ns.servicebus.windows.net", "", " ", ".."])
WORDS = st.sampled_from(["hub", "HUB", "$Default", "$default", "p$Default", "ownership"])
ENDS = st.sampled_from(["checkpoint", "0", "12", "٣", "dapr-hub-g-1", "dapr-hub--1"])
SEGMENTS = st.one_of(HOSTS, WORDS, ENDS, st.text(max_size=6))
NAMES = st.one_of(st.lists(SEGMENTS, max_size=8).map("/".join), st.text(max_size=30))
VALUES = st.one_of(
    st.sampled_from(["", "None", "no offset", "NO OFFSET", "-1", "@latest", "1e5", "0x1", "١٢"]),
    st.integers(-(2**70), 2**70).map(str),
    st.text(max_size=12),
)
KEYS = st.one_of(
    st.sampled_from(["ownerid", "OwnerId", "sequencenumber", "SequenceNumber", "offset", "Offset"]),
    st.sampled_from(["clientidentifier", "OWNINGHOST", "hdi_isfolder"]),
    st.text(max_size=6),
)
JSON_KEYS = st.sampled_from(
    [
        "PartitionId",
        "Owner",
        "Token",
        "Offset",
        "SequenceNumber",
        "partitionId",
        "owner",
        "token",
        "offset",
        "sequenceNumber",
        "partition_id",
        "sequence_number",
        "partitionID",
        "checkpoint",
    ]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | VALUES | st.just("\ud800"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(JSON_KEYS, inner, max_size=6),
    max_leaves=12,
)
BODIES = st.one_of(
    st.none(),
    st.binary(max_size=60),
    st.sampled_from([b"[" * 5000, b"{", b'{"PartitionId":', b"\xef\xbb\xbf{}", b"9" * 5000]),
    JSON_VALUES.map(lambda value: json.dumps(value).encode()),
)
ITEMS = st.builds(
    BlobItem,
    NAMES,
    st.text(max_size=4),
    st.none() | st.floats(0, 2e9),
    st.none() | st.sampled_from(["leased", "available", "expired", "broken", "breaking", "?"]),
    st.dictionaries(KEYS, VALUES, max_size=5),
    st.none() | st.integers(0, 2**40),
)
SCOPES = st.builds(
    Scope,
    st.sampled_from(["ns", "NS:5672", "ns.servicebus.windows.net", ""]),
    st.sampled_from(["hub", "Hub"]),
    st.just("$Default"),
    st.none() | st.sampled_from(sorted(NAMELESS)),
    st.booleans(),
)


@THOUSANDS
@given(ITEMS, BODIES, SCOPES)
def test_reading_never_raises_and_says_only_printable_things(
    item: BlobItem, body: bytes | None, scope: Scope
) -> None:
    for record in read_blob(StoredBlob("c", item, body), candidates(item, scope)):
        if isinstance(record, UnreadableBlob):
            assert record.reason == safe(record.reason)
        else:
            assert record.group
            assert record.partition
            (record.owner or "" if isinstance(record, Ownership) else record.offset or "").encode()

        if isinstance(record, Checkpoint):
            assert record.sequence is None or -(2**63) < record.sequence < 2**63


@THOUSANDS
@given(ITEMS, BODIES, st.sampled_from(list(Layout)), st.integers(0, 2**63 - 1), st.text(max_size=9))
def test_writing_over_anything_is_refused_or_well_formed(
    item: BlobItem, body: bytes | None, layout: Layout, sequence: int, offset: str
) -> None:
    blob = StoredBlob("c", item, body)

    for made in (
        written(FORMATS[layout].write_checkpoint, blob, sequence, offset),
        written(FORMATS[layout].write_release, blob),
    ):
        assert made is None or (made.name, made.if_match) == (item.name, item.etag)


def written(write: Callable[P, Write], *args: P.args, **kwargs: P.kwargs) -> Write | None:
    try:
        return write(*args, **kwargs)
    except UnreadableError:
        return None


@settings(deadline=None)
@given(st.lists(st.builds(StoredBlob, st.just("c"), ITEMS, BODIES), max_size=12), SCOPES)
def test_a_broken_blob_hides_no_other(blobs: list[StoredBlob], scope: Scope) -> None:
    good = BlobItem("ns/hub/g/ownership/0", "e", 1.0, None, {"ownerid": "me"})
    scope = Scope("ns", "hub", "$Default", scope.nameless, scope.is_named_container)
    records = [
        record
        for blob in [*blobs, StoredBlob("good", good)]
        for record in read_blob(blob, candidates(blob.item, scope))
    ]
    kept, _ = prefer_new((r for r in records if isinstance(r, Ownership)), ())

    assert [o.owner for o in kept if o.blob.container == "good"] == ["me"]
