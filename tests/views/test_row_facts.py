"""What a row is about beside its cells."""

from __future__ import annotations

from msgspec.structs import replace

from ehtui.views.keys import event_key, finding_key, process_key
from ehtui.views.row_facts import NOTHING, FactsOf
from tests.tui.scenes import GROUP, NOW, OWNERS, healthy, overdue


def test_a_partition_names_its_owner_its_process_and_its_records() -> None:
    facts = FactsOf(healthy(), GROUP, "partitions").of("0")

    assert (facts.partitions, facts.owners, facts.pids) == (("0",), (OWNERS[0],), (51257,))
    assert facts.command is not None
    assert "start_consumer.py" in facts.command
    assert all("/0" in name for name in facts.blobs)


def test_a_consumer_names_what_it_owns() -> None:
    consumer = healthy().consumers[0]
    facts = FactsOf(healthy(), GROUP, "consumers").of(process_key(consumer.process.id))

    assert (facts.partitions, facts.owners) == (("0",), (OWNERS[0],))
    assert facts.owner_words == (OWNERS[0],)
    assert facts.age_s == NOW - consumer.process.id.started_at


def test_a_standby_owns_nothing_whatever_its_id() -> None:
    standby = healthy().consumers[3]
    facts = FactsOf(healthy(), GROUP, "consumers").of(process_key(standby.process.id))

    assert facts.owner_words[-1] == "none"


def test_findings_and_events_name_what_they_are_about() -> None:
    picture = overdue()
    finding = next(f for f in picture.findings if f.id == "lease.overdue")
    facts = FactsOf(picture, GROUP, "findings").of(finding_key(finding))
    assert (facts.kind, facts.partitions) == ("lease.overdue", ("2",))

    event = picture.timeline[-1]
    facts = FactsOf(picture, GROUP, "timeline").of(event_key(event))
    assert facts.kind == event.kind
    assert facts.age_s == picture.server_now - event.at


def test_a_row_that_is_gone_is_about_nothing() -> None:
    empty = replace(healthy(), consumers=(), partitions=(), groups=())

    for pane in ("partitions", "consumers", "findings", "timeline", "groups"):
        assert FactsOf(empty, GROUP, pane).of("7") is NOTHING
