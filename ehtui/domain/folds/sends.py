"""Sends of this session: how far they are, and each followed until its group has read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain import timeline
from ehtui.domain.actions.following import (
    FollowedSend,
    SentEvents,
    Sight,
    Verdict,
    followed,
    usual_wait,
)
from ehtui.domain.actions.outcomes import OutcomeState
from ehtui.domain.actions.sending import SendPlan
from ehtui.domain.progress.health import LATE_FACTOR
from ehtui.domain.snapshot import LIVE_STATES, LeaseState, Subject

if TYPE_CHECKING:
    from ehtui.domain.actions.landing import Landing
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.folds.builder import SnapshotBuilder
    from ehtui.domain.folds.partition import JudgingContext
    from ehtui.domain.updates import SendGoesOn

MOST_SENDS = 16
KEPT_S = 3600.0


def fold_send_goes_on(builder: SnapshotBuilder, update: SendGoesOn) -> None:
    """The hub took some more."""
    sent = _of(builder, update.plan)
    accepted = max(sent.accepted, update.accepted)
    first = sent.told_first or (builder.now, accepted)
    _put(builder, replace(sent, accepted=accepted, told_first=first))


def end_send(builder: SnapshotBuilder, outcome: Outcome) -> None:
    """A send has ended: what was accepted is followed from here."""
    plan = outcome.plan

    if not isinstance(plan, SendPlan) or outcome.state is OutcomeState.DRY_RUN:
        return

    sent = _of(builder, plan)
    accepted = outcome.accepted.total if outcome.accepted is not None else 0
    at = builder.clocks.server(outcome.at)
    group = plan.follow if accepted else None
    places = tuple(_place(builder, group, each, at) for each in outcome.landings if group)
    _put(builder, replace(sent, accepted=accepted, ended_at=at, group=group, places=places))


def advance_sends(builder: SnapshotBuilder) -> None:
    """Take in what this update showed of each that is followed; tell what is settled by it."""
    if not builder.sends:
        return

    context = builder.context()
    after = tuple(
        replace(sent, places=tuple(_advanced(builder, sent, p, context) for p in sent.places))
        if sent.places and not sent.has_passed
        else sent
        for sent in builder.sends
        if sent.ended_at is None or builder.now - sent.ended_at <= KEPT_S
    )

    # The same tuple while nothing moved: an unchanged snapshot costs its readers nothing.
    if after != builder.sends:
        builder.sends = after


def _of(builder: SnapshotBuilder, plan: SendPlan) -> SentEvents:
    known = next((each for each in builder.sends if each.token == plan.token), None)
    began_at = builder.clocks.server(plan.planned_at)

    return known or SentEvents(plan.token, plan.template, plan.count, began_at, waits=plan.waits)


def _put(builder: SnapshotBuilder, sent: SentEvents) -> None:
    others = tuple(each for each in builder.sends if each.token != sent.token)
    builder.sends = (*others[-(MOST_SENDS - 1) :], sent)


def _place(builder: SnapshotBuilder, group: str, landing: Landing, ended_at: float) -> FollowedSend:
    return FollowedSend(
        group=group,
        partition=landing.partition,
        count=landing.count,
        first=landing.first,
        last=landing.last,
        is_bracket=landing.is_bracket,
        sent_at=_enqueued_at(builder, landing) or ended_at,
    )


def _enqueued_at(builder: SnapshotBuilder, landing: Landing) -> float | None:
    """When the last one was enqueued: as it was read, or as the hub says of its last event."""
    history = builder.histories.get(landing.partition or "")
    sample = history.state.sample if history is not None else None
    at = landing.enqueued_at

    if at is None and sample is not None and not landing.is_bracket:
        at = sample.last_enqueued_at if sample.last_sequence == landing.last else None

    return None if at is None else at - builder.clocks.hub_ahead_s


def _advanced(
    builder: SnapshotBuilder, sent: SentEvents, before: FollowedSend, context: JudgingContext
) -> FollowedSend:
    if before.verdict is Verdict.PASSED:
        return before

    sight = _sight(builder, before, sent.waits, context)
    after = replace(before, verdict=Verdict.UNSEEN) if sight is None else followed(before, sight)

    if after.is_settled and (not before.is_settled or after.verdict is not before.verdict):
        _tell(builder, sent, after)

    return after


def _sight(
    builder: SnapshotBuilder,
    place: FollowedSend,
    waits: tuple[float, ...],
    context: JudgingContext,
) -> Sight | None:
    """What is seen of its partition; None where there is no store."""
    if not builder.policy.has_store:
        return None

    group = builder.groups.get(place.group.lower())
    judged = group.by_partition.get(place.partition or "") if group is not None else None

    if group is None or judged is None:
        limits = context.limits_of(None)
        return Sight(context.looked_at, allowed_s=limits.unknown_s, grace_s=limits.least_s)

    shown, progress = judged.shown, judged.progress
    lease, checkpoint = shown.lease, shown.checkpoint
    timing = group.state.timings.get(lease.owner) if lease.owner is not None else None
    limits = context.limits_of(timing)
    window = shown.takeover
    others = [wait for each in group.by_partition.values() for wait in each.progress.waits]
    usual_s = usual_wait(progress.waits, (*waits, *others))
    late_s = LATE_FACTOR * usual_s if usual_s is not None else limits.unknown_s
    return Sight(
        at=context.looked_at,
        owner=lease.owner,
        is_live=lease.state in LIVE_STATES,
        is_overdue=lease.state is LeaseState.OVERDUE,
        claimed_at=lease.claimed_at,
        taken_by_at=window.latest_at if window is not None else None,
        is_unreadable=bool(shown.unreadable) and checkpoint is None,
        has_checkpoint=checkpoint is not None,
        sequence=checkpoint.sequence if checkpoint is not None else None,
        written_at=checkpoint.blob.last_modified if checkpoint is not None else None,
        cadence_s=usual_s,
        allowed_s=max(late_s, limits.least_s),
        grace_s=limits.least_s,
    )


def _tell(builder: SnapshotBuilder, sent: SentEvents, place: FollowedSend) -> None:
    took = place.took_s
    at = place.passed_at if place.passed_at is not None else builder.now
    builder.tell(
        timeline.SEND_FOLLOWED,
        max(at, place.sent_at),
        Subject(group=place.group, partition=place.partition, owner=place.owner),
        timeline.SendFollowed(
            template=sent.template,
            verdict=place.verdict,
            count=place.count,
            first=place.first,
            last=place.last,
            is_bracket=place.is_bracket,
            sent_at=place.sent_at,
            owner=place.owner,
            took_least_s=took[0] if took is not None else None,
            took_most_s=took[1] if took is not None else None,
            cadence_s=place.cadence_s,
            waited_s=place.waited_s,
            checkpoint=place.checkpoint,
            is_late=place.is_late,
        ),
    )
