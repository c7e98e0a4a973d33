"""Why a key can do nothing just now: it is greyed, and whoever presses it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

from ehtui.domain.snapshot import LeaseState

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from ehtui.domain.snapshot import Snapshot
    from ehtui.tui.keys import Key

_READ_ONLY = "read-only"
_FREE = frozenset({LeaseState.RELEASED, LeaseState.NEVER_OWNED})


class Situation(NamedTuple):
    """What keys depend on, beside the picture itself."""

    is_read_only: bool
    is_connected: bool  # the hub has been read
    has_store: bool
    has_peek_group: bool
    can_start: bool  # a configured consumer, or one that has ended
    has_consumer: bool  # that a key would be about
    has_partition: bool
    has_owned: bool  # among those partitions
    has_hubs: bool = False  # an overview to go to


@runtime_checkable
class Judging(Protocol):
    """A screen with something selected that keys are about."""

    @property
    def situation(self) -> Situation:
        """What decides which keys can do something now."""


def situation_of(
    snapshot: Snapshot,
    group: str,
    partitions: Collection[str],
    *,
    is_read_only: bool,
    has_peek_group: bool,
    can_start: bool,
    has_consumer: bool,
    has_hubs: bool = False,
) -> Situation:
    """The same, as a picture has it for the group on screen and the partitions chosen there."""
    state = snapshot.group(group)
    leases = [each.lease for each in state.partitions if each.id in partitions] if state else []

    return Situation(
        is_read_only=is_read_only,
        is_connected=snapshot.hub is not None,
        has_store=snapshot.policy.has_store,
        has_peek_group=has_peek_group,
        can_start=can_start,
        has_consumer=has_consumer,
        has_partition=bool(partitions),
        has_owned=any(lease.state not in _FREE for lease in leases),
        has_hubs=has_hubs,
    )


def _consumer(now: Situation) -> str:
    return "" if now.has_consumer else "no consumer selected"


def _release(now: Situation) -> str:
    if not now.has_store:
        return "no checkpoint store configured"

    if not now.has_partition:
        return "no partition selected"

    return "" if now.has_owned else "nobody owns it"


_OF: Mapping[str, Callable[[Situation], str]] = {
    "signal": _consumer,
    "restart": _consumer,
    "start": lambda now: "" if now.can_start else "nothing to start",
    "send": lambda now: "" if now.is_connected else "the hub has not been read",
    "events": lambda now: "" if now.has_peek_group else "no peek group configured",
    "checkpoints": lambda now: "" if now.has_store else "no checkpoint store configured",
    "release": _release,
    "hubs": lambda now: "" if now.has_hubs else "only one hub is watched",
}


def obstacle(key: Key, now: Situation) -> str:
    """In a few words why a key can do nothing; empty where it can."""
    if key.is_dangerous and now.is_read_only:
        return _READ_ONLY

    judge = _OF.get(key.id)

    return "" if judge is None else judge(now)
