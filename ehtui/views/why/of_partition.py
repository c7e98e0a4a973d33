"""The checks of a partition, in the order in which an event meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.progress import Rule
from ehtui.domain.progress.proofs import Proven
from ehtui.domain.snapshot import LeaseState, SourceStatus
from ehtui.domain.text import safe
from ehtui.domain.why import evidence as kinds
from ehtui.domain.world.process import LinkBasis
from ehtui.views import formats
from ehtui.views.peeking import see_next_event
from ehtui.views.phrasing import joined
from ehtui.views.states import PROOF_NOT_KNOWN, RULES, proof_sentence
from ehtui.views.takeovers import when
from ehtui.views.why.words import CHECKPOINT, LAG, LEASE, OWNERSHIP, CheckText, always

if TYPE_CHECKING:
    from ehtui.domain.why.evidence import (
        CheckKind,
        CheckpointPlace,
        CheckpointProof,
        Holder,
        LeaseRenewals,
        OwnerChanges,
        OwnersProcess,
        PartitionName,
        PartitionPace,
        Progress,
        RetainedEvents,
        SourceAnswer,
        WrittenCheckpoint,
    )
    from ehtui.views.phrasing import Phrasing


def _source(kind: CheckKind[SourceAnswer], name: str, unread: str) -> CheckText[SourceAnswer]:
    def answers(found: SourceAnswer, say: Phrasing) -> str:
        return f"{name} answers, last read {say.ago(found.read_at)}"

    def fails(found: SourceAnswer, _: Phrasing) -> str:
        summary = formats.text(found.summary).rstrip(".")

        if found.status is SourceStatus.OFF:
            return joined(f"{name} is not configured", summary)

        return f"{name} cannot be read: {summary or 'no answer'}"

    return CheckText(
        kind=kind,
        yes=answers,
        no=fails,
        unknown=always(unread),
        next_step=always("Fix this first: without it, nothing below can be checked."),
    )


def _exists(found: PartitionName, _: Phrasing) -> str:
    return f"The hub has it ({formats.count(found.partition_count)} in total)"


def _no_such(found: PartitionName, _: Phrasing) -> str:
    return f"The hub has no such partition ({formats.count(found.partition_count)} in total)"


def _events(found: RetainedEvents, say: Phrasing) -> str:
    last = f"{formats.count(found.last_sequence)}, {say.ago(found.last_enqueued_at)}"
    rate = f"; {formats.arriving(found.in_per_s)}" if found.in_per_s is not None else ""
    return f"It has events: the last is {last}{rate}"


def _owned(found: Holder, _: Phrasing) -> str:
    return f"{formats.somebody(found.owner)} owns it"


def _not_owned(found: Holder, say: Phrasing) -> str:
    owner = formats.somebody(found.owner)
    states = {
        LeaseState.NEVER_OWNED: "Nobody has ever claimed it",
        LeaseState.RELEASED: "Its owner released it, and nobody has claimed it since",
        LeaseState.EXPIRED: f"Nobody owns it: the lease of {owner} has expired",
    }
    free = states.get(found.state, "Nobody owns it")

    if found.takeover.earliest_at is None:
        return free

    return joined(free, f"a survivor can take it {when(found.takeover, say)}")


def _unknown_owner(found: Holder, _: Phrasing) -> str:
    if found.state is LeaseState.UNREADABLE:
        return "Its owner is not known: the ownership record cannot be read"

    return "Its owner is not known"


def _take_it(found: Holder, _: Phrasing) -> str:
    if found.live_owners:
        return "Other consumers of the group are alive: one of them claims it in its next round."

    return "Start a consumer of this group: it claims free partitions in its first round."


def _renewed(found: LeaseRenewals, say: Phrasing) -> str:
    every = found.renewed_every_s
    rhythm = f" every {formats.duration(every)}" if every is not None else ""
    last = say.ago(found.renewed_at)
    return f"{formats.somebody(found.owner)} renews its lease{rhythm}, last {last}"


def _silent(found: LeaseRenewals, say: Phrasing) -> str:
    expires = found.expires_at
    end = f"the lease expires at {say.time(expires)}" if expires is not None else ""
    owner, silent = formats.somebody(found.owner), say.since(found.renewed_at)
    return joined(f"{owner} has not renewed its lease for {silent}", end)


def _no_lease(found: LeaseRenewals, _: Phrasing) -> str:
    if found.state is LeaseState.UNREADABLE:
        return "Not known whether its lease is renewed"

    return "There is no lease to renew"


def _known(found: OwnersProcess, _: Phrasing) -> str:
    guess = "~" if found.basis is LinkBasis.ELIMINATION else ""
    owner, pid = formats.somebody(found.owner), formats.pid(found.pid)
    return f"Owner {owner} is {guess}process {pid} on this host"


def _remote(found: OwnersProcess, _: Phrasing) -> str:
    if not found.owner:
        return "No owner id is known, so no process can be named"

    return (
        f"{formats.somebody(found.owner)} is not a known process on this host: it runs elsewhere, "
        "or its log was not found"
    )


def _unstable(found: OwnerChanges, _: Phrasing) -> str:
    often = f": {formats.plural(found.changes, 'change')}" if found.changes else ""
    shaken_by = formats.text(found.finding) or "see the timeline"
    return f"It keeps changing owners{often} ({shaken_by})"


def _written(found: WrittenCheckpoint, say: Phrasing) -> str:
    when_written = f"{formats.count(found.sequence)}, written {say.ago(found.written_at)}"
    before = ", before its current owner claimed it" if found.is_of_owner is False else ""
    return f"Last checkpoint: {when_written}{before}"


def _hidden_checkpoint(found: WrittenCheckpoint, _: Phrasing) -> str:
    if found.unreadable:
        return f"There is a checkpoint, but it cannot be read: {safe(found.unreadable)}"

    return "Not known whether there is a checkpoint"


def _outside(found: CheckpointPlace, _: Phrasing) -> str:
    if found.lag_reason == Rule.PREDATES_HUB:
        return "The checkpoint is older than the hub: it counts events of the previous one"

    if found.ahead:
        return (
            f"The checkpoint is {formats.plural(found.ahead, 'event')} beyond the last event: it "
            "is of another stream"
        )

    lost = formats.plural(found.lost or 0, "event")
    return f"The checkpoint is before the first retained event: {lost} lost"


def _mend_checkpoint(found: CheckpointPlace, _: Phrasing) -> str:
    if found.ahead or found.lag_reason == Rule.PREDATES_HUB:
        return "Stop the consumers, then move the checkpoint to an event of this stream."

    return "The consumer continues at the first retained event; what is gone cannot be read."


def _proof(found: CheckpointProof, _: Phrasing) -> str:
    proves = proof_sentence(Proven(found.proof, found.writer))

    if proves is None:
        return f"What a checkpoint proves is not known: {PROOF_NOT_KNOWN}"

    return f"A checkpoint means {proves}"


def _rule(found: Progress) -> str:
    return RULES.get(found.rule, safe(found.rule)) or "no rule fired"


def _filling(found: Progress, _: Phrasing) -> str:
    seen = f"{formats.count(found.commits)} of {formats.count(found.window)} checkpoints seen"

    if found.rule == Rule.FILLING:
        return f"Too early to tell whether it makes progress: {seen}"

    return f"Not known whether it makes progress: {_rule(found)} ({seen})"


def _slow(found: PartitionPace, _: Phrasing) -> str:
    return (
        f"It is read slower than events arrive: {formats.per_s(found.in_per_s)} in, "
        f"{formats.per_s(found.out_per_s)} out, lag {formats.count(found.lag)}"
    )


def _stuck_step(_: Progress, say: Phrasing) -> str:
    advice = "The handler hangs, or keeps failing on one event: read the consumer's log."

    return " ".join((advice, *see_next_event(say, None, None)))


PARTITION_CHECKS = (
    _source(kinds.HUB_ANSWERS, "The hub", "The hub has not been read yet"),
    _source(
        kinds.STORE_ANSWERS, "The checkpoint store", "The checkpoint store has not been read yet"
    ),
    CheckText(
        kind=kinds.PARTITION_EXISTS,
        yes=_exists,
        no=_no_such,
        unknown=always("Not known whether the hub has it"),
        next_step=always("Partitions are numbered from 0."),
    ),
    CheckText(
        kind=kinds.PARTITION_HAS_EVENTS,
        yes=_events,
        no=always("It holds no events: there is nothing to receive"),
        unknown=always("Not known whether it holds events"),
        next_step=always("Send a test event and watch it arrive."),
    ),
    CheckText(
        kind=kinds.PARTITION_IS_OWNED,
        yes=_owned,
        no=_not_owned,
        unknown=_unknown_owner,
        lesson=OWNERSHIP,
        next_step=_take_it,
    ),
    CheckText(
        kind=kinds.LEASE_IS_RENEWED,
        yes=_renewed,
        no=_silent,
        unknown=_no_lease,
        lesson=LEASE,
        next_step=always(
            "Check whether its process is alive. If not, wait: a survivor takes over by itself."
        ),
    ),
    CheckText(kind=kinds.OWNER_IS_KNOWN, yes=_known, no=_remote, unknown=_remote),
    CheckText(
        kind=kinds.OWNERSHIP_IS_STABLE,
        yes=always("It stays with its owner"),
        no=_unstable,
        unknown=always("Not known whether it stays with one owner"),
        next_step=always("See the finding: each move repeats events since the last checkpoint."),
    ),
    CheckText(
        kind=kinds.CHECKPOINT_EXISTS,
        yes=_written,
        no=always("No checkpoint was ever written: nobody knows how far it has been read"),
        unknown=_hidden_checkpoint,
        lesson=CHECKPOINT,
        next_step=always("Call update_checkpoint in the handler, after the event is processed."),
    ),
    CheckText(
        kind=kinds.CHECKPOINT_IS_WITHIN,
        yes=always("The checkpoint lies within the retained events"),
        no=_outside,
        unknown=always("Not known whether the checkpoint fits the stream"),
        next_step=_mend_checkpoint,
    ),
    CheckText(
        kind=kinds.CHECKPOINT_PROVES,
        yes=_proof,
        no=_proof,
        unknown=always(f"What a checkpoint proves is not known: {PROOF_NOT_KNOWN}"),
        is_design=True,
    ),
    CheckText(
        kind=kinds.PROGRESS_MOVES,
        yes=lambda found, _: f"It is making progress: {_rule(found)}",
        no=lambda found, _: f"It is stuck: {_rule(found)}",
        unknown=_filling,
        lesson=LAG,
        next_step=_stuck_step,
    ),
    CheckText(
        kind=kinds.PROGRESS_KEEPS_UP,
        yes=lambda found, _: f"It keeps up: lag {formats.count(found.lag)}",
        no=_slow,
        unknown=always("Not known whether it keeps up"),
        lesson=LAG,
        next_step=always(
            "More consumers help up to one per partition; beyond that, only a faster handler."
        ),
    ),
)
