"""Carries out a send: at its pace, in order within each partition, told as it goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from ehtui.domain.actions.landing import Accepted
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.actions.sending import BodySource, Destination, Outgoing, SendPlan
from ehtui.domain.problems import Problem, ProblemError, ProblemKind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.domain.actions.plans import Plan

CHUNK = 500  # events that are made ready at once
LEAST_SLEEP_S = 0.02  # a faster pace sends several at a time
LET_FINISH_S = 3.0  # for a batch that is under way when somebody cancels
# An answer that did not come says nothing of what it would have said.
_UNANSWERED = frozenset({ProblemKind.TIMEOUT, ProblemKind.UNREACHABLE})
_NEAR = 2_048  # bytes around a body: properties are counted, the rest is less


class EventSender(Protocol):
    """Sends events to the hub; fails with ProblemError."""

    async def most_bytes(self) -> int:
        """How large a message the hub takes; connects."""

    def size_of(self, event: Outgoing, key: str | None) -> int:
        """How large a message with this event alone is, in bytes."""

    async def send(
        self, events: Sequence[Outgoing], to: Destination, accepted: Callable[[int], None]
    ) -> None:
        """Send events in their order; `accepted` hears how many the service took, as it goes on."""

    async def close(self) -> None:
        """Let go of the connection, if there is one; never raises, ends within a second."""


class SendStoppedError(asyncio.CancelledError):
    """Somebody cancelled it; what the hub had accepted by then stays there."""

    def __init__(self, accepted: Accepted, unsure: int) -> None:
        super().__init__()
        self.accepted = accepted
        self.unsure = unsure  # events under way of which nobody knows


class StoppedLateError(asyncio.CancelledError):
    """Somebody cancelled it when it was done already: only a word about it was outstanding."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


def stopped(plan: Plan, error: asyncio.CancelledError, at: float) -> Outcome | None:
    """What is known of something that was cancelled; None: only the world can tell."""
    if isinstance(error, StoppedLateError):
        return error.outcome

    if not isinstance(plan, SendPlan):
        return None

    # Once an event is under way, a send says how far it came.
    said = error if isinstance(error, SendStoppedError) else SendStoppedError(Accepted({}), 0)
    taken, unsure = said.accepted, said.unsure

    return Outcome(plan, OutcomeState.STOPPED, at, accepted=taken, unsure=unsure)


class Send:
    """One send under way. `tell` hears how many were accepted so far."""

    def __init__(
        self,
        plan: SendPlan,
        sender: EventSender,
        clock: Callable[[], float],
        tell: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._plan = plan
        self._sender = sender
        self._clock = clock
        self._tell = tell
        self._by_partition: Counter[str] = Counter()
        self._by_service = 0
        self._keys: set[str | None] = set()
        self.unsure = 0  # events under way when it failed: accepted, or not

    @property
    def accepted(self) -> Accepted:
        """What the hub took so far."""
        is_one_key = len(self._keys) == 1 and None not in self._keys
        return Accepted(dict(self._by_partition), self._by_service, is_one_key)

    async def run(self) -> Accepted:
        """Send all of it.

        Raises:
            ProblemError: One is too large (then nothing was sent), or the hub stopped taking them.
            SendStoppedError: Cancelled on the way.
        """
        await self._check_sizes()
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0

        while sent < self._plan.count:
            due = self._due(loop.time() - began)

            if due <= sent:
                await self._wait(began + sent * self._plan.interval_s - loop.time())
                continue

            last = min(due, sent + CHUNK, self._plan.count)
            await self._send_chunk(range(sent + 1, last + 1))
            sent = last

        return self.accepted

    def _due(self, passed_s: float) -> int:
        """How many should have been sent by now."""
        interval_s = self._plan.interval_s
        return self._plan.count if interval_s <= 0 else 1 + int(passed_s / interval_s)

    async def _wait(self, for_s: float) -> None:
        try:
            await asyncio.sleep(max(LEAST_SLEEP_S, for_s))
        except asyncio.CancelledError:
            raise SendStoppedError(self.accepted, 0) from None

    async def _send_chunk(self, numbers: range) -> None:
        """Several destinations one after the other: order is kept within each."""
        by_place: dict[Destination, list[Outgoing]] = {}

        for number in numbers:
            event = self._plan.event(number, self._clock())
            by_place.setdefault(self._plan.destination(number), []).append(event)

        for to, events in by_place.items():
            await self._send_to(to, events)

    async def _send_to(self, to: Destination, events: list[Outgoing]) -> None:
        taken = 0

        def accepted(count: int) -> None:
            nonlocal taken
            taken += count

            if to.partition is None:
                self._by_service += count
                self._keys.add(to.key)
            else:
                self._by_partition[to.partition] += count

            self._tell(self.accepted.total)

        work = asyncio.ensure_future(self._sender.send(events, to, accepted))

        try:
            await asyncio.shield(work)
        except ProblemError as error:
            self.unsure = len(events) - taken if error.problem.kind in _UNANSWERED else 0
            raise
        except asyncio.CancelledError:
            # The batch that is under way ends first: else nobody would know of it.
            with suppress(asyncio.CancelledError):
                await asyncio.wait({work}, timeout=LET_FINISH_S)

            is_known = work.done() and not work.cancelled() and work.exception() is None
            work.cancel()
            raise SendStoppedError(self.accepted, 0 if is_known else len(events) - taken) from None

    async def _check_sizes(self) -> None:
        """Refuse all of it where one is too large: else the rest would be sent without it.

        Raises:
            ProblemError: Names the first one that is.
        """
        most = await self._sender.most_bytes()

        for at, event in enumerate(self._plan.content.events, 1):
            around = sum(len(name) + _length(value) + 16 for name, value in event.properties)

            if len(event.body) + around + _NEAR <= most:
                continue

            to = self._plan.destination(at)
            size = self._sender.size_of(self._plan.event(at, self._clock()), to.key)

            if size > most:
                raise ProblemError(too_large(which(self._plan, at, event), size, most))


def _length(value: object) -> int:
    return len(value) * 4 if isinstance(value, str | bytes) else 8


def which(plan: SendPlan, at: int, event: Outgoing) -> str:
    """How an event of several is named."""
    if event.line is not None:
        return f"Line {event.line} of {plan.content.name}"

    if len(plan.content.events) > 1:
        return f"Event {at} of {len(plan.content.events)}"

    is_named = plan.content.source in {BodySource.TEMPLATE, BodySource.FILE}
    return f"The event “{plan.content.name}”" if is_named else "The event"


def too_large(subject: str, size: int, most: int) -> Problem:
    """Which event is larger than the hub takes, and by how much."""
    return Problem(
        ProblemKind.MALFORMED,
        f"{subject} has {size:,} bytes as a message, {size - most:,} more than the {most:,} that "
        "this hub takes. Nothing was sent.",
        "Shorten its body or its properties.",
    )
