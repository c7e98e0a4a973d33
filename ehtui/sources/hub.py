"""The hub: its description and every partition's ends, over one kept link."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ehtui.clock import steady
from ehtui.config.settings import EventHubSettings
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.domain.updates import HubRead
from ehtui.domain.world.hub import HubDescription
from ehtui.wire.credentials import HubAccess, access_of
from ehtui.wire.reading import HubReader, Limiter

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.wire.reading import Reading

    OpenReader = Callable[[HubAccess, Callable[[], float]], HubReader]

TIMEOUT_S = 45.0  # what a monitor should allow one read: its own limits, of silence, are clearer
DESCRIBE_EVERY_S = 60.0
SPREAD_S = 2.0  # a hub too large for the limiter is told in pieces of so long
SLOW_SPREAD_S = 8.0
PUBLIC_EVERY_S = 60.0
MISFIT_EVERY_S = 5.0  # at first, between two tries of a link that met what it does not fit
BELIEVED_AFTER = 3  # descriptions in a row that lack a partition, before it is gone
BUSY_S = 4.0


def open_kept_link(access: HubAccess, clock: Callable[[], float]) -> HubReader:
    """The fast way."""
    from ehtui.wire.kept_link import KeptLink  # noqa: PLC0415 - not before it is needed

    return KeptLink(access, clock=clock)


def open_public_reader(access: HubAccess, clock: Callable[[], float]) -> HubReader:
    """The slow way, over the SDK's public calls."""
    from ehtui.wire.public_calls import PublicReader  # noqa: PLC0415 - loads azure-eventhub

    return PublicReader(access, clock=clock)


@dataclass(slots=True)
class HubSource:
    """Reads the hub again and again; a lost link is opened again by the next read.

    It connects at its first read.

    Raises:
        ProblemError: The settings name no hub, or are malformed.
    """

    settings: EventHubSettings
    limiter: Limiter = field(default_factory=Limiter)  # of everybody who reads the namespace
    clock: Callable[[], float] = steady
    open_fast: OpenReader = open_kept_link
    open_slow: OpenReader = open_public_reader
    _access: HubAccess = field(init=False)
    _reader: HubReader | None = None
    _limitation: Problem | None = None  # why the slow way is taken
    _misfits: int = 0  # reads in a row that the kept link did not get through
    _shrunk: int = 0  # descriptions in a row that lack a partition
    _gone: frozenset[str] = frozenset()  # partitions of which the hub says so
    _hub: HubDescription | None = None
    _described_at: float = -math.inf
    _sampled_at: dict[str, float] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)  # partitions, whatever came of it
    _is_behind: bool = False
    # Sequence number by partition, to notice another stream.
    _last: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._access = access_of(self.settings)

    @property
    def name(self) -> str:
        """See `Source`."""
        return "hub"

    @property
    def min_every_s(self) -> float:
        """How often it may be read at most; the slow way costs a connection per partition."""
        if not self._misfits:
            return 0.0

        return float(min(MISFIT_EVERY_S * 2.0 ** min(self._misfits - 1, 8), PUBLIC_EVERY_S))

    @property
    def is_behind(self) -> bool:
        """Whether partitions are left that were never asked about: the limiter spreads them."""
        return self._is_behind

    async def read(self) -> HubRead:
        """See `Source`."""
        began = time.monotonic()
        round_ = _Round()
        await self._try_the_fast_way_again()

        try:
            await self._read_into(round_)
        except ProblemError as error:
            self._heed(error.problem)

            # What was answered before the trouble is still true; the next read tells the trouble.
            if not round_.readings or self._hub is None:
                raise

        hub = self._hub
        assert hub is not None
        samples = tuple(sample for reading in round_.readings for sample in reading.samples)
        odd = [problem for reading in round_.readings for _, problem in reading.refused]
        odd += [r.undescribed for r in round_.readings if r.undescribed is not None]
        odd += round_.odd
        return HubRead(
            at=self.clock(),
            source=self.name,
            hub=hub,
            samples=samples,
            duration_s=time.monotonic() - began,
            limitation=next(iter(odd), self._limitation),
            route=next((r.route for r in reversed(round_.readings) if r.route), None),
        )

    async def _read_into(self, round_: _Round) -> None:
        """Sample every partition, those first that waited longest, until time is up."""
        if self._hub is None:
            await self.limiter.take(1)
            await self._ask((), round_, describe=True)

        pending = self._pending(round_)
        deadline = time.monotonic() + (SLOW_SPREAD_S if self._limitation else SPREAD_S)

        while pending and (not round_.has_samples or time.monotonic() < deadline):
            describe = not round_.is_described and self._is_description_due()
            granted = await self.limiter.take(len(pending) + describe)
            await self._ask(pending[: granted - describe], round_, describe=describe)
            # Asked again after a description: it may have brought new partitions.
            pending = self._pending(round_)

        self._is_behind = self._limitation is None and bool(self._never_asked())

        if round_.is_of_another_stream and not round_.is_described:  # since when it is there
            await self.limiter.take(1)
            await self._ask((), round_, describe=True)

    def _is_description_due(self) -> bool:
        return self.clock() >= self._described_at + DESCRIBE_EVERY_S

    def _never_asked(self) -> list[str]:
        return [p for p in (self._hub.partition_ids if self._hub else ()) if p not in self._asked]

    def _pending(self, round_: _Round) -> list[str]:
        """What is left to ask; those known already wait while a first picture is gathered."""
        if self._is_behind:
            return self._never_asked()

        return [p for p in self._by_age() if p not in round_.asked]

    def _by_age(self) -> list[str]:
        ids = self._hub.partition_ids if self._hub else ()
        return sorted(ids, key=lambda partition: self._sampled_at.get(partition, -math.inf))

    async def _ask(self, partitions: Sequence[str], round_: _Round, *, describe: bool) -> None:
        reading = await self._read_once(partitions, describe=describe)
        round_.readings.append(reading)
        round_.asked.update(partitions)
        self._asked.update(partitions)

        for partition, problem in reading.refused:
            self._heed(problem)

            if problem.kind is ProblemKind.NOT_FOUND:
                self._gone |= {partition}

        if reading.undescribed is not None:
            round_.is_described = True  # once a read, until it makes sense
            self._heed(reading.undescribed)

        if reading.hub is not None:
            round_.is_described = True
            self._take_over(reading.hub, round_)

        for sample in reading.samples:
            self._sampled_at[sample.partition] = sample.sampled_at
            known = self._last.get(sample.partition, sample.last_sequence)
            round_.is_of_another_stream |= sample.last_sequence < known
            self._last[sample.partition] = sample.last_sequence
            self._gone -= {sample.partition}

    def _take_over(self, hub: HubDescription, round_: _Round) -> None:
        """Believe a description; not at once one that lacks a partition: no hub ever loses one."""
        before = self._hub
        lacking = self._lacking(before, hub)
        if before is not None and lacking and self._shrunk < BELIEVED_AFTER - 1:
            self._shrunk += 1
            round_.odd.append(_lacks(hub, lacking))
            return

        self._shrunk, self._gone = 0, frozenset()
        self._hub = hub
        self._described_at = self.clock()

    def _lacking(self, before: HubDescription | None, hub: HubDescription) -> tuple[str, ...]:
        """Partitions that were there, are not named, and are not known to be gone."""
        if before is None or before.created_at != hub.created_at:
            return ()

        return tuple(p for p in before.partition_ids if p not in {*hub.partition_ids, *self._gone})

    def _heed(self, problem: Problem) -> None:
        if problem.kind is ProblemKind.THROTTLED:
            self.limiter.back_off(max(BUSY_S, problem.retry_after_s or 0.0))
        elif problem.kind is ProblemKind.NOT_FOUND:
            self._described_at = -math.inf  # the hub was made anew, or a partition never was

    async def _read_once(self, partitions: Sequence[str], *, describe: bool) -> Reading:
        try:
            reading = await self._opened().read(partitions, describe=describe)
        except ProblemError:
            raise
        except Exception as error:
            if self._limitation is not None:
                raise

            # Frames that it cannot read, or whatever else nobody thought of.
            await self.close()
            self._misfits += 1
            self._limitation = _misfit(error, self.min_every_s)
            return await self._opened().read(partitions, describe=describe)

        if self._limitation is None:
            self._misfits = 0

        return reading

    async def _try_the_fast_way_again(self) -> None:
        if self._misfits:
            self._limitation = None
            await self.close()

    def _opened(self) -> HubReader:
        if self._reader is None:
            open_reader = self.open_slow if self._limitation else self.open_fast
            self._reader = open_reader(self._access, self.clock)

        return self._reader

    async def close(self) -> None:
        """See `Source`."""
        reader, self._reader = self._reader, None
        if reader is not None:
            await reader.close()


class _Round:
    """What one read has gathered so far."""

    def __init__(self) -> None:
        self.readings: list[Reading] = []
        self.asked: set[str] = set()
        self.odd: list[Problem] = []
        self.is_described = False
        self.is_of_another_stream = False  # some partition's numbers fell

    @property
    def has_samples(self) -> bool:
        return any(reading.samples for reading in self.readings)


def _lacks(hub: HubDescription, partitions: Sequence[str]) -> Problem:
    named = ", ".join(safe(partition) for partition in partitions[:5])
    return Problem(
        ProblemKind.MALFORMED,
        f"The event hub {safe(hub.name)!r} described itself without partitions that it had:"
        f" {named}.",
        "They are shown as before, and it is described again with each read.",
    )


def _misfit(error: Exception, every_s: float) -> Problem:
    return Problem(
        ProblemKind.MALFORMED,
        f"The kept link to the hub met something that it does not fit ({safe(repr(error))[:200]}),"
        " so the SDK's public calls read the hub.",
        f"The link is tried again in {every_s:g} s; data is older until it fits.",
    )
