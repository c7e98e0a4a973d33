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

    command = next_event_command(say, partition, group)
    told = f", or run `{command}`" if command else ""

    return (
        (
            f"Press e to see the event that it stands before{told}: the handler hangs on that one, "
            "or on one soon behind it."
        ),
    )


def next_event_command(say: Phrasing, partition: str | None, group: str | None) -> str:
    """What prints that event; empty where it is not known which partition it is."""
    if partition is None:
        return ""

    named = () if group is None else ("--group", group)
    words = ("events", "-p", partition, "--from", "checkpoint", "-n", "1", "--pretty", *named)
    return say.command(*words)
