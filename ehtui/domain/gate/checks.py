"""Whether a group is as it was before a deployment: one check for each thing that has to be so.

Nothing is taken for granted. A lease that nobody renewed since the deployment ended proves no owner
(its process may have died with the lease still running), and a lag of zero proves no reading where
nothing arrived.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.costs import NONE, UNKNOWN, Bounds
from ehtui.domain.evidence import Evidence
from ehtui.domain.gate.watched import (
    Mark,
    last_sequences,
    live_owner,
    new_findings,
    partitions_of,
    unread,
)
from ehtui.domain.snapshot import GroupPartition, GroupState, LeaseState, Snapshot
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.domain.gate.watched import Baseline, PartitionBefore, Watched

LOOKS_OF_INPUT = 1.0  # what arrives within so many looks at hub and store is no lag
STEADY_LOOKS = 2.0  # for so many at least everything has to be so: else a hang hides in that


class Terms(Value, frozen=True):
    """What a deployment must keep to; None sets no limit, but for `owners`: as many as before."""

    lag_more: int = 0  # events that each partition's lag may be above its baseline
    duplicates: int | None = None  # events delivered again, all takeovers together
    downtime_s: float | None = None  # of each partition
    owners: int | None = None
    all_new: bool = False  # who held something before may not any more


class Answer(StrEnum):
    """How a check stands."""

    YES = "yes"
    NOT_YET = "not_yet"  # it may still come
    NO = "no"  # and nothing will change that
    UNKNOWN = "unknown"  # it cannot be told


class SourcesRead(Evidence, frozen=True):
    """Hub and store are read; how long one of them was not, meanwhile."""

    unread: tuple[str, ...]  # sources
    blind_s: float  # the longest that one could not be read


class AllOwned(Evidence, frozen=True):
    """Each partition that somebody held has an owner that has renewed since."""

    owned: int
    of: int
    unowned: tuple[str, ...]  # partitions
    unrenewed: tuple[str, ...]  # held, and not renewed since the deployment ended


class OwnersBack(Evidence, frozen=True):
    """As many owners as before, or as were asked for."""

    before: int
    now: int
    wanted: int
    new: int  # of those now, who held nothing before
    all_new: bool  # whether they all have to be


class LagBack(Evidence, frozen=True):
    """Lag is back at its baseline, and checkpoints move."""

    before: int | None  # of all partitions, as far as known
    now: int | None
    above: tuple[str, ...]  # partitions whose lag is above it
    unmoved: tuple[str, ...]  # where events wait and no checkpoint was written since
    unknown: tuple[str, ...]
    untested: tuple[str, ...]  # nothing arrived there since: whether it is read was not seen
    unwritten: tuple[str, ...]  # that never had a checkpoint: whether they are read is not known


class NothingFound(Evidence, frozen=True):
    """No warning, and nothing worse, that was not there before."""

    now: tuple[str, ...]  # ids of findings
    passed: tuple[str, ...]  # that came and went


class DuplicatesWithin(Evidence, frozen=True):
    """Events delivered again, at most so many."""

    least: int | None
    most: int | None
    takeovers: int
    uncounted: int  # whose cost is not known yet
    unknown: int  # whose cost will not be known, or not whole
    budget: int | None


class DowntimeWithin(Evidence, frozen=True):
    """Each partition was without a reader for at most so long."""

    partition: str | None  # the worst
    least_s: float
    most_s: float | None
    budget_s: float | None
    is_whole: bool  # no change of hands was missed


CheckEvidence = (
    SourcesRead | AllOwned | OwnersBack | LagBack | NothingFound | DuplicatesWithin | DowntimeWithin
)


class Check(Value, frozen=True):
    """One thing that has to be so."""

    answer: Answer
    evidence: CheckEvidence


class Downtime(Value, frozen=True):
    """How long one partition was without a reader, all its changes of hands together."""

    partition: str
    handovers: int
    least_s: float
    most_s: float | None  # None: not known


def checks(watched: Watched, snapshot: Snapshot, terms: Terms) -> tuple[Check, ...]:
    """Everything that has to be so, as it stands; `watched` has ended its deployment."""
    group = snapshot.group(watched.baseline.group)
    return (
        _sources(watched, snapshot),
        _owned(watched, group),
        _owners(watched, group, terms),
        _lag(watched, snapshot, terms),
        _findings(watched, snapshot),
        _duplicates(group, terms),
        _downtime(watched, terms),
    )


def downtimes(watched: Watched) -> tuple[Downtime, ...]:
    """Of each partition that changed hands, in the baseline's order."""
    found: list[Downtime] = []

    for partition in watched.baseline.partitions:
        gaps = [gap for gap in watched.gaps if gap.partition == partition.id]
        known = [gap.most_s for gap in gaps if gap.most_s is not None]

        if gaps:
            most_s = sum(known) if len(known) == len(gaps) else None
            least_s = sum(gap.least_s for gap in gaps)
            found.append(Downtime(partition.id, len(gaps), least_s, most_s))

    return tuple(found)


def held_of(baseline: Baseline) -> tuple[PartitionBefore, ...]:
    """Partitions that somebody held before: of the others nothing is expected."""
    return tuple(p for p in baseline.partitions if p.owner is not None)


def _sources(watched: Watched, snapshot: Snapshot) -> Check:
    missing = unread(snapshot)
    evidence = SourcesRead(missing, watched.blind_s)
    return Check(Answer.UNKNOWN if missing else Answer.YES, evidence)


def _owned(watched: Watched, group: GroupState | None) -> Check:
    ended_at = watched.ended_at or watched.until_at
    held = [p.id for p in held_of(watched.baseline)]
    now = {p.id: p.lease for p in (group.partitions if group is not None else ())}
    unowned = [p for p in held if p not in now or now[p].state is not LeaseState.HELD]
    unrenewed = [p for p in held if p not in unowned and (now[p].last_modified or 0.0) < ended_at]
    owned = len(held) - len(unowned) - len(unrenewed)
    answer = Answer.YES if owned == len(held) else Answer.NOT_YET
    return Check(answer, AllOwned(owned, len(held), tuple(unowned), tuple(unrenewed)))


def _owners(watched: Watched, group: GroupState | None, terms: Terms) -> Check:
    before = watched.baseline.owners
    partitions = group.partitions if group is not None else ()
    now = {o for p in partitions if (o := live_owner(p)) is not None}
    wanted = len(before) if terms.owners is None else terms.owners
    is_so = len(now) >= wanted and not (terms.all_new and now & before)
    evidence = OwnersBack(
        before=len(before),
        now=len(now),
        wanted=wanted,
        new=len(now - before),
        all_new=terms.all_new,
    )
    return Check(Answer.YES if is_so else Answer.NOT_YET, evidence)


def _lag(watched: Watched, snapshot: Snapshot, terms: Terms) -> Check:
    now = {p.id: p for p in partitions_of(snapshot, watched.baseline.group)}
    last = last_sequences(snapshot)
    input_of = {p.id: p.in_per_s or 0.0 for p in snapshot.partitions}
    look_s = snapshot.policy.hub_interval_s + snapshot.policy.store_interval_s
    names = ("above", "unmoved", "unknown", "untested", "unwritten")
    places: dict[str, list[str]] = {name: [] for name in names}

    for before in held_of(watched.baseline):
        usual = LOOKS_OF_INPUT * look_s * input_of.get(before.id, 0.0)
        most = max(before.lag or 0, round(usual)) + terms.lag_more
        mark = watched.marks.get(before.id, Mark(None, None))
        place = _lag_place(before, now.get(before.id), mark, last.get(before.id), most)

        if place:
            places[place].append(before.id)

    is_back = not (places["above"] or places["unmoved"] or places["unknown"])
    found = {place: tuple(ids) for place, ids in places.items()}
    known = [p.lag for p in held_of(watched.baseline) if p.lag is not None]
    held = {p.id for p in held_of(watched.baseline)}
    lag = [p.lag for p in now.values() if p.id in held and p.lag is not None and not p.lag_is_bound]
    evidence = LagBack(before=sum(known) if known else None, now=sum(lag) if lag else None, **found)
    return Check(Answer.YES if is_back else Answer.NOT_YET, evidence)


def _lag_place(
    before: PartitionBefore, now: GroupPartition | None, mark: Mark, last: int | None, most: int
) -> str:
    """What is to be said of one partition; nothing where it is read as before."""
    if now is None or last is None:
        return "unknown"

    if now.checkpoint is None or now.lag is None or now.lag_is_bound:
        # Who never wrote a checkpoint is not expected to begin with it.
        if not before.has_checkpoint:
            return "untested" if last == mark.last_sequence else "unwritten"

        return "untested" if now.lag == 0 and last == mark.last_sequence else "unknown"

    if now.lag > most:
        return "above"

    if now.checkpoint.sequence is not None and now.checkpoint.sequence > (
        mark.checkpoint if mark.checkpoint is not None else -1
    ):
        return ""

    stands_still = last == mark.last_sequence
    was_so_before = now.lag == 0 or last == before.last_sequence
    return "untested" if stands_still and was_so_before else "unmoved"


def _findings(watched: Watched, snapshot: Snapshot) -> Check:
    now = new_findings(watched.baseline, snapshot)
    keys = {finding.key for finding in now}
    passed = [each.finding.id for each in watched.passing if each.finding.key not in keys]
    evidence = NothingFound(tuple(dict.fromkeys(f.id for f in now)), tuple(dict.fromkeys(passed)))
    return Check(Answer.NOT_YET if now else Answer.YES, evidence)


def _duplicates(group: GroupState | None, terms: Terms) -> Check:
    deployments = group.ledger.deployments if group is not None else ()
    uncounted = sum(d.uncounted for d in deployments)
    unknown = sum(d.unknown for d in deployments)
    takeovers = sum(d.takeovers for d in deployments)
    read_again = sum((d.read_again for d in deployments), UNKNOWN) if takeovers else NONE
    evidence = DuplicatesWithin(
        least=read_again.least,
        most=read_again.most,
        takeovers=takeovers,
        uncounted=uncounted,
        unknown=unknown,
        budget=terms.duplicates,
    )
    return Check(_within(read_again, terms.duplicates, uncounted, unknown), evidence)


def _within(found: Bounds, budget: int | None, uncounted: int, unknown: int) -> Answer:
    if budget is None:
        return Answer.YES

    if found.least is not None and found.least > budget:
        return Answer.NO

    if uncounted:
        return Answer.NOT_YET

    if unknown or found.most is None or found.most > budget:
        return Answer.UNKNOWN

    return Answer.YES


def _downtime(watched: Watched, terms: Terms) -> Check:
    found, budget_s = downtimes(watched), terms.downtime_s
    surely = max(found, key=lambda d: d.least_s, default=None)
    worst = max(found, key=lambda d: (d.most_s is None, d.most_s or 0.0), default=None)
    is_over = budget_s is not None and surely is not None and surely.least_s > budget_s
    shown = surely if is_over else worst
    evidence = DowntimeWithin(
        partition=shown.partition if shown is not None else None,
        least_s=shown.least_s if shown is not None else 0.0,
        most_s=shown.most_s if shown is not None else 0.0,
        budget_s=budget_s,
        is_whole=watched.is_whole,
    )

    if budget_s is None:
        return Check(Answer.YES, evidence)

    if is_over:
        return Check(Answer.NO, evidence)

    most_s = worst.most_s if worst is not None else 0.0
    is_within = watched.is_whole and most_s is not None and most_s <= budget_s
    return Check(Answer.YES if is_within else Answer.UNKNOWN, evidence)


def unmoved_since(
    marks: Mapping[str, Mark], watched: Watched, snapshot: Snapshot
) -> tuple[str, ...]:
    """Partitions where events have come since and wait, and no checkpoint was written.

    Who hangs after its first checkpoint may stay below a baseline that was high.
    """
    last, held = last_sequences(snapshot), {p.id for p in held_of(watched.baseline)}

    def stands_still(now: GroupPartition) -> bool:
        mark = marks.get(now.id)
        if mark is None or now.checkpoint is None or not now.lag:
            return False

        has_come = last.get(now.id) != mark.last_sequence
        return has_come and now.checkpoint.sequence == mark.checkpoint

    partitions = partitions_of(snapshot, watched.baseline.group)
    return tuple(now.id for now in partitions if now.id in held and stands_still(now))


def with_unmoved(found: Sequence[Check], partitions: tuple[str, ...]) -> tuple[Check, ...]:
    """The same checks, with lag not back where these do not move."""
    return tuple(
        Check(Answer.NOT_YET, replace(check.evidence, unmoved=partitions))
        if partitions and isinstance(check.evidence, LagBack)
        else check
        for check in found
    )


class Verdict(StrEnum):
    """How a gate ends."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_JUDGED = "not_judged"  # hub or store could not be read


def verdict_of(found: Sequence[Check], *, is_late: bool) -> Verdict | None:
    """The verdict as far as there is one; None is to be waited for, which nobody does when late.

    A budget that was not shown to be kept is not kept.
    """
    answers = {type(check.evidence): check.answer for check in found}

    if Answer.NO in answers.values():
        return Verdict.FAILED

    if all(answer is Answer.YES for answer in answers.values()):
        return Verdict.PASSED

    if answers[SourcesRead] is not Answer.YES:
        return Verdict.NOT_JUDGED if is_late else None

    is_open = Answer.NOT_YET in answers.values()
    return Verdict.FAILED if is_late or not is_open else None
