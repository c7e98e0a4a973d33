"""What is asked for to send events, and how that is planned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.domain.actions.following import LONGEST_WAIT_S
from ehtui.domain.actions.outcomes import Refusal, RefusalReason
from ehtui.domain.actions.requests import PlanningContext, Request
from ehtui.domain.actions.sending import (
    MARKER,
    BodySource,
    Content,
    Outgoing,
    SendPlan,
    SendTarget,
    content_type_of,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.events import Event, PropertyValue

MOST_EVENTS = 1_000_000
_SHOWN_BYTES = 65_536


def last_waits(snapshot: Snapshot, group: str) -> tuple[float, ...]:
    """How long the last event of each partition waited until the group's checkpoint stood at it.

    Where the checkpoint is at the end, its blob tells when it was written, and the hub when that
    event came. It may have been written again since: then it waited less.
    """
    state = snapshot.group(group)
    samples = {p.id: p.sample for p in snapshot.partitions if p.sample is not None}
    waits = []

    for partition in state.partitions if state is not None else ():
        sample, checkpoint = samples.get(partition.id), partition.checkpoint

        if sample is None or checkpoint is None or sample.last_enqueued_at is None:
            continue

        waited_s = checkpoint.blob.last_modified - sample.last_enqueued_at

        if checkpoint.sequence == sample.last_sequence and waited_s <= LONGEST_WAIT_S:
            waits.append(max(0.0, waited_s))

    return tuple(waits)


class SendRequest(Request, frozen=True):
    """Send events: a test event of the configuration, or `content`.

    To send events again as they were, `content` is literal and has a key each: `SendTarget.KEY`
    without `key` sends each by its own, or by turns where it has none.
    """

    template: str  # a name in the configuration; only what `content` is called where that is given
    target: SendTarget
    partition: str | None = None
    key: str | None = None
    count: int = 1  # how often the whole content is sent
    content: Content | None = None
    properties: tuple[tuple[str, PropertyValue], ...] = ()  # beside and over those that it has
    content_type: str | None = None  # "": none; None: its own
    interval_s: float = 0.0
    follow: str | None = None  # a consumer group
    is_marked: bool = False
    is_literal: bool = False  # no placeholders
    fault: str | None = None  # why the template's file could not be read

    @override
    def plan(self, context: PlanningContext) -> SendPlan | Refusal:
        found = self._content(context)
        hub = context.snapshot.hub

        if isinstance(found, Refusal):
            return found

        refusal = self._refusal(found, context)

        if hub is None or refusal is not None:
            return refusal or Refusal(RefusalReason.NOT_CONNECTED, "hub")

        is_by_turns = self.target is SendTarget.ROUND_ROBIN
        turn = int(context.at) % len(hub.partition_ids) if hub.partition_ids else 0
        turns = (*hub.partition_ids[turn:], *hub.partition_ids[:turn])
        plan = SendPlan(
            namespace=hub.namespace,
            hub=hub.name,
            template=found.name,
            body="",
            target=self.target,
            partition=self.partition if self.target is SendTarget.PARTITION else None,
            key=self.key if self.target is SendTarget.KEY else None,
            properties=found.events[0].properties,
            count=self.count * len(found.events),
            planned_at=context.at,
            is_production=context.snapshot.policy.is_production,
            content=found,
            partitions=turns if is_by_turns else (),
            interval_s=self.interval_s,
            content_type=content_type_of(found.events[0]),
            token=context.token,
            host=context.host,
            is_marked=self.is_marked,
            follow=self.follow,
            waits=last_waits(context.snapshot, self.follow) if self.follow else (),
        )

        return plan.with_body(plan.event(1, context.at).body[:_SHOWN_BYTES])

    def _refusal(self, content: Content, context: PlanningContext) -> Refusal | None:
        hub = context.snapshot.hub

        if hub is None:
            return Refusal(RefusalReason.NOT_CONNECTED, "hub")

        if self.target is SendTarget.PARTITION and self.partition not in hub.partition_ids:
            return Refusal(RefusalReason.UNKNOWN_PARTITION, self.partition or "")

        has_own_keys = content.source is BodySource.EVENTS

        if self.target is SendTarget.KEY and not self.key and not has_own_keys:
            return Refusal(RefusalReason.NOTHING_SELECTED, "key")

        if not content.events:
            return Refusal(RefusalReason.NOTHING_TO_SEND, content.name)

        if self.count < 1 or self.count * len(content.events) > MOST_EVENTS:
            return Refusal(RefusalReason.NOTHING_SELECTED, "count")

        return None

    def _content(self, context: PlanningContext) -> Content | Refusal:
        """What is sent, with the request's own properties and content type."""
        if context.read_only:
            return Refusal(RefusalReason.READ_ONLY, "send")

        content = self.content

        if self.fault is not None:
            return Refusal(RefusalReason.UNREADABLE_FILE, self.template, self.fault)

        if content is None:
            template = context.templates.get(self.template)

            if template is None:
                return Refusal(RefusalReason.UNKNOWN_TEMPLATE, self.template)

            event = Outgoing(
                template.body.encode(),
                tuple(sorted(template.properties.items())),
                template.content_type,
            )
            content = Content(BodySource.TEMPLATE, self.template, (event,))

        is_as_it_is = not self.properties and self.content_type is None

        if is_as_it_is and content.is_literal >= self.is_literal:
            return content

        return Content(
            content.source,
            content.name,
            tuple(self._with_own(event) for event in content.events),
            content.is_literal or self.is_literal,
        )

    def _with_own(self, event: Outgoing) -> Outgoing:
        properties = {**dict(event.properties), **dict(self.properties)}
        content_type = event.content_type if self.content_type is None else self.content_type

        return Outgoing(event.body, tuple(properties.items()), content_type, event.key, event.line)


def again(events: Sequence[Event], name: str) -> SendRequest:
    """Send events that were read once more, as they were.

    By their keys where they have any; one without, to the partition that it was read from. A
    marker of an earlier send is left out: it would be found in the wrong place.
    """
    outgoing = tuple(
        Outgoing(
            event.body,
            tuple(pair for pair in event.properties if pair[0] != MARKER),
            event.content_type or "",
            event.key,
        )
        for event in events
    )
    places = {event.partition for event in events}
    is_placed = len(places) == 1 and all(event.key is None for event in events)

    return SendRequest(
        name,
        SendTarget.PARTITION if is_placed else SendTarget.KEY,
        places.pop() if is_placed else None,
        content=Content(BodySource.EVENTS, name, outgoing, is_literal=True),
    )
