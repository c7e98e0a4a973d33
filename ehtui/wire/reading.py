"""What reading a hub's management node gives, whoever reads it, and how much anybody may read."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Protocol

from ehtui.domain.values import Value
from ehtui.domain.world.hub import HubDescription, PartitionSample, known_integer, known_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.domain.problems import Problem
    from ehtui.domain.world.route import Route

RATE_PER_S = 16.0
HANDFUL_S = 0.25  # of reads, so that a large hub is not read one by one
BURST = 33  # a hub of the Standard tier in one go; with the rate, under 50 in any second
MOST_PARTITIONS = 4096  # four times as many as the largest hub has
ID_LENGTH, TEXT_LENGTH = 64, 1024
NEVER_WRITTEN = -1  # the last sequence number of such a partition (facts.md §4)


class Reading(Value, frozen=True):
    """One round of reads: what was answered, and what was refused."""

    hub: HubDescription | None  # None where it was not asked for
    samples: tuple[PartitionSample, ...]
    refused: tuple[tuple[str, Problem], ...] = ()  # by partition
    undescribed: Problem | None = None  # why there is no description though it was asked for
    route: Route | None = None  # that it took


class MisfitError(Exception):
    """The other side said what this reader does not understand: another should ask it."""


class HubReader(Protocol):
    """Reads a hub; one call at a time."""

    async def read(self, partitions: Sequence[str], *, describe: bool) -> Reading:
        """Sample these partitions, and describe the hub too where asked.

        Raises:
            ProblemError: Nothing could be read; the next call begins afresh.
            MisfitError: What came could not be understood; likewise.
        """

    async def close(self) -> None:
        """Let go of connections; never raises, ends within a second."""


def plausible(sample: PartitionSample) -> PartitionSample:
    """The sample, if its numbers can be those of one log.

    Raises:
        ValueError: They cannot: nothing counted from them would be true.
    """
    begin, last = sample.begin_sequence, sample.last_sequence

    # Where it is empty the begin means nothing.
    if last < NEVER_WRITTEN or (not sample.is_empty and not 0 <= begin <= last + 1):
        raise ValueError("its sequence numbers contradict each other")

    return sample


def natural(partition: str) -> tuple[int, str]:
    """Sorts partition ids as people count."""
    return (int(partition), "") if partition.isdecimal() else (1 << 62, partition)


class Limiter:
    """A token bucket that every reader of one namespace shares, first come first served.

    `rate_per_s` None switches it off. One loop only.
    """

    def __init__(
        self,
        rate_per_s: float | None = RATE_PER_S,
        burst: int = BURST,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._filled_at = clock()
        self._turn = asyncio.Lock()

    async def take(self, wanted: int) -> int:
        """Take up to `wanted` reads, at least one; waits for a handful where there is none."""
        if self._rate_per_s is None:
            return wanted

        handful = min(wanted, self._burst, max(1, int(self._rate_per_s * HANDFUL_S)))

        async with self._turn:
            while (missing := handful - self._available()) > 0:  # noqa: ASYNC110 - time must pass
                await asyncio.sleep(max(missing / self._rate_per_s, 0.001))

            granted = min(wanted, int(self._tokens))
            self._tokens -= granted
            return granted

    def back_off(self, seconds: float) -> None:
        """The service said that it is busy: nobody reads for so long."""
        if self._rate_per_s is not None:
            self._tokens = min(self._available(), -seconds * self._rate_per_s)

    def _available(self) -> float:
        now = self._clock()
        gained = (now - self._filled_at) * (self._rate_per_s or 0.0)
        self._tokens = min(self._tokens + gained, float(self._burst))
        self._filled_at = now
        return self._tokens


def description_in(answer: Any, namespace: str) -> HubDescription:
    """The hub as the service describes it.

    Raises:
        ValueError: It cannot be one.
        LookupError: Something is missing.
    """
    value = _map(answer)
    ids = value["partition_ids"]

    if not isinstance(ids, list) or not 0 < len(ids) <= MOST_PARTITIONS:
        raise ValueError("it names no partitions, or more than any hub has")

    factor = value.get("georeplication_factor")
    return HubDescription(
        namespace,
        _text(value["name"]),
        _seconds(value.get("created_at")),
        tuple(sorted((_text(name, ID_LENGTH) for name in ids), key=natural)),
        None if factor is None else _integer(factor),
    )


def sample_in(answer: Any, partition: str, asked_at: float, received_at: float) -> PartitionSample:
    """A partition's ends as the service tells them; errors as of `description_in`."""
    value = _map(answer)

    if _text(value["partition"]) != partition:
        raise ValueError("it is about another partition")

    sample = PartitionSample(
        partition=partition,
        begin_sequence=_integer(value["begin_sequence_number"]),
        last_sequence=_integer(value["last_enqueued_sequence_number"]),
        last_offset=_text(value["last_enqueued_offset"], least=0),
        last_enqueued_at=_seconds(value.get("last_enqueued_time_utc")),
        is_empty=bool(value["is_partition_empty"]),
        sampled_at=received_at,
        asked_at=asked_at,
    )
    return plausible(sample)


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("it is not a map")  # noqa: TRY004 - it is not our type

    return value


def _text(value: Any, most: int = TEXT_LENGTH, *, least: int = 1) -> str:
    text = str(value) if isinstance(value, str | int) else ""

    if not least <= len(text) <= most:
        raise ValueError("a text is missing, or too long")

    return text


def _integer(value: Any) -> int:
    number = known_integer(value)

    if number is None:
        raise ValueError("a number is missing, or out of range")

    return number


def _seconds(milliseconds: Any) -> float | None:
    """A moment of the service; it writes year 1 where nothing ever happened."""
    return known_moment(milliseconds / 1000.0) if isinstance(milliseconds, int | float) else None
