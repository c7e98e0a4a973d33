"""What a close look at one process found."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, TypeVar

from ehtui.domain.text import safe
from ehtui.views.command_lines import brief
from ehtui.views.details.lines import Fact, Section, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ehtui.domain.world.process import Peer, ProcessDetails, Relative

T = TypeVar("T")
LONGEST = 120  # characters of a relative's command line: it only has to be known again
MOST_SHOWN = 12  # of each kind: a pool of connections is not a page


def inspected(details: ProcessDetails | None) -> list[Section]:
    """Family, connections, logs and signals; a sentence where the process went meanwhile."""
    if details is None:
        return [section("Looked at closely", [("process", "gone")])]

    return [
        section("Family", _family(details)),
        section("Connections", _listed(details.peers, _peer)),
        section("Logs and signals", _rest(details)),
    ]


def _family(details: ProcessDetails) -> Iterator[Fact]:
    yield from _listed(details.parents, lambda p: ("parent", _relative(p)), none="parent")
    yield from _listed(details.children, lambda p: ("child", _relative(p)), none="children")


def _relative(relative: Relative) -> str:
    command = brief(safe(relative.command))
    shown = command if len(command) <= LONGEST else f"{command[:LONGEST]}…"

    return f"{relative.pid} {shown}"


def _peer(peer: Peer) -> Fact:
    times = f" × {peer.count}" if peer.count > 1 else ""
    return safe(peer.status).lower().replace("_", " "), f"{safe(peer.address)}{times}"


def _rest(details: ProcessDetails) -> Iterator[Fact]:
    yield from _listed(details.logs, lambda path: ("open log", safe(path)), none="open logs")
    yield "handles", signal_names(details.caught_signals)
    yield "ignores", signal_names(details.ignored_signals)


def _listed(
    items: Sequence[T] | None, fact: Callable[[T], Fact], *, none: str = "peers"
) -> Iterator[Fact]:
    if not items:
        yield none, None if items is None else "none"
        return

    yield from (fact(item) for item in items[:MOST_SHOWN])

    if len(items) > MOST_SHOWN:
        yield "", f"and {len(items) - MOST_SHOWN:,} more"


def signal_names(numbers: Iterable[int] | None) -> str | None:
    """`INT, TERM`; real-time signals, which libraries use for themselves, by number."""
    if numbers is None:
        return None

    return ", ".join(_signal_name(number) for number in sorted(numbers)) or "none"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        return str(number)
