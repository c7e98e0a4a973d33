"""Words of giving ownerships up for their owners."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions.events import ACTION_RELEASE, OwnershipReleased
from ehtui.domain.actions.outcomes import OutcomeState
from ehtui.domain.actions.release_plan import HeldPartition, ReleasePlan, ReleaseState
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.actions.costs import back
from ehtui.views.actions.text import ActionText, Confirmation, action_command
from ehtui.views.event_text import EventText, action_words
from ehtui.views.phrasing import it, partition, partitions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.actions.release_plan import ReleaseResult
    from ehtui.views.phrasing import Phrasing

_ENDS: Mapping[ReleaseState, str] = {
    ReleaseState.RELEASED: "released and read back",
    ReleaseState.CHANGED: "left alone: its record was written since the plan, so look again",
    ReleaseState.HELD: "left alone: a host holds its blob lease",
    ReleaseState.FAILED: "not released",
    ReleaseState.NOT_TRIED: "not tried",
}
_SHOWN_OWNER = 8


def _confirmation(plan: ReleasePlan, say: Phrasing) -> Confirmation:
    names = [each.partition for each in plan.held]

    return Confirmation(
        heading=f"Release {partitions(names)} of {safe(plan.group)}?",
        steps=tuple(_write(each) for each in plan.held),
        costs=tuple(_costs(plan, say)),
        verb="Release",
        is_grave=plan.is_production
        or not plan.takers
        or any(each.is_renewing for each in plan.held),
    )


def _write(held: HeldPartition) -> str:
    return (
        f"{partition(held.partition)}: write an empty owner over {_owner(held)} in "
        f"{safe(held.blob)}, if it still has ETag {safe(held.etag)}"
    )


def _owner(held: HeldPartition) -> str:
    pid = f" (pid {held.process.pid})" if held.process is not None else ""
    return f"{safe(held.owner[:_SHOWN_OWNER])}{pid}"


def _costs(plan: ReleasePlan, say: Phrasing) -> Iterator[str]:
    if plan.is_production:
        yield f"{safe(plan.hub)} is marked as production."

    for alike in _by_owner(plan.held):
        yield _fate(alike, say)

    if plan.takers:
        shown = formats.listed([safe(each[:_SHOWN_OWNER]) for each in plan.takers[:3]])
        more = len(plan.takers) - 3
        others = f" and {more} more" if more > 0 else ""
        first, names = plan.held[0], [each.partition for each in plan.held]
        yield f"Who can take {it(names)}: {shown}{others}, {back(first.takeover, say)}."

        if first.otherwise is not None and not first.is_renewing:
            yield f"Left alone, the lease lets a survivor take it {back(first.otherwise, say)}."
    else:
        yield "Nobody is left to take it: it stays unread until a consumer starts."

    yield "The next owner continues from the checkpoint: what was read since is read twice."


def _by_owner(held: Sequence[HeldPartition]) -> list[list[HeldPartition]]:
    alike: dict[tuple[str, bool], list[HeldPartition]] = {}

    for each in held:
        alike.setdefault((each.owner, each.is_renewing), []).append(each)

    return list(alike.values())


def _fate(held: Sequence[HeldPartition], say: Phrasing) -> str:
    first, names = held[0], [each.partition for each in held]
    where = partitions(names)

    if not first.is_renewing:
        last = f"last renewed {say.ago(first.renewed_at)}" if first.renewed_at else "not renewed"
        return f"{_owner(first)} does not renew {where} any more ({last})."

    within = f"for up to {formats.duration(first.round_s)}" if first.round_s else "for a while"
    renewed = say.ago(first.renewed_at) if first.renewed_at is not None else "in time"
    return (
        f"{_owner(first)} renewed {where} {renewed}: it may be at work. If it is, it goes on "
        f"reading {within}, until it looks at the store again; then it takes {it(names)} back, "
        "unless somebody else was quicker. To make room for good, stop it instead."
    )


def _step(plan: ReleasePlan) -> str:
    return f"release {partitions([each.partition for each in plan.held])} of {safe(plan.group)}"


def result_words(result: ReleaseResult) -> str:
    """How one of them ended."""
    if result.state is ReleaseState.RELEASED and result.detail:  # what became of it since
        return f"{partition(result.partition)} released, {safe(result.detail)}"

    detail = f" ({safe(result.detail).rstrip('.')})" if result.detail else ""
    return f"{partition(result.partition)} {_ENDS[result.state]}{detail}"


def _done(plan: ReleasePlan, outcome: Outcome) -> str:
    results = outcome.releases
    done = [each.partition for each in results if each.state is ReleaseState.RELEASED]
    others = [each for each in results if each.state is not ReleaseState.RELEASED or each.detail]
    told = f"Released {partitions(done)} of {safe(plan.group)}." if done else "Nothing released."

    return " ".join([told, *(f"{result_words(each)}." for each in others)])


def _words(plan: ReleasePlan) -> tuple[str, ...]:
    names = (each.partition for each in plan.held)
    return action_command("release", *names, options=(("--group", plan.group),))


def _event_words(found: OwnershipReleased) -> tuple[str, ...]:
    return action_command("release", found.partition, options=(("--group", found.group),))


def _sentence(found: OwnershipReleased, say: Phrasing) -> str:
    owner = f" of owner {safe(found.owner[:_SHOWN_OWNER])}"
    where = f"{partition(found.partition)}{say.of_group(found.group)}{owner}"

    if found.state is OutcomeState.STOPPED:
        return f"{where}: not released, interrupted before"

    done = "released though its owner was renewing" if found.was_renewing else "released"
    return action_words(found.state, found.error, where, done)


def _leaving(plan: ReleasePlan) -> tuple[str, str]:
    where = partitions([each.partition for each in plan.held])
    return f"Releasing {where} of {safe(plan.group)}", "What is not released by then stays owned."


TEXT = ActionText(ReleasePlan, _confirmation, _step, _done, _words, leaving=_leaving)
EVENT = EventText(ACTION_RELEASE, _sentence, _event_words)
