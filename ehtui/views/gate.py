"""A deployment's gate in words: a line for each check, one page at its end, and a document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict, replace

from ehtui.domain.costs import Bounds
from ehtui.domain.gate import checks as gate
from ehtui.domain.gate.checks import Answer, Verdict, downtimes
from ehtui.domain.text import capital, safe
from ehtui.views import findings, formats
from ehtui.views.costs import bounds_words
from ehtui.views.data_table import DataTable, markdown_text
from ehtui.views.formats import duration, plural
from ehtui.views.markdown import event_rows, page, sentence
from ehtui.views.status_values import moment, rounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ehtui.domain.gate.checks import Check, CheckEvidence, Terms
    from ehtui.domain.gate.watched import Watched
    from ehtui.views.phrasing import Phrasing

SCHEMA = "ehtui.gate/1"
MARKS = {Answer.YES: "ok", Answer.NOT_YET: "not yet", Answer.NO: "no", Answer.UNKNOWN: "unknown"}
WORDS = {
    Verdict.PASSED: "passed",
    Verdict.FAILED: "failed",
    Verdict.NOT_JUDGED: "could not be judged",
}
NAMES: dict[type, str] = {
    gate.SourcesRead: "hub and store read",
    gate.AllOwned: "all owned again",
    gate.OwnersBack: "owners",
    gate.LagBack: "lag back at its baseline",
    gate.NothingFound: "no new finding",
    gate.DuplicatesWithin: "events read twice",
    gate.DowntimeWithin: "time without a reader",
}
_MOST_EVENTS = 60


def check_line(check: Check) -> str:
    """One check: what it is, how it stands, and by what."""
    name = check_name(check)
    return f"{MARKS[check.answer]:<8} {name}: {told(check.evidence)}"


def check_name(check: Check) -> str:
    """What it is, in a few words."""
    return NAMES[type(check.evidence)]


def told(evidence: CheckEvidence) -> str:
    """What a check rests on, without a full stop."""
    return _TELLERS[type(evidence)](evidence)


def _sources(found: gate.SourcesRead) -> str:
    if found.unread:
        return f"the {formats.listed(found.unread)} cannot be read, for {duration(found.blind_s)}"

    if found.blind_s:
        return f"now; meanwhile not for up to {duration(found.blind_s)}"

    return "all the time"


def _owned(found: gate.AllOwned) -> str:
    words = [f"{found.owned} of {plural(found.of, 'partition')} have an owner that has renewed"]

    if found.unowned:
        words.append(f"{_partitions(found.unowned)} {_have(found.unowned)} no live owner")

    if found.unrenewed:
        words.append(f"not renewed since the deployment ended: {_partitions(found.unrenewed)}")

    return "; ".join(words)


def _owners(found: gate.OwnersBack) -> str:
    wanted = "" if found.wanted == found.before else f", {found.wanted} wanted"
    all_new = ", all of them new wanted" if found.all_new else ""
    return f"{found.now} now, {found.new} of them new; {found.before} before{wanted}{all_new}"


def _lag(found: gate.LagBack) -> str:
    words = [f"{formats.count(found.now)} events, {formats.count(found.before)} before"]

    if found.above:
        words.append(f"above its baseline in {_partitions(found.above)}")

    if found.unmoved:
        words.append(f"no checkpoint was written since in {_partitions(found.unmoved)}")

    if found.unknown:
        words.append(f"unknown in {_partitions(found.unknown)}")

    if found.untested:
        words.append(
            f"nothing arrived since in {_partitions(found.untested)}, so whether "
            f"{'it is' if len(found.untested) == 1 else 'they are'} read was not seen"
        )

    if found.unwritten:
        words.append(
            f"no checkpoint was ever written in {_partitions(found.unwritten)}, so whether "
            f"{'it is' if len(found.unwritten) == 1 else 'they are'} read cannot be told"
        )

    return "; ".join(words)


def _findings(found: gate.NothingFound) -> str:
    now = formats.listed(found.now) if found.now else "none"
    return now + (f"; came and went: {formats.listed(found.passed)}" if found.passed else "")


def _duplicates(found: gate.DuplicatesWithin) -> str:
    bounds = bounds_words(Bounds(found.least, found.most))
    words = [f"{bounds} in {plural(found.takeovers, 'takeover')}"]

    if found.budget is not None:
        words.append(f"at most {formats.count(found.budget)} allowed")

    if found.uncounted:
        words.append(f"{found.uncounted} not counted yet")

    if found.unknown:
        words.append(f"{found.unknown} cannot be counted")

    return "; ".join(words)


def _downtime(found: gate.DowntimeWithin) -> str:
    allowed = "" if found.budget_s is None else f"; at most {duration(found.budget_s)} allowed"

    if not found.is_whole:
        return f"more partitions changed hands at once than could be followed{allowed}"

    if found.partition is None:
        return f"no partition changed hands{allowed}"

    longest = f"P{safe(found.partition)} the longest, {_span(found.least_s, found.most_s)}"
    return longest + allowed


_TELLERS: dict[type, Callable[[Any], str]] = {
    gate.SourcesRead: _sources,
    gate.AllOwned: _owned,
    gate.OwnersBack: _owners,
    gate.LagBack: _lag,
    gate.NothingFound: _findings,
    gate.DuplicatesWithin: _duplicates,
    gate.DowntimeWithin: _downtime,
}


def _span(least_s: float, most_s: float | None) -> str:
    if most_s is None:
        return f"at least {duration(least_s)}"

    return duration(most_s) if least_s == most_s else f"at most {duration(most_s)}"


def _partitions(ids: Sequence[str]) -> str:
    return formats.listed([f"P{text}" for text, _ in formats.runs(ids)])


def _have(ids: Sequence[str]) -> str:
    return "has" if len(ids) == 1 else "have"


def gate_page(
    watched: Watched,
    found: Sequence[Check],
    verdict: Verdict,
    say: Phrasing,
) -> str:
    """One page of Markdown on how a deployment went."""
    return page(
        _heading(watched, verdict, say),
        _checks_part(found),
        _downtime_part(watched),
        _passing_part(watched, say),
        _timeline_part(watched, say),
    )


def _heading(watched: Watched, verdict: Verdict, say: Phrasing) -> Iterator[str]:
    baseline = watched.baseline
    where = f"{baseline.namespace} / {baseline.hub}, group {baseline.group}"
    yield f"# Deployment gate: {WORDS[verdict]}"
    yield ""
    yield sentence(
        f"{where}: begun {say.time(baseline.at)}, the deployment ended "
        f"{say.time(watched.ended_at)}, judged {say.time(watched.until_at)}"
    )


def _checks_part(found: Sequence[Check]) -> Iterator[str]:
    rows = tuple(
        (MARKS[check.answer], NAMES[type(check.evidence)], told(check.evidence)) for check in found
    )
    yield markdown_text(DataTable(("", "CHECK", "FOUND"), rows)).rstrip("\n")


def _downtime_part(watched: Watched) -> Iterator[str]:
    spans = downtimes(watched)

    if spans:
        rows = tuple(
            (each.partition, each.handovers, _span(each.least_s, each.most_s)) for each in spans
        )
        yield "## Without a reader"
        yield ""
        yield markdown_text(DataTable(("PARTITION", "HANDOVERS", "FOR"), rows)).rstrip("\n")


def _passing_part(watched: Watched, say: Phrasing) -> Iterator[str]:
    if watched.passing:
        yield "## Findings that were not there before"

    for each in watched.passing:
        word = findings.SEVERITY_WORDS[each.finding.severity]
        yield ""
        then = replace(say, as_of=each.last_at)
        yield f"- **{word}** {sentence(findings.sentence(each.finding, then))}"
        yield f"  {capital(sentence(_seen(each.first_at, each.last_at, say)))}"


def _seen(first_at: float, last_at: float, say: Phrasing) -> str:
    return f"seen {say.time(first_at)} to {say.time(last_at)}"


def _timeline_part(watched: Watched, say: Phrasing) -> Iterator[str]:
    events = [e for e in say.snapshot.timeline if e.at >= watched.baseline.at]

    if events:
        left_out = len(events) - _MOST_EVENTS
        more = f", the newest {_MOST_EVENTS}" if left_out > 0 else ""
        yield f"## Timeline: {plural(len(events), 'event')}{more}"
        yield ""
        yield event_rows(events[-_MOST_EVENTS:], say).rstrip("\n")


def gate_document(
    watched: Watched, found: Sequence[Check], verdict: Verdict | None, terms: Terms
) -> dict[str, object]:
    """`ehtui.gate/1`: all that the page says but the timeline."""
    baseline = watched.baseline
    return {
        "schema": SCHEMA,
        "verdict": verdict.value if verdict is not None else None,
        "namespace": baseline.namespace,
        "hub": baseline.hub,
        "group": baseline.group,
        "begun_at": moment(baseline.at),
        "ended_at": moment(watched.ended_at),
        "judged_at": moment(watched.until_at),
        "terms": asdict(terms),
        "checks": [
            {
                "check": NAMES[type(check.evidence)].replace(" ", "_"),
                "answer": check.answer.value,
                "told": told(check.evidence),
                **{name: _plain(value) for name, value in asdict(check.evidence).items()},
            }
            for check in found
        ],
        "without_reader": [
            {
                "partition": each.partition,
                "handovers": each.handovers,
                "least_s": rounded(each.least_s),
                "most_s": rounded(each.most_s),
            }
            for each in downtimes(watched)
        ],
        "passing_findings": [
            {
                "id": each.finding.id,
                "severity": each.finding.severity.value,
                "subject": {k: v for k, v in asdict(each.finding.subject).items() if v is not None},
                "first_at": moment(each.first_at),
                "last_at": moment(each.last_at),
            }
            for each in watched.passing
        ],
    }


def _plain(value: object) -> object:
    if isinstance(value, float):
        return rounded(value)

    return list(value) if isinstance(value, tuple) else value
