"""Compares what a scene brought with what it must bring: pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from ehtui.cli.scenes import POLL_S
from ehtui.domain.snapshot import Finding, Severity, Snapshot
from ehtui.sandbox.scenes import Expected, Scene
from tests.scenes.truth import Held, Readings, held

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# True of every scene before its first claim, and only a remark.
OPENING = "store.not_visible"
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


@dataclass(frozen=True, slots=True)
class Seen:
    """A snapshot and when it was published, local time."""

    at: float
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class Played:
    """A scene that was watched."""

    scene: Scene
    seen: tuple[Seen, ...]
    cued_at: float | None  # when the cause happened
    identities: Mapping[str, frozenset[str]] = field(default_factory=dict)  # of each player
    failure: str | None = None  # the players did not do what the story says
    accounts: Mapping[int, frozenset[str]] = field(default_factory=dict)  # owner ids, by pid
    pids: Mapping[str, int] = field(default_factory=dict)  # the newest process of each player
    deliveries: Readings = ()  # the broker's own log

    @property
    def last(self) -> Snapshot:
        """What was known at the end."""
        return self.seen[-1].snapshot


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one expected finding: after how many polls it was there, None for never."""

    expected: Expected
    after: int | None

    @property
    def is_right(self) -> bool:
        """Whether it came in time."""
        return self.after is not None and self.after <= self.expected.within


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is right and wrong about a scene."""

    answers: tuple[Answer, ...]
    false_alarms: tuple[Finding, ...]
    in_passing: tuple[str, ...]  # ids that were allowed, and came
    complaints: tuple[str, ...]  # everything that is wrong, in words
    costs: tuple[Held, ...] = ()  # of takeovers, beside what the broker delivered

    @property
    def is_right(self) -> bool:
        """Whether all was found and nothing else."""
        return not self.complaints


def judge(played: Played) -> Verdict:
    """Hold what was seen against what the scene expects."""
    scene = played.scene
    answers = tuple(_answer(played, expected) for expected in scene.expects)
    strays = tuple({_kind(f): f for f in _strays(played)}.values())
    allowed = {f.id for s in played.seen for f in s.snapshot.findings if f.id in scene.passing}
    complaints = [*([played.failure] if played.failure else [])]
    complaints += [_missed(answer) for answer in answers if not answer.is_right]
    complaints += [f"{f.severity} {f.id} {_subject(f)}: not expected" for f in strays]
    complaints += _too_many(played)
    complaints += _wrong_health(played)
    complaints += _wrong_ties(played)
    complaints += _wrong_roles(played)
    costs = held([seen.snapshot for seen in played.seen], played.deliveries, played.accounts)
    complaints += [f"not what was delivered: {cost}" for cost in costs if not cost.is_right]

    return Verdict(answers, strays, tuple(sorted(allowed)), tuple(complaints), costs)


def _kind(finding: Finding) -> tuple[str, Severity, str]:
    return finding.id, finding.severity, _subject(finding)


def _missed(answer: Answer) -> str:
    expected = answer.expected
    found = "never came" if answer.after is None else f"came after {answer.after} polls"
    return f"{expected.severity} {expected.id} {found}, not within {expected.within}"


def _answer(played: Played, expected: Expected) -> Answer:
    """After how many polls so many subjects had it at once."""
    for seen in played.seen:
        if expected.is_among(seen.snapshot.findings, played.identities):
            return Answer(expected, _polls_until(played, seen.at))

    return Answer(expected, None)


def _polls_until(played: Played, at: float) -> int:
    """So many usual polls take that long; while new owners are timed there are more of them."""
    return max(0, ceil((at - (played.cued_at or at)) / POLL_S))


def _strays(played: Played) -> Iterator[Finding]:
    """What was said and is neither expected, as bad as that and not before its cause, nor true."""
    scene, cued_at = played.scene, played.cued_at

    for seen in played.seen:
        is_early = cued_at is None or seen.at < cued_at

        for finding in seen.snapshot.findings:
            if finding.id in scene.passing or _is_opening(finding):
                continue

            if is_early or not any(
                e.fits(finding, played.identities) and _RANK[finding.severity] <= _RANK[e.severity]
                for e in scene.expects
            ):
                yield finding


def _is_opening(finding: Finding) -> bool:
    return finding.id == OPENING and finding.severity is Severity.INFO


def _too_many(played: Played) -> list[str]:
    wanted: Counter[str] = Counter()

    for expected in played.scene.expects:
        wanted[expected.id] += expected.times

    most: Counter[str] = Counter()

    for seen in played.seen:
        most |= Counter(f.id for f in seen.snapshot.findings if f.id in wanted)

    return [f"{most[i]} times {i}, not {wanted[i]}" for i in wanted if most[i] > wanted[i]]


def _wrong_health(played: Played) -> list[str]:
    scene = played.scene
    group = played.last.group(scene.group) if played.seen else None

    if scene.health is None or (group is not None and group.health is scene.health):
        return []

    found = group.health if group is not None else "unknown"
    return [f"health of {scene.group} is {found} at the end, not {scene.health}"]


def _wrong_ties(played: Played) -> list[str]:
    """Every owner id that a player's process was ever shown as is one that it had."""
    wrong = {
        f"process {c.process.id.pid} was shown as {link.owner[:8]}, which it never was"
        for seen in played.seen
        for c in seen.snapshot.consumers
        for link in c.links
        if link.owner not in played.accounts.get(c.process.id.pid, {link.owner})
    }
    return sorted(wrong)


def _wrong_roles(played: Played) -> list[str]:
    shown = {c.process.id.pid: c for c in played.last.consumers} if played.seen else {}
    complaints = []

    for name, role in played.scene.roles.items():
        consumer = shown.get(played.pids.get(name, 0))
        found = consumer.role.value if consumer is not None else "not shown"

        if found != role.value:
            complaints.append(f"{name} is {found} at the end, not {role.value}")

    return complaints


def _subject(finding: Finding) -> str:
    subject = finding.subject
    parts: Sequence[object] = (
        f"P{subject.partition}" if subject.partition is not None else None,
        subject.owner[:8] if subject.owner else None,
        subject.pid,
        subject.source,
    )
    return " ".join(str(part) for part in parts if part is not None) or subject.group or "the hub"
