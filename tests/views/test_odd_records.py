"""Records that cannot be read, or have no place: in row, details, document and words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from msgspec.structs import replace

from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import (
    Finding,
    GroupPartition,
    Health,
    LeaseState,
    Severity,
    Snapshot,
    Subject,
)
from ehtui.domain.why import why
from ehtui.domain.world.store import RecordKind, UnreadableBlob
from ehtui.views import findings
from ehtui.views.cells import Table
from ehtui.views.details import Section, partition_details
from ehtui.views.headline import headline
from ehtui.views.phrasing import Phrasing
from ehtui.views.status import document
from ehtui.views.tables import partitions_table
from ehtui.views.why import explain
from tests.evidence import finding_evidence
from tests.status_schema import shipped
from tests.views import world

REASON = "the sequence number '5.0' is not a whole number"
BLOB = UnreadableBlob(
    "checkpoints", "ns/hub/$default/checkpoint/0", REASON, "$default", "0", None, world.NOW - 60
)


def broken(kind: RecordKind = RecordKind.CHECKPOINT, **changes: Any) -> GroupPartition:
    facts = {
        "checkpoint": None,
        "lag": None,
        "behind": None,
        "health": Health.UNKNOWN,
        "rule": Rule.UNREADABLE,
        "lag_reason": Rule.UNREADABLE,
        "unreadable": (replace(BLOB, kind=kind),),
    }
    return world.partition("0", changes.pop("lease", world.lease()), 9, None, **(facts | changes))


def stray() -> GroupPartition:
    lease = world.lease(LeaseState.EXPIRED, world.C, age=9000)
    return world.partition(
        "7",
        lease,
        9,
        5,
        lag=None,
        health=Health.UNKNOWN,
        rule=Rule.NOT_IN_HUB,
        lag_reason=Rule.NOT_IN_HUB,
    )


def seen(*partitions: GroupPartition, **changes: Any) -> Snapshot:
    return world.snapshot(groups=(world.group_state(*partitions, **changes),))


def row(table: Table, key: str) -> dict[str, str]:
    place = table.keys.index(key)
    return {
        c.key: cell.text for c, cell in zip(table.columns, table.rows[place].cells, strict=True)
    }


def texts(sections: list[Section]) -> dict[str, str]:
    return {line.label: line.value for section in sections for line in section.lines}


def test_a_checkpoint_that_cannot_be_read_stands_in_its_row_and_says_why_in_the_details() -> None:
    snapshot = seen(broken())
    cells = row(partitions_table(snapshot, world.GROUP), "0")
    facts = texts(partition_details(snapshot, world.GROUP, "0", Phrasing(snapshot)))

    assert (cells["health"], cells["checkpoint"], cells["lag"]) == ("unknown", "unreadable", "–")
    assert facts["unreadable checkpoint"] == REASON
    assert facts["lag"] == "not known: its record cannot be read"
    assert facts["sequence"] == "–"  # not: never checkpointed
    assert "checkpoints/ns/hub/$default/checkpoint/0" in facts.values()


def test_whose_a_lease_is_that_cannot_be_read_is_not_known() -> None:
    lost = world.lease(LeaseState.UNREADABLE, None, expires_after=None, renewed_at=None)
    snapshot = seen(broken(RecordKind.LEASE, lease=lost))
    cells = row(partitions_table(snapshot, world.GROUP), "0")
    told = explain(why(snapshot, Subject(group=world.GROUP, partition="0")), Phrasing(snapshot))

    assert (cells["health"], cells["owner"], cells["lease"]) == ("unclear", "–", "–")
    answers = [answer.text for answer in told.answers]
    assert "Its owner is not known: the ownership record cannot be read" in answers
    assert f"There is a checkpoint, but it cannot be read: {REASON}" in answers
    assert "no live owner" not in headline(replace(snapshot, findings=()), world.GROUP).text


def test_a_partition_that_the_hub_does_not_have_comes_last_and_says_so() -> None:
    snapshot = seen(world.partition("0", world.lease(), 9, 9), strays=(stray(),))
    table = partitions_table(snapshot, world.GROUP)
    facts = texts(partition_details(snapshot, world.GROUP, "7", Phrasing(snapshot)))

    assert table.keys == ("0", "1", "2", "7")
    assert row(table, "7")["health"] == "absent"
    assert row(table, "7")["owner"].endswith("51ab7c10")
    assert row(table, "7")["checkpoint"] == "5"
    assert facts["judged by"].startswith("the hub does not have this partition")


def test_the_document_has_them_with_their_reasons() -> None:
    snapshot = seen(broken(), strays=(stray(),))
    printed: Any = json.loads(json.dumps(document(snapshot)))
    (group,) = printed["groups"]
    validator = Draft202012Validator(shipped(), format_checker=FormatChecker())

    assert [e.message for e in validator.iter_errors(printed)] == []
    (unread,) = group["partitions"][0]["unreadable"]
    assert (unread["kind"], unread["reason"]) == ("checkpoint", REASON)
    assert [absent["id"] for absent in group["strays"]] == ["7"]


def told(kind: str, evidence: dict[str, Any], **subject: Any) -> str:
    parts = Subject(**({"group": world.GROUP} | subject))
    found = Finding(kind, Severity.WARNING, parts, finding_evidence(kind, evidence), world.NOW - 60)
    return findings.sentence(found, Phrasing(world.snapshot(), group=world.GROUP))


def test_the_finding_names_the_partition_the_record_and_the_reason() -> None:
    evidence = {"count": 1, "partitions": ("0",), "kind": "checkpoint", "reason": REASON}

    assert told("store.unreadable_blob", evidence, partition="0") == (
        f"P0: its checkpoint cannot be read ({REASON})"
    )


def test_strays_are_told_with_who_renews_them() -> None:
    evidence = {"partitions": ("4", "5"), "partition_count": 4, "owners": (world.C,)}

    assert told("store.stray_records", evidence) == (
        "Records of P4 and P5, which the hub does not have (it has 4 partitions); "
        "51ab7c10 owns them"
    )


@pytest.mark.parametrize("id_", ["lease.expired", "lease.overdue"])
def test_a_blob_lease_whose_end_nobody_saw_has_no_length(id_: str) -> None:
    evidence = finding_evidence(id_, {"owner": "web-01", "partitions": ("0",)})
    found = Finding(id_, Severity.CRITICAL, Subject(world.GROUP, "0"), evidence, world.NOW)
    say = Phrasing(world.snapshot(), group=world.GROUP)

    for text in (findings.sentence(found, say), findings.headline(found, say)):
        assert "–" not in text

    if id_ == "lease.expired":
        assert findings.sentence(found, say) == (
            "P0 has no live owner; web-01's lease expired before ehtui looked"
        )


def test_a_checkpoint_by_offset_alone_is_unset_in_its_row() -> None:
    partition = world.partition("0", world.lease(), 9, None, lag=None)
    assert partition.checkpoint is not None
    alone = replace(partition, checkpoint=replace(partition.checkpoint, offset="4096"))

    assert row(partitions_table(seen(alone), world.GROUP), "0")["checkpoint"] == "unset"
