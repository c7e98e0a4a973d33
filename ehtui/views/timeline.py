"""Every event as one sentence. What it is about stands beside it, so that a sentence says “it”."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import facts
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.basis import basis
from ehtui.views.case import Case
from ehtui.views.evidence import evidence_lines
from ehtui.views.findings.forecast import joined
from ehtui.views.findings.logs import SAID, said
from ehtui.views.telling import Telling, partition

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ehtui.domain.snapshot import TimelineEvent

YOU = "you"
EFFECTS = {
    "releases": "it can close its client and release",
    "dies": "dies without release",
    "ignored": "ignored",
    "unknown": "effect not known",
}


def sentence(event: TimelineEvent, say: Telling) -> str:
    """What happened; a kind that is not known still tells its facts."""
    case = Case(event.subject, facts(event.details), say)
    tell = SENTENCES.get(event.kind)

    return tell(case) if tell else _unknown(event, say)


def subject(event: TimelineEvent, say: Telling) -> str:
    """Who or what: `you` for this session's actions, else a partition, process, source or group."""
    about = event.subject

    if event.kind.startswith("action."):
        return YOU

    if about.partition is not None:
        return partition(about.partition) + say.of_group(about.group)

    if about.pid is not None:
        return str(about.pid)

    if event.kind.startswith("clock."):
        return "clock"

    return safe(about.source or about.group or "hub")


def _unknown(event: TimelineEvent, say: Telling) -> str:
    name = safe(event.kind).replace(".", " ").replace("_", " ")
    lines = evidence_lines(facts(event.details), say)
    told = ", ".join(f"{key} {value}" for key, value in lines)

    return f"{name} ({told})" if told else name


def _claimed(case: Case) -> str:
    if case.text("was") == "never_owned":
        return f"{case.owner()} claimed it (was never owned)"

    free_s = case.number("free_s")
    lasting = f", free for {formats.duration(free_s)}" if free_s is not None else ""
    before = (
        f"released by {case.owner('previous_owner')}" if case.text("previous_owner") else "free"
    )

    return f"{case.owner()} claimed it (was {before}{lasting})"


def _released(case: Case) -> str:
    held = case.number("held_s")

    return f"{case.owner()} released it" + (f" after {formats.duration(held)}" if held else "")


def _overdue(case: Case) -> str:
    return (
        f"{case.owner()} stopped renewing {case.time('renewed_at')}; its lease runs out "
        f"{case.time('expires_at')}"
    )


def _recovered(case: Case) -> str:
    late = case.number("late_s")

    return f"{case.owner()} renews again" + (f", {formats.duration(late)} late" if late else "")


def _expired(case: Case) -> str:
    length = case.number("expires_after_s")
    silent = f": no renewal for {formats.duration(length)}" if length is not None else ""

    return f"the lease of {case.owner()} ran out{silent}"


def _taken_over(case: Case) -> str:
    dead, gap = case.number("dead_s"), case.number("gap_s")
    lag = case.whole("lag")
    after = ""

    if dead is not None:
        after = f" {formats.duration(dead)} after its process ended"
    elif gap is not None:
        after = f" {formats.duration(gap)} after its last renewal"

    waited = f"{formats.plural(lag, 'event')} waited" if lag else ""

    return joined(f"{case.owner()} took it over from {case.owner('previous_owner')}{after}", waited)


def _stolen(case: Case) -> str:
    return (
        f"{case.owner()} took it from {case.owner('previous_owner')}, whose lease was alive: "
        "to balance the load"
    )


def _pingpong(case: Case) -> str:
    return (
        f"back to {case.owner()} from {case.owner('previous_owner')}: "
        f"{case.count('changes')} changes within {case.lasting('window_s')}"
    )


def _rewound(case: Case) -> str:
    return f"checkpoint went back from {case.count('from_sequence')} to {case.count('to_sequence')}"


def _started(case: Case) -> str:
    return f"started: {case.text('consumer_name') or case.text('command')}"


def _gone(case: Case) -> str:
    lived = case.number("lived_s")
    name = case.text("consumer_name")
    ended = f"{name} ended" if name else "ended"
    signal = f" on SIG{case.text('signal')}" if case.text("signal") else ""
    after = f" after {formats.duration(lived)}" if lived is not None else ""
    owned = case.names("partitions")

    return joined(
        f"{ended}{signal}{after}", f"it owned {owned_words(owned, case.say)}" if owned else ""
    )


def owned_words(names: tuple[str, ...], say: Telling) -> str:
    """`group/partition` names in a sentence: `P0, P2 and P1 of analytics`."""
    words = []

    for name in names:
        group, _, number = name.rpartition("/")
        words.append(partition(number) + say.of_group(group or None))

    return formats.listed(words)


def _source_failed(case: Case) -> str:
    return f"not read: {case.text('summary').rstrip('.')}"


def _source_recovered(case: Case) -> str:
    down = case.number("down_s")

    return "read again" + (f" after {formats.duration(down)}" if down is not None else "")


def _signal(case: Case) -> str:
    owned = case.names("owned")
    holder = f" (owned {owned_words(owned, case.say)})" if owned else ""
    what = f"SIG{case.text('signal')} {case.pid}{holder}"
    effect = EFFECTS.get(case.text("effect"), "sent")

    return _did(case, what, joined(effect, _takeover(case) if owned else ""))


def _takeover(case: Case) -> str:
    earliest, latest = case.number("takeover_earliest_at"), case.number("takeover_latest_at")
    code = case.text("takeover_basis")

    if earliest is None and latest is None:
        return "nobody is left to take over" if code == "no-survivor" else ""

    rests_on = f" ({basis(code)})" if code else ""

    if earliest is None or latest is None:
        word = "by" if earliest is None else "from"
        return f"takeover {word} {_guess(case)}{case.say.time(earliest or latest)}{rests_on}"

    return f"takeover {_guess(case)}{case.say.span(earliest, latest)}{rests_on}"


def _guess(case: Case) -> str:
    """`~` before a forecast that rests on an SDK's defaults."""
    return "~" if case.is_set("takeover_is_assumed") else ""


def _measured(case: Case) -> str:
    owned = f"{case.owner()} owns it {case.lasting('gap_s')} after your signal"
    earliest, latest = case.number("takeover_earliest_at"), case.number("takeover_latest_at")

    if earliest is None:
        return joined(owned, "nothing could be forecast")

    if latest is None:
        return joined(owned, f"forecast from {_guess(case)}{case.say.time(earliest)} on")

    kept = "kept" if case.is_set("is_inside_forecast") else "missed"

    return joined(owned, f"forecast {_guess(case)}{case.say.span(earliest, latest)}, {kept}")


def _moved(case: Case) -> str:
    return f"its checkpoint moves again {case.lasting('moved_s')} after your signal"


def _send(case: Case) -> str:
    count = formats.plural(case.whole("count") or 0, "event")
    target = {
        "partition": f"to {partition(case.text('partition'))}",
        "key": f"with key “{case.text('key')}”",
    }.get(case.text("target"), "round robin")
    what = f"{count} “{case.text('template')}” {target}"
    sequence = f", sequence {case.text('sequence')}" if case.text("sequence") else ""

    return _did(case, what, f"sent{sequence}")


def _restart(case: Case) -> str:
    owned = case.names("owned")
    holder = f" (owned {owned_words(owned, case.say)})" if owned else ""
    what = f"restart of {case.pid}{holder}"

    if supervisor := case.text("supervisor"):
        return _did(case, what, f"done by {supervisor}")

    return _did(case, what, f"started again as {case.text('new_pid') or formats.UNKNOWN}")


def _start(case: Case) -> str:
    what = f"start of {case.text('consumer')} in {case.text('group')}"

    return _did(case, what, f"runs as {case.text('new_pid') or formats.UNKNOWN}")


def _did(case: Case, what: str, done: str) -> str:
    """How an action ended: `done`, or why it was not."""
    state = case.text("state")

    if state == "dry_run":
        return f"{what}: dry run, nothing was done"

    if state in {"failed", "refused"}:
        return f"{what} {state}: {case.text('error') or 'no reason given'}".rstrip(".")

    return f"{what}: {done}"


def _clock_set(case: Case) -> str:
    by_s = case.number("by_s") or 0.0
    way = "ahead" if by_s > 0 else "back"

    return f"this host's clock was set {way} by {formats.duration(abs(by_s))}"


def _hub_recreated(case: Case) -> str:
    return f"the hub was created anew {case.time('created_at')}: its sequence numbers begin again"


def _log(kind: str) -> Callable[[Case], str]:
    return lambda case: (
        f"its log: it {said(kind, case.whole('count') or 0, case.names('partitions'))}"
    )


SENTENCES: Mapping[str, Callable[[Case], str]] = {
    "lease.claimed": _claimed,
    "lease.released": _released,
    "lease.overdue": _overdue,
    "lease.recovered": _recovered,
    "lease.expired": _expired,
    "lease.taken_over": _taken_over,
    "lease.stolen": _stolen,
    "lease.pingpong": _pingpong,
    "checkpoint.rewound": _rewound,
    "group.appeared": lambda case: f"the store has records of {case.group}",
    "consumer.started": _started,
    "consumer.gone": _gone,
    "source.failed": _source_failed,
    "source.recovered": _source_recovered,
    "clock.set": _clock_set,
    "hub.grew": lambda case: f"from {case.count('before')} to {case.count('after')} partitions",
    "hub.recreated": _hub_recreated,
    "takeover.measured": _measured,
    "takeover.moved": _moved,
    "action.signal": _signal,
    "action.send": _send,
    "action.restart": _restart,
    "action.start": _start,
    **{kind: _log(kind) for kind in SAID},
}
