"""The rules of leases, takeovers and records one by one, as tables."""

from __future__ import annotations

import pytest

from ehtui.domain.evidence import Doubt
from ehtui.domain.leases.lease import after_lapse, forecast, last_renewal, lease_of, survivors_skew
from ehtui.domain.leases.renewals import (
    NOT_MEASURED,
    RenewalStats,
    SeenRenewal,
    is_next,
    measured,
    quicker,
)
from ehtui.domain.leases.sdks import (
    DOTNET,
    GO,
    JAVA,
    JS,
    PYTHON,
    RUST,
    SdkProfile,
    hints_of,
    sdk_profiles,
)
from ehtui.domain.leases.timing import LeaseTiming, SeenExpiry, TimingBasis, timings
from ehtui.domain.policy import LeasePolicy
from ehtui.domain.snapshot import Lease, LeaseState, OwnerState
from ehtui.domain.world.process import LinkBasis, OwnerLink, ProcessId
from ehtui.domain.world.store import Layout
from tests.domain.build import World
from tests.domain.processors import Processor, Working
from tests.domain.records import HELD, T, ownership


@pytest.mark.parametrize(
    ("period_s", "hints", "expected"),
    [
        (33.0, (), {"python-180/30"}),
        (30.2, (), {"python-180/30", "dotnet-120/30", "java-120/30"}),
        (30.2, ("dotnet",), {"dotnet-120/30"}),
        (10.2, (), {"js-60/10", "go-60/10"}),
        (10.2, ("js",), {"js-60/10"}),
        (2.2, (), {"python-12/2"}),  # a configured interval: six rounds
        (10.4, ("python",), {"python-60/10"}),  # 9.5 measured for a short while: people say 10
        (8.7, ("python",), {"python-48/8"}),
        (2.2, ("go",), {"go-13.2/2.2"}),  # as many intervals as usual (facts.md §2)
        (3.05, ("js",), {"js-18/3"}),
        (5.1, ("dotnet",), {"dotnet-20/5"}),
        (None, (), {"python-180/30", "dotnet-120/30"}),
        (None, ("java",), {"java-120/30"}),
        (None, ("rust",), {"rust-60/30"}),
        (30.2, ("rust",), {"rust-60/30"}),
        (2.75, (), {"python-15/2.5"}),
    ],
)
def test_profiles(period_s: float | None, hints: tuple[str, ...], expected: set[str]) -> None:
    assert {p.code for p in sdk_profiles(period_s, frozenset(hints))} == expected


def test_hints() -> None:
    assert hints_of("node", "EventProcessor 'x' is being started") == {"python"}
    assert hints_of("node", "") == {"js"}
    assert hints_of("dotnet", None) == {"dotnet"}
    assert hints_of("start_consumer", None) == frozenset()
    assert hints_of("start_consumer", "[5f2a] Listing ownership for ns/hub/group") == {"go"}


STATS = RenewalStats((33.0,), 33.0, 36.0)


def every(period_s: float) -> RenewalStats:
    return RenewalStats((period_s,), period_s, period_s)


def timing_of(period_s: float = 33.0, expires_after_s: float | None = None) -> LeaseTiming:
    renewals = {"a": every(period_s), "b": STATS}
    live = frozenset({"a", "b"})
    return timings(LeasePolicy(expires_after_s), renewals, {}, live)["a"]


def timing_by(*rivals: SdkProfile, basis: TimingBasis = TimingBasis.INFERRED) -> LeaseTiming:
    lengths = [p.expires_after_s for p in rivals] or [180.0]
    observed, longest_s = TimingBasis.OBSERVED, 36.0
    return LeaseTiming(33, observed, longest_s, 51, max(lengths), min(lengths), basis, rivals)


@pytest.mark.parametrize(
    ("every_s", "is_told"),
    [(1, False), (2, False), (3, False), (7, True), (11, True), (33, True)],
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
    working = Working(partitions=2)
    working.join("a", "b", like=Processor("", 2.0, 12.0))
    working.run(60)
    assert working.world.partition("0").lease.renewed_every_s == pytest.approx(2.2, abs=0.2)
    working.run(120)

    assert working.world.snapshot.closer_looks is None  # by now it is looked at every 5 s again
    assert not working.world.told("lease.overdue")


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
        ("available", LeaseState.RELEASED),
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
    found = timings(LeasePolicy(), {"py": STATS, "js": every(10)}, {}, frozenset({"py", "js"}))

    assert found["py"].expires_after_s == 60
    assert found["js"].expires_after_s == 180
    assert found["py"].basis is TimingBasis.INFERRED
    alone = timings(LeasePolicy(), {"py": STATS}, {}, frozenset({"py"}))["py"]
    assert (alone.expires_after_s, alone.basis) == (180, TimingBasis.ASSUMED)
    assert timing_of(expires_after_s=45.0).basis is TimingBasis.CONFIGURED


def test_of_several_kinds_the_first_to_call_it_expired_takes_it() -> None:
    renewals = {"py": STATS, "py2": STATS, "js": every(10)}
    found = timings(LeasePolicy(), renewals, {}, frozenset(renewals))

    assert found["py"].expires_after_s == 60  # the other Python one would wait for 180 s
    assert {p.expires_after_s for p in found["py"].rivals} == {60}
    assert found["js"].expires_after_s == 180


def test_an_undecided_kind_may_still_be_the_slower_one() -> None:
    renewals = {"a": every(30.5), "b": every(30.5)}  # Python, .NET and Java renew like this
    found = timings(LeasePolicy(), renewals, {}, frozenset(renewals))["a"]

    assert (found.soonest_expiry_s, found.expires_after_s) == (120, 180)


def test_a_steady_renewal_stays_the_same_period() -> None:
    stats, periods = NOT_MEASURED, set()

    for gap_s in (33, 34, 32, 36, 31, 33, 35, 30, 34, 33, 32):
        stats = measured(stats, gap_s)
        periods.add(stats.period_s)

    assert periods == {33}


def test_gaps_of_whole_seconds_add_up_to_a_finer_period() -> None:
    stats = NOT_MEASURED

    for gap_s in (2, 2, 3, 2, 2, 2, 2, 2):  # 17 s: too little to tell
        stats = measured(stats, gap_s)

    assert stats.period_s is None

    for gap_s in (3, 2, 2, 2, 2, 3):
        stats = measured(stats, gap_s)

    assert stats.period_s == pytest.approx(2.2, abs=0.12)


@pytest.mark.parametrize("odd_s", [90.0, 200.0])
def test_a_pause_never_enters_a_period(odd_s: float) -> None:
    stats = NOT_MEASURED

    for gap_s in (33, 34, odd_s, 33, odd_s, 34, 32):
        stats = measured(stats, gap_s)

    assert stats.period_s == pytest.approx(33, abs=1)
    assert stats.longest_s == 34


def test_who_renews_differently_for_long_is_measured_anew() -> None:
    stats = measured(measured(NOT_MEASURED, 33), 34)

    for _ in range(3):
        stats = measured(stats, 10)

    assert stats.period_s == pytest.approx(10)

    for _ in range(3):
        stats = quicker(stats, 3)

    assert stats == NOT_MEASURED


@pytest.mark.parametrize(
    ("rested_s", "rest_s", "expected"),
    [
        (5.0, 1.0, True),  # looked at each second, renewed every 6
        (1.0, 1.0, False),  # every 2: another one fits in between
        (4.0, 5.0, False),  # looked at every 5 s, renewed every 3
        (33.0, 5.0, True),
        (28.0, 35.0, False),  # a pause of 35 s hides a renewal of one who renews every 30
        (10.0, 60.0, False),  # an outage
    ],
)
def test_what_may_have_been_missed_is_not_measured(
    rested_s: float, rest_s: float, *, expected: bool
) -> None:
    first = SeenRenewal(T - 5, T, T)
    second = SeenRenewal(T + rested_s, T + rested_s + rest_s, T + rested_s + rest_s)

    assert is_next(first, second) is expected


LAPSED = Lease(LeaseState.OVERDUE, "a", T, T + 180)


@pytest.mark.parametrize(
    ("rivals", "survivors", "waiting", "earliest_s", "latest_s", "basis"),
    [
        # facts.md §2, counted from the last renewal: E to E + P', and half a second to claim it
        ((PYTHON,), 1, 3, 180, 217, "python-180/30"),
        ((DOTNET,), 2, 3, 120, 151, "dotnet-120/30"),
        ((RUST,), 2, 3, 60, 94, "rust-60/30"),
        ((JS,), 1, 1, 60, 71, "js-60/10"),
        ((JS,), 1, 3, 60, 91, "js-60/10"),  # one further partition a round
        ((JS,), 2, 3, 60, 81, "js-60/10"),
        ((GO,), 1, 1, 60, 74, "go-60/10"),
        ((PYTHON, DOTNET), 1, 1, 120, 217, "python-180/30|dotnet-120/30"),
        ((JAVA,), 0, 1, None, None, "no-survivor"),
    ],
)
def test_takeover(
    rivals: tuple[SdkProfile, ...],
    survivors: int,
    waiting: int,
    earliest_s: float | None,
    latest_s: float | None,
    basis: str,
) -> None:
    window = forecast(LAPSED, timing_by(*rivals), survivors, waiting, T)

    assert window is not None
    assert window.basis == basis
    assert window.earliest_at == (None if earliest_s is None else T + earliest_s)
    assert window.latest_at == (None if latest_s is None else T + latest_s)


def test_takeover_after_a_release_is_the_next_round() -> None:
    free = Lease(LeaseState.RELEASED, "a", last_modified=T)
    window = forecast(free, timing_by(PYTHON), 1, 1, T + 5)

    assert window is not None
    assert (window.earliest_at, window.latest_at) == (T, T + 37)
    assert forecast(HELD, timing_by(PYTHON), 1, 1, T) is None


@pytest.mark.parametrize(
    ("looked_s", "dies_s", "expected"),
    [
        (5, (5, 5), (0, 0)),  # the next one is not due yet
        (29, (32, 32), (0, 32)),  # it may have come since the look
        (32, (32, 32), (0, 32)),  # looked at in this second: it may come before the signal does
        (10, (45, 45), (8, 45)),  # not looked at for long: it has come since, unless it hangs
        (40, (45, 45), (0, 45)),  # it was late when it was looked at: perhaps for the last time
        (5, (15, 15), (0, 0)),
        (5, (5, 35), (0, 35)),  # killed within so long if it does not end by itself
    ],
)
def test_the_last_renewal_that_an_owner_can_make(
    looked_s: float, dies_s: tuple[float, float], expected: tuple[float, float]
) -> None:
    span = (T + dies_s[0], T + dies_s[1])
    found = last_renewal(T, timing_by(PYTHON), T + looked_s, span)

    assert found == (T + expected[0], T + expected[1])


def test_a_window_is_one_renewal_and_one_round_wide() -> None:
    window = after_lapse((T, T + 32), timing_by(PYTHON), 3, 1)

    assert (window.earliest_at, window.latest_at) == (T + 180, T + 32 + 180 + 37)


@pytest.mark.parametrize(
    ("skew_s", "links", "expected_s"),
    [
        (None, (True, True), (180, 217)),
        (1.5, (True, True), (180, 217)),  # as exactly as clocks are compared
        (30.0, (True, True), (210, 247)),  # survivors' clock is behind: they wait longer
        (-30.0, (True, True), (150, 187)),
        (30.0, (True, False), (180, 247)),  # one on another host, whose clock may be right
        (-30.0, (False,), (150, 217)),
    ],
)
def test_expiry_is_judged_by_the_clocks_of_survivors(
    skew_s: float | None, links: tuple[bool, ...], expected_s: tuple[float, float]
) -> None:
    link = OwnerLink(ProcessId(7, 1.0), "b", LinkBasis.LOG, "", T)
    owners = [OwnerState(f"b{n}", ("1",), link if here else None) for n, here in enumerate(links)]
    skew = survivors_skew([OwnerState("a", ("0",)), *owners], "a", skew_s)
    window = after_lapse((T, T), timing_by(PYTHON), 2, 1, skew)

    assert (window.earliest_at, window.latest_at) == (T + expected_s[0], T + expected_s[1])
    seen = timing_by(PYTHON, basis=TimingBasis.OBSERVED)  # with those very clocks
    assert after_lapse((T, T), seen, 2, 1, skew).earliest_at == T + 180


def test_a_forecast_says_whether_it_is_a_guess() -> None:
    js = frozenset({"js"})
    live = frozenset({"a", "b"})

    def doubt(*stats: RenewalStats, seen: SeenExpiry | None = None) -> Doubt | None:
        renewals = dict(zip("ab", stats, strict=True))
        return timings(LeasePolicy(), renewals, {}, live, seen)["a"].doubt

    assert doubt(NOT_MEASURED, NOT_MEASURED) is Doubt.UNTIMED
    assert doubt(STATS, STATS) is None  # Python as it is
    assert doubt(every(3.3), every(3.3)) is Doubt.RATIO
    assert doubt(every(3.3), every(3.3), seen=SeenExpiry(8, 10)) is None
    assert doubt(every(3.3), every(3.3), seen=SeenExpiry(22)) is Doubt.OUTLIVED
    hinted = timings(LeasePolicy(), dict.fromkeys("ab", NOT_MEASURED), {"a": js, "b": js}, live)
    assert hinted["a"].basis is TimingBasis.ASSUMED  # never a bare number before it was timed
    configured = timings(LeasePolicy(9), dict.fromkeys("ab", NOT_MEASURED), {"a": js}, live)
    assert configured["a"].doubt is None
