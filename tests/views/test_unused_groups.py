"""Groups that only the service knows: shown without a fault, and in nobody's way."""

from __future__ import annotations

from ehtui.domain.hubs import WatchedHub
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.updates import GroupsListed
from ehtui.views.cells import Tone
from ehtui.views.groups import groups_table
from ehtui.views.hubs import hub_rows, hubs_headline
from ehtui.views.metrics import families
from ehtui.views.metrics.values import Picture
from tests.domain.build import World


def looked(*listed: str) -> Snapshot:
    world = World()
    world.consumer("a", "0", "1")
    world.produce(1.0)
    world.play(300)
    world.fold(GroupsListed(world.at, ("$Default", *listed)))
    return world.play(30)


def watched(name: str, snapshot: Snapshot) -> WatchedHub:
    return WatchedHub(f"p/{name}", "p", "ns", name, snapshot=snapshot)


def test_they_are_unused_and_no_worse_than_what_is_well() -> None:
    rows = groups_table(looked("aaa")).rows

    assert [[cell.text for cell in row.cells][:5] for row in rows] == [
        ["$Default", "ok", "2 ok", "1", "2"],
        ["aaa", "unused", "2", "0", "–"],
    ]
    assert [row.rank for row in rows] == [0, 0]
    assert rows[1].cells[1].tone is Tone.DIM


def test_a_hub_is_well_with_them() -> None:
    snapshot, plain = looked("aaa", "bbb"), looked()
    with_them, without = ([watched("h", each)] for each in (snapshot, plain))
    rows = hub_rows(with_them, now=snapshot.taken_at)

    assert [row.group_name for row in rows] == ["$Default", "aaa", "bbb"]
    assert rows[1].said.text == "The store has no records of this group."
    assert hubs_headline(rows) == hubs_headline(hub_rows(without, now=plain.taken_at))


def test_they_have_no_metrics() -> None:
    found = families([Picture("ns", "h", snapshot := looked("aaa"), snapshot.taken_at)])
    told = {value for family in found for sample in family.samples for _, value in sample.labels}

    assert "$Default" in told
    assert "aaa" not in told
