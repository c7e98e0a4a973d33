"""Words of sending events."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from ehtui.domain.actions.events import ACTION_SEND, EventsSent
from ehtui.domain.actions.outcomes import OutcomeState
from ehtui.domain.actions.sending import (
    BodySource,
    SendPlan,
    SendTarget,
    is_text,
    json_fault,
    unknown_placeholders,
)
from ehtui.domain.text import mask_secrets, safe, safe_value, visible
from ehtui.views import formats
from ehtui.views.actions.text import ActionText, Confirmation, action_command, seconds
from ehtui.views.event_text import EventText, action_words
from ehtui.views.phrasing import partition, partitions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.actions.landing import Landing
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.actions.sending import Outgoing
    from ehtui.domain.world.events import PropertyValue
    from ehtui.views.phrasing import Phrasing

_SHOWN_LINES = 200


def _confirmation(plan: SendPlan, _: Phrasing) -> Confirmation:
    hub = safe(plan.hub)
    costs = [f"Every consumer group of {hub} reads {'it' if plan.count == 1 else 'them'}."]

    if plan.is_production:
        costs.insert(0, f"{hub} is marked as production: its consumers will act on this.")

    return Confirmation(
        heading=f"Send {formats.plural(plan.count, 'event')} to {hub}?",
        steps=tuple(_steps(plan)),
        costs=(*costs, *_remarks(plan)),
        verb="Send",
        is_grave=plan.is_production,
    )


def _steps(plan: SendPlan) -> Iterator[str]:
    yield f"to {safe(plan.namespace)} / {safe(plan.hub)}, {_place(plan)}{_pace(plan)}"

    if plan.content.source in {BodySource.FILE, BodySource.LINES}:
        yield f"from {safe(plan.template)}"

    for name, value in plan.properties:
        yield f"{safe(name)}: {safe_value(name, str(value))}"

    lines = visible(mask_secrets(plan.body), keep_newlines=True).split("\n")
    yield from lines[:_SHOWN_LINES]

    if len(lines) > _SHOWN_LINES:
        yield f"… {formats.plural(len(lines) - _SHOWN_LINES, 'more line')}"

    different = len({event.body for event in plan.content.events})

    if different > 1:
        yield f"… and {formats.plural(plan.count - 1, 'more event')}"


def _remarks(plan: SendPlan) -> Iterator[str]:
    """What somebody may not have meant."""
    body = plan.content.events[0].body if plan.content.events else b""

    if not plan.content.is_literal and (odd := unknown_placeholders(body)):
        names = formats.listed([f"{{{{{safe(name)}}}}}" for name in odd])
        yield f"{names} is not a placeholder: it is sent as it stands."

    is_json = (plan.content_type or "").endswith("json")

    if is_json and (fault := json_fault(body)) is not None:
        yield (
            f"The body is not valid JSON: {safe(fault.message)} in line {fault.line}, "
            f"column {fault.column}."
        )


def _pace(plan: SendPlan) -> str:
    if plan.interval_s <= 0 or plan.count == 1:
        return ""

    lasts = formats.duration(plan.interval_s * (plan.count - 1))
    return f", {formats.per_s(1 / plan.interval_s)} for {lasts}"


def _place(plan: SendPlan) -> str:
    if plan.target is SendTarget.PARTITION and plan.partition is not None:
        return partition(plan.partition)

    if plan.target is SendTarget.KEY:
        key = f"key “{safe(plan.key)}”" if plan.key is not None else "each by its own key"
        return f"{key} (the hub chooses the partition by it)"

    if plan.count == 1 and plan.partitions:
        return f"{partition(plan.partitions[0])}, whose turn it is"

    turns = sorted(plan.partitions[: plan.count], key=lambda name: (len(name), name))
    return f"{partitions(turns)} in turn" if turns else "the service chooses the partition"


def _step(plan: SendPlan) -> str:
    return f"{formats.plural(plan.count, 'event')} {_target(plan)}"


def _done(plan: SendPlan, outcome: Outcome) -> str:
    accepted = outcome.accepted.total if outcome.accepted is not None else plan.count

    if outcome.state is OutcomeState.STOPPED:
        unsure = unsure_words(outcome)
        return (
            f"Stopped: the hub took {formats.count(accepted)} of "
            f"{formats.plural(plan.count, 'event')}{unsure}{_landed(outcome.landings)}."
        )

    return f"Sent {_step(plan)}{_landed(outcome.landings)}."


def unsure_words(outcome: Outcome) -> str:
    """`, and perhaps 12 more`: what was under way when it ended; empty where nothing was."""
    return f", and perhaps {formats.count(outcome.unsure)} more" if outcome.unsure else ""


def _landed(landings: tuple[Landing, ...]) -> str:
    """`, as #920 in P2`; nothing where it is not known."""
    known = [each for each in landings if each.first is not None and each.partition is not None]

    if not known:
        return ""

    return ", as " + formats.listed(
        [f"{landing_words(each)} in {partition(each.partition or '')}" for each in known]
    )


def landing_words(landing: Landing) -> str:
    """`#920`, `#920–924`; `~#915–931` where others came in between; `–` where nobody knows."""
    if landing.first is None or landing.last is None:
        return formats.UNKNOWN

    span = str(landing.first)

    if landing.last != landing.first:
        span += f"–{landing.last}"

    return f"{'~' if landing.is_bracket else ''}#{span}"


def _target(plan: SendPlan) -> str:
    if plan.target is SendTarget.PARTITION and plan.partition is not None:
        return f"to {partition(plan.partition)}"

    if plan.target is SendTarget.KEY and plan.key is not None:
        return f"with key “{safe(plan.key)}”"

    return f"to {safe(plan.hub)}"


def _sentence(found: EventsSent, _: Phrasing) -> str:
    count = formats.plural(found.count, "event")
    target = {
        "partition": f"to {partition(formats.text(found.partition))}",
        "key": f"with key “{formats.text(found.key)}”",
    }.get(safe(found.target), "round robin")
    what = f"{count} “{safe(found.template)}” {target}"
    sequence = f", {sequence_words(found.sequence)}" if found.sequence else ""

    if found.state is OutcomeState.STOPPED:
        return f"{what}: stopped, the hub took {formats.count(found.accepted)}{sequence}"

    if found.state is OutcomeState.FAILED and found.accepted:
        taken = f"the hub took {formats.count(found.accepted)}{sequence}"
        return f"{action_words(found.state, found.error, what, '')}; {taken}"

    return action_words(found.state, found.error, what, f"sent{sequence}")


def sequence_words(sequence: str) -> str:
    """`as #920`, of a landing as JSON spells it."""
    sign = "~" if sequence.startswith("~") else ""
    return f"as {sign}#{safe(sequence.removeprefix('~')).replace('-', '–')}"


_SOURCES = {BodySource.FILE: "--file", BodySource.LINES: "--lines"}


def _words(plan: SendPlan) -> tuple[str, ...]:
    content = plan.content

    if content.source is BodySource.EVENTS or not content.events:
        return ()

    event = content.events[0]

    if content.source is BodySource.TEXT and not is_text(event.body):  # no shell passes it on
        return ()

    options: list[tuple[str, object | None]] = []

    if content.source is BodySource.TEXT:
        options += [("--body", event.body.decode()), ("--content-type", event.content_type)]
    elif content.source in _SOURCES:
        options.append((_SOURCES[content.source], content.name))

    options += [
        *_targeting(plan.partition, plan.key, plan.count // len(content.events)),
        ("--interval", seconds(plan.interval_s) if plan.interval_s else None),
    ]

    if content.source is not BodySource.TEMPLATE:
        options += [("--property", f"{name}={_text(value)}") for name, value in event.properties]

    if plan.follow is not None:
        options += [("--follow", "1m"), ("--group", plan.follow)]

    named = (content.name,) if content.source is BodySource.TEMPLATE else ()
    return action_command("send", *named, options=options)


def _text(value: PropertyValue) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _event_words(sent: EventsSent) -> tuple[str, ...]:
    """Bodies are kept nowhere: what was typed can only be sent again from where it was."""
    if sent.source is not BodySource.TEMPLATE:
        return ()

    # Where the service chose, the event names the partition that it came to.
    is_chosen = sent.target is SendTarget.PARTITION
    chosen = sent.partition if is_chosen else None
    options = _targeting(chosen, sent.key, sent.count)
    return action_command("send", sent.template, options=options)


def _targeting(chosen: str | None, key: str | None, count: int) -> list[tuple[str, object | None]]:
    return [
        ("--partition", chosen),
        ("--partition-key", key),
        ("--count", count if count > 1 else None),
    ]


TEXT = ActionText(
    SendPlan,
    _confirmation,
    _step,
    _done,
    _words,
    leaving=lambda plan: (
        f"Sending {formats.plural(plan.count, 'event')}",
        "What the hub has not accepted by then is not sent.",
    ),
)
EVENT = EventText(ACTION_SEND, _sentence, _event_words)


def written_properties(event: Outgoing) -> str:
    """Properties of an event as they are typed: `name=value name2='two words'`."""
    return shlex.join(f"{name}={value!s}" for name, value in event.properties)


def read_properties(typed: str) -> tuple[tuple[str, str], ...]:
    """Properties as they are typed.

    Raises:
        ValueError: They are not name=value.
    """
    pairs = [word.partition("=") for word in shlex.split(typed)]

    if wrong := next((name for name, equals, _ in pairs if not (name and equals)), None):
        raise ValueError(f"“{safe(wrong)}” is not name=value")

    return tuple((name, value) for name, _, value in pairs)
