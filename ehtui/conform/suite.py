"""All checks, what a run of them will do, and the run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from ehtui.conform.admin import CHANGING
from ehtui.conform.checks import Result, State, run
from ehtui.conform.management import MANAGEMENT
from ehtui.conform.needs import Need
from ehtui.conform.opening import OPENING
from ehtui.conform.owning import OWNING
from ehtui.conform.publishing import PUBLISHING
from ehtui.conform.reading import READING
from ehtui.conform.sending import SENDING
from ehtui.conform.storing import STORING
from ehtui.conform.tokens import TOKENS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from ehtui.conform.checks import Check
    from ehtui.conform.world import World

THEMES = (OPENING, TOKENS, MANAGEMENT, SENDING, PUBLISHING, READING, OWNING, STORING, CHANGING)
# What empties a partition comes last.
CHECKS: tuple[Check, ...] = tuple(check for theme in THEMES for check in theme.checks)
EVENTS = 60  # that a whole run sends at the most


def chosen(patterns: Sequence[str]) -> tuple[Check, ...]:
    """The checks whose ids begin with one of these; without any, all.

    Raises:
        ValueError: One of them is the beginning of none.
    """
    for pattern in patterns:
        if not any(check.id.startswith(pattern) for check in CHECKS):
            raise ValueError(pattern)

    return tuple(c for c in CHECKS if not patterns or c.id.startswith(tuple(patterns)))


def intentions(world: World, checks: Sequence[Check]) -> list[str]:
    """What a run will do, one sentence each; nothing of it is done yet."""
    needed = Need.NOTHING

    for check in checks:
        needed |= Need.NOTHING if check.needs & ~world.has else check.needs

    hub = world.access.hub
    lines = [f"It opens a few hundred connections to {world.access.endpoint}, one after the other."]

    if needed & Need.SEND:
        lines.append(
            f"It sends up to {EVENTS} small events to '{hub}', and one over the limit:"
            " whoever reads the hub gets them, and they stay until retention removes them."
        )

    if needed & Need.GROUP:
        lines.append(
            f"It receives partition {world.partition} of '{hub}' in the group '{world.own_group}',"
            " with owner levels: whoever else receives it there is disconnected."
        )

    if needed & Need.STORE and world.store is not None:
        where = f"'{world.store.container}' at {world.store.address.host}"
        lines.append(
            f"It writes blobs whose names begin with '{world.store.prefix}' into the container"
            f" {where}, and deletes them."
        )

    if needed & Need.ADMIN:
        lines.append("It creates and deletes a group, empties a partition, and throttles a moment.")

    if needed & Need.SLOW:
        lines.append("It waits for half an hour at the end.")

    return lines


async def run_all(world: World, checks: Sequence[Check]) -> AsyncIterator[Result]:
    """Run them one after the other; those that wait for half an hour wait together, at the end."""
    slow = [check for check in checks if Need.SLOW in check.needs]

    for check in checks:
        if check not in slow:
            yield await run(check, world)

    for waiting in [asyncio.ensure_future(run(check, world)) for check in slow]:
        yield await waiting


def is_whole(results: Sequence[Result]) -> bool:
    """Whether nothing that was looked at is other than believed."""
    return all(result.state in (State.AS_BELIEVED, State.NOT_ASKED) for result in results)
