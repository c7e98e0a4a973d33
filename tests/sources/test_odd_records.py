"""Records as no client should write them: read as far as they go, with the reason why not."""

from __future__ import annotations

import json

import pytest

from ehtui.domain.problems import ProblemKind
from ehtui.domain.world.store import Checkpoint, Layout, Ownership, RecordKind, UnreadableBlob
from ehtui.sources.layouts import candidates, read_blob
from ehtui.sources.layouts.base import Record, Scope, StoredBlob
from ehtui.wire.storage import BlobItem
from tests.sources.blob_account import FakeBlobAccount
from tests.sources.test_store import a_source, listing_of

NS = "ns.servicebus.windows.net"
SCOPE = Scope(NS, "hub")


def read(
    name: str,
    metadata: dict[str, str] | None = None,
    body: object = None,
    *,
    lease: str = "available",
    scope: Scope = SCOPE,
) -> tuple[Record, ...]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    item = BlobItem(name, "e", 50.0, lease, metadata or {}, len(content))
    blob = StoredBlob("c", item, None if body is None else content)

    return read_blob(blob, candidates(item, scope))


def checkpoint(sequence: str, offset: str = "5") -> Record:
    values = {"sequencenumber": sequence, "offset": offset}

    return read(f"{NS}/hub/g/checkpoint/3", values)[0]


@pytest.mark.parametrize(
    ("sequence", "reason"),
    [
        ("5.0", "the sequence number '5.0' is not a whole number"),
        ("5e3", "the sequence number '5e3' is not a whole number"),
        ("-5", "the sequence number '-5' is negative"),
        (str(2**63), f"the sequence number '{2**63}' does not fit into 64 bits"),
        ("9" * 5000, f"the sequence number '{'9' * 40}' does not fit into 64 bits"),
        ("0x1f", "the sequence number '0x1f' is not a whole number"),
        ("1\x1b[2J", "the sequence number '1\\x1b[2J' is not a whole number"),
    ],
)
def test_a_checkpoint_that_cannot_be_read_says_where_it_stands_and_why(
    sequence: str, reason: str
) -> None:
    found = checkpoint(sequence)

    assert found == UnreadableBlob(
        "c", f"{NS}/hub/g/checkpoint/3", reason, "g", "3", RecordKind.CHECKPOINT, 50.0
    )


@pytest.mark.parametrize("unset", ["", "None", "no offset", "null", str(-(2**63))])
def test_an_unset_number_is_no_number_and_no_fault_of_reading(unset: str) -> None:
    found = checkpoint(unset)

    assert isinstance(found, Checkpoint)
    assert (found.sequence, found.offset) == (None, "5")


@pytest.mark.parametrize(("text", "number"), [("-1", -1), ("+7", 7), (" 7 ", 7), ("007", 7)])
def test_numbers_as_people_write_them(text: str, number: int) -> None:
    found = checkpoint(text)

    assert isinstance(found, Checkpoint)
    assert found.sequence == number


DOTNET = {"Owner": "web-01", "Token": "t", "Epoch": 3, "Offset": "10", "SequenceNumber": 7}
JAVA = {"owner": "web-01", "token": "t", "epoch": 3, "offset": "10", "sequenceNumber": 7}


@pytest.mark.parametrize(("body", "layout"), [(DOTNET, Layout.EPH_DOTNET), (JAVA, Layout.EPH_JAVA)])
def test_a_lease_that_names_no_partition_is_that_of_its_blob(
    body: dict[str, object], layout: Layout
) -> None:
    ownership, position = read("$Default/4", body=body, lease="leased")

    assert isinstance(ownership, Ownership)
    assert isinstance(position, Checkpoint)
    assert (ownership.partition, ownership.owner, ownership.layout) == ("4", "web-01", layout)
    assert ownership.remark == "its content names no partition: it is the one in the blob's name"
    assert (position.partition, position.sequence) == ("4", 7)


def test_a_lease_that_names_another_partition_says_so() -> None:
    ownership = read("$Default/4", body={"PartitionId": "3", **DOTNET}, lease="leased")[0]

    assert isinstance(ownership, Ownership)
    assert ownership.partition == "4"
    assert ownership.remark == "its content names partition 3, the blob's name another"


def test_what_is_no_lease_in_a_container_of_leases_is_left_alone() -> None:
    assert read("reports/4", body={"owner": "finance", "total": 5}) == ()


def test_what_is_no_lease_where_one_must_be_is_told() -> None:
    (found,) = read(f"{NS}/hub/$Default/4", body={"total": 5})

    assert isinstance(found, UnreadableBlob)
    assert (found.reason, found.kind) == ("its content is not a lease", RecordKind.LEASE)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"Partit', "its content is not JSON"),
        ({"PartitionId": "0", **DOTNET, "SequenceNumber": 5.5}, "'5.5' is not a whole number"),
        ({"PartitionId": "0", **DOTNET, "SequenceNumber": -9}, "'-9' is negative"),
    ],
)
def test_a_broken_position_does_not_hide_the_holder(body: object, reason: str) -> None:
    ownership, position = read("$Default/0", {"OWNINGHOST": "web-01"}, body, lease="leased")

    assert isinstance(ownership, Ownership)
    assert (ownership.owner, ownership.holder) == ("web-01", "web-01")
    assert isinstance(position, UnreadableBlob)
    assert position.kind is RecordKind.CHECKPOINT
    assert reason in position.reason


@pytest.mark.parametrize(
    ("state", "holder"),
    [("leased", "web-01"), ("breaking", "web-01"), ("expired", "web-01"), ("available", None)],
)
def test_a_blob_lease_that_was_given_up_has_no_holder_though_its_name_stands_there(
    state: str, holder: str | None
) -> None:
    ownership = read("$Default/0", body={"PartitionId": "0", **DOTNET}, lease=state)[0]

    assert isinstance(ownership, Ownership)
    assert (ownership.owner, ownership.holder) == ("web-01", holder)


async def test_a_content_that_may_not_be_read_does_not_hide_the_holder() -> None:
    account = FakeBlobAccount(body_failures={"$Default/0": ProblemKind.FORBIDDEN})
    account.put("leases", "$Default/0", {"OWNINGHOST": "web-01"}, b"{}", "leased")
    listing = await listing_of(a_source(account, "leases"))

    assert [(o.partition, o.owner) for o in listing.ownerships] == [("0", "web-01")]
    assert [(u.partition, u.kind) for u in listing.unreadable] == [("0", RecordKind.CHECKPOINT)]
