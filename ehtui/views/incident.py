"""`ehtui report`: one page about an incident, to be pasted into a ticket.

Each part is a function of its own, so that other pages take the ones that they need.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from msgspec.structs import replace as replaced

from ehtui.domain.snapshot import Severity
from ehtui.domain.text import capital, safe
from ehtui.domain.timeline import FindingEnded
from ehtui.domain.values import Value
from ehtui.domain.world.hub import Names
from ehtui.views import findings, formats
from ehtui.views.audit import audit_table
from ehtui.views.costs import bounds_words
from ehtui.views.data_table import DataTable, escaped, markdown_text, readable
from ehtui.views.formats import UTC_CLOCK, Clock, duration
from ehtui.views.headline import headline
from ehtui.views.markdown import (
    code,
    consumers_part,
    groups_part,
    page,
    partitions_part,
    pending_part,
    prose,
    sentence,
    timeline_part,
)
from ehtui.views.pending import nothing_wrong
from ehtui.views.phrasing import Phrasing
from ehtui.views.sources import sources_table
from ehtui.views.tables.findings import findings_title, in_order

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.actions.audited import AuditEntry
    from ehtui.domain.costs import Deployment
    from ehtui.domain.snapshot import Finding, Snapshot, TimelineEvent

LEAD_S = 900.0  # what was done so long before the first finding may have led to it
MOST_ACTIONS = 50


class Reading(Value, frozen=True):
    """How the page came about, and what else it was told."""

    ehtui: str  # its version
    system: str  # what it runs on
    watched_s: float
    actions: tuple[AuditEntry, ...] = ()  # of this host's audit log
    no_actions: str = ""  # why that could not be read


def incident_page(
    snapshot: Snapshot, groups: Sequence[str], reading: Reading, clock: Clock = UTC_CLOCK
) -> str:
    """The whole page; of the groups the first is the one that goes without saying."""
    say = Phrasing(snapshot, clock, groups[0])
    return page(
        summary_part(say, reading),
        *wrong_parts(say),
        over_part(say),
        noted_part(say),
        ("## Figures",),
        groups_part(snapshot),
        *(partitions_part(snapshot, group, is_named=len(groups) > 1) for group in groups),
        consumers_part(snapshot, groups[0]),
        timeline_part(say),
        actions_part(say, reading),
        costs_part(say),
        reading_part(say, reading),
    )


def is_wrong(finding: Finding) -> bool:
    """Whether it is worth more than a remark."""
    return finding.severity is not Severity.INFO


def wrong_in(snapshot: Snapshot) -> Snapshot:
    """The same with findings that tell what is wrong alone."""
    return replace(snapshot, findings=tuple(filter(is_wrong, snapshot.findings)))


def began_at(snapshot: Snapshot) -> float | None:
    """When the first of what is wrong began, server time; None where nothing is."""
    return min((f.since for f in snapshot.findings if is_wrong(f)), default=None)


def summary_part(say: Phrasing, reading: Reading) -> Iterator[str]:
    """What, where, how bad and since when: for who reads no further."""
    snapshot = say.snapshot
    hub, now = snapshot.hub, snapshot.host_at(snapshot.taken_at)
    group = safe(say.group or "")
    began = began_at(snapshot)
    over_at = max((event.at for _, _, event in _ended(snapshot)), default=None)
    calm = "nothing is wrong" if over_at is None else f"over since {say.full(over_at)}"
    where = f"{safe(hub.namespace)} / {safe(hub.name)}" if hub else "not read"
    rows = (
        ("Event hub", where),
        ("Consumer group", group),
        ("Findings", findings_title(snapshot)),
        ("Since", calm if began is None else say.full(began)),
        ("As of", say.clock.full(now)),
        ("Watched", f"for {duration(reading.watched_s)}" if reading.watched_s else "one look"),
    )
    name = f"{safe(hub.name)} ▸ {group}" if hub else group
    yield f"# Incident report: {escaped(name)}"
    yield ""
    yield sentence(headline(snapshot, say.group or "", clock=say.clock).text)
    yield ""
    yield markdown_text(DataTable(("About", "What is known"), rows)).rstrip("\n")


def wrong_parts(say: Phrasing) -> Iterator[Iterator[str]]:
    """What is wrong, the worst first: since when, what it rests on, and what to do."""
    wrong = [finding for finding in in_order(say.snapshot, say) if is_wrong(finding)]
    yield iter(("## What is wrong", *(() if wrong else ("", prose(nothing_wrong(say))))))

    for finding in wrong:
        yield finding_part(finding, say)


def finding_part(finding: Finding, say: Phrasing) -> Iterator[str]:
    """One finding with its evidence as figures."""
    told = capital(findings.sentence(finding, say))
    word = findings.SEVERITY_WORDS[finding.severity]
    evidence = DataTable(("Evidence", "Figure"), findings.evidence(finding, say))
    yield f"### {capital(word)}: {prose(told)}"
    yield ""
    yield f"Since {escaped(say.full(finding.since))}. ({code(finding.id)})"
    yield ""
    yield markdown_text(evidence).rstrip("\n")
    advice = findings.advice(finding, say)

    if advice:
        yield ""
        yield "What to do:"
        yield ""
        yield from (f"{number}. {sentence(line)}" for number, line in enumerate(advice, 1))


def over_part(say: Phrasing) -> Iterator[str]:
    """What was wrong, and ended while it was watched: an incident may be over by now."""
    ended = list(_ended(say.snapshot))

    if not ended:
        return

    yield "## What was wrong, and is over"
    yield ""

    for finding, details, event in ended:
        word = findings.SEVERITY_WORDS[finding.severity]
        lasted = f"{say.span(details.began_at, event.at)}, {duration(details.lasted_s)}"
        told = findings.sentence(finding, replaced(say, as_of=details.noticed_at))
        yield f"- **{capital(word)}** ({escaped(lasted)}, {code(finding.id)}): {sentence(told)}"


def _ended(snapshot: Snapshot) -> Iterator[tuple[Finding, FindingEnded, TimelineEvent]]:
    for event in snapshot.timeline:
        details, finding = event.details, event.finding

        if finding is None or not isinstance(details, FindingEnded) or not details.is_judged:
            continue

        if is_wrong(finding):
            yield finding, details, event


def noted_part(say: Phrasing) -> Iterator[str]:
    """What is no fault, and may explain one."""
    noted = [finding for finding in in_order(say.snapshot, say) if not is_wrong(finding)]

    if noted:
        yield "## Also noted"
        yield ""
        yield from (f"- {sentence(findings.sentence(each, say))}" for each in noted)


def actions_part(say: Phrasing, reading: Reading) -> Iterator[str]:
    """What was done about it with ehtui, by anybody on this host, as the audit log tells."""
    snapshot = say.snapshot
    since = action_span(snapshot, reading)
    all_of_them = [a for a in reading.actions if a.at >= since and concerns(a, snapshot)]
    shown = all_of_them[-MOST_ACTIONS:]
    yield f"## What was done: {formats.plural(len(all_of_them), 'action')}"
    yield ""

    if reading.no_actions:
        yield sentence(f"The audit log cannot be read: {reading.no_actions}")
        return

    moment = say.clock.full(since)

    if not shown:
        yield f"Nothing is noted in the audit log of this user on this host since {moment}."
        return

    left_out = len(all_of_them) - len(shown)
    older = f"; the oldest {formats.count(left_out)} are left out" if left_out else ""
    yield (
        f"The audit log of this user on this host, since {moment}{older}. A signal names processes "
        "and groups but no hub: it may be of another hub's group of the same name."
    )
    yield ""
    yield markdown_text(readable(audit_table(shown, say.clock))).rstrip("\n")


def action_span(snapshot: Snapshot, reading: Reading) -> float:
    """From when on actions are told, by this host's clock."""
    now = snapshot.host_at(snapshot.taken_at)
    began, watched = began_at(snapshot), now - reading.watched_s
    return min(watched, watched if began is None else began - (snapshot.clock_skew_s or 0)) - LEAD_S


def concerns(entry: AuditEntry, snapshot: Snapshot) -> bool:
    """Whether an action may have been about this hub: it names it, or its groups or processes."""
    plan = entry.plan
    hub = plan.get("hub")

    if isinstance(hub, str) and "/" in hub:
        return _is_this_hub(hub, snapshot)

    groups = {group.name.lower() for group in snapshot.groups}
    pids = {consumer.process.id.pid for consumer in snapshot.consumers}
    listed = plan.get("targets")
    targets = [each for each in (listed if isinstance(listed, list) else []) if _is_target(each)]
    owned = [str(place) for target in targets for place in _list(target.get("owns"))]
    named = [str(plan.get("group", "")), *(place.rpartition("/")[0] for place in owned)]

    return any(target.get("pid") in pids for target in targets) or any(
        name.lower() in groups for name in named
    )


def _is_target(value: object) -> bool:
    return isinstance(value, dict)


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _is_this_hub(name: str, snapshot: Snapshot) -> bool:
    """Whether `namespace/hub` is what was read, whatever the namespace was called."""
    namespace, _, hub = name.rpartition("/")
    own = snapshot.hub

    if own is None:
        return True  # nobody can tell

    names = Names(own.namespace, snapshot.policy.aliases)
    return names.cover(namespace) and hub.lower() == own.name.lower()


def costs_part(say: Phrasing) -> Iterator[str]:
    """What takeovers cost, by deployment: events delivered again, skipped, lost."""
    groups = [group for group in say.snapshot.groups if group.ledger.deployments]
    rows = tuple(
        _cost_row(safe(group.name), deployment, say)
        for group in groups
        for deployment in group.ledger.deployments
    )
    yield "## What takeovers cost"
    yield ""

    if not rows:
        yield "No partition changed hands while it was watched."
        return

    columns = ("GROUP", "WHEN", "TAKEOVERS", "READ TWICE", "SKIPPED", "LOST", "NOT FULLY COUNTED")
    yield markdown_text(DataTable(columns, rows)).rstrip("\n")


def _cost_row(group: str, deployment: Deployment, say: Phrasing) -> tuple[str, ...]:
    return (
        group,
        say.span(deployment.since_at, deployment.until_at),
        formats.count(deployment.takeovers),
        bounds_words(deployment.read_again),
        bounds_words(deployment.skipped),
        bounds_words(deployment.lost),
        formats.count(deployment.uncounted + deployment.unknown),
    )


def reading_part(say: Phrasing, reading: Reading) -> Iterator[str]:
    """By what, how, and what it cannot know."""
    snapshot = say.snapshot
    policy = snapshot.policy
    hub, store = duration(policy.hub_interval_s), duration(policy.store_interval_s)
    yield "## How this was read"
    yield ""
    yield f"- ehtui {escaped(reading.ehtui)} on {escaped(reading.system)}; it changed nothing."
    yield (
        f"- It reads the hub every {hub} and the store every {store}, more often while a lease is "
        "about to expire."
    )
    yield f"- Times are in {say.clock.zone}."
    yield from _clock_lines(snapshot.clock_skew_s)
    yield from (f"- {line}" for line in pending_part(snapshot))
    yield ""
    yield markdown_text(readable(sources_table(snapshot, clock=say.clock))).rstrip("\n")


_SAME_S = 0.05  # as little as is shown


def _clock_lines(skew_s: float | None) -> Iterator[str]:
    if skew_s is not None:
        way = "ahead of" if skew_s > 0 else "behind"
        apart = f"is {abs(skew_s):.1f}s {way}" if abs(skew_s) >= _SAME_S else "agrees with"
        yield f"- The store's clock, by which leases are judged, {apart} this host's."
