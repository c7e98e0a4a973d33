"""The checks behind a partition, in the order in which an event would meet them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.proofs import Proofs
from ehtui.domain.rules import NOT_IN_HUB
from ehtui.domain.snapshot import LIVE_STATES
from ehtui.domain.why import checks as ask_for
from ehtui.domain.why.checks import Check, Why
from ehtui.domain.why.verdicts import about, as_far_as_read, is_failing, verdict_of

if TYPE_CHECKING:
    from ehtui.domain.snapshot import GroupState, Snapshot, Subject


def why_partition(
    snapshot: Snapshot, subject: Subject, group: GroupState | None, partition: str
) -> Why:
    """Why it is read, or not."""
    of_group = (*group.partitions, *group.strays) if group else ()
    shown = next((p for p in of_group if p.id == partition), None)
    state = next((p for p in snapshot.partitions if p.id == partition), None)
    count = len(snapshot.hub.partition_ids) if snapshot.hub is not None else None
    is_stray = shown is not None and shown.rule == NOT_IN_HUB
    exists = None if count is None and shown is None else state is not None or shown is not None
    exists = False if is_stray else exists
    checks = [
        *ask_for.sources(snapshot),
        Check("partition.exists", exists, {"partition": partition, "partition_count": count}),
    ]

    if group is None or shown is None:
        verdict = "unknown" if exists is None or state is not None else "missing"
        return Why(subject, verdict, (*checks, ask_for.has_events(state)))

    findings = about(snapshot, group=group.name, partition=partition)
    fails = is_failing(findings)
    checks += [
        ask_for.has_events(state),
        ask_for.is_owned(group, shown),
        ask_for.is_renewed(shown),
        ask_for.is_known(snapshot, shown.lease.owner),
        ask_for.is_stable(findings, is_owned=shown.lease.state in LIVE_STATES),
        ask_for.checkpoint_exists(shown),
        ask_for.is_within(shown, state),
        *ask_for.proves(shown, Proofs(snapshot, group)),
        ask_for.moves(shown, is_failing=fails),
        ask_for.keeps_up(shown, state, is_failing=fails),
    ]
    verdict = as_far_as_read(verdict_of(shown, state, findings), checks)
    return Why(subject, verdict, tuple(checks), findings)
