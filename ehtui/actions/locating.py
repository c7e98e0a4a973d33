"""Finds where events came to stand: by their marker where they can be read, else in between."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from msgspec.structs import replace

from ehtui.actions.sending import StoppedLateError
from ehtui.domain.actions.landing import Landing, landed
from ehtui.domain.actions.sending import MARKER, SendPlan
from ehtui.domain.problems import ProblemError
from ehtui.domain.world.events import AtSequence

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.events import Event, EventLookup

Tell = Callable[[SendPlan, int], None]
TOLD_EVERY_S = 0.25  # how far a send is
MOST_LOOKS = 64  # events that are read to find one: beyond, the bracket has to do
READ_S = 3.0
LOOKS = 3  # at the hub, until it shows what it has accepted
AGAIN_S = 0.3
WITHIN_S = 5.0  # all of it: whoever sent waits for the answer
LAST_LOOK_S = 1.0  # where somebody stopped it, who waits for the answer a few seconds only


def seldom(tell: Tell, clock: Callable[[], float] = time.monotonic) -> Tell:
    """Hears how many were accepted, and passes it on a few times a second."""
    told_at = clock() - TOLD_EVERY_S

    def heard(plan: SendPlan, accepted: int) -> None:
        nonlocal told_at

        if clock() - told_at >= TOLD_EVERY_S:
            told_at = clock()
            tell(plan, accepted)

    return heard


class Looks(Protocol):
    """A monitor, as far as it is needed here."""

    @property
    def snapshot(self) -> Snapshot:
        """The newest picture."""

    async def look_again(self, source: str, within_s: float) -> bool:
        """Read a source now."""


class Eyes:
    """What sees where events are: the hub's own words, and a reader where there is one."""

    def __init__(
        self, looks: Looks, lookup: EventLookup | None, clock: Callable[[], float]
    ) -> None:
        self._looks = looks
        self._lookup = lookup
        self._clock = clock

    async def last_sequences(self) -> Mapping[str, int]:
        """Of every partition that the hub says it of now."""
        asked_at = self._clock()
        await self._looks.look_again("hub", READ_S)
        samples = [p.sample for p in self._looks.snapshot.partitions if p.sample is not None]

        return {s.partition: s.last_sequence for s in samples if s.first_at >= asked_at}

    async def located(
        self, outcome: Outcome, before: Mapping[str, int], is_given_up: Callable[[], bool]
    ) -> Outcome:
        """The outcome of a send with what is known of where its events are.

        Where it is given up, that is what is known by then.

        Raises:
            StoppedLateError: Cancelled, and not because it is given up.
        """
        within_s = LAST_LOOK_S if is_given_up() else WITHIN_S

        try:
            return await located(outcome, before, self.last_sequences, self._lookup, within_s)
        except StoppedLateError as error:
            if is_given_up():
                return error.outcome

            raise


async def located(
    outcome: Outcome,
    before: Mapping[str, int],
    last_sequences: Callable[[], Awaitable[Mapping[str, int]]],
    lookup: EventLookup | None,
    within_s: float = WITHIN_S,
) -> Outcome:
    """The outcome of a send with what is known within that time of where its events are.

    `before` are the partitions' last sequence numbers before; `last_sequences` reads them anew.

    Raises:
        StoppedLateError: Cancelled on the way; it has what is known by then.
    """
    plan, accepted = outcome.plan, outcome.accepted

    if not isinstance(plan, SendPlan) or accepted is None or not accepted.total:
        return outcome

    landings: list[Landing] = []  # better known with each look

    async def look() -> None:
        for number in range(LOOKS):
            await asyncio.sleep(AGAIN_S * number)
            landings[:] = landed(accepted, before, await last_sequences())

            if all(landing.first is not None for landing in landings):
                break

        if lookup is not None and plan.is_marked:
            finding = (_find(plan, landings, at, lookup) for at in range(len(landings)))
            await asyncio.gather(*finding)

    try:
        async with asyncio.timeout(within_s):
            await look()
    except TimeoutError:
        pass
    except asyncio.CancelledError:
        raise StoppedLateError(replace(outcome, landings=tuple(landings))) from None

    return replace(outcome, landings=tuple(landings))


async def _find(plan: SendPlan, landings: list[Landing], at: int, lookup: EventLookup) -> None:
    landings[at] = await _found(plan, landings[at], lookup)


async def _found(plan: SendPlan, landing: Landing, lookup: EventLookup) -> Landing:
    """The same, exactly; as it was where that cannot be read."""
    if landing.partition is None or landing.first is None or landing.last is None:
        return landing

    # Where nobody else sent, the last one alone tells when they came.
    first = landing.first if landing.is_bracket else landing.last
    wanted = landing.count if landing.is_bracket else 1

    try:
        found = await _marked(plan, landing.partition, range(first, landing.last + 1), lookup)
    except ProblemError:
        return landing

    if len(found) < wanted:
        return landing

    if not landing.is_bracket:
        return replace(landing, enqueued_at=found[-1].enqueued_at)

    return Landing(
        landing.partition,
        landing.count,
        found[0].sequence,
        found[-1].sequence,
        enqueued_at=found[-1].enqueued_at,
    )


async def _marked(
    plan: SendPlan, partition: str, within: range, lookup: EventLookup
) -> list[Event]:
    """Events of this send among these, as far as they are looked at.

    Raises:
        ProblemError: They cannot be read.
    """
    found: list[Event] = []
    at = within.start

    for _ in range(MOST_LOOKS):
        event = await lookup.read_at(partition, AtSequence(at), READ_S)

        if event is None or event.sequence >= within.stop:
            break

        if _is_of(plan, event):
            found.append(event)

        at = event.sequence + 1

        if at >= within.stop:
            break

    return found


def _is_of(plan: SendPlan, event: Event) -> bool:
    marker = dict(event.properties).get(MARKER)
    return isinstance(marker, str) and marker.partition(":")[0] == plan.token
