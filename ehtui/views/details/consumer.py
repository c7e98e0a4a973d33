"""Everything known about one process of this host, and what a close look at it finds."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, TypeVar

from ehtui.domain.leases.sdks import runtime_of
from ehtui.domain.snapshot import ConsumerRole, ConsumerState, Snapshot
from ehtui.domain.text import safe
from ehtui.domain.world.process import LogState, RecognisedBy, Withheld
from ehtui.views import formats
from ehtui.views.cells import Fact, Line, Section, section
from ehtui.views.details.partition import findings_facts
from ehtui.views.event_text import owned_words
from ehtui.views.keys import consumer_at
from ehtui.views.processes import RECOGNISED, SHARED_LOG, brief, line_to_add, link_words
from ehtui.views.states import ROLE, ROLE_MEANING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from ehtui.domain.world.process import (
        DeclaredTarget,
        Peer,
        ProcessDetails,
        ProcessSample,
        Relative,
    )
    from ehtui.views.phrasing import Phrasing


_SIGNALS = (signal.SIGTERM, signal.SIGINT)


def consumer_details(snapshot: Snapshot, key: str, say: Phrasing) -> list[Section]:
    """Its part in the group, the process, and what is found about it."""
    consumer = consumer_at(snapshot, key)

    if consumer is None:
        return []

    pid = consumer.process.id.pid
    about = [finding for finding in snapshot.findings if finding.subject.pid == pid]
    hint = _hint(consumer)
    unsaid = Section("Its log does not name its owner id", (Line("", hint),))
    return [
        *([section("Findings", findings_facts(about, say))] if about else []),
        section(f"Consumer {pid}", _part(consumer, say)),
        *([unsaid] if hint else []),
        section("Process", _process(consumer, say)),
    ]


def _hint(consumer: ConsumerState) -> str:
    """The line to add to a consumer whose log hides who it is; empty where it is known."""
    process = consumer.process
    if consumer.log is LogState.SHARED:
        return SHARED_LOG

    is_told = consumer.log not in {LogState.SILENT, LogState.NONE}

    # What only has a connection may be no consumer at all.
    if is_told or process.recognised_by is RecognisedBy.CONNECTION:
        return ""

    line = line_to_add(runtime_of(process.program))

    if Withheld.FILES in process.withheld and consumer.log is LogState.NONE:
        return (
            "Which files it has open is not for this user to see. Name its log as "
            f"consumers.NAME.log. Add {line}."
        )

    if consumer.log is LogState.SILENT:
        return f"Its log level hides the owner id. Add {line}."

    return (
        "No log was found. Write it to a file, or name that file as consumers.NAME.log. "
        f"Add {line}."
    )


def _part(consumer: ConsumerState, say: Phrasing) -> Iterator[Fact]:
    owns = tuple(f"{group}/{partition}" for group, partition in consumer.owns)
    is_known = consumer.role is not ConsumerRole.UNKNOWN
    yield "role", f"{ROLE[consumer.role].text}: {ROLE_MEANING[consumer.role]}"
    yield from _owner_ids(consumer, say)
    yield "owns", owned_words(owns, say) if owns else "nothing" if is_known else None

    if owns:
        yield from ((role.value, f"in {safe(group)}") for group, role in consumer.idle)

    yield "listed because", RECOGNISED[consumer.process.recognised_by]
    yield "name", safe(consumer.process.consumer_name) if consumer.process.consumer_name else None
    yield from _settings(consumer.process.target)


def _settings(target: DeclaredTarget | None) -> Iterator[Fact]:
    """What its own settings name; whose they are not to read, or name nothing, has no line."""
    if target is None or not (target.named_hubs or target.named_groups):
        return

    named = [
        f"{what} {safe(' or '.join(names))}"
        for what, names in (("hub", target.named_hubs), ("group", target.named_groups))
        if names
    ]
    yield "settings", ", ".join(named)


def _owner_ids(consumer: ConsumerState, say: Phrasing) -> Iterator[Fact]:
    """Each client of the process, and what ties it to its id."""
    if not consumer.links:
        yield "owner id", None
        yield "because", None

    for link in consumer.links:
        place = f" in {safe(link.group)}" if link.group and consumer.more_links else ""
        yield "owner id", f"{safe(link.owner)}{place}"
        yield "because", link_words(link, say)


def _process(consumer: ConsumerState, say: Phrasing) -> Iterator[Fact]:
    process = consumer.process
    up = formats.duration(max(0.0, say.snapshot.taken_at - process.id.started_at))
    yield "started", f"{say.clock.full(say.snapshot.host_at(process.id.started_at))} ({up} ago)"
    yield "status", safe(process.status)
    yield "user", safe(process.user) if process.user else None
    yield "folder", safe(process.cwd) if process.cwd else None
    yield "parent", str(process.parent) if process.parent is not None else None
    yield "CPU", _of(formats.percent(process.cpu_percent), "% of one core")
    yield "memory", _of(formats.percent(process.memory_percent), "% of the host")
    yield "resident", formats.size(process.rss_bytes)
    yield "threads", formats.count(process.threads)
    yield "connections", _connections(process)
    yield "log", _log(process)

    if consumer.log_behind_bytes:
        yield "not read yet", f"{formats.size(consumer.log_behind_bytes)} of its log; the end is"

    yield "supervisor", safe(process.supervisor.label) if process.supervisor else "none seen"
    yield from ((f"on {number.name}", _reaction(process, number)) for number in _SIGNALS)
    yield from _withheld(process)
    yield "command", safe(process.command)  # the longest by far


_WITHHELD = {
    Withheld.COMMAND: "arguments",
    Withheld.FOLDER: "folder",
    Withheld.SETTINGS: "environment",
    Withheld.FILES: "open files",
    Withheld.CONNECTIONS: "connections",
}


def _withheld(process: ProcessSample) -> Iterator[Fact]:
    """Why so much is unknown, where that is so."""
    told = [words for what, words in _WITHHELD.items() if what in process.withheld]

    if told:
        whose = f"{safe(process.user)} and root" if process.user else "its own user and root"
        yield "not told", f"{formats.listed(told)}: only {whose} may see them on this system"


def _log(process: ProcessSample) -> str | None:
    if process.log_path:
        return safe(process.log_path)

    return None if Withheld.FILES in process.withheld else "none found"


def _connections(process: ProcessSample) -> str:
    proxy = process.target.proxy if process.target is not None else None

    if process.connections is None and proxy is not None:
        return f"{formats.UNKNOWN} (its settings name the proxy {safe(proxy)}: not seen through it)"

    if process.connections is None and Withheld.CONNECTIONS in process.withheld:
        return f"{formats.UNKNOWN} (not for this user to see)"

    told = _of(formats.count(process.connections), "to the namespace")

    if not process.web_connections:
        return told

    shared = " where other services answer, too" if process.may_be_anothers else ""
    return f"{told}, {formats.count(process.web_connections)} of them on port 443{shared}"


def _of(text: str, unit: str) -> str:
    return text if text == formats.UNKNOWN else f"{text} {unit}"


def _reaction(process: ProcessSample, number: int) -> str | None:
    if process.caught_signals is None or process.ignored_signals is None:
        return None

    if number in process.ignored_signals:
        return "ignored"

    if number in process.caught_signals:
        return "handled: it can close its client and release its partitions"

    return "ends at once without releasing: its leases have to expire"


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
