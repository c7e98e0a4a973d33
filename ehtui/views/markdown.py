"""What is known as Markdown, part by part: for an issue, a ticket, a chat."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import SourceStatus
from ehtui.domain.text import capital, safe
from ehtui.domain.timeline import FindingEnded
from ehtui.views import findings, formats, timeline
from ehtui.views.costs import last_deployment
from ehtui.views.data_table import DataTable, escaped, markdown_text, readable
from ehtui.views.formats import UTC_CLOCK, Clock, full_stop
from ehtui.views.groups import groups_table
from ehtui.views.headline import headline
from ehtui.views.pending import not_judged
from ehtui.views.phrasing import Phrasing
from ehtui.views.report import where
from ehtui.views.sources import detours, sources_table
from ehtui.views.tables import consumers_table, partitions_table
from ehtui.views.tables.findings import findings_title, in_order
from ehtui.views.tables.timeline import severity_of, told_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ehtui.domain.snapshot import Snapshot, TimelineEvent
    from ehtui.views.cells import Table

# A picture of the past has no place in a proportional font.
_DRAWN = ("trend",)


def prose(text: str) -> str:
    """A sentence: nothing in it is markup but its commands, which stand between backticks."""
    parts = text.split("`")

    if len(parts) % 2 == 0:  # one of them is somebody else's
        return escaped(text)

    return "`".join(part if place % 2 else escaped(part) for place, part in enumerate(parts))


def code(text: str) -> str:
    """A name as it is written; one with a backtick would end the code, and is text."""
    shown = safe(text)
    return escaped(shown) if "`" in shown else f"`{shown}`"


def sentence(text: str) -> str:
    """The same with a large letter and a full stop."""
    return prose(full_stop(capital(text)))


def page(*parts: Iterable[str]) -> str:
    """Parts with an empty line between each and the next; those without lines are left out."""
    told = [[*part] for part in parts]
    return "\n\n".join("\n".join(lines) for lines in told if lines) + "\n"


def status_page(snapshot: Snapshot, groups: Sequence[str], clock: Clock = UTC_CLOCK) -> str:
    """What `status` prints; of the groups the first is the one that goes without saying."""
    say = Phrasing(snapshot, clock, groups[0])
    return page(
        heading(snapshot, groups[0], clock),
        groups_part(snapshot),
        *(partitions_part(snapshot, group, is_named=len(groups) > 1) for group in groups),
        consumers_part(snapshot, groups[0]),
        findings_part(say),
        ledger_part(snapshot, say),
        sources_part(snapshot, clock),
        pending_part(snapshot),
    )


def findings_page(snapshot: Snapshot, group: str, clock: Clock = UTC_CLOCK) -> str:
    """What `findings` prints."""
    say = Phrasing(snapshot, clock, group)
    return page(heading(snapshot, group, clock), findings_part(say), pending_part(snapshot))


def timeline_page(snapshot: Snapshot, group: str, clock: Clock = UTC_CLOCK) -> str:
    """What `timeline` prints."""
    say = Phrasing(snapshot, clock, group)
    return page(heading(snapshot, group, clock), timeline_part(say, mark="###"))


def heading(snapshot: Snapshot, group: str, clock: Clock) -> Iterator[str]:
    """Where and when, and the sentence at the top of the screen."""
    at = clock.full(snapshot.host_at(snapshot.taken_at))
    yield f"## {escaped(where(snapshot, group))}"
    yield ""
    yield f"{sentence(headline(snapshot, group, clock=clock).text)} ({at})"

    for line in detours(snapshot):
        yield ""
        yield prose(line)


def groups_part(snapshot: Snapshot) -> Iterator[str]:
    """Consumer groups side by side, where there are several."""
    if len(snapshot.groups) > 1:
        yield from table_part("Groups", groups_table(snapshot, has_past=False))


def partitions_part(snapshot: Snapshot, group: str, *, is_named: bool = False) -> Iterator[str]:
    """Partitions as one group sees them."""
    name = f"Partitions of {group}" if is_named else "Partitions"
    yield from table_part(name, partitions_table(snapshot, group), without=_DRAWN)


def consumers_part(snapshot: Snapshot, group: str) -> Iterator[str]:
    """This host's consumers, where there are any."""
    if snapshot.consumers:
        yield from table_part("Consumers on this host", consumers_table(snapshot, group))


def table_part(name: str, table: Table, *, without: Iterable[str] = ()) -> Iterator[str]:
    """A heading with its sums, and the rows."""
    title = f"{name}: {table.title}"
    notes = f" ({', '.join(table.notes)})" if table.notes else ""
    yield f"### {escaped(title)}{escaped(notes)}"
    yield ""

    if table.rows:
        yield markdown_text(readable(table, without=without)).rstrip("\n")
    else:
        yield sentence(table.empty)


def findings_part(say: Phrasing, *, name: str = "Findings") -> Iterator[str]:
    """Each as one point, and what to do about it below it."""
    yield f"### {name}: {findings_title(say.snapshot)}"
    advised: set[str] = set()

    for finding in in_order(say.snapshot, say):
        word = findings.SEVERITY_WORDS[finding.severity]
        yield ""
        yield f"- **{word}** {sentence(findings.sentence(finding, say))}"
        since = f"{say.full(finding.since)}"
        yield f"  Since {escaped(since)}. ({code(finding.id)})"

        # The same kind of finding has much the same advice: once is enough.
        if finding.id not in advised:
            yield from (f"  - {sentence(line)}" for line in findings.advice(finding, say))

        advised.add(finding.id)


def ledger_part(snapshot: Snapshot, say: Phrasing) -> Iterator[str]:
    """What the newest deployment cost each group."""
    told = [
        (group.name, last_deployment(group.ledger, say))
        for group in snapshot.groups
        if group.ledger.deployments
    ]

    if told:
        yield "### Takeovers"
        yield ""
        yield from (f"- {escaped(name)}: {prose(words)}" for name, words in told)


def sources_part(snapshot: Snapshot, clock: Clock) -> Iterator[str]:
    """What could not be read, and why."""
    if any(s.status is not SourceStatus.OK or s.problem for s in snapshot.sources):
        yield from table_part("Sources", sources_table(snapshot, clock=clock))


def pending_part(snapshot: Snapshot) -> Iterator[str]:
    """What so short a look cannot judge."""
    missing = not_judged(snapshot)

    if missing:
        yield f"Not judged yet: {escaped(', '.join(missing))}."


MOST_EVENTS = 100
_EVENT_COLUMNS = ("TIME", "ABOUT", "SEVERITY", "EVENT")


def timeline_part(say: Phrasing, *, mark: str = "##") -> Iterator[str]:
    """What happened, oldest first, while it was watched or as logs and records tell."""
    events = list(told_once(say.snapshot.timeline))
    left_out = len(events) - MOST_EVENTS
    yield f"{mark} Timeline: {formats.plural(len(events), 'event')}"
    yield ""

    if not events:
        yield "Nothing happened while it was watched."
        return

    if left_out > 0:
        yield f"The oldest {formats.count(left_out)} are left out."
        yield ""

    yield event_rows(events[-MOST_EVENTS:], say).rstrip("\n")


def event_rows(events: Iterable[TimelineEvent], say: Phrasing, *, has_header: bool = True) -> str:
    """Events as rows of a table; of a longer one below its header."""
    rows = tuple(_event_row(event, say) for event in events)
    return markdown_text(DataTable(_EVENT_COLUMNS, rows), has_header=has_header)


def _event_row(event: TimelineEvent, say: Phrasing) -> tuple[str, ...]:
    severity = severity_of(event)
    has_ended = isinstance(event.details, FindingEnded)
    return (
        ("~" if event.is_approximate else "") + say.time(event.at),
        timeline.subject(event, say),
        "" if severity is None or has_ended else findings.SEVERITY_WORDS[severity],
        timeline.sentence(event, say),
    )
