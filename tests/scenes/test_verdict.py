"""Right, missed, late, early, too many, stray: what becomes of a scene."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from msgspec.structs import replace

from ehtui.cli.scenes import POLL_S
from ehtui.domain.costs import Bounds, TakeoverCost
from ehtui.domain.evidence import Evidence
from ehtui.domain.snapshot import (
    ConsumerRole,
    ConsumerState,
    Finding,
    GroupState,
    Health,
    Severity,
    Snapshot,
    SourceState,
    Subject,
    TimelineEvent,
)
from ehtui.domain.timeline import Claimed
from ehtui.domain.world.process import LinkBasis, OwnerLink, ProcessId, ProcessSample, RecognisedBy
from ehtui.sandbox.scenes import Expected, Scene
from tests.scenes.verdict import Played, Seen, judge

CUE = 100.0
STUCK = Expected("handler.stuck", Severity.CRITICAL, within=3, partition="0", about="alpha")
SCENE = Scene("s", "S", "a story", lambda _: None, expects=(STUCK,), health=Health.STOPPED)
ALPHA = {"alpha": frozenset({"41", "owner-a"})}


def stuck(partition: str = "0", owner: str = "owner-a", id_: str = "handler.stuck") -> Finding:
    return finding(id_, Severity.CRITICAL, Subject("$Default", partition, owner))


def finding(id_: str, severity: Severity, subject: Subject) -> Finding:
    return Finding(id_, severity, subject, Evidence(), 0.0)


def played(scene: Scene, *looks: tuple[Finding, ...], health: Health = Health.STOPPED) -> Played:
    """The first look is before the cue, then one each poll."""
    times = [CUE + POLL_S * number for number in range(len(looks))]
    seen = tuple(
        Seen(at, picture(at, findings, health)) for at, findings in zip(times, looks, strict=True)
    )

    return Played(scene, seen, CUE + POLL_S / 2, ALPHA)


def picture(at: float, findings: tuple[Finding, ...], health: Health) -> Snapshot:
    return Snapshot(
        groups=(GroupState("$Default", (), health=health),),
        findings=findings,
        sources=(SourceState("store", read_at=at),),
    )


def test_what_comes_in_time_is_right() -> None:
    verdict = judge(played(SCENE, (), (), (stuck(),)))

    assert verdict.is_right
    assert [answer.after for answer in verdict.answers] == [2]


def test_a_milder_word_before_it_is_no_false_alarm() -> None:
    milder = replace(stuck(), severity=Severity.WARNING)

    assert judge(played(SCENE, (), (milder,), (stuck(),))).is_right


def test_what_never_comes_or_comes_late_is_wrong() -> None:
    assert judge(played(SCENE, (), ())).complaints == (
        "critical handler.stuck never came, not within 3",
    )
    assert judge(played(SCENE, (), (), (), (), (stuck(),))).complaints == (
        "critical handler.stuck came after 4 polls, not within 3",
    )


def test_the_wrong_subject_is_a_false_alarm_and_no_answer() -> None:
    for wrong in (stuck(partition="1"), stuck(owner="owner-b")):
        verdict = judge(played(SCENE, (), (wrong,)))

        assert verdict.false_alarms == (wrong,)
        assert not verdict.answers[0].is_right


def test_a_process_may_be_the_subject_too() -> None:
    idle = Expected("consumer.standby", Severity.INFO, within=3, about="alpha")
    scene = dataclasses.replace(SCENE, expects=(idle,), health=None)
    right = finding("consumer.standby", Severity.INFO, Subject("$Default", pid=41))

    assert judge(played(scene, (), (right,))).is_right
    assert not judge(played(scene, (), (replace(right, subject=Subject(pid=42)),))).is_right


def test_what_comes_before_its_cause_is_a_false_alarm() -> None:
    assert judge(played(SCENE, (stuck(),), (stuck(),))).false_alarms == (stuck(),)


def test_anything_else_is_a_false_alarm_but_what_may_come_in_passing() -> None:
    other = stuck(id_="lease.expired")
    allowing = dataclasses.replace(SCENE, passing={"lease.expired": "a reason"})

    assert judge(played(SCENE, (), (stuck(), other))).false_alarms == (other,)
    assert judge(played(allowing, (), (stuck(), other))).in_passing == ("lease.expired",)


def test_a_store_without_records_is_a_remark_before_the_first_claim_and_no_more() -> None:
    opening = finding("store.not_visible", Severity.INFO, Subject("$Default"))
    worse = replace(opening, severity=Severity.WARNING)

    assert judge(played(SCENE, (opening,), (stuck(),))).is_right
    assert judge(played(SCENE, (worse,), (stuck(),))).false_alarms == (worse,)


def test_so_many_and_no_more() -> None:
    two = dataclasses.replace(
        SCENE, expects=(dataclasses.replace(STUCK, partition=None, about=None, times=2),)
    )
    looks = [(stuck(str(n)) for n in range(count)) for count in (1, 2, 3)]
    one, both, three = (tuple(look) for look in looks)

    assert not judge(played(two, (), one)).is_right
    assert judge(played(two, (), one, both)).is_right
    assert judge(played(two, (), both, three)).complaints == ("3 times handler.stuck, not 2",)


def test_the_end_has_the_right_health() -> None:
    assert judge(played(SCENE, (), (stuck(),), health=Health.OK)).complaints == (
        "health of $Default is ok at the end, not stopped",
    )


def shown(pid: int, owner: str | None, role: ConsumerRole = ConsumerRole.OWNER) -> ConsumerState:
    """A process as the watcher has it."""
    process = ProcessSample(
        ProcessId(pid, 1.0),
        1,
        "u",
        "python",
        "python c.py",
        None,
        "sleeping",
        None,
        None,
        None,
        None,
        2,
        RecognisedBy.PATTERN,
    )
    link = OwnerLink(process.id, owner, LinkBasis.LOG, "", 1.0) if owner is not None else None

    return ConsumerState(process, link, role=role)


def cast(*looks: tuple[ConsumerState, ...], roles: Mapping[str, ConsumerRole]) -> Played:
    """Process 40 was alpha and is dead, 41 is alpha now."""
    scene = dataclasses.replace(SCENE, expects=(), health=None, roles=roles)
    seen = tuple(
        Seen(at, replace(picture(at, (), Health.OK), consumers=consumers))
        for at, consumers in zip(range(99, 99 + len(looks)), looks, strict=True)
    )
    accounts = {40: frozenset({"first"}), 41: frozenset({"second"})}
    return Played(scene, seen, CUE, accounts=accounts, pids={"alpha": 41})


def test_an_owner_that_a_process_never_was_is_wrong_however_short_it_was_shown() -> None:
    for looks in (
        ((shown(40, "first"),), (shown(41, "second"),)),
        ((shown(41, None),), (shown(7, "whatever"),)),  # no player: nobody knows
    ):
        assert judge(cast(*looks, roles={})).is_right

    wrong = cast((shown(40, "second"),), (shown(41, "second"),), roles={})
    assert judge(wrong).complaints == ("process 40 was shown as second, which it never was",)


def test_the_end_has_the_right_roles() -> None:
    roles = {"alpha": ConsumerRole.PRODUCER}
    producer = shown(41, None, ConsumerRole.PRODUCER)

    assert judge(cast((shown(41, None),), (producer,), roles=roles)).is_right
    assert judge(cast((producer,), (shown(41, None),), roles=roles)).complaints == (
        "alpha is owner at the end, not producer",
    )
    assert judge(cast((producer,), (), roles=roles)).complaints == (
        "alpha is not shown at the end, not producer",
    )


def test_players_that_fail_their_part_are_no_success() -> None:
    failed = dataclasses.replace(played(SCENE, (), (stuck(),)), failure="alpha did not start")

    assert judge(failed).complaints == ("alpha did not start",)


def reading(**facts: object) -> dict[str, object]:
    known: dict[str, object] = {"group": "$default", "partition": "0", "name": None, "at": 99.4}
    known |= {"client": "alpha/41 azsdk-python", "read_again": 6, "skipped": 0, "lost": 0}
    return known | facts


def taken(at: float, again: Bounds) -> TimelineEvent:
    cost = TakeoverCost(again, Bounds(0, 0), Bounds(0, 0))
    about = Subject("$Default", "0", "owner-a")
    return TimelineEvent(
        7, at, "lease.claimed", about, Claimed("owner-a", "released", None, 1, cost)
    )


def told(event: TimelineEvent, *readings: dict[str, object]) -> Played:
    scene = dataclasses.replace(SCENE, expects=(), health=None)
    look = Seen(99.0, replace(picture(99.0, (), Health.OK), timeline=(event,)))
    accounts = {41: frozenset({"owner-a"})}
    return Played(scene, (look,), CUE, accounts=accounts, deliveries=readings)


def test_a_cost_is_held_against_the_first_receiver_of_its_owner() -> None:
    others = [
        reading(at=98.9, read_again=99),  # before its claim
        reading(partition="1", read_again=99),
        reading(group="other", read_again=99),
        reading(client="beta/412 azsdk-python", read_again=99),
    ]

    assert judge(told(taken(99.0, Bounds(0, 9)), *others, reading())).is_right
    assert judge(told(taken(99.0, Bounds(0, 9)), *others)).is_right  # it never connected
    (wrong,) = judge(told(taken(99.0, Bounds(0, 5)), *others, reading())).complaints
    assert wrong == (
        "not what was delivered: lease.claimed of P0 by owner-a: "
        "read_again 0–5, skipped 0–0, lost 0–0; delivered: 6, 0, 0"
    )
    named = reading(client="", name="owner-a", read_again=7)
    assert not judge(told(taken(99.0, Bounds(0, 6)), named)).is_right
    assert judge(told(taken(99.0, Bounds(None, None)), named)).costs == ()
