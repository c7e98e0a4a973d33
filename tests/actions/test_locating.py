"""Where what was sent came to stand: by markers where events can be read, else in between."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.actions.locating import MOST_LOOKS, located
from ehtui.actions.sending import StoppedLateError
from ehtui.domain.actions.landing import Accepted, Landing
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.actions.sending import MARKER
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.events import AtSequence, Event, EventLookup, Position
from tests.actions.recording import send_plan
from tests.waiting import wait_for

PLAN = replace(send_plan(), token="mine", is_marked=True)
SENT = Outcome(PLAN, OutcomeState.DONE, 50.0, accepted=Accepted({"1": 2}))


class FakeLookup(EventLookup):
    """A partition whose events are of these sends."""

    def __init__(self, tokens: Sequence[str], problem: Problem | None = None) -> None:
        self._tokens = tokens
        self._problem = problem
        self.looks = 0

    @override
    async def read_at(self, partition: str, position: Position, within_s: float) -> Event | None:
        self.looks += 1

        if self._problem is not None:
            raise ProblemError(self._problem)

        assert isinstance(position, AtSequence)
        at = position.sequence

        if at >= len(self._tokens):
            return None

        properties = ((MARKER, f"{self._tokens[at]}:1"),) if self._tokens[at] else ()
        return Event(partition, at, str(at), 900.0 + at, b"", properties=properties)

    @override
    async def read_before(self, partition: str, at: float, within_s: float) -> Event | None:
        raise NotImplementedError


class Hub:
    """Shows what it has accepted at the n-th look."""

    def __init__(self, *looks: Mapping[str, int]) -> None:
        self._looks = list(looks)

    async def last_sequences(self) -> Mapping[str, int]:
        return self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]


async def found(hub: Hub, lookup: EventLookup | None, before: int = 4) -> Landing:
    outcome = await located(SENT, {"1": before}, hub.last_sequences, lookup)
    (landing,) = outcome.landings

    return landing


async def test_nobody_else_sent() -> None:
    assert await found(Hub({"1": 6}), None) == Landing("1", 2, 5, 6)


async def test_a_hub_that_shows_them_late_is_asked_again() -> None:
    assert await found(Hub({"1": 4}, {"1": 6}), None) == Landing("1", 2, 5, 6)


async def test_a_hub_that_says_nothing_leaves_it_unknown() -> None:
    assert await found(Hub({}), None) == Landing("1", 2)


async def test_others_are_told_apart_by_the_marker() -> None:
    lookup = FakeLookup(["", "", "", "", "", "", "mine", "theirs", "mine", ""])
    landing = await found(Hub({"1": 9}), lookup)

    assert landing == Landing("1", 2, 6, 8, enqueued_at=908.0)


async def test_where_nobody_else_sent_only_the_last_is_read_for_its_time() -> None:
    lookup = FakeLookup(["", "", "", "", "", "mine", "mine"])

    assert await found(Hub({"1": 6}), lookup) == Landing("1", 2, 5, 6, enqueued_at=906.0)
    assert lookup.looks == 1


@pytest.mark.parametrize(
    "lookup",
    [
        FakeLookup([], Problem(ProblemKind.UNAUTHORISED, "no right to listen")),
        FakeLookup([""] * 9),  # removed, or the marker went another way
        FakeLookup(["", "", "", "", "", "mine"]),  # not all of them
    ],
)
async def test_where_they_cannot_be_found_the_bracket_stays(lookup: FakeLookup) -> None:
    assert await found(Hub({"1": 9}), lookup) == Landing("1", 2, 5, 9, is_bracket=True)


async def test_a_busy_partition_is_not_read_for_ever() -> None:
    lookup = FakeLookup(["theirs"] * 10_000)
    landing = await found(Hub({"1": 9_000}), lookup)

    assert landing.is_bracket
    assert lookup.looks == MOST_LOOKS


class SilentLookup(FakeLookup):
    """Answers once it may, and knows how many ask at once."""

    def __init__(self) -> None:
        super().__init__([])
        self.gate = asyncio.Event()

    @override
    async def read_at(self, partition: str, position: Position, within_s: float) -> Event | None:
        self.looks += 1
        await self.gate.wait()
        return None


SEVERAL = replace(SENT, accepted=Accepted({"1": 1, "2": 1}))
BRACKETS = (
    Landing("1", 1, 5, 9, is_bracket=True),
    Landing("2", 1, 5, 9, is_bracket=True),
)
BEFORE = {"1": 4, "2": 4}
AFTER = Hub({"1": 9, "2": 9})


async def test_partitions_are_looked_at_side_by_side_and_not_for_ever() -> None:
    lookup = SilentLookup()
    outcome = await located(SEVERAL, BEFORE, AFTER.last_sequences, lookup, within_s=0.05)

    assert outcome.landings == BRACKETS
    assert lookup.looks == 2


async def test_who_stops_waiting_is_told_what_is_known_by_then() -> None:
    lookup = SilentLookup()
    finding = asyncio.create_task(located(SEVERAL, BEFORE, AFTER.last_sequences, lookup))
    await wait_for(lambda: lookup.looks == 2)
    finding.cancel()

    with pytest.raises(StoppedLateError) as stopped:
        await finding

    assert stopped.value.outcome == replace(SEVERAL, landings=BRACKETS)
