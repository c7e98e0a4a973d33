"""The rules of leases, takeovers and records one by one, as tables."""

from __future__ import annotations

import pytest

from ehtui.domain.leases import NO_RHYTHM, Rhythm, Timing, heard, lease_of, timings
from ehtui.domain.namespaces import Names
from ehtui.domain.ownership import HubNames, checkpoint_at, look_at, natural, ownership_at
from ehtui.domain.policy import LeasePolicy
from ehtui.domain.sdks import DOTNET, GO, JAVA, JS, PYTHON, Profile, hints_of, profiles
from ehtui.domain.snapshot import Lease, LeaseState, TimingBasis
from ehtui.domain.store import Checkpoint, Layout, Ownership, StoreListing
from ehtui.domain.takeover import forecast
from tests.domain.build import World
from tests.domain.records import HELD, T, checkpoint, ownership


@pytest.mark.parametrize(
    ("period_s", "hints", "expected"),
    [
        (33.0, (), {"python-180/30"}),
        (30.2, (), {"python-180/30", "dotnet-120/30", "java-120/30"}),
        (30.2, ("dotnet",), {"dotnet-120/30"}),
        (10.2, (), {"js-60/10", "go-60/10"}),
        (10.2, ("js",), {"js-60/10"}),
        (2.2, (), {"python-12/2"}),  # a configured interval: six rounds
        (2.2, ("go",), {"go-60/2.2"}),
        (None, (), {"python-180/30", "dotnet-120/30"}),
        (None, ("java",), {"java-120/30"}),
    ],
)
def test_profiles(period_s: float | None, hints: tuple[str, ...], expected: set[str]) -> None:
    assert {p.code for p in profiles(period_s, frozenset(hints))} == expected


def test_hints() -> None:
    assert hints_of("node", "EventProcessor 'x' is being started") == {"python"}
    assert hints_of("node", "") == {"js"}
    assert hints_of("dotnet", None) == {"dotnet"}
    assert hints_of("start_consumer", None) == frozenset()
    assert hints_of("start_consumer", "[5f2a] Listing ownership for ns/hub/group") == {"go"}


RHYTHM = Rhythm((33.0,), 33.0, 36.0)


def timing_of(period_s: float = 33.0, expires_after_s: float | None = None) -> Timing:
    rhythms = {"a": Rhythm((period_s,), period_s, period_s), "b": RHYTHM}
    live = frozenset({"a", "b"})
    return timings(LeasePolicy(expires_after_s), rhythms, {}, live)["a"]


@pytest.mark.parametrize(
    ("every_s", "is_told"),
    [(1, False), (2, False), (3, False), (4, False), (7, True), (10, True), (33, True)],
)
def test_renewals_between_two_looks_tell_no_period(every_s: int, *, is_told: bool) -> None:
    world = World(partitions=2)
    world.consumer("a", "0", renews_every_s=every_s)
    world.consumer("b", "1", renews_every_s=every_s)
    world.play(240)
    told_s = world.partition("0").lease.renewed_every_s

    assert (told_s is not None) == is_told

    if told_s is not None:
        assert abs(told_s - every_s) <= 0.5


def test_who_renews_more_often_than_is_looked_is_not_late_between_two_looks() -> None:
    world = World(partitions=2)
    world.consumer("a", "0", renews_every_s=2)
    world.consumer("b", "1", renews_every_s=2)
    world.play(60, every_s=1)  # as after a signal
    assert world.partition("0").lease.renewed_every_s == 2
    world.play(60, every_s=5)

    assert not world.told("lease.overdue")


@pytest.mark.parametrize(
    ("age_s", "expected"),
    [
        (0, LeaseState.HELD),
        (51, LeaseState.HELD),
        (52, LeaseState.OVERDUE),
        (179, LeaseState.OVERDUE),
        (180, LeaseState.EXPIRED),
    ],
)
def test_lease_states(age_s: float, expected: LeaseState) -> None:
    lease = lease_of(ownership("a", T), timing_of(), T + age_s, "a", None)

    assert lease.state is expected
    assert lease.owner == "a"
    assert lease.expires_at == T + 180


def test_lease_states_without_an_owner() -> None:
    assert lease_of(None, None, T, None, None).state is LeaseState.NEVER_OWNED
    released = lease_of(ownership(None), None, T, "a", None)
    assert (released.state, released.owner) == (LeaseState.RELEASED, "a")


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("leased", LeaseState.HELD),
        ("breaking", LeaseState.HELD),
        ("available", LeaseState.EXPIRED),
        ("expired", LeaseState.EXPIRED),
        ("broken", LeaseState.EXPIRED),
    ],
)
def test_a_blob_lease_is_judged_by_its_state_not_its_age(word: str, expected: LeaseState) -> None:
    record = ownership("host", T - 9999, layout=Layout.EPH_DOTNET, blob_lease_state=word)
    lease = lease_of(record, timing_of(), T, "host", None)

    assert lease.state is expected
    assert lease.expires_at is None


def test_expiry_is_that_of_the_others() -> None:
    js = Rhythm((10.0,), 10.0, 10.0)
    found = timings(LeasePolicy(), {"py": RHYTHM, "js": js}, {}, frozenset({"py", "js"}))

    assert found["py"].expires_after_s == 60
    assert found["js"].expires_after_s == 180
    assert found["py"].basis is TimingBasis.INFERRED
    alone = timings(LeasePolicy(), {"py": RHYTHM}, {}, frozenset({"py"}))["py"]
    assert (alone.expires_after_s, alone.basis) == (180, TimingBasis.ASSUMED)
    assert timing_of(expires_after_s=45.0).basis is TimingBasis.CONFIGURED


def test_of_several_kinds_the_first_to_call_it_expired_takes_it() -> None:
    js = Rhythm((10.0,), 10.0, 10.0)
    rhythms = {"py": RHYTHM, "py2": RHYTHM, "js": js}
    found = timings(LeasePolicy(), rhythms, {}, frozenset(rhythms))

    assert found["py"].expires_after_s == 60  # the other Python one would wait for 180 s
    assert {p.expires_after_s for p in found["py"].rivals} == {60}
    assert found["js"].expires_after_s == 180


def test_an_undecided_kind_may_still_be_the_slower_one() -> None:
    either = Rhythm((30.5,), 30.5, 31.0)  # Python, .NET and Java renew like this
    rhythms = {"a": either, "b": either}
    found = timings(LeasePolicy(), rhythms, {}, frozenset(rhythms))["a"]

    assert (found.soonest_expiry_s, found.expires_after_s) == (120, 180)


def test_a_steady_rhythm_stays_the_same_period() -> None:
    rhythm, periods = NO_RHYTHM, set()

    for delta_s in (33, 34, 32, 36, 31, 33, 35, 30, 34, 33, 32):
        rhythm = heard(rhythm, delta_s)
        periods.add(rhythm.period_s)

    assert periods == {33}

    for _ in range(6):
        rhythm = heard(rhythm, 10)

    assert rhythm.period_s == pytest.approx(10, abs=8)


LAPSED = Lease(LeaseState.OVERDUE, "a", T, T + 180)


@pytest.mark.parametrize(
    ("rivals", "survivors", "waiting", "earliest_s", "latest_s", "basis"),
    [
        # facts.md §2, counted from the last renewal: E .. E + P'
        ((PYTHON,), 1, 3, 180, 216, "python-180/30"),
        ((DOTNET,), 2, 3, 120, 150, "dotnet-120/30"),
        ((JS,), 1, 1, 60, 70, "js-60/10"),
        ((JS,), 1, 3, 60, 90, "js-60/10"),  # one further partition a round
        ((JS,), 2, 3, 60, 80, "js-60/10"),
        ((GO,), 1, 1, 60, 73, "go-60/10"),
        ((PYTHON, DOTNET), 1, 1, 120, 216, "python-180/30|dotnet-120/30"),
        ((Profile("configured", 10, 12, 45),), 1, 1, 45, 57, "configured"),
        ((JAVA,), 0, 1, None, None, "no-survivor"),
    ],
)
def test_takeover(
    rivals: tuple[Profile, ...],
    survivors: int,
    waiting: int,
    earliest_s: float | None,
    latest_s: float | None,
    basis: str,
) -> None:
    window = forecast(LAPSED, rivals, survivors, waiting, T)

    assert window is not None
    assert window.basis == basis
    assert window.earliest_at == (None if earliest_s is None else T + earliest_s)
    assert window.latest_at == (None if latest_s is None else T + latest_s + 0.5)


def test_takeover_after_a_release_is_the_next_round() -> None:
    free = Lease(LeaseState.RELEASED, "a", last_modified=T)
    window = forecast(free, (PYTHON,), 1, 1, T + 5)

    assert window is not None
    assert (window.earliest_at, window.latest_at) == (T, T + 36.5)
    assert forecast(HELD, (PYTHON,), 1, 1, T) is None


def listing(*records: Ownership | Checkpoint) -> StoreListing:
    owns = tuple(r for r in records if isinstance(r, Ownership))
    reads = tuple(r for r in records if isinstance(r, Checkpoint))
    return StoreListing(owns, reads, (), T, T, len(records), 1)


def test_names_match_without_case_and_port() -> None:
    look = look_at(
        listing(
            ownership("a", namespace="NS:5672", group="$Default"),
            checkpoint(7, namespace="ns", group="$default"),
            ownership("x", namespace="other", group="$Default"),
        ),
        HubNames(Names("ns"), "hub"),
        None,
    )

    assert ownership_at(look, ("$default", "0"), None) == look.listing.ownerships[0]
    assert checkpoint_at(look, ("$default", "0"), None) == look.listing.checkpoints[0]
    assert look.spellings == {"$default": ("NS:5672/hub/$Default", "ns/hub/$default")}


def test_a_modern_record_beats_the_legacy_one_it_replaced() -> None:
    old = ownership("old", T, layout=Layout.FUNCTIONS_LEGACY, blob_lease_state="available")
    new = ownership("new", T - 30)

    assert ownership_at(look_at(listing(old, new), None, None), ("g", "0"), None) == new


def test_of_two_live_spellings_the_shown_one_stays() -> None:
    one, two = ownership("a", T, namespace="ns"), ownership("b", T + 5, namespace="ns:5672")
    look = look_at(listing(one, two), None, None)

    assert ownership_at(look, ("g", "0"), None) == two
    assert ownership_at(look, ("g", "0"), one) == one
    late = ownership("b", T + 100, namespace="ns:5672")
    assert ownership_at(look_at(listing(one, late), None, None), ("g", "0"), one) == late


def test_natural_order() -> None:
    assert natural({"10", "2", "x", "0"}) == ("0", "2", "10", "x")
