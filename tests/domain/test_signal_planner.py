"""What a signal plan says of cost, and which targets it refuses."""

from __future__ import annotations

import signal
from math import ceil, floor

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.base import SignalEffect
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.plans import SignalPlan
from ehtui.domain.actions.requests import Actor
from ehtui.domain.actions.signal import reforecast, signal_effect, signal_number
from ehtui.domain.leases.lease import CLOCK_S, CLOSE_S
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.snapshot import (
    ConsumerState,
    GroupPartition,
    GroupState,
    Lease,
    LeaseState,
    OwnerState,
    Snapshot,
)
from ehtui.domain.world.process import LinkBasis, OwnerLink, ProcessId, ProcessSample, RecognisedBy
from tests.domain.planning import plan_signal

HOST = Actor(own_pid=10, ancestors=frozenset({1, 5}), user="dev")
SLOWEST_ROUND_S = 30 * 1.2 + 0.5  # a round with its jitter, and the time to claim it
TARGET = ProcessId(51257, 1_000.0)


def process(id_: ProcessId = TARGET, user: str | None = "dev") -> ProcessSample:
    return ProcessSample(
        id=id_,
        parent=1,
        user=user,
        name="python",
        command="python start_consumer.py",
        cwd=None,
        status="sleeping",
        cpu_percent=None,
        memory_percent=None,
        rss_bytes=None,
        threads=None,
        connections=None,
        recognised_by=RecognisedBy.PATTERN,
        caught_signals=frozenset({int(signal.SIGTERM)}),
        ignored_signals=frozenset({int(signal.SIGINT)}),
    )


def snapshot(sample: ProcessSample | None = None, *, others: bool = True) -> Snapshot:
    sample = sample or process()
    lease = Lease(
        LeaseState.HELD,
        owner="a",
        renewed_at=990.0,
        expires_at=1_170.0,
        renewed_every_s=30.0,
        expires_after_s=180.0,
        basis=TimingBasis.ASSUMED,
    )
    owners = [OwnerState("a", ("0",), renewed_every_s=30.0)]

    if others:
        owners.append(OwnerState("b", ("1",), renewed_every_s=30.0))

    link = OwnerLink(sample.id, "a", LinkBasis.LOG, "…", 1.0)

    return Snapshot(
        taken_at=1_000.0,
        policy=Policy(lease=LeasePolicy(expires_after_s=180.0, renewed_every_s=30.0)),
        groups=(GroupState("$Default", (GroupPartition("0", lease),), tuple(owners)),),
        consumers=(ConsumerState(sample, link, (("$Default", "0"),)),),
    )


def plan(name: str, seen: Snapshot | None = None) -> SignalPlan | Refusal:
    return plan_signal(seen or snapshot(), [TARGET], name, host=HOST, read_only=False, at=1_000.0)


def test_kill_costs_the_rest_of_the_lease_and_one_round() -> None:
    made = plan("KILL")

    assert isinstance(made, SignalPlan)
    assert made.targets[0].effect is SignalEffect.DIES
    (owned,) = made.targets[0].owns
    assert (owned.group, owned.partition) == ("$Default", "0")
    assert owned.takeover.earliest_at == 1_170.0
    assert owned.takeover.latest_at == ceil(1_170.0 + SLOWEST_ROUND_S)


def test_a_caught_signal_releases_within_one_round() -> None:
    made = plan("TERM")

    assert isinstance(made, SignalPlan)
    assert made.targets[0].effect is SignalEffect.RELEASES
    (owned,) = made.targets[0].owns
    assert owned.takeover.earliest_at == floor(1_000.0 - CLOCK_S)
    assert owned.takeover.latest_at == ceil(1_000.0 + CLOSE_S + SLOWEST_ROUND_S)


def test_without_a_survivor_nobody_takes_over() -> None:
    made = plan("KILL", snapshot(others=False))

    assert isinstance(made, SignalPlan)
    (owned,) = made.targets[0].owns
    assert owned.takeover.basis == "no-survivor"
    assert owned.takeover.earliest_at is None


@pytest.mark.parametrize("name", ["TERM", "KILL"])
def test_who_ends_along_with_it_is_no_survivor(name: str) -> None:
    """Stopping every consumer of a group leaves its partitions unread."""
    other = ProcessId(51411, 1_001.0)
    both = snapshot()
    link = OwnerLink(other, "b", LinkBasis.LOG, "…", 1.0)
    consumer = ConsumerState(process(other), link, (("$Default", "1"),))
    seen = replace(both, consumers=(*both.consumers, consumer))
    made = plan_signal(seen, [TARGET, other], name, host=HOST, read_only=False, at=1_000.0)

    assert isinstance(made, SignalPlan)
    assert made.targets[0].owns[0].takeover.basis == "no-survivor"

    harmless = plan_signal(seen, [TARGET, other], "INT", host=HOST, read_only=False, at=1_000.0)
    assert isinstance(harmless, SignalPlan)
    assert harmless.targets[0].owns[0].takeover.basis != "no-survivor"

    again = reforecast(made, seen, 1_010.0)
    assert again.targets[0].owns[0].takeover.basis == "no-survivor"


@pytest.mark.parametrize(
    ("name", "effect"),
    [
        ("INT", SignalEffect.IGNORED),
        ("TERM", SignalEffect.RELEASES),
        ("HUP", SignalEffect.DIES),
        ("KILL", SignalEffect.DIES),
        ("STOP", SignalEffect.UNKNOWN),
    ],
)
def test_effect_follows_the_signal_masks(name: str, effect: SignalEffect) -> None:
    number = signal_number(name)
    assert number is not None
    assert signal_effect(process(), number) is effect


def test_without_masks_the_effect_is_unknown() -> None:
    blind = replace(process(), caught_signals=None)

    assert signal_effect(blind, int(signal.SIGTERM)) is SignalEffect.UNKNOWN


@pytest.mark.parametrize(
    ("id_", "sample", "reason"),
    [
        (ProcessId(1, 0.0), None, RefusalReason.INIT),
        (ProcessId(10, 0.0), None, RefusalReason.SELF_OR_ANCESTOR),
        (ProcessId(5, 0.0), None, RefusalReason.SELF_OR_ANCESTOR),
        (ProcessId(999, 0.0), None, RefusalReason.GONE),
        (ProcessId(TARGET.pid, 5.0), None, RefusalReason.IDENTITY_CHANGED),
        (TARGET, replace(process(), status="zombie"), RefusalReason.GONE),
        (TARGET, process(user="root"), RefusalReason.FOREIGN_USER),
    ],
)
def test_refusals_name_their_reason(
    id_: ProcessId, sample: ProcessSample | None, reason: RefusalReason
) -> None:
    made = plan_signal(snapshot(sample), [id_], "TERM", host=HOST, read_only=False, at=1_000.0)

    assert isinstance(made, Refusal)
    assert made.reason is reason


def test_read_only_and_unknown_signals_are_refused() -> None:
    read_only = plan_signal(snapshot(), [TARGET], "TERM", host=HOST, read_only=True, at=1.0)
    unknown = plan("NOSUCH")
    nobody = plan_signal(snapshot(), [], "TERM", host=HOST, read_only=False, at=1.0)

    assert isinstance(read_only, Refusal)
    assert read_only.reason is RefusalReason.READ_ONLY
    assert isinstance(unknown, Refusal)
    assert unknown.reason is RefusalReason.UNKNOWN_SIGNAL
    assert isinstance(nobody, Refusal)
    assert nobody.reason is RefusalReason.NOTHING_SELECTED


@pytest.mark.parametrize("spelling", ["TERM", "SIGTERM", "term", "15"])
def test_signals_are_spelled_as_people_do(spelling: str) -> None:
    assert signal_number(spelling) == signal.SIGTERM


@pytest.mark.parametrize("spelling", ["", "0", "9999", "SIG", "KILLL", "²"])
def test_unknown_signals_have_no_number(spelling: str) -> None:
    assert signal_number(spelling) is None


def test_a_forecast_follows_renewals_while_the_confirmation_is_read() -> None:
    made = plan("KILL")
    later = snapshot()
    (group,) = later.groups
    renewed = replace(group.partitions[0].lease, renewed_at=1_020.0, expires_at=1_200.0)
    partition = replace(group.partitions[0], lease=renewed)
    later = replace(later, taken_at=1_025.0, groups=(replace(group, partitions=(partition,)),))

    assert isinstance(made, SignalPlan)
    again = reforecast(made, later, 1_025.0)

    assert again.targets[0].process == made.targets[0].process
    assert again.targets[0].owns[0].takeover.earliest_at == 1_200.0
    assert again.planned_at == 1_025.0
    gone = replace(later, consumers=())
    assert reforecast(made, gone, 1_025.0).targets == made.targets


def test_who_ignores_the_first_signal_is_told_to_be_killed() -> None:
    made = plan_signal(
        snapshot(), [TARGET], "INT", host=HOST, read_only=False, at=1_000.0, escalate_after_s=5.0
    )

    assert isinstance(made, SignalPlan)
    assert made.escalate_to == "KILL"
    assert made.targets[0].effect is SignalEffect.DIES
    assert made.targets[0].owns[0].takeover.earliest_at == 1_170.0
