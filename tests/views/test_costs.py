"""What takeovers cost, in words, details and JSON: unknown is not zero."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.base import OwnedPartition
from ehtui.domain.actions.outcomes import MeasuredTakeover
from ehtui.domain.costs import (
    NONE,
    NOT_COUNTED,
    UNKNOWN,
    Bounds,
    CostUnknown,
    CountedTakeover,
    Deployment,
    Ledger,
    TakeoverCost,
)
from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.timeline import Claimed, Stolen, TakenOver
from ehtui.views import timeline
from ehtui.views.costs import WHY, bounds_words, cost_words, deployment_words
from ehtui.views.details.partition import partition_details
from ehtui.views.phrasing import Phrasing
from ehtui.views.report import report
from ehtui.views.status import document
from ehtui.views.takeovers import takeover_document, takeover_sentence
from tests.views import world

SAY = Phrasing(world.snapshot(), group=world.GROUP)
COST = TakeoverCost(Bounds(0, 412), NONE, NONE)


def with_ledger(cost: TakeoverCost = COST) -> Snapshot:
    snapshot = world.snapshot()
    last = CountedTakeover("2", world.NOW - 60, world.A, world.C, cost)
    deployment = Deployment(
        since_at=world.NOW - 90,
        until_at=world.NOW - 60,
        takeovers=4,
        unknown=1,
        read_again=Bounds(3, 412),
        skipped=NONE,
        lost=Bounds(0, 7),
    )
    ledger = Ledger({"2": last}, (deployment,))
    groups = tuple(replace(group, ledger=ledger) for group in snapshot.groups)
    return replace(snapshot, groups=groups)


@pytest.mark.parametrize(
    ("bounds", "words"),
    [
        (UNKNOWN, "–"),
        (NONE, "0"),
        (Bounds(12, 12), "12"),
        (Bounds(0, 1412), "0 to 1,412"),
        (Bounds(3, None), "at least 3"),
    ],
)
def test_bounds(bounds: Bounds, words: str) -> None:
    assert bounds_words(bounds) == words


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (COST, "read twice 0 to 412"),
        (TakeoverCost(NONE, NONE, NONE), "nothing read twice"),
        (TakeoverCost(NONE, Bounds(5, 25), NONE), "nothing read twice, skipped 5 to 25"),
        (TakeoverCost(NONE, Bounds(0, 25), Bounds(3, 3)), "nothing read twice, lost 3"),
        (NOT_COUNTED, ""),
        (TakeoverCost(why=CostUnknown.NO_READER_BEFORE), ""),
        (
            TakeoverCost(why=CostUnknown.HUB_NOT_READ),
            "read twice – (the hub was not read in time)",
        ),
        (
            TakeoverCost(Bounds(0, 31), why=CostUnknown.NO_CHECKPOINT),
            "read twice 0 to 31",
        ),
    ],
)
def test_costs(cost: TakeoverCost, words: str) -> None:
    assert cost_words(cost) == words


def test_each_reason_has_words() -> None:
    assert set(WHY) == set(CostUnknown)


def test_every_change_of_hands_tells_it() -> None:
    say = Phrasing(world.snapshot(), group=world.GROUP)
    found = (
        Claimed(world.A, "released", world.C, 12.0, COST),
        TakenOver(world.A, world.C, 190.0, None, 3, COST),
        Stolen(world.A, world.C, 4.0, COST),
    )

    for kind, details in zip(("claimed", "taken_over", "stolen"), found, strict=True):
        event = replace(world.CLAIMED, kind=f"lease.{kind}", details=details)
        assert timeline.sentence(event, say).endswith("; read twice 0 to 412")


def test_a_deployment_says_what_is_missing_in_it() -> None:
    (deployment,) = with_ledger().groups[0].ledger.deployments

    assert deployment_words(deployment, SAY) == (
        "4 since 12:01:29; read twice 3 to 412, not all known of 1"
    )
    waiting = Deployment(1.0, 2.0, takeovers=1, uncounted=1)
    assert deployment_words(waiting, SAY).endswith("; 1 not counted yet")


def test_details_and_report() -> None:
    snapshot = with_ledger()
    say = Phrasing(snapshot, group=world.GROUP)
    sections = partition_details(snapshot, world.GROUP, "2", say)
    (facts,) = [
        {line.label: line.value for line in each.lines}
        for each in sections
        if each.heading == "Last takeover"
    ]

    assert facts["read twice"] == "0 to 412"
    assert facts["skipped"] == "0"
    assert facts["by"] == world.A
    assert "Takeovers: 4 since 12:01:29; read twice 3 to 412" in report(snapshot, world.GROUP)
    assert "Takeovers:" not in report(world.snapshot(), world.GROUP)
    others = partition_details(snapshot, world.GROUP, "0", say)
    assert "Last takeover" not in {each.heading for each in others}


def test_details_say_why_something_is_not_known() -> None:
    snapshot = with_ledger(TakeoverCost(why=CostUnknown.OTHER_STREAM))
    sections = partition_details(snapshot, world.GROUP, "2", Phrasing(snapshot, group=world.GROUP))
    (facts,) = [
        {line.label: line.value for line in each.lines}
        for each in sections
        if each.heading == "Last takeover"
    ]

    assert facts["read twice"] == "–"
    assert facts["not known"] == WHY[CostUnknown.OTHER_STREAM]


def test_json_has_bounds_and_null_for_what_is_not_known() -> None:
    (group, *_) = document(with_ledger())["groups"]
    last = {p["id"]: p["last_takeover"] for p in group["partitions"]}

    assert last["0"] is None
    assert last["2"] is not None
    assert last["2"]["cost"]["read_again"] == {"least": 0, "most": 412}
    assert last["2"]["cost"]["why"] is None
    assert group["deployments"][0]["lost"] == {"least": 0, "most": 7}
    (group, *_) = document(with_ledger(NOT_COUNTED))["groups"]
    assert group["partitions"][2]["last_takeover"]["cost"] == {  # type: ignore[index]
        "read_again": {"least": None, "most": None},
        "skipped": {"least": None, "most": None},
        "lost": {"least": None, "most": None},
        "why": "not_counted_yet",
    }


def test_a_followed_signal_tells_it() -> None:
    window = TakeoverWindow(world.NOW + 10, world.NOW + 20, "configured")
    measured = MeasuredTakeover(
        OwnedPartition(world.GROUP, "2", window), world.C, world.NOW, 17, world.A, world.NOW + 12
    )
    say = Phrasing(world.snapshot(), group=world.GROUP)

    assert "read twice" not in takeover_sentence(measured, say)
    assert takeover_document(measured)["cost"]["why"] is CostUnknown.NOT_COUNTED_YET
    priced = replace(measured, cost=COST)
    assert takeover_sentence(priced, say).endswith("; read twice 0 to 412")
    assert takeover_document(priced)["cost"]["read_again"] == {"least": 0, "most": 412}
