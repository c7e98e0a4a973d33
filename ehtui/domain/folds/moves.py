"""Tells how partitions changed hands, and remembers it for the balance of a group."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import ceil
from typing import TYPE_CHECKING, Any

from ehtui.domain import timeline
from ehtui.domain.folds.expiry import learned, with_expiry
from ehtui.domain.memory import GroupMemory, Move, MoveKind
from ehtui.domain.snapshot import Subject
from ehtui.domain.tenures import Shift, moves_of, owner_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.domain.draft import Draft
    from ehtui.domain.evidence import E, EventKind, Evidence
    from ehtui.domain.folds.expiry import Round
    from ehtui.domain.timing import Timing

WINDOW_S = 600.0  # over which changes are counted
MOST_MOVES = 4096
PINGPONG_CHANGES = 3  # A → B → A → B
DEFAULT_PERIOD_S = 10.0  # the shortest of the SDKs' defaults


def tell_moves(
    draft: Draft,
    group: GroupMemory,
    shifts: Sequence[Shift],
    timings: Mapping[str, Timing],
    rounds: Mapping[str, Round],
) -> GroupMemory:
    """Put every change of hands into the timeline and into the group's memory.

    `rounds` are the latest of each owner before these changes.
    """
    since = draft.looked_at - WINDOW_S
    moves = group.moves

    if moves and moves[0].at < since:
        moves = tuple(move for move in moves if move.at >= since)

    if not shifts:
        return group if moves is group.moves else replace(group, moves=moves)

    held = Counter(owner_of(seat.tenure) for seat in group.seats.values())
    present = held.keys()
    between_s = draft.listed_exactly - draft.listed_before_exactly
    added: list[Move] = []
    by_partition: dict[str, list[Move]] = {}

    for move in moves:
        by_partition.setdefault(move.partition, []).append(move)

    for shift in shifts:
        old = owner_of(shift.before)
        timing = timings.get(old) if old is not None else None
        has_left = old is not None and old not in present
        had_ended = _had_ended(draft, old, rounds)

        for plain in moves_of(shift, timing, has_left=has_left, had_ended=had_ended):
            move = replace(_shared(plain, held, len(group.seats)), seen_within_s=between_s)
            group = with_expiry(group, learned(group, rounds, shift, move, timing))
            added.append(move)
            past = by_partition.setdefault(move.partition, [])
            past.append(move)
            _tell(draft, group, shift, move, timing, is_guess=has_left and _is__pair(shift))

            if move.kind is MoveKind.STOLEN:
                _tell_pingpong(draft, group, past)

    moves = (*moves, *added)[-MOST_MOVES:]
    return replace(group, moves=moves)


def _shared(move: Move, held: Mapping[str | None, int], partitions: int) -> Move:
    """`move`, marked where who took it from another holds more than its share by now."""
    if move.to_owner is None or move.from_owner in {None, move.to_owner}:
        return move

    owners = {*held, move.from_owner} - {None}
    is_beyond = held.get(move.to_owner, 0) > ceil(partitions / len(owners))
    return replace(move, is_beyond_share=True) if is_beyond else move


def _had_ended(draft: Draft, owner: str | None, rounds: Mapping[str, Round]) -> bool:
    """Whether its process was missed before the look that still found its name.

    Who was seen to renew after that did not end: another process goes by its id.
    """
    ended_at = draft.host.ended(draft.looked_before_at or 0.0).get(owner or "")
    round_ = rounds.get(owner or "")
    return ended_at is not None and (round_ is None or round_.at <= ended_at)


def _is__pair(shift: Shift) -> bool:
    return owner_of(shift.before) is not None and owner_of(shift.after) is not None


def _tell(
    draft: Draft,
    group: GroupMemory,
    shift: Shift,
    move: Move,
    timing: Timing | None,
    *,
    is_guess: bool,
) -> None:
    gap_s = draft.looked_at - (draft.looked_before_at or draft.looked_at)
    period_s = timing.period_s if timing is not None else DEFAULT_PERIOD_S
    owner = move.to_owner or move.from_owner
    kind, details = _details(draft, shift, move)
    draft.tell(
        kind,
        move.at,
        Subject(group=group.state.name, partition=move.partition, owner=owner),
        details,
        is_approximate=gap_s >= period_s or (is_guess and move.kind is not MoveKind.TAKEN_OVER),
    )


def _details(draft: Draft, shift: Shift, move: Move) -> tuple[EventKind[Any], Evidence]:
    before, lease = shift.before, shift.lease

    if move.kind is MoveKind.RELEASED:
        claimed_at = before.claimed_at
        held_s = move.at - claimed_at if claimed_at is not None else None
        return _pair(timeline.LEASE_RELEASED, timeline.Released(move.from_owner, held_s))

    if move.kind is MoveKind.CLAIMED:
        free_s = move.at - before.free_since if before.free_since is not None else None
        claimed = timeline.Claimed(
            owner=move.to_owner,
            was="never_owned" if before.holder is None else "released",
            previous_owner=move.from_owner,
            free_s=max(0.0, free_s) if free_s is not None else None,
        )
        return _pair(timeline.LEASE_CLAIMED, claimed)

    since_s = move.at - lease.renewed_at if lease.renewed_at is not None else None

    if move.kind is MoveKind.STOLEN:
        stolen = timeline.Stolen(move.to_owner, move.from_owner, since_s)
        return _pair(timeline.LEASE_STOLEN, stolen)

    taken = timeline.TakenOver(
        owner=move.to_owner,
        previous_owner=move.from_owner,
        gap_s=since_s,
        dead_s=_dead_for(draft, move),
        lag=shift.lag,
    )
    return _pair(timeline.LEASE_TAKEN_OVER, taken)


def _pair(kind: EventKind[E], details: E) -> tuple[EventKind[E], E]:
    return kind, details


def _dead_for(draft: Draft, move: Move) -> float | None:
    """From the end of the old owner's process to the claim, where its end was seen."""
    ends = [d.at for d in draft.host.departures if move.from_owner in d.owners and d.at <= move.at]
    return move.at - max(ends) if ends else None


def _tell_pingpong(draft: Draft, group: GroupMemory, moves: Sequence[Move]) -> None:
    move = moves[-1]
    swaps = pingpong(moves)

    if len(swaps) < PINGPONG_CHANGES:
        return

    draft.tell(
        timeline.LEASE_PINGPONG,
        move.at,
        Subject(group=group.state.name, partition=move.partition, owner=move.to_owner),
        timeline.BackAndForth(
            owner=move.to_owner,
            previous_owner=move.from_owner,
            owners=tuple(sorted({o for m in swaps for o in (m.from_owner, m.to_owner) if o})),
            changes=len(swaps),
            window_s=WINDOW_S,
        ),
    )


def pingpong(moves: Sequence[Move]) -> list[Move]:
    """The latest run of steals of one partition in which two owners take it from each other."""
    run: list[Move] = []

    for move in moves:
        goes_back = (
            bool(run)
            and run[-1].from_owner == move.to_owner
            and run[-1].to_owner == move.from_owner
        )

        if move.kind is not MoveKind.STOLEN:
            run = []
        elif goes_back:
            run.append(move)
        else:
            run = [move]

    return run
