"""What is said where nothing was found though not everything is judged."""

from __future__ import annotations

import pytest

from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import Health, Snapshot
from ehtui.views.formats import UTC_CLOCK
from ehtui.views.incident import wrong_parts
from ehtui.views.pending import enough_s
from ehtui.views.phrasing import Phrasing
from ehtui.views.report import findings_report, report
from tests.domain.build import World


def hung(seconds: float, partitions: int = 2) -> Snapshot:
    """Everything was read; then 57 events come for a consumer that hangs, before anybody looks."""
    world = World(partitions)
    names = [str(n) for n in range(partitions)]
    world.consumer("a", *names)
    world.send("1", 10)
    world.checkpoint("1", 9)
    world.consumers["a"].is_stuck = True
    world.tick(200)
    world.send("1", 57)
    world.tick(160)
    world.look()
    world.play(seconds)

    return world.snapshot


@pytest.mark.parametrize("seconds", [5, 60])
def test_what_is_not_judged_is_no_all_clear(seconds: float) -> None:
    snapshot = hung(seconds)
    told = findings_report(snapshot, "$default")
    age = {5: ">2m45s", 60: ">3m40s"}[int(seconds)]

    assert not snapshot.findings
    assert "Nothing wrong was found" not in told
    sentence = (
        "Nothing wrong among what could be judged; "
        f"P1's health is not judged yet: 57 events wait for {age}."
    )
    assert sentence in told
    assert sentence in report(snapshot, "$default")
    parts = wrong_parts(Phrasing(snapshot, UTC_CLOCK, "$default"))
    assert any("P1's health is not judged yet" in line for part in parts for line in part)


def test_a_longer_watch_that_is_asked_for_is_long_enough() -> None:
    snapshot = hung(30)
    longer_s = enough_s(snapshot)

    assert f"Watch longer: --for {longer_s}s." in findings_report(snapshot, "$default")
    assert longer_s > 30
    judged = hung(longer_s)
    assert {finding.id for finding in judged.findings} == {"handler.stuck"}


def test_one_look_is_followed_by_a_few() -> None:
    world = World(1)
    world.send("0", 3)
    world.checkpoint("0", 2)
    world.consumer("a", "0")
    snapshot = world.look()

    assert "Watch longer: --for 15s." in report(snapshot, "$default")


def test_many_partitions_are_not_listed_one_by_one() -> None:
    world = World(9)
    world.consumer("a", *map(str, range(9)))

    for n in range(9):
        world.send(str(n), 2)
        world.checkpoint(str(n), 0)

    told = findings_report(world.look(), "$default")
    assert "P2's health is not judged yet: 1 event waits" in told
    assert "nor is that of 6 more partitions." in told


def test_where_all_is_read_nothing_is_open() -> None:
    world = World(1)
    world.consumer("a", "0")
    world.send("0", 3)
    world.look()
    world.play(120)

    assert world.partition("0").health is Health.OK
    assert world.partition("0").rule == Rule.LAG_ZERO
    assert "Nothing wrong was found." in findings_report(world.snapshot, "$default")
