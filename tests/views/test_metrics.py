"""Metrics tell what `status` tells, leave out what is unknown, and are text that is understood."""

from __future__ import annotations

import math
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import (
    Behind,
    BehindBasis,
    GroupPartition,
    LeaseState,
    PartitionState,
    Severity,
    Snapshot,
    SourceStatus,
)
from ehtui.views.metrics import METRICS, families
from ehtui.views.metrics.text import TextFormat, prometheus_name, text_of
from ehtui.views.metrics.values import Kind, Picture
from ehtui.views.status import document
from tests.scraped import parse_old, parse_open
from tests.views import world

Labels = dict[str, str]


def picture(snapshot: Snapshot, **changes: object) -> Picture:
    known: dict[str, object] = {
        "namespace": world.NAMESPACE,
        "hub": world.HUB,
        "snapshot": snapshot,
        "now": world.NOW,
    }
    return Picture(**(known | changes))  # type: ignore[arg-type]


def read(snapshot: Snapshot, **changes: object) -> dict[str, list[tuple[Labels, float]]]:
    """What a scraper understands of it."""
    text = text_of(families([picture(snapshot, **changes)]), TextFormat.OPENMETRICS)
    found: dict[str, list[tuple[Labels, float]]] = {}

    for family in parse_open(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((sample.labels, sample.value))

    return found


def by_partition(samples: list[tuple[Labels, float]]) -> dict[str, float]:
    return {labels["messaging_destination_partition_id"]: value for labels, value in samples}


def one_partition(partition: GroupPartition) -> Snapshot:
    group = world.group_state(partition)
    return world.snapshot(groups=(group,), partitions=(), findings=())


def test_lag_is_that_of_status() -> None:
    snapshot = world.snapshot()
    found, told = read(snapshot), document(snapshot)["groups"][0]

    assert by_partition(found["ehtui_group_partition_lag"]) == {
        each["id"]: each["lag"] for each in told["partitions"]
    }
    assert sum(by_partition(found["ehtui_group_partition_lag"]).values()) == told["lag"]


def test_lag_is_the_last_sequence_number_minus_the_checkpoints() -> None:
    found = read(world.snapshot())
    last = by_partition(found["ehtui_partition_last_sequence_number"])
    checkpoint = by_partition(found["ehtui_group_partition_checkpoint_sequence_number"])

    assert by_partition(found["ehtui_group_partition_lag"]) == {
        name: last[name] - checkpoint[name] for name in last
    }


def test_labels_are_opentelemetrys_attributes() -> None:
    labels, _ = read(world.snapshot())["ehtui_group_partition_lag"][0]

    assert labels == {
        "server_address": world.NAMESPACE,
        "messaging_destination_name": world.HUB,
        "messaging_consumer_group_name": world.GROUP,
        "messaging_destination_partition_id": "0",
    }


def test_a_port_is_a_label_of_its_own() -> None:
    labels, _ = read(world.snapshot(), namespace="127.0.0.2:5672")["ehtui_group_owners"][0]

    assert (labels["server_address"], labels["server_port"]) == ("127.0.0.2", "5672")


def test_what_was_never_read_has_no_sample() -> None:
    starting = tuple(
        world.source(name, status=SourceStatus.STARTING, read_at=None, duration_s=None)
        for name in ("hub", "store", "processes", "logs")
    )
    snapshot = world.snapshot(
        sources=starting, partitions=(PartitionState("0"),), clock_offset_s=None, findings=()
    )

    # Settings need no read.
    assert set(read(snapshot)) == {"ehtui_build_info", "ehtui_hub_usable"}


@pytest.mark.parametrize(
    ("partition", "missing"),
    [
        (world.partition("0", world.lease(), 10, None, lag=None), "ehtui_group_partition_lag"),
        (world.partition("0", world.lease(), 10, 7, behind=None), "ehtui_group_partition_behind"),
        (world.partition("0", world.lease(), 10, 7, lost=None), "ehtui_group_partition_lost"),
        (
            world.partition("0", world.lease(LeaseState.UNREADABLE, None), 10, 7),
            "ehtui_group_partition_owned",
        ),
        (
            world.partition("0", world.lease(), 10, 7, checkpoint=None),
            "ehtui_group_partition_checkpoint_sequence_number",
        ),
    ],
)
def test_unknown_is_not_zero(partition: GroupPartition, missing: str) -> None:
    found = read(one_partition(partition))

    assert not [name for name in found if name in {missing, f"{missing}_seconds"}]
    assert "ehtui_group_owners" in found


def test_the_lag_of_a_partition_that_was_never_checkpointed_is_a_limit() -> None:
    bound = world.partition("0", world.lease(), 10, None, lag=11, lag_is_bound=True)
    found = read(one_partition(bound))

    assert "ehtui_group_partition_lag" not in found
    assert by_partition(found["ehtui_group_partition_lag_limit"]) == {"0": 11}
    assert found["ehtui_group_lag_unknown_partitions"][0][1] == 1


def test_behind_says_whether_it_is_a_lower_bound() -> None:
    behind = Behind(900.0, BehindBasis.AT_LEAST)
    found = read(one_partition(world.partition("0", world.lease(), 10, 7, behind=behind)))

    assert by_partition(found["ehtui_group_partition_behind_seconds"]) == {"0": 900}
    assert by_partition(found["ehtui_group_partition_behind_is_lower_bound"]) == {"0": 1}


def test_owned_follows_the_lease() -> None:
    states = {
        LeaseState.HELD: 1,
        LeaseState.OVERDUE: 1,
        LeaseState.EXPIRED: 0,
        LeaseState.RELEASED: 0,
        LeaseState.NEVER_OWNED: 0,
    }
    partitions = [
        world.partition(str(place), world.lease(state), 10, 10)
        for place, state in enumerate(states)
    ]
    snapshot = world.snapshot(groups=(world.group_state(*partitions),), findings=())
    found = read(snapshot)
    owned = by_partition(found["ehtui_group_partition_owned"])
    counted = {labels["state"]: value for labels, value in found["ehtui_group_lease_partitions"]}

    assert list(owned.values()) == list(states.values())
    assert counted == {**dict.fromkeys(states, 1), LeaseState.UNREADABLE: 0}


def test_a_source_that_fails_is_down_and_ages() -> None:
    failed = world.source("hub", status=SourceStatus.FAILED, age=75)
    never = world.source("store", status=SourceStatus.FAILED, read_at=None, duration_s=None)
    found = read(world.snapshot(sources=(failed, never)))
    up = {labels["source"]: value for labels, value in found["ehtui_source_up"]}
    age = {labels["source"]: value for labels, value in found["ehtui_source_age_seconds"]}

    assert up == {"hub": 0, "store": 0}
    assert age == {"hub": 75}


def test_findings_are_counted_and_told_without_owners_and_processes() -> None:
    second = replace(
        world.OVERDUE, subject=replace(world.OVERDUE.subject, owner="x"), since=world.NOW - 500
    )
    found = read(world.snapshot(findings=(world.OVERDUE, second, world.STANDS_BY)))
    severities = {labels["severity"]: value for labels, value in found["ehtui_findings"]}
    since = found["ehtui_finding_since_timestamp_seconds"]

    assert severities == {Severity.CRITICAL: 0, Severity.WARNING: 2, Severity.INFO: 1}
    assert [(labels["finding"], value) for labels, value in since] == [
        ("lease.overdue", world.NOW - 500),
        ("consumer.standby", world.NOW - 100),
    ]
    assert not any("owner" in name or "pid" in name for labels, _ in since for name in labels)


def test_enqueued_events_are_counted_from_the_first_sequence_number_on() -> None:
    never = PartitionState("0", world.sample("0", -1))
    found = read(world.snapshot(partitions=(never, PartitionState("1", world.sample("1", 9)))))

    assert by_partition(found["ehtui_partition_enqueued_events_total"]) == {"0": 0, "1": 10}
    assert by_partition(found["ehtui_partition_first_sequence_number"]) == {"1": 0}


def test_several_hubs_share_families() -> None:
    pictures = [
        picture(world.snapshot(), hub="orders"),
        picture(world.snapshot(), hub="payments", namespace="other.servicebus.windows.net"),
    ]
    text = text_of(families(pictures), TextFormat.OPENMETRICS)
    owners = next(each for each in parse_open(text) if each.name == "ehtui_group_owners")

    assert [each.labels["messaging_destination_name"] for each in owners.samples] == [
        "orders",
        "payments",
    ]
    assert text.count("# TYPE ehtui_group_owners ") == 1


def test_a_hub_is_usable_unless_its_settings_are_a_problem() -> None:
    problem = Problem(ProblemKind.MALFORMED, "nonsense", "")
    unusable = Picture("", "", Snapshot(), world.NOW, "broken", problem)
    told = families([picture(world.snapshot()), unusable, unusable])
    usable = next(each for each in told if each.metric.name == "ehtui.hub.usable")

    assert [sample.value for sample in usable.samples] == [1, 0]
    assert usable.samples[1].labels == (("profile", "broken"),)


@settings(max_examples=40)
@given(st.text(max_size=40))
def test_names_from_outside_are_text(name: str) -> None:
    snapshot = one_partition(world.partition("0", world.lease(), 10, 7))
    group = replace(snapshot.groups[0], name=name)
    found = families([picture(replace(snapshot, groups=(group,)), hub=name)])

    for parse, text_format in (
        (parse_open, TextFormat.OPENMETRICS),
        (parse_old, TextFormat.PROMETHEUS),
    ):
        text = text_of(found, text_format)
        samples = [sample for each in parse(text) for sample in each.samples]
        assert len(samples) == sum(len(family.samples) for family in found)
        assert {each for each in text if unicodedata.category(each) == "Cc"} == {"\n"}


def test_secrets_in_names_are_masked() -> None:
    key = "SharedAccessKey=c2VjcmV0LXZhbHVlLXNlY3JldC12YWx1ZQ=="
    found = families([picture(world.snapshot(), hub=f"h;{key}")])

    assert "c2VjcmV0" not in text_of(found, TextFormat.OPENMETRICS)


def test_both_formats_tell_the_same() -> None:
    found = families([picture(world.snapshot())])

    new, old = (
        {
            (sample.name, tuple(sorted(sample.labels.items())), sample.value)
            for family in parse(text_of(found, text_format))
            for sample in family.samples
        }
        for parse, text_format in (
            (parse_open, TextFormat.OPENMETRICS),
            (parse_old, TextFormat.PROMETHEUS),
        )
    )
    assert new == old


def test_every_metric_says_what_it_is() -> None:
    names = [prometheus_name(metric) for metric in METRICS]

    assert len(set(names)) == len(names)

    for metric in METRICS:
        assert metric.help.endswith(".")
        assert metric.name.startswith("ehtui.")
        assert (metric.kind is Kind.COUNTER) == prometheus_name(metric).endswith("_total")
        assert not {"owner", "pid", "ehtui.owner"} & set(metric.labels)


def test_values_that_are_no_number_are_left_out() -> None:
    behind = Behind(math.inf, BehindBasis.INTERPOLATED)
    found = read(one_partition(world.partition("0", world.lease(), 10, 7, behind=behind)))

    assert "ehtui_group_partition_behind_seconds" not in found
