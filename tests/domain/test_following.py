"""Whether a group gets to what was sent: the rule alone, by tables and by any run of looks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.actions.following import FollowedSend, Sight, Verdict, followed

SENT = 1_000.0
SEND = FollowedSend("$Default", "2", 1, 920, 920, is_bracket=False, sent_at=SENT)
BEFORE = Sight(
    at=SENT + 1,
    owner="7c6b",
    is_live=True,
    claimed_at=SENT - 100,
    has_checkpoint=True,
    sequence=915,
    written_at=SENT - 2,
    cadence_s=2.0,
    allowed_s=6.0,
    grace_s=3.0,
)


def seen(*sights: Sight, send: FollowedSend = SEND) -> FollowedSend:
    for sight in sights:
        send = followed(send, sight)

    return send


def later(after_s: float, **changes: object) -> Sight:
    return replace(BEFORE, at=SENT + after_s, **changes)


PASSED = later(4, sequence=920, written_at=SENT + 3)


def test_a_checkpoint_at_the_event_has_passed_it() -> None:
    place = seen(BEFORE, PASSED)

    assert (place.verdict, place.owner, place.is_settled) == (Verdict.PASSED, "7c6b", True)
    assert place.took_s == (1.0, 4.0)  # between the look before and the second of the write


def test_looks_close_together_tell_closely() -> None:
    assert seen(BEFORE, later(3.25), PASSED).took_s == (3.25, 4.0)


def test_a_checkpoint_before_it_has_not() -> None:
    assert seen(later(2, sequence=919)).verdict is Verdict.WAITING


def test_no_verdict_before_three_of_its_cadence() -> None:
    assert seen(BEFORE, later(6.0)).verdict is Verdict.WAITING
    place = seen(BEFORE, later(6.1))
    assert (place.verdict, place.is_settled) == (Verdict.STUCK, True)


def test_progress_puts_the_verdict_off_however_long_that_takes() -> None:
    sights = [later(n * 5.0, sequence=915 + n, written_at=SENT + n * 5.0) for n in range(1, 5)]
    place = seen(BEFORE, *sights)

    assert (place.verdict, place.left) == (Verdict.MOVING, 1)
    assert not place.is_settled


def test_a_checkpoint_that_is_only_written_again_is_no_progress() -> None:
    again = [later(n, written_at=SENT + n) for n in range(1, 8)]

    assert seen(BEFORE, *again).verdict is Verdict.STUCK


def test_a_new_owner_has_its_own_three() -> None:
    assert seen(BEFORE, later(20, claimed_at=SENT + 18)).verdict is Verdict.WAITING


def test_stuck_is_no_last_word() -> None:
    stuck = seen(BEFORE, later(7))
    moving = followed(stuck, later(8, sequence=918, written_at=SENT + 8))
    passed = followed(moving, later(9, sequence=925, written_at=SENT + 9))

    assert [each.verdict for each in (stuck, moving, passed)] == [
        Verdict.STUCK,
        Verdict.MOVING,
        Verdict.PASSED,
    ]
    assert passed.is_late


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"cadence_s": None}, Verdict.SILENT),
        ({"has_checkpoint": False, "sequence": None, "written_at": None}, Verdict.NEVER),
        ({"sequence": None}, Verdict.NO_SEQUENCE),
        ({"is_unreadable": True, "has_checkpoint": False, "sequence": None}, Verdict.UNREADABLE),
        ({"is_live": False, "owner": None}, Verdict.UNOWNED),
        ({"is_overdue": True}, Verdict.OVERDUE),
        # Written before it was sent: it stood there already.
        ({"sequence": 2_000, "written_at": SENT - 60}, Verdict.AHEAD),
    ],
)
def test_what_keeps_it_from_being_read(changes: dict[str, object], verdict: Verdict) -> None:
    place = seen(later(1, **changes), later(7, **changes))

    assert (place.verdict, place.is_settled) == (verdict, True)


@pytest.mark.parametrize("field", ["is_live", "is_overdue"])
def test_nobody_there_is_settled_only_after_looks_could_show_somebody(field: str) -> None:
    gone = {"is_live": False} if field == "is_live" else {"is_overdue": True}
    place = seen(later(1, **gone), later(3, **gone))

    assert not place.is_settled
    assert followed(place, later(4, **gone)).is_settled
    assert followed(place, PASSED).verdict is Verdict.PASSED


def test_whoever_should_take_it_is_waited_for() -> None:
    free = {"is_live": False, "taken_by_at": SENT + 30}
    place = seen(later(1, **free), later(20, **free))

    assert not place.is_settled
    assert followed(place, later(31, **free)).is_settled


def test_what_landed_nobody_knows_where_cannot_be_followed() -> None:
    place = seen(BEFORE, send=replace(SEND, first=None, last=None))

    assert (place.verdict, place.is_settled) == (Verdict.UNLOCATED, True)


def test_several_have_passed_once_the_last_has() -> None:
    many = replace(SEND, count=5, last=924)

    assert seen(BEFORE, later(3, sequence=922, written_at=SENT + 3), send=many).left == 2
    assert seen(BEFORE, later(3, sequence=924, written_at=SENT + 3), send=many).is_settled


sights = st.builds(
    lambda step, sequence, is_live, is_overdue, cadence: (
        step,
        {
            "sequence": sequence,
            "is_live": is_live,
            "is_overdue": is_overdue,
            "cadence_s": cadence,
            "allowed_s": 6.0 if cadence is None else 3 * cadence,
        },
    ),
    st.floats(0.1, 10.0),
    st.none() | st.integers(910, 925),
    st.booleans(),
    st.booleans(),
    st.none() | st.floats(0.5, 5.0),
)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(sights, max_size=12))
def test_any_run_of_looks(looks: list[tuple[float, dict[str, object]]]) -> None:
    place, at, has_passed = SEND, SENT, False

    for step, changes in looks:
        at += step
        sight = replace(BEFORE, at=at, written_at=at, **changes)
        place = followed(place, sight)
        has_passed = has_passed or (sight.sequence is not None and sight.sequence >= 920)

        # It has passed if a look showed so, then and only then, and for good.
        assert (place.verdict is Verdict.PASSED) == has_passed

        if place.verdict in {Verdict.STUCK, Verdict.SILENT}:
            assert place.waited_s > sight.allowed_s
            assert sight.is_live
            assert not sight.is_overdue

        if place.took_s is not None:
            least, most = place.took_s
            assert 0 <= least <= most <= at - SENT
