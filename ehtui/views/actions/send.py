"""Words of test events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions.events import ACTION_SEND, EventsSent
from ehtui.domain.actions.plans import SendPlan, SendTarget
from ehtui.domain.text import mask_secrets, safe, safe_value, visible
from ehtui.views import formats
from ehtui.views.actions.text import ActionText, Confirmation, action_command
from ehtui.views.event_text import EventText, action_words
from ehtui.views.phrasing import partition

if TYPE_CHECKING:
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.views.phrasing import Phrasing


def _confirmation(plan: SendPlan, _: Phrasing) -> Confirmation:
    events = formats.plural(plan.count, "event")
    hub = safe(plan.hub)
    costs = [f"Every consumer group of {hub} reads {'it' if plan.count == 1 else 'them'}."]

    if plan.is_production:
        costs.insert(0, f"{hub} is marked as production: its consumers will act on this.")

    return Confirmation(
        heading=f"Send {events} to {hub}?",
        steps=(
            f"to {safe(plan.namespace)} / {hub}, {_place(plan)}",
            *(f"{safe(name)}: {safe_value(name, value)}" for name, value in plan.properties),
            *visible(mask_secrets(plan.body), keep_newlines=True).split("\n"),
        ),
        costs=tuple(costs),
        verb="Send",
        is_grave=plan.is_production,
    )


def _place(plan: SendPlan) -> str:
    if plan.target is SendTarget.PARTITION and plan.partition is not None:
        return partition(plan.partition)

    if plan.target is SendTarget.KEY and plan.key is not None:
        return f"key “{safe(plan.key)}”"

    return "the service chooses the partition"


def _step(plan: SendPlan) -> str:
    return f"{formats.plural(plan.count, 'event')} {_target(plan)}"


def _done(plan: SendPlan, outcome: Outcome) -> str:
    return f"Sent {_step(plan)}{_landed(outcome)}."


def _landed(outcome: Outcome) -> str:
    landing = outcome.landing
    return f", sequence {safe(landing.sequence)}" if landing and landing.sequence else ""


def _target(plan: SendPlan) -> str:
    if plan.target is SendTarget.PARTITION and plan.partition is not None:
        return f"to {partition(plan.partition)}"

    if plan.target is SendTarget.KEY:
        return f"with key “{safe(plan.key or '')}”"

    return f"to {safe(plan.hub)}"


def _sentence(found: EventsSent, _: Phrasing) -> str:
    count = formats.plural(found.count, "event")
    target = {
        "partition": f"to {partition(formats.text(found.partition))}",
        "key": f"with key “{formats.text(found.key)}”",
    }.get(safe(found.target), "round robin")
    what = f"{count} “{safe(found.template)}” {target}"
    sequence = f", sequence {formats.text(found.sequence)}" if found.sequence else ""
    return action_words(found.state, found.error, what, f"sent{sequence}")


def _words(sent: SendPlan | EventsSent) -> tuple[str, ...]:
    # Where the service chose, the event names the partition that it came to.
    is_chosen = sent.target is SendTarget.PARTITION
    options = (
        ("--partition", sent.partition if is_chosen else None),
        ("--partition-key", sent.key),
        ("--count", sent.count if sent.count > 1 else None),
    )
    return action_command("send", sent.template, options=options)


TEXT = ActionText(SendPlan, _confirmation, _step, _done, _words)
EVENT = EventText(ACTION_SEND, _sentence, _words)
