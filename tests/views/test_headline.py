from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import LeaseState, Severity, Snapshot, SourceStatus
from ehtui.views.cells import Tone
from ehtui.views.formats import Clock
from ehtui.views.glyphs import ASCII
from ehtui.views.headline import headline
from tests.domain.build import healthy
from tests.views import world


def text(snapshot: Snapshot, **look: Any) -> str:
    return headline(snapshot, world.GROUP, **look).text


def test_the_worst_finding() -> None:
    cell = headline(world.snapshot(), world.GROUP)

    assert cell.text == "△ P2 has had no live owner for 2m08s; a standby takes it 12:03:40–12:04:16"
    assert cell.tone is Tone.WARNING


def test_times_are_those_of_the_readers_clock() -> None:
    told = text(world.snapshot(), clock=Clock(9 * 3600), glyphs=ASCII)

    assert told == "! P2 has had no live owner for 2m08s; a standby takes it 21:03:40–21:04:16"


def test_a_host_that_runs_ahead_reads_its_own_time() -> None:
    """The window is server time; whoever waits for it looks at a clock of this host."""
    fast = world.snapshot(taken_at=world.NOW + 60, clock_offset_s=-60.0)

    assert text(fast).endswith("12:04:41–12:05:17")


def test_worse_comes_before_the_shown_group() -> None:
    worse = replace(
        world.OVERDUE,
        id="lease.expired",
        severity=Severity.CRITICAL,
        subject=replace(world.OVERDUE.subject, group="analytics"),
    )

    assert text(world.snapshot(findings=(world.OVERDUE, worse))).startswith(
        "▲ P2 of analytics has had no live owner"
    )


def well(**changes: Any) -> Snapshot:
    group = world.group_state(
        *(
            world.partition(str(n), world.lease(owner=(world.A, world.B)[n % 2]), 20, 20)
            for n in range(3)
        )
    )

    return world.snapshot(**({"groups": (group,), "findings": (world.STANDS_BY,)} | changes))


def test_all_well_is_calm_and_true() -> None:
    cell = headline(well(), world.GROUP)

    assert (cell.text, cell.tone) == ("✓ 2 owners hold all 3 partitions; lag 0", Tone.GOOD)


def test_one_of_one() -> None:
    group = world.group_state(world.partition("0", world.lease(), 20, 17))

    assert text(well(groups=(group,))) == "✓ 1 owner holds the only partition; lag 3"


def test_a_partition_without_an_owner_is_not_called_well() -> None:
    group = world.group_state(
        world.partition("0", world.lease(), 20, 20),
        world.partition("1", world.lease(LeaseState.RELEASED), 20, 20),
    )
    cell = headline(well(groups=(group,)), world.GROUP)

    assert (cell.text, cell.tone) == ("P1 has no live owner; lag 0", Tone.PLAIN)


def test_a_group_whose_owner_just_died_is_not_called_well() -> None:
    played = healthy()
    assert text(played.snapshot).startswith("✓ 3 owners hold all 3 partitions")

    played.kill("owner-2")
    played.tick()
    played.fold(played.processes_read())
    played.tick(2)
    played.fold(played.store_read())

    assert text(played.snapshot).startswith(
        "△ P2 has had no live owner for 2s; another owner takes it"
    )


def test_no_store_claims_nothing_of_owners() -> None:
    assert text(well(groups=())) == "The hub has 3 partitions; owners and lag are not known"


def test_nothing_read_yet() -> None:
    assert text(Snapshot()) == "Reading the hub for the first time"


@pytest.mark.parametrize("problem", [None, Problem(ProblemKind.TIMEOUT, "No answer within 5 s.")])
def test_sources_that_fail_say_which_and_since_when(problem: Problem | None) -> None:
    store = world.source(
        "store", status=SourceStatus.FAILED, failing_since=world.NOW - 139, problem=problem
    )
    told = text(well(sources=(world.source("hub"), store)))

    assert told.startswith("△ Store not read since 12:00:41: ")
    assert told.lower().rstrip(".").endswith("no answer within 5 s" if problem else "no answer")
