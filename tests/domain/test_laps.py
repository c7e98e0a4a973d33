"""What a signal set free, watched until it is owned again: on the timeline and in the snapshot."""

from __future__ import annotations

import pytest

from ehtui.domain.actions.base import OwnedPartition
from ehtui.domain.actions.outcomes import MeasuredTakeover, Outcome, OutcomeState
from ehtui.domain.actions.plans import SignalPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.evidence import Doubt, TakeoverWindow, facts
from ehtui.domain.snapshot import ConsumerRole
from ehtui.domain.updates import ActionDone
from tests.domain.build import World, healthy, process_id
from tests.domain.planning import plan_signal

HOST = Actor(own_pid=1, ancestors=frozenset(), user="ops", is_root=False)


def signalled(world: World, signal: str, state: OutcomeState = OutcomeState.DONE) -> None:
    """The first consumer gets a signal."""
    process = process_id(world.consumers["owner-0"])
    plan = plan_signal(world.snapshot, (process,), signal, host=HOST, read_only=False, at=world.at)
    assert isinstance(plan, SignalPlan)
    assert plan.targets[0].owns
    world.fold(ActionDone(world.at, Outcome(plan, state, world.at)))


def test_a_takeover_is_measured_once_beside_its_forecast() -> None:
    world = healthy()
    signalled(world, "KILL")
    world.kill("owner-0")
    world.play(190)
    assert world.snapshot.takeovers[0].owned_at is None
    assert not world.told("takeover.measured")

    world.claim("0", "owner-1")
    world.play(20)
    (event,) = world.told("takeover.measured")
    (takeover,) = world.snapshot.takeovers

    assert event.subject.partition == "0"
    assert facts(event.details)["previous_owner"] == "owner-0"
    assert facts(event.details)["owner"] == "owner-1"
    assert facts(event.details)["gap_s"] == takeover.gap_s
    assert takeover.gap_s is not None
    assert 185 <= takeover.gap_s <= 196
    assert facts(event.details)["is_inside_forecast"] is True
    assert takeover.moved_at is not None


@pytest.mark.parametrize(
    ("owned_s", "is_kept"), [(-1, False), (0, True), (10, True), (20, True), (21, False)]
)
def test_a_forecast_is_kept_inside_its_window_only(owned_s: float, *, is_kept: bool) -> None:
    """“kept” stood beside a takeover that was a second past its window."""
    window = TakeoverWindow(1000.0, 1020.0, "observed")
    takeover = MeasuredTakeover(
        OwnedPartition("g", "0", window), "a", 980.0, None, "b", 1000.0 + owned_s
    )

    assert takeover.is_inside_forecast is is_kept


def test_a_graceful_stop_hands_over_at_once() -> None:
    world = healthy()
    signalled(world, "TERM")
    world.stop("owner-0")
    world.play(5)
    world.claim("0", "owner-2")
    world.play(10)
    (event,) = world.told("takeover.measured")

    gap_s = facts(event.details)["gap_s"]
    assert isinstance(gap_s, float)
    assert gap_s < 12


def test_who_was_asked_to_end_and_closes_slowly_lacks_nothing() -> None:
    world = healthy()
    signalled(world, "TERM")
    world.release("0")
    world.claim("0", "owner-1")
    world.play(200)
    (closing,) = (c for c in world.snapshot.consumers if not c.owns)

    assert closing.role is ConsumerRole.UNKNOWN
    assert "consumer.starved" not in world.ids()

    world.play(240)  # by now it does not end
    assert "consumer.starved" in world.ids()


def test_whose_process_had_ended_released_nothing() -> None:
    world = healthy()
    world.kill("owner-0")
    world.play(20)  # its lease is neither overdue nor run out by what is known of the others
    world.claim("0", "owner-1")
    world.play(5)
    (event,) = world.told("lease.taken_over")

    assert facts(event.details)["previous_owner"] == "owner-0"
    assert not world.told("lease.released")


def test_who_goes_on_renewing_was_not_ended() -> None:
    world = healthy()
    signalled(world, "TERM")
    world.play(120)
    world.claim("0", "owner-1")
    world.play(10)

    assert world.snapshot.takeovers == ()
    assert not world.told("takeover.measured")


def test_a_dry_run_starts_no_watch() -> None:
    world = healthy()
    signalled(world, "KILL", OutcomeState.DRY_RUN)

    assert world.snapshot.takeovers == ()


def test_what_a_process_ignores_sets_nothing_free() -> None:
    world = healthy()
    signalled(world, "STOP")
    (frozen,) = world.snapshot.takeovers
    signalled(world, "CONT")
    *_, event = world.told("action.signal")

    assert world.snapshot.takeovers == (frozen,)
    assert facts(event.details)["effect"] == "ignored"
    assert facts(event.details)["takeover_earliest_at"] is None
    assert facts(event.details)["takeover_basis"] is None


def test_a_second_signal_starts_the_watch_anew() -> None:
    world = healthy()
    signalled(world, "TERM")
    world.play(10)
    signalled(world, "KILL")

    assert len(world.snapshot.takeovers) == 1
    assert world.snapshot.takeovers[0].started_at > world.server_at - 1


def test_nobody_watches_for_ever() -> None:
    world = healthy()
    signalled(world, "KILL")
    world.kill("owner-0")
    world.at += 4000
    world.look()

    assert world.snapshot.takeovers == ()


def test_a_checkpoint_that_moves_again_is_told_once() -> None:
    world = healthy()
    signalled(world, "TERM")
    world.stop("owner-0")
    world.play(5)
    assert not world.told("takeover.moved")

    world.claim("0", "owner-2")
    world.play(60)
    (event,) = world.told("takeover.moved")
    (takeover,) = world.snapshot.takeovers

    assert takeover.moved_at is not None
    assert (event.at, event.subject.partition) == (takeover.moved_at, "0")
    assert facts(event.details)["moved_s"] == takeover.moved_at - takeover.started_at
    assert facts(event.details)["owner"] == "owner-2"


def test_a_forecast_before_any_renewal_says_that_it_is_assumed() -> None:
    world = World(3)
    world.produce(3)

    for n in range(3):
        world.consumer(f"owner-{n}", str(n), pid=100 + n)

    world.look()
    signalled(world, "KILL")

    (takeover,) = world.snapshot.takeovers
    assert takeover.owned.takeover.earliest_at is not None
    assert takeover.owned.takeover.doubt is Doubt.UNTIMED
    (event,) = world.told("action.signal")
    assert facts(event.details)["takeover_is_assumed"] is True

    seen = healthy()
    signalled(seen, "KILL")
    assert not seen.snapshot.takeovers[0].owned.takeover.is_guess
