"""One real-shaped listing per writer (facts.md §1), read right and written back."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TypeVar

import pytest

from ehtui.domain.world.store import Checkpoint, Layout, Ownership, UnreadableBlob
from ehtui.sources.layouts import FORMATS, candidates, prefer_new, read_blob
from ehtui.sources.layouts.base import Record, Role, Scope, StoredBlob, UnreadableError, Write
from ehtui.sources.layouts.modern import new_checkpoint, sibling_name
from ehtui.wire.storage import BlobItem
from ehtui.wire.storage_listing import parse_listing

GOLDEN = Path(__file__).parent / "golden"
SCOPE = Scope("HGZero.servicebus.windows.net", "hgzero-eventhub")
NAMELESS = {
    "eph-python": Layout.EPH_PYTHON,
    "eph-go": Layout.EPH_GO,
    "dapr-legacy": Layout.DAPR_LEGACY,
}
WRITERS = sorted(path.stem for path in GOLDEN.glob("*.xml"))
R = TypeVar("R", Checkpoint, Ownership)
SEOUL = "consumer-서울".encode().hex()

# group, partition, owner, blob lease
OWNERSHIPS = {
    "python": [
        ("$default", "0", "73fda457-3c1e-4a8e-9a53-0d8f4f0c6a11", None),
        ("$default", "1", None, None),
    ],
    "dotnet": [("$default", "0", "b7c8f2a0-7ad1-4b9e-8f25-7dd6b7a1c001", None)],
    "dotnet-5.11": [("$default", "0", "worker-3", None)],
    "functions": [
        ("$Default", "1", "681d1d1e-aaaa-4b0b-8888-2d0c00000001", "leased"),
        ("$default", "0", "5f0e4c8e-1111-4d34-9f6a-1b5ed1d2a001", None),
    ],
    "java": [("$default", "0", "0d9a2f6e-8c35-4a4e-bf1c-6c0f5a2b7e01", None)],
    "java-old": [("$default", "0", "3f8d1b44-2d7f-4c86-8c4e-aa55b1a0f001", None)],
    "javascript": [("$default", "0", SEOUL, None)],
    "go": [
        ("$Default", "0", "b8a5f8e3-9f4d-4f6e-7a83-2d4a8b5c6d01", None),
        ("$Default", "1", None, None),
    ],
    "rust": [("$Default", "0", "rust-consumer", None)],
    "dapr": [("OrderService", "0", "dapr-1.14.4", None)],
    "eph-dotnet": [
        ("$Default", "0", "web-01", "leased"),
        ("$Default", "1", None, "available"),
        ("$Default", "2", "web-02", "expired"),
    ],
    "eph-java": [
        ("$Default", "0", "javahost-1", "leased"),
        ("$Default", "1", None, "available"),
    ],
    "eph-python": [
        ("$Default", "0", "host9a0b3b8e-1f00-4a00-9c00-000000000001", "leased"),
        ("$Default", "1", None, "available"),
    ],
    "eph-go": [
        ("$Default", "0", "gohost-7c", "leased"),
        ("$Default", "1", None, "available"),
    ],
    "dapr-legacy": [("order-service", "0", "dapr-host", "leased")],
    "hns": [("$default", "0", "73fda457-3c1e-4a8e-9a53-0d8f4f0c6a11", None)],
    "ports": [],
    "broken": [("$Default", "4", "h", "available"), ("$default", "1", "me", None)],
}
# group, partition, sequence, offset, client identifier
CHECKPOINTS = {
    "python": [
        ("$default", "0", 960180, "8591964920", None),
        ("$default", "1", 12, None, None),
    ],
    "dotnet": [
        ("$default", "0", 230987, "47244640256:0:3", "b7c8f2a0-7ad1-4b9e-8f25-7dd6b7a1c001"),
        ("$default", "1", None, None, "b7c8f2a0-7ad1-4b9e-8f25-7dd6b7a1c001"),
    ],
    "dotnet-5.11": [("$default", "0", 77, None, "worker-3")],
    "functions": [
        ("$Default", "1", 960001, "8591960000", None),
        ("$default", "0", 960300, "8591970000", "5f0e4c8e-1111-4d34-9f6a-1b5ed1d2a001"),
    ],
    "java": [("$default", "0", 230111, "98784247816", None)],
    "java-old": [("$default", "0", 1001, "4294967296", None)],
    "javascript": [("$default", "0", 9007199254740991, "12", None)],
    "go": [
        ("$Default", "0", 501, "4611686018427387904", None),
        ("$Default", "1", 7, None, None),
    ],
    "rust": [("$Default", "0", 3, "300", None)],
    "dapr": [("OrderService", "0", 64, "1024", None)],
    "eph-dotnet": [
        ("$Default", "0", 960180, "8591964920", None),
        ("$Default", "2", 4, "100", None),
    ],
    "eph-java": [("$Default", "0", 1700, "4294968000", None)],
    "eph-python": [("$Default", "0", 45, "8808", None)],
    "eph-go": [("$Default", "0", 18, "1552", None)],
    "dapr-legacy": [("order-service", "0", 40, "640", None)],
    "hns": [("$default", "0", 1, "5", None)],
    "ports": [],
    "broken": [
        ("$default", "2", None, "5", None),
        ("$default", "3\ufffe", 3, "5", None),
    ],
}
UNREADABLE = {
    "broken": [
        ("$Default", "4", "its content is not JSON"),
        ("$default", "0", "the listing does not say when it was last modified"),
        ("$default", "0", "the sequence number 'twelve' is not a whole number"),
        ("$default", "1", "the sequence number '92233720368547758070' does not fit into 64 bits"),
    ]
}


def scope_of(writer: str) -> Scope:
    return Scope(SCOPE.namespace, SCOPE.hub, "$Default", NAMELESS.get(writer))


def blobs_of(writer: str) -> list[StoredBlob]:
    listing = asyncio.run(parse_listing((GOLDEN / f"{writer}.xml").read_bytes()))
    path = GOLDEN / f"{writer}.bodies.json"
    bodies: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    return [
        StoredBlob("c", item, bodies[item.name].encode() if item.name in bodies else None)
        for item in listing.blobs
    ]


def records_of(writer: str, scope: Scope | None = None) -> list[Record]:
    scope = scope or scope_of(writer)

    return [r for blob in blobs_of(writer) for r in read_blob(blob, candidates(blob.item, scope))]


@pytest.mark.parametrize("writer", WRITERS)
def test_reads_what_the_writer_wrote(writer: str) -> None:
    records = records_of(writer)
    ownerships, checkpoints = prefer_new(
        (r for r in records if isinstance(r, Ownership)),
        (r for r in records if isinstance(r, Checkpoint)),
    )
    unreadable = [r for r in records if isinstance(r, UnreadableBlob)]

    assert (
        sorted((o.group, o.partition, o.owner, o.blob_lease_state) for o in ownerships)
        == (OWNERSHIPS[writer])
    )
    assert (
        sorted(
            (c.group, c.partition, c.sequence, c.offset, c.client_identifier) for c in checkpoints
        )
        == (CHECKPOINTS[writer])
    )
    assert sorted((u.group, u.partition, u.reason) for u in unreadable) == (
        UNREADABLE.get(writer, [])
    )


def test_keeps_the_spelling_and_the_etag() -> None:
    ownership = next(r for r in records_of("go") if isinstance(r, Ownership))

    assert (ownership.namespace, ownership.hub) == (
        "hgzero.servicebus.windows.net",
        "HGZero-EventHub",
    )
    assert ownership.blob.name.endswith("/HGZero-EventHub/$Default/ownership/0")
    assert ownership.blob.etag == "0x8DE1A5000000003"
    assert ownership.blob.last_modified == 1795343763.0


@pytest.mark.parametrize("namespace", ["localhost", "localhost:5672", "LOCALHOST:5671"])
def test_a_port_does_not_part_clients_and_other_hubs_stay_out(namespace: str) -> None:
    records = records_of("ports", Scope(namespace, "HGZERO-eventhub"))

    assert sorted((r.namespace, r.owner) for r in records if isinstance(r, Ownership)) == [
        ("localhost", "node-1"),
        ("localhost:5672", "python-1"),
    ]
    assert len(records) == 2


def test_another_port_is_another_namespace() -> None:
    records = records_of("ports", Scope("LOCALHOST:9999", "HGZERO-eventhub"))

    # JavaScript writes no port: it may be this one.
    assert [r.owner for r in records if isinstance(r, Ownership)] == ["node-1"]


def test_leases_without_a_hub_are_read_only_in_a_container_that_was_named() -> None:
    found = Scope(SCOPE.namespace, SCOPE.hub, is_named_container=False)

    assert records_of("eph-dotnet", found) == []
    assert records_of("eph-java", found) == []
    assert len(records_of("functions", found)) == 6  # its names carry the hub


def test_names_without_hub_and_group_are_read_only_when_configured() -> None:
    for writer in NAMELESS:
        assert records_of(writer, SCOPE) == []


@pytest.mark.parametrize("writer", WRITERS)
def test_a_written_checkpoint_reads_back(writer: str) -> None:
    for blob, record in each_record(writer, Checkpoint):
        write = FORMATS[record.layout].write_checkpoint(blob, 4711, "0:opaque")
        assert_is_conditional(write, blob)
        after = reread(blob, write, writer, Checkpoint)

        assert (after.sequence, after.offset, after.client_identifier) == (4711, "0:opaque", None)
        assert (after.group, after.partition) == (record.group, record.partition)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_checkpoint_that_is_put_back_is_as_it_was(writer: str) -> None:
    for blob, record in each_record(writer, Checkpoint):
        form = FORMATS[record.layout]
        moved = written(blob, form.write_checkpoint(blob, 4711, "-1"))
        assert form.stands_at(moved) == (4711, "-1")

        back = form.write_back(moved, blob)
        assert_is_conditional(back, moved)
        restored = written(moved, back)
        assert form.stands_at(restored) == (record.sequence, record.offset)
        assert restored.item.metadata == blob.item.metadata
        assert json.loads(restored.body or b"{}") == json.loads(blob.body or b"{}")


def written(blob: StoredBlob, write: Write) -> StoredBlob:
    """The blob as the service has it then."""
    item = blob.item._replace(metadata=dict(write.metadata), etag=f"{blob.item.etag}+")
    body = blob.body if write.body is None else write.body

    return StoredBlob(blob.container, item, body)


@pytest.mark.parametrize("writer", WRITERS)
def test_a_released_ownership_reads_back_as_free(writer: str) -> None:
    for blob, record in each_record(writer, Ownership):
        if writer == "broken" and blob.body is not None:
            with pytest.raises(UnreadableError, match="not JSON"):  # nothing of it is overwritten
                FORMATS[record.layout].write_release(blob)

            continue

        write = FORMATS[record.layout].write_release(blob)
        assert_is_conditional(write, blob)

        assert reread(blob, write, writer, Ownership).owner is None


def test_writes_look_as_their_writer_would_have_made_them() -> None:
    def first(writer: str, kind: type[R]) -> tuple[StoredBlob, Layout]:
        blob, record = next(iter(each_record(writer, kind)))
        return blob, record.layout

    blob, layout = first("java-old", Checkpoint)
    write = FORMATS[layout].write_checkpoint(blob, 5, None)
    assert write.metadata == {"SequenceNumber": "5", "Offset": ""}
    assert write.body is None

    blob, layout = first("eph-dotnet", Ownership)
    write = FORMATS[layout].write_release(blob)
    assert write.metadata == {}  # without OWNINGHOST
    assert write.body == (
        b'{"PartitionId":"0","Owner":"","Token":"","Epoch":386,'
        b'"Offset":"8591964920","SequenceNumber":960180}'
    )

    blob, layout = first("eph-python", Ownership)
    assert json.loads(FORMATS[layout].write_release(blob).body or b"")["owner"] is None

    blob, layout = first("eph-go", Checkpoint)
    written = json.loads(FORMATS[layout].write_checkpoint(blob, 9, "77").body or b"")
    assert written["checkpoint"] == {
        "offset": "77",
        "sequenceNumber": 9,
        "enqueueTime": "2021-03-01T09:00:00.123Z",
    }
    assert written["owner"] == "gohost-7c"


def test_a_first_checkpoint_goes_beside_its_ownership_and_must_not_exist() -> None:
    name = sibling_name("Host:1/Hub/$Default/ownership/3", Role.CHECKPOINT)
    write = new_checkpoint("c", name, 10, "99")

    assert name == "Host:1/Hub/$Default/checkpoint/3"
    assert (write.if_match, write.body) == (None, b"")
    assert write.metadata == {"sequencenumber": "10", "offset": "99"}


def each_record(writer: str, kind: type[R]) -> list[tuple[StoredBlob, R]]:
    scope = scope_of(writer)

    return [
        (blob, record)
        for blob in blobs_of(writer)
        for record in read_blob(blob, candidates(blob.item, scope))
        if isinstance(record, kind)
    ]


def reread(blob: StoredBlob, write: Write, writer: str, kind: type[R]) -> R:
    """The blob as it is after the write, read again."""
    item = BlobItem(write.name, "new", blob.item.last_modified, "available", write.metadata, 0)
    after = StoredBlob("c", item, blob.body if write.body is None else write.body)
    records = read_blob(after, candidates(item, scope_of(writer)))

    return next(r for r in records if isinstance(r, kind))


def assert_is_conditional(write: Write, blob: StoredBlob) -> None:
    assert (write.container, write.name, write.if_match) == ("c", blob.item.name, blob.item.etag)
