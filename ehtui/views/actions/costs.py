"""What a plan costs: who loses which partition, and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.targets import OwnedPartition, SignalEffect, SignalTarget, TakeoverWindow
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.basis import DOUBTS, basis
from ehtui.views.restarts import HALTED
from ehtui.views.telling import Telling, it, partitions

if TYPE_CHECKING:
    from collections.abc import Sequence


def is_grave(target: SignalTarget) -> bool:
    """Whether partitions stay unread for longer than a round, or nobody can tell."""
    if target.effect is SignalEffect.IGNORED:
        return False

    if target.owner is None:
        return target.effect is not SignalEffect.RELEASES

    return any(
        target.effect is not SignalEffect.RELEASES or owned.takeover.earliest_at is None
        for owned in target.owns
    )


def target_cost(target: SignalTarget, signal: str, say: Telling) -> str:
    """What one process loses, in a sentence or two."""
    if target.halted_by is not None and signal not in {"KILL", "CONT", "STOP"}:
        halted = f"{target.process.pid} {HALTED[target.halted_by]}"
        return f"{halted}: SIG{signal} acts once it goes on. {_cost(target, signal, say)}"

    return _cost(target, signal, say)


def _cost(target: SignalTarget, signal: str, say: Telling) -> str:
    pid = str(target.process.pid)

    if target.effect is SignalEffect.IGNORED:
        goes_on = (
            f"SIG{signal} lets {pid} go on" if signal == "CONT" else f"{pid} ignores SIG{signal}"
        )
        return f"{goes_on}: no partition is lost."

    if target.owner is None:
        return (
            f"Which owner {pid} is, is not known: what it owns, if anything, is unread until its "
            "leases run out or it closes its client."
        )

    if not target.owns:
        return f"{pid} owns nothing: no partition is lost."

    return " ".join(f"{pid} {_loss(owned, target, signal, say)}" for owned in _alike(target.owns))


def _alike(owns: Sequence[OwnedPartition]) -> list[list[OwnedPartition]]:
    """Partitions that come back together, told together."""
    alike: dict[tuple[str, TakeoverWindow], list[OwnedPartition]] = {}

    for owned in owns:
        alike.setdefault((owned.group, owned.takeover), []).append(owned)

    return list(alike.values())


def _loss(owned: Sequence[OwnedPartition], target: SignalTarget, signal: str, say: Telling) -> str:
    names = [each.partition for each in owned]
    where = f"{partitions(names)}{say.of_group(owned[0].group)}"
    window = owned[0].takeover

    if window.earliest_at is None and window.latest_at is None:
        return f"owns {where}: nobody is left to take {it(names)}; unread until a consumer starts."

    back = _back(window, say)

    if target.effect is SignalEffect.RELEASES:
        return (
            f"handles SIG{signal} and can close its client: {where} released at once, "
            f"a survivor takes {it(names)} {back}."
        )

    if target.effect is SignalEffect.DIES:
        return f"dies without release: {where} unread until a survivor takes {it(names)} {back}."

    if signal == "STOP":
        return f"freezes with {where}: unread; a survivor takes {it(names)} {back}."

    return (
        f"may release {where} at once, or leave {it(names)} unread: "
        f"a survivor then takes {it(names)} {back}."
    )


def _back(window: TakeoverWindow, say: Telling) -> str:
    """`12:03:41–12:04:17 (up to 1m17s; Python 180/30 s)`; `~` where it is assumed."""
    last = window.latest_at if window.latest_at is not None else window.earliest_at
    longest = formats.duration(max(0.0, last - say.now)) if last is not None else formats.UNKNOWN
    guess = "~" if window.is_guess else ""
    rests_on = f"{basis(window.basis)}{DOUBTS.get(window.doubt, '')}"

    if window.earliest_at is None or window.latest_at is None:
        word = "by" if window.earliest_at is None else "from"
        return f"{word} {guess}{say.time(last)} on ({rests_on})"

    when = say.span(window.earliest_at, window.latest_at)

    return f"{guess}{when} (up to {guess}{longest}; {rests_on})"


def joining(group: str, say: Telling) -> str:
    """What one more consumer of a group will get."""
    state = say.snapshot.group(group)
    name = safe(group)

    if state is None or not any(p.checkpoint or p.lease.owner for p in state.partitions):
        return f"{name} has no records yet: it begins where the program says, mostly at the latest."

    owners = sum(1 for owner in state.owners if owner.partitions)
    count = formats.plural(len(state.partitions), "partition")

    if not owners:
        return f"{name} has no live owner: it takes all {count}, from their checkpoints."

    if owners >= len(state.partitions):
        return f"{name} has {formats.plural(owners, 'owner')} for {count}: it will stand by."

    held = formats.plural(owners, "owner")

    return f"{name} has {held} for {count}: it takes its share from them, or what is free."
