"""The checks of a partition, in the order in which an event meets them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import TakeoverTimes
from ehtui.domain.proofs import Proof, Proven, Writer
from ehtui.domain.rules import PREDATES_HUB
from ehtui.domain.snapshot import LeaseState
from ehtui.views import formats
from ehtui.views.findings.forecast import joined, when
from ehtui.views.proofs import NOT_KNOWN, sentence
from ehtui.views.states import RULES
from ehtui.views.why.words import (
    CHECKPOINT,
    LAG,
    LEASE,
    OWNERSHIP,
    CheckWords,
    always,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.views.case import Case


def _source(name: str, unread: str) -> CheckWords:
    def fails(case: Case) -> str:
        if case.text("status") == "off":
            return joined(f"{name} is not configured", case.text("summary").rstrip("."))

        return f"{name} cannot be read: {case.text('summary').rstrip('.') or 'no answer'}"

    return CheckWords(
        lambda case: f"{name} answers, read {case.say.ago(case.number('read_at'))}",
        fails,
        always(unread),
        next_step=always("Mend that first: without it nothing below can be told."),
    )


def _events(case: Case) -> str:
    last = case.say.ago(case.number("last_enqueued_at"))
    rate = f", {case.rate('in_per_s')} come in" if case.number("in_per_s") is not None else ""

    return f"It has events: the last is {case.count('last_sequence')}, {last}{rate}"


def _not_owned(case: Case) -> str:
    states = {
        "never_owned": "Nobody ever claimed it",
        "released": "Its owner gave it up, and nobody has claimed it since",
        "expired": f"Nobody holds it: the lease of {case.owner()} ran out",
    }
    free = states.get(case.text("state"), "Nobody holds it")
    earliest, latest = case.number("takeover_earliest_at"), case.number("takeover_latest_at")
    times = TakeoverTimes(earliest, latest, case.is_set("takeover_is_guess"))

    if earliest is None:
        return free

    return joined(free, f"a survivor can take it {when(times, case.say)}")


def _take_it(case: Case) -> str:
    if case.whole("live_owners"):
        return "Other consumers of the group live: one of them takes it in its next round."

    return "Start a consumer of this group: it claims what is free in its first round."


def _renewed(case: Case) -> str:
    every = case.number("renewed_every_s")
    rhythm = f", every {formats.duration(every)}" if every is not None else ""

    return f"{case.owner()} renews its lease{rhythm}: {case.say.ago(case.number('renewed_at'))}"


def _silent(case: Case) -> str:
    expires = case.number("expires_at")
    end = f"the lease runs out {case.say.time(expires)}" if expires is not None else ""

    return joined(f"{case.owner()} has not renewed its lease for {case.since('renewed_at')}", end)


def _no_lease(case: Case) -> str:
    if case.text("state") == LeaseState.UNREADABLE.value:
        return "Whether its lease is renewed is not known"

    return "There is no lease to renew"


def _known(case: Case) -> str:
    guess = "~" if case.text("basis") == "elimination" else ""

    return f"Owner {case.owner()} is {guess}process {case.pid} of this host"


def _remote(case: Case) -> str:
    if not case.text("owner"):
        return "No owner id is known, so no process can be named"

    return (
        f"{case.owner()} is no known process of this host: another host's, or its log is not seen"
    )


def _stable(case: Case) -> str:
    changes = case.whole("changes")
    often = f": {formats.plural(changes, 'change')}" if changes else ""

    return f"It does not stay with one owner{often} ({case.text('finding') or 'see the timeline'})"


def _written(case: Case) -> str:
    ago = case.say.ago(case.number("written_at"))

    told = f"A checkpoint was written: {case.count('sequence')}, {ago}"

    return f"{told}, before its owner claimed it" if case.is_denied("is_of_owner") else told


def _hidden_checkpoint(case: Case) -> str:
    if case.text("unreadable"):
        return f"There is a checkpoint that cannot be read: {case.text('unreadable')}"

    return "Whether there is a checkpoint is not known"


def _unknown_owner(case: Case) -> str:
    if case.text("state") == "unreadable":
        return "Who holds it is not known: its record cannot be read"

    return "Who holds it is not known"


def _proof(case: Case) -> str:
    proof, writer = case.text("proof"), case.text("writer")

    if proof not in set(Proof) or writer not in set(Writer):
        return f"What a checkpoint proves is not known: {NOT_KNOWN}"

    return f"A checkpoint proves: {sentence(Proven(Proof(proof), Writer(writer)))}"


def _outside(case: Case) -> str:
    ahead, lost = case.whole("ahead"), case.whole("lost")

    if case.text("lag_reason") == PREDATES_HUB:
        return "The checkpoint is older than the hub: it counts the events of the one before"

    if ahead:
        return f"It is {formats.plural(ahead, 'event')} beyond the last one: of another stream"

    return f"It is before what the hub still holds: {formats.plural(lost or 0, 'event')} are gone"


def _mend_checkpoint(case: Case) -> str:
    if case.whole("ahead") or case.text("lag_reason") == PREDATES_HUB:
        return "Stop the consumers, then move the checkpoint to an event of this stream."

    return "The consumer goes on at the first event that is left; what is gone cannot be read."


def _rule(case: Case) -> str:
    return RULES.get(case.text("rule"), case.text("rule")) or "no rule fired"


def _filling(case: Case) -> str:
    seen = f"{case.count('commits')} of {case.count('window')} checkpoints seen"

    return f"Whether it gets on cannot be told yet: {_rule(case)} ({seen})"


def _slow(case: Case) -> str:
    return (
        f"It reads slower than events arrive: {case.rate('in_per_s')} in, "
        f"{case.rate('out_per_s')} out, lag {case.count('lag')}"
    )


PARTITION_CHECKS: Mapping[str, CheckWords] = {
    "hub.answers": _source("The hub", "The hub was not read yet"),
    "store.answers": _source("The checkpoint store", "The checkpoint store was not read yet"),
    "partition.exists": CheckWords(
        lambda case: f"The hub has it: {case.count('partition_count')} in all",
        lambda case: f"The hub has no such partition: {case.count('partition_count')} in all",
        always("Whether the hub has it is not known"),
        next_step=always("Partitions are numbered from 0."),
    ),
    "partition.has_events": CheckWords(
        _events,
        always("It holds no events: there is nothing to receive"),
        always("Whether it holds events is not known"),
        next_step=always("Send a test event and watch it arrive."),
    ),
    "partition.is_owned": CheckWords(
        lambda case: f"{case.owner()} holds it",
        _not_owned,
        _unknown_owner,
        OWNERSHIP,
        _take_it,
    ),
    "lease.is_renewed": CheckWords(
        _renewed,
        _silent,
        _no_lease,
        LEASE,
        always("See whether its process lives. If not, wait: a survivor takes over by itself."),
    ),
    "owner.is_known": CheckWords(_known, _remote, _remote),
    "ownership.is_stable": CheckWords(
        always("It stays with its owner"),
        _stable,
        always("Whether it stays with one owner is not known"),
        next_step=always("See the finding: each move repeats events since the last checkpoint."),
    ),
    "checkpoint.exists": CheckWords(
        _written,
        always("No checkpoint was ever written: nobody knows how far it has read"),
        _hidden_checkpoint,
        CHECKPOINT,
        always("Call update_checkpoint in the handler, after the event is done."),
    ),
    "checkpoint.is_within": CheckWords(
        always("The checkpoint lies within what the hub holds"),
        _outside,
        always("Whether the checkpoint fits the stream cannot be told"),
        next_step=_mend_checkpoint,
    ),
    "checkpoint.proves": CheckWords(
        _proof,
        _proof,
        always(f"What a checkpoint proves is not known: {NOT_KNOWN}"),
        is_design=True,
    ),
    "progress.moves": CheckWords(
        lambda case: f"It gets on: {_rule(case)}",
        lambda case: f"It does not get on: {_rule(case)}",
        _filling,
        LAG,
        always(
            "The handler hangs, or fails on one event again and again: read the consumer's log."
        ),
    ),
    "progress.keeps_up": CheckWords(
        lambda case: f"It keeps up: lag {case.count('lag')}",
        _slow,
        always("Whether it keeps up is not known"),
        LAG,
        always("More consumers help up to one a partition; beyond that, a quicker handler."),
    ),
}
