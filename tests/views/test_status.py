from __future__ import annotations

import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from msgspec.structs import replace

from ehtui.domain.actions.base import OwnedPartition
from ehtui.domain.actions.outcomes import MeasuredTakeover
from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import (
    BehindBasis,
    ConsumerRole,
    GroupState,
    Health,
    LeaseState,
    PartitionState,
    Severity,
    Snapshot,
    SourceStatus,
)
from ehtui.domain.world.hub import PartitionSample
from ehtui.domain.world.process import LinkBasis, LogState
from ehtui.domain.world.store import Layout
from ehtui.views.status import FailOn, document, exit_code
from tests.status_schema import PATH, shipped, text
from tests.views import world

PROBLEM = Problem(ProblemKind.TIMEOUT, "checkpoints did not answer within 5 s.", "Look at it.")


def first_look() -> Snapshot:
    """One refresh: no rates, nothing to compare with."""
    partitions = tuple(PartitionState(name, world.sample(name, 10)) for name in "01")
    lease = world.lease(renewed_every_s=None, period_basis=None)
    groups = (
        world.group_state(
            world.partition("0", lease, 10, 7, out_per_s=None, behind=None),
            world.partition("1", world.lease(LeaseState.NEVER_OWNED), 10, None, lag=None),
        ),
    )

    return world.snapshot(partitions=partitions, groups=groups, findings=(), timeline=())


def without_store() -> Snapshot:
    store = world.source("store", status=SourceStatus.OFF, read_at=None, problem=PROBLEM)

    return world.snapshot(groups=(), consumers=(), sources=(world.source("hub"), store))


def forecast() -> Snapshot:
    partition = world.partition(
        "0",
        world.lease(LeaseState.EXPIRED, age=200, expires_after=180.0),
        20,
        5,
        takeover=TakeoverWindow(world.NOW, None, "configured"),
        lost=3,
        ahead=2,
        drain_s=4.0,
    )

    return world.snapshot(groups=(world.group_state(partition),))


def open_lap() -> MeasuredTakeover:
    window = TakeoverWindow(world.NOW + 41, world.NOW + 77, "configured")

    return MeasuredTakeover(OwnedPartition(world.GROUP, "2", window), world.C, world.NOW, 17)


def closed_lap() -> MeasuredTakeover:
    return replace(open_lap(), owner=world.A, owned_at=world.NOW + 50, moved_at=world.NOW + 52)


SNAPSHOTS = {
    "nothing yet": Snapshot(),
    "the picture": world.snapshot(),
    "first look": first_look(),
    "no store": without_store(),
    "forecast": forecast(),
    "stopwatch": replace(world.snapshot(), takeovers=(open_lap(), closed_lap())),
}


@pytest.mark.parametrize("snapshot", SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_the_document_keeps_to_its_schema(snapshot: Snapshot) -> None:
    validator = Draft202012Validator(shipped(), format_checker=FormatChecker())
    printed = json.loads(json.dumps(document(snapshot), allow_nan=False))

    assert [error.message for error in validator.iter_errors(printed)] == []


@pytest.mark.parametrize("snapshot", SNAPSHOTS.values(), ids=SNAPSHOTS)
def test_every_field_is_written_down(snapshot: Snapshot) -> None:
    assert set(undocumented(document(snapshot), shipped(), "")) == set()


def undocumented(value: Any, rule: Any, path: str) -> Iterator[str]:
    """Keys of `value` that the schema does not name; evidence and details are free."""
    rule = resolved(rule)

    if isinstance(value, dict) and "properties" in rule:
        for key, inner in value.items():
            if key not in rule["properties"]:
                yield f"{path}.{key}"
            else:
                yield from undocumented(inner, rule["properties"][key], f"{path}.{key}")

    if isinstance(value, list) and "items" in rule:
        for inner in value:
            yield from undocumented(inner, rule["items"], f"{path}[]")


def resolved(rule: Any) -> Any:
    if "anyOf" in rule:
        rule = rule["anyOf"][0]

    definitions: Any = shipped()["$defs"]

    return definitions[rule["$ref"].removeprefix("#/$defs/")] if "$ref" in rule else rule


@pytest.mark.parametrize(
    ("place", "field", "enumeration"),
    [
        ("group", "health", Health),
        ("group_partition", "health", Health),
        ("group_partition", "behind_basis", BehindBasis),
        ("group_partition", "layout", Layout),
        ("lease", "state", LeaseState),
        ("lease", "basis", TimingBasis),
        ("lease", "period_basis", TimingBasis),
        ("consumer", "role", ConsumerRole),
        ("consumer", "owner_basis", LinkBasis),
        ("consumer", "log", LogState),
        ("finding", "severity", Severity),
        ("source", "state", SourceStatus),
        ("source", "error_kind", ProblemKind),
    ],
)
def test_enumerations_are_written_down(place: str, field: str, enumeration: type[StrEnum]) -> None:
    definitions: Any = shipped()["$defs"]
    listed = definitions[place]["properties"][field]["enum"]

    assert {value for value in listed if value is not None} == {v.value for v in enumeration}


def test_the_schema_is_that_of_the_types() -> None:
    assert PATH.read_text("utf-8") == text(), "`make schema` writes it"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(shipped())


def test_unknown_is_null_and_zero_is_measured() -> None:
    printed: Any = document(first_look())
    known, never = printed["groups"][0]["partitions"]

    assert printed["hub"]["partitions"][0]["in_per_s"] is None
    assert (known["lag"], known["out_per_s"], known["behind_s"]) == (3, None, None)
    assert (never["lag"], never["checkpoint"]["sequence"], never["owner"]) == (None, None, None)
    assert never["lease"] == dict.fromkeys(never["lease"]) | {"state": "never_owned"}


def test_what_one_look_cannot_judge_is_listed() -> None:
    judged = set(document(world.snapshot())["not_judged"])
    listed = set(document(first_look())["not_judged"])

    assert judged == set()
    assert {"in_per_s", "out_per_s", "behind_s", "renewed_every_s", "handler.stuck"} <= listed


def test_a_hub_that_was_never_read_is_null() -> None:
    printed = document(Snapshot())

    assert printed["hub"] is None
    assert printed["schema"] == "ehtui.status/1"


def test_moments_are_utc() -> None:
    printed: Any = document(world.snapshot())

    assert printed["taken_at"] == "2026-11-22T12:02:59.700Z"
    assert printed["findings"][0]["evidence"]["renewed_at"] == "2026-11-22T12:00:41.000Z"
    assert printed["groups"][0]["partitions"][2]["lease"]["expires_in_s"] == 41.0


def test_secrets_and_escapes_do_not_pass() -> None:
    evil = "python x.py --password=hunter2 \x1b[2J"
    printed = json.dumps(document(world.snapshot(consumers=(world.consumer(7, 9, command=evil),))))

    assert "hunter2" not in printed
    assert "\\u001b" not in printed


def test_what_is_not_finite_is_unknown() -> None:
    sample = PartitionSample("0", 0, 1, "1", None, is_empty=False, sampled_at=world.NOW)
    partitions = (PartitionState("0", sample, in_per_s=float("inf")),)
    printed: Any = document(world.snapshot(partitions=partitions))

    assert printed["hub"]["partitions"][0]["in_per_s"] is None


INFO, WARNING, CRITICAL = (
    world.finding("x.y", severity, {})
    for severity in (Severity.INFO, Severity.WARNING, Severity.CRITICAL)
)


@pytest.mark.parametrize(
    ("found", "on_critical", "on_warning", "never"),
    [
        ((), 0, 0, 0),
        ((INFO,), 0, 0, 0),
        ((WARNING, INFO), 0, 1, 0),
        ((CRITICAL, WARNING), 2, 2, 0),
    ],
)
def test_exit_codes(found: Any, on_critical: int, on_warning: int, never: int) -> None:
    snapshot = world.snapshot(findings=found)

    assert exit_code(snapshot) == on_critical
    assert exit_code(snapshot, FailOn.WARNING) == on_warning
    assert exit_code(snapshot, FailOn.NEVER) == never


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (SourceStatus.OK, 2),
        (SourceStatus.OFF, 2),
        (SourceStatus.FAILED, 3),
        (SourceStatus.STARTING, 3),
    ],
)
def test_a_source_that_was_not_read_comes_first(status: SourceStatus, code: int) -> None:
    sources = (world.source("hub"), replace(world.source("store"), status=status))

    assert exit_code(world.snapshot(findings=(CRITICAL,), sources=sources)) == code


def test_a_hub_that_was_not_read_whole_is_said_and_comes_first() -> None:
    partitions = (PartitionState("0", world.sample("0", 10)), PartitionState("1"))
    snapshot = world.snapshot(partitions=partitions, findings=(CRITICAL,))

    assert exit_code(snapshot) == 3
    assert "partitions" in document(snapshot)["not_judged"]


def test_groups_without_counts_count_none() -> None:
    printed: Any = document(world.snapshot(groups=(GroupState("g", ()),)))

    assert printed["groups"][0]["lag"] is None
    assert set(printed["groups"][0]["counts"].values()) == {0}


def test_a_measured_takeover_stands_beside_its_forecast() -> None:
    takeovers: Any = document(SNAPSHOTS["stopwatch"])["takeovers"]
    still, over = takeovers

    assert (still["gap_s"], still["is_inside_forecast"]) == (None, None)
    assert (over["gap_s"], over["checkpoint_moved_s"]) == (50.0, 52.0)
    assert over["forecast_s"] == [41.0, 77.0]
    assert over["is_inside_forecast"] is True
