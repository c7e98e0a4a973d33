"""Both ends on a live port, against real conversations with mistakes: nothing breaks or grows.

Each is bounded by a number of rounds and by a clock, whichever comes first, and prints its seed.
"""

from __future__ import annotations

import random
import time

import pytest

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint, Namespace
from ehtui.wire.kept_link import KeptLink
from ehtui.wire.reading import MisfitError
from tests.hostile.fuzzing import frames_in, mutated, relayed, seed_of, tell
from tests.hostile.live import ANSWER_S, fuzz, serving
from tests.hostile.measuring import MEGABYTE
from tests.wire.hubs import KEY, access_to

CLOCK_S = 10.0
MOST_ROUNDS, LEAST_ROUNDS, FEW_ROUNDS = 3000, 150, 20


def test_the_endpoint_serves_on_and_stays_as_small_as_it_was() -> None:
    with serving() as server:
        fuzzed = fuzz(server, CLOCK_S, least_rounds=LEAST_ROUNDS, most_rounds=MOST_ROUNDS)

    tell(str(fuzzed))
    tell(fuzzed.faults)
    assert fuzzed.is_alive
    assert fuzzed.grown_bytes < 24 * MEGABYTE
    assert fuzzed.peak_bytes - fuzzed.warm_bytes < 64 * MEGABYTE
    assert "Traceback" not in fuzzed.faults, "told above"


class Liar:
    """Makes mistakes in what a server says, while it is told to."""

    def __init__(self, chance: random.Random) -> None:
        self.lies = True
        self._chance = chance

    def change(self, data: bytes) -> bytes:
        # Seldom enough that every step of a connection is reached.
        if self.lies and self._chance.random() < 0.2:
            return b"".join(mutated(self._chance, frames_in(data)))

        return data


async def test_the_link_tells_each_lie_as_a_problem_and_reads_on_when_it_is_over(
    caplog: pytest.LogCaptureFixture,
) -> None:
    chance = random.Random(seed_of("link"))
    told: list[Problem] = []
    good = rounds = misfits = 0

    namespace = Namespace("ns.test", keys=[AccessKey("reader", KEY)])
    namespace.create_hub("hub", partitions=2)
    liar = Liar(chance)

    async with (
        EventHubsEndpoint(namespace) as endpoint,
        relayed(endpoint.port, liar.change) as relay,
    ):
        link = KeptLink(access_to(relay.port), open_s=ANSWER_S, reply_s=ANSWER_S)
        end = time.monotonic() + CLOCK_S / 2

        while rounds < FEW_ROUNDS or (rounds < MOST_ROUNDS and time.monotonic() < end):
            rounds += 1

            try:
                await link.read(["0", "1"], describe=True)
                good += 1
            except ProblemError as error:
                told.append(error.problem)
            except MisfitError:
                misfits += 1

        tell(f"{rounds} rounds, {good} of them read, problems: {sorted({p.kind for p in told})}")
        liar.lies = False

        # What was changed last may have left it waiting: once more, and it begins afresh.
        try:
            reading = await link.read(["0", "1"], describe=True)
        except (ProblemError, MisfitError):
            reading = await link.read(["0", "1"], describe=True)

        await link.close()

    assert {sample.partition for sample in reading.samples} == {"0", "1"}
    assert told, "something was noticed"
    assert misfits, "and something was not understood"
    assert all(problem.kind is not ProblemKind.INTERNAL for problem in told)
    assert all(len(problem.summary) < 1000 for problem in told)
    assert not [record for record in caplog.records if record.exc_info]
