"""Where an event can be looked at that something stands before."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ehtui.views.phrasing import Phrasing


def see_next_event(say: Phrasing, partition: str | None, group: str | None) -> tuple[str, ...]:
    """How to see the event that a checkpoint stands before; nothing where no group is to look in.

    The screen's key and, where it is known which partition it is, the command.
    """
    if say.snapshot.policy.peek_group is None:
        return ()

    named = () if group is None else ("--group", group)
    words = ("events", "-p", partition or "", "--from", "checkpoint", "-n", "1", "--pretty", *named)
    told = f", or run `{say.command(*words)}`" if partition is not None else ""

    return (
        (
            f"Press e to see the event that it stands before{told}: the handler hangs on that one, "
            "or on one soon behind it."
        ),
    )
