"""Words of moving checkpoints: what is written, what that delivers again or leaves out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ehtui.domain.actions.checkpoint_plan import (
    START_OF_STREAM,
    ByDuration,
    Change,
    ChangeState,
    CheckpointPlan,
    FromFile,
    LikeGroup,
    Note,
    ShiftBy,
    Standing,
    ToEarliest,
    ToLatest,
    ToSequence,
    ToTime,
    Undo,
    Unwritten,
    WriteKind,
    repeated_in,
)
from ehtui.domain.actions.events import ACTION_CHECKPOINT, CheckpointsMoved
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views import formats
from ehtui.views.actions.text import ActionText, Confirmation, action_command
from ehtui.views.event_text import EventText, action_words
from ehtui.views.phrasing import joined, partition, partitions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from ehtui.domain.actions.checkpoint_plan import ChangeResult, LiveOwner, Strategy
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.views.phrasing import Phrasing

UNWRITTEN: Mapping[Unwritten, str] = {
    Unwritten.SAME: "stands there already",
    Unwritten.UNKNOWN_PARTITION: "the hub has no such partition",
    Unwritten.NOT_SAMPLED: "the hub did not tell just now where the partition begins and ends",
    Unwritten.NO_CHECKPOINT: "there is no checkpoint to start from",
    Unwritten.NO_PEEK_GROUP: "the event's offset has to be read, and no peek group is configured",
    Unwritten.NO_EVENT: "no event is there to take the offset from",
    Unwritten.LOOKUP_FAILED: "the event could not be read",
    Unwritten.OLD_OFFSET: "an integer offset, which a geo-replicated hub refuses",
    Unwritten.SUPERSEDED: "left behind by an upgrade: its clients read the newer record",
    Unwritten.NO_FORM: "no record of the group tells how its clients would name theirs",
    Unwritten.HELD: "a host holds the blob's lease",
    Unwritten.CHANGED: "it was written since",
    Unwritten.UNWRITABLE: "what is in the blob can't be changed",
    Unwritten.NOT_IN_BACKUP: "it was not written: nothing to undo",
}
NOTES: Mapping[Note, str] = {
    Note.CLAMPED_TO_BEGIN: "older events are no longer retained",
    Note.CLAMPED_TO_END: "the stream ends there",
    Note.OFFSET_AS_GIVEN: "offset as the file says",
    Note.NO_EFFECT_KNOWN: "there was none: where clients began is theirs to say",
    Note.AHEAD_BEFORE: "one end of the move is beyond the stream's end: what it costs is unknown",
    Note.UNREADABLE_BEFORE: "what stood there could not be read",
}
_ENDS: Mapping[ChangeState, str] = {
    ChangeState.WRITTEN: "written and read back",
    ChangeState.REMOVED: "deleted: there was none before",
    ChangeState.UNWRITTEN: "left as it is",
    ChangeState.CHANGED: "refused: it was written since the plan",
    ChangeState.HELD: "refused: a host holds the blob's lease",
    ChangeState.FAILED: "failed",
    ChangeState.NOT_TRIED: "not tried",
    ChangeState.OVERWRITTEN: "written, and overwritten by its live owner",
}


class _Way(Value, frozen=True):
    """One strategy: in a sentence, and as a flag of the command."""

    words: Callable[[Any], str]
    flag: str = ""
    value: Callable[[Any], object | None] = lambda _: None


_WAYS: Mapping[type, _Way] = {
    ToEarliest: _Way(lambda _: "to the earliest event", "--to-earliest"),
    ToLatest: _Way(lambda _: "to the latest event", "--to-latest"),
    ToSequence: _Way(lambda s: f"to sequence {s.sequence}", "--to-sequence", lambda s: s.sequence),
    ToTime: _Way(lambda s: f"to {moment(s.at)}", "--to-datetime", lambda s: moment(s.at)),
    ByDuration: _Way(
        lambda s: f"back by {formats.duration(s.seconds)}",
        "--by-duration",
        lambda s: f"{s.seconds:.3f}".rstrip("0").rstrip(".") + "s",
    ),
    ShiftBy: _Way(lambda s: _shifted(s.events), "--shift-by", lambda s: s.events),
    FromFile: _Way(lambda s: f"as {safe(s.label)} says", "--from-file", lambda s: s.label),
    LikeGroup: _Way(lambda s: f"to where {safe(s.group)} stands"),
    Undo: _Way(lambda s: f"back to what {safe(s.backup)} kept"),
}


def _shifted(events: int) -> str:
    return f"{'back' if events < 0 else 'on'} by {formats.plural(abs(events), 'event')}"


def strategy_words(strategy: Strategy) -> str:
    """Where to, as a sentence goes on: `to earliest`, `back by 5 events`."""
    return _WAYS[type(strategy)].words(strategy)


def moment(at: float) -> str:
    """A server time as `--to-datetime` takes it."""
    told = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")

    return told.replace("+00:00", "Z")


def standing_words(standing: Standing | None) -> str:
    """Where a checkpoint stands: `920`, `start` for before the first event, `none`."""
    if standing is None:
        return "none"

    if standing.offset == START_OF_STREAM:
        return "start"

    return formats.UNKNOWN if standing.sequence is None else str(standing.sequence)


def why_unwritten(change: Change) -> str:
    """Why a partition is left as it is; empty where it is written."""
    if change.unwritten is None:
        return ""

    return f"{UNWRITTEN[change.unwritten]}{_detail(change.detail)}"


def effect(change: Change) -> str:
    """What a consumer gets by it: `replays 12`, `skips 3`, or why it is left."""
    if change.unwritten is not None:
        return why_unwritten(change)

    told = []

    if change.kind is WriteKind.REMOVE:
        told.append("deleted: there was none before")

    if change.kind is WriteKind.CREATE:
        told.append("created")

    if change.replayed:
        told.append(f"replays {formats.count(change.replayed)}")

    if change.skipped:
        told.append(f"skips {formats.count(change.skipped)}")

    return ", ".join([*told, *(NOTES[note] for note in change.notes)]) or "delivers nothing anew"


def change_words(change: Change, *, is_one_of_two: bool = False) -> str:
    """One line of a plan; with its blob where the partition has several."""
    before = standing_words(change.before)
    after = before if change.unwritten is not None else standing_words(change.after)
    arrow = f"{before} stays" if change.unwritten is not None else f"{before} → {after}"

    return f"{_subject(change, is_one_of_two)}: {arrow} ({effect(change)})"


def _subject(change: Change, is_one_of_two: bool) -> str:  # noqa: FBT001 - of two callers
    blob = f" ({safe(change.container)}/{safe(change.name)})" if is_one_of_two else ""
    return f"{partition(change.partition)}{blob}"


def owner_words(owner: LiveOwner) -> str:
    """Who owns partitions: `7c6b12aa (pid 51257) owns P0 and P1`."""
    name = safe(owner.owner[:8]) if owner.owner else "an ownership that can't be read"
    pid = f" (pid {owner.process.pid} on this host)" if owner.process is not None else ""

    return f"{name}{pid} owns {partitions(owner.partitions)}"


def _confirmation(plan: CheckpointPlan, _: Phrasing) -> Confirmation:
    repeated = repeated_in(plan.changes)

    return Confirmation(
        heading=f"Move checkpoints of {safe(plan.group)} {strategy_words(plan.strategy)}?",
        steps=tuple(
            change_words(change, is_one_of_two=change.partition in repeated)
            for change in plan.changes
        ),
        costs=tuple(_costs(plan)),
        verb="Move",
        is_grave=bool(plan.owners) or not plan.owners_are_known or plan.is_production,
    )


def _costs(plan: CheckpointPlan) -> Iterator[str]:
    if plan.is_production:
        yield f"{safe(plan.hub)} is marked as production."

    yield from _effects(plan)

    if not plan.owners_are_known:
        yield "Who owns partitions could not be read: a live owner would write over this."

    for owner in plan.owners:
        yield f"{owner_words(owner)}, goes on from its own position and writes over this."

    if plan.owners:
        yield f"Afterwards ehtui looks for {plan.recheck_s:g} s whether that happened."


def _effects(plan: CheckpointPlan) -> Iterator[str]:
    """How many events, as far as that is known."""
    replayed, unknown = _counted((each.partition, each.replayed) for each in plan.writes)
    skipped, unknown_too = _counted((each.partition, each.skipped) for each in plan.writes)
    untold = dict.fromkeys((*unknown, *unknown_too))

    for count, unsure, what in (
        (replayed, unknown, "delivered again"),
        (skipped, unknown_too, "skipped"),
    ):
        if not count:
            continue

        least = "At least " if unsure else ""
        rest = f"; of {partitions(unsure)} nobody can tell" if unsure else ""
        untold = {} if unsure else untold
        yield f"{least}{formats.plural(count, 'event')} will be {what}{rest}."

    if untold:
        told = partitions(tuple(untold))
        yield f"Of {told} nobody can tell how many events will be delivered again or skipped."


def _counted(of: Iterable[tuple[str, int | None]]) -> tuple[int, tuple[str, ...]]:
    """The sum over partitions, and those of which it is unknown.

    Of several blobs of a partition its clients read one: it is counted once, at the most.
    """
    most: dict[str, int | None] = {}

    for name, count in of:
        before = most.get(name, 0)
        most[name] = None if count is None or before is None else max(before, count)

    unknown = tuple(name for name, count in most.items() if count is None)

    return sum(count for count in most.values() if count is not None), unknown


def _step(plan: CheckpointPlan) -> str:
    moved = formats.plural(len(plan.writes), "checkpoint")

    return f"{moved} of {safe(plan.group)} {strategy_words(plan.strategy)}"


def result_words(result: ChangeResult, *, is_one_of_two: bool = False) -> str:
    """How one partition ended; with its blob where the partition has several."""
    change = result.change
    told = _ENDS[result.state]

    if result.state is ChangeState.UNWRITTEN:
        told = why_unwritten(change)
    elif result.state is ChangeState.WRITTEN:
        told = f"{standing_words(change.before)} → {standing_words(change.after)}, {told}"
    elif result.state is ChangeState.OVERWRITTEN:
        told = f"{told}: it stands at {standing_words(result.found)}"

    return f"{_subject(change, is_one_of_two)}: {told}{_detail(result.detail)}"


def results_words(results: Sequence[ChangeResult], among: Sequence[ChangeResult] = ()) -> list[str]:
    """How each of these ended, where they are some `among` those of a plan."""
    repeated = repeated_in(each.change for each in among or results)
    return [result_words(r, is_one_of_two=r.change.partition in repeated) for r in results]


def _done(plan: CheckpointPlan, outcome: Outcome) -> str:
    done = [r for r in outcome.changes if r.state in {ChangeState.WRITTEN, ChangeState.REMOVED}]
    not_done = [
        result
        for result in outcome.changes
        if result.state not in {ChangeState.WRITTEN, ChangeState.REMOVED, ChangeState.UNWRITTEN}
    ]
    verb = "Undone" if plan.is_undo else "Moved"
    told = f"{verb}: {formats.plural(len(done), 'checkpoint')} of {safe(plan.group)}"
    told += f" {strategy_words(plan.strategy)}."

    if not_done:
        told += f" {'; '.join(results_words(not_done, outcome.changes))}."

    return told + _still_open(plan, outcome)


def _undo(outcome: Outcome) -> tuple[str, ...]:
    return ("checkpoint", "undo", outcome.backup) if outcome.backup is not None else ()


def _still_open(plan: CheckpointPlan, outcome: Outcome) -> str:
    """What was written under live owners stands only until they write."""
    owned = {partition for owner in plan.owners for partition in owner.partitions}
    written = [r.change.partition for r in outcome.changes if r.state is ChangeState.WRITTEN]
    stood = [each for each in dict.fromkeys(written) if each in owned]

    if not stood:
        return ""

    where = partitions(stood)
    seen = f"Nobody was seen to write over {where}, which could not be watched"

    if outcome.watched_s is not None:
        after = f"{outcome.watched_s:.1f}".removesuffix(".0")
        seen = f"After {after} s nobody had written over {where}"

    return (
        f" {seen}; the live owner still may, and reads it only when it claims the partition again."
    )


def _detail(detail: str) -> str:
    return f" ({safe(detail).rstrip('.')})" if detail else ""


def words(plan: CheckpointPlan) -> tuple[str, ...]:
    """The same for ehtui's command line."""
    strategy, more = plan.strategy, ("--force",) if plan.is_forced else ()
    named = ",".join(plan.partitions) or None

    if isinstance(strategy, Undo):
        options = [("--partitions", named)]
        return (*action_command("checkpoint", "undo", strategy.backup, options=options), *more)

    if isinstance(strategy, LikeGroup):
        copied = (("--from", strategy.group), ("--to", plan.group), ("--partitions", named))
        return (*action_command("checkpoint", "copy", options=copied), *more)

    way = _WAYS[type(strategy)]
    value = way.value(strategy)
    chosen = (("--group", plan.group), ("--partitions", named), (way.flag, value))
    flag = () if value is not None else (way.flag,)

    return (*action_command("checkpoint", "apply", options=chosen), *flag, *more)


def _leaving(plan: CheckpointPlan) -> tuple[str, str]:
    return (
        f"Moving {_step(plan)}",
        "Some checkpoints may be moved and others not: 'ehtui checkpoint undo' puts them back.",
    )


def _sentence(found: CheckpointsMoved, say: Phrasing) -> str:
    of_group = say.of_group(found.group)

    if not found.partitions and not found.overwritten:
        return action_words(found.state, found.error, f"Moving checkpoints{of_group}", "none moved")

    told = [f"Checkpoints{of_group} moved: {partitions((*found.partitions, *found.overwritten))}"]

    if found.overwritten:
        told.append(f"{partitions(found.overwritten)} overwritten at once by a live owner")

    if found.left:
        told.append(f"{partitions(found.left)} not moved")

    return joined(*told)


TEXT = ActionText(CheckpointPlan, _confirmation, _step, _done, words, leaving=_leaving, undo=_undo)
EVENT = EventText(ACTION_CHECKPOINT, _sentence)
