"""Holds what was told of takeovers against the broker's own log of deliveries: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from ehtui.domain.costs import Bounds, TakeoverCost
from ehtui.domain.snapshot import TimelineEvent
from ehtui.domain.timeline import Claimed, Stolen, TakenOver

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Snapshot

Readings = Sequence[Mapping[str, Any]]  # as the control port gives them, oldest first
_PARTS = ("read_again", "skipped", "lost")


@dataclass(frozen=True, slots=True)
class Held:
    """One told cost, and what the broker wrote down of the same receiver; None: it never came."""

    event: TimelineEvent
    cost: TakeoverCost
    truth: Mapping[str, Any] | None

    @property
    def is_right(self) -> bool:
        """Whether every bound contains the truth."""
        return self.truth is None or all(
            self._bounds(part).holds(self.truth[part]) for part in _PARTS
        )

    @override
    def __str__(self) -> str:
        subject = self.event.subject
        told = ", ".join(f"{part} {_words(self._bounds(part))}" for part in _PARTS)
        truth = self.truth
        true = "never connected" if truth is None else ", ".join(str(truth[p]) for p in _PARTS)
        owner = (subject.owner or "")[:8]
        return f"{self.event.kind} of P{subject.partition} by {owner}: {told}; delivered: {true}"

    def _bounds(self, part: str) -> Bounds:
        bounds: Bounds = getattr(self.cost, part)
        return bounds


def _words(bounds: Bounds) -> str:
    return "–" if bounds.least is None else f"{bounds.least}–{bounds.most}"


def held(
    seen: Sequence[Snapshot], readings: Readings, accounts: Mapping[int, frozenset[str]]
) -> tuple[Held, ...]:
    """Each takeover whose cost is known, beside the receiver that its new owner attached.

    `accounts` are the owner ids of each process, by its own account.
    """
    newest = {event.number: event for snapshot in seen for event in snapshot.timeline}
    pids = {owner: str(pid) for pid, owners in accounts.items() for owner in owners}
    found = []

    for event in newest.values():
        if isinstance(event.details, Claimed | TakenOver | Stolen):
            cost = event.details.cost

            if cost.read_again.is_known:
                found.append(Held(event, cost, _receiver_of(event, readings, pids)))

    return tuple(found)


def _receiver_of(
    event: TimelineEvent, readings: Readings, pids: Mapping[str, str]
) -> Mapping[str, Any] | None:
    """The first that this owner attached after its claim."""
    subject = event.subject

    for reading in readings:
        if (
            reading["partition"] == subject.partition
            and reading["group"].lower() == (subject.group or "").lower()
            and reading["at"] >= event.at
            and _is_of(reading, subject.owner or "", pids)
        ):
            return reading

    return None


def _is_of(reading: Mapping[str, Any], owner: str, pids: Mapping[str, str]) -> bool:
    if reading["name"] == owner:  # JavaScript tells its owner id
        return True

    pid = pids.get(owner)
    return pid is not None and re.search(rf"/{pid}( |$)", reading["client"]) is not None
