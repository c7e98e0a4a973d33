"""Reads one source for ever: never dies, never overlaps itself, never waits without a limit."""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import Callable
from contextlib import suppress

from msgspec import Struct, field
from msgspec.structs import replace

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.domain.updates import SourceFailed, Update
from ehtui.domain.values import Value
from ehtui.sources.source import Eager, Paced, Source, retrieve

_LOG = logging.getLogger(__name__)

FIRST_RETRY_S = 2.0
FIRST_RETRY_THROTTLED_S = 4.0  # what the SDKs wait on com.microsoft:server-busy
LONGEST_RETRY_S = 60.0
LONGEST_ASKED_S = 900.0  # what a service may ask for; `r` reads at once all the same
SHORTEST_REST_S = 0.05  # between two reads when one takes longer than the interval
ON_THE_BEAT = 0.05  # share of an interval by which a read may be early and still is that beat's
FOLLOW_S = 1.0  # so long the hub waits for the store, to be asked right after it
LET_GO_S = 1.0  # for a cancelled read to end


class Scheduled(Value, frozen=True):
    """A source, how often it is read, and how long one read may take; seconds."""

    source: Source
    every_s: float
    timeout_s: float


class Poller(Struct, eq=False):
    """One source's schedule. All of it runs on the monitor's loop.

    Reads fall on beats that all pollers of a monitor share: what is read together stays together,
    also after a read that was refused, slow or asked for in between. With `follows`, a read waits a
    little for the other source's of the same beat.
    """

    scheduled: Scheduled
    tell: Callable[[Update], None]
    clock: Callable[[], float]
    jitter: Callable[[], float] = random.random
    first_beat: float = field(default_factory=lambda: asyncio.get_running_loop().time())
    follows: Poller | None = None
    _has_read: bool = False
    _due: float = -math.inf
    _ended: asyncio.Event = field(default_factory=asyncio.Event)  # of this read, or of the next one
    _failures: int = 0
    _retry_s: float = 0.0
    _urgent_s: float | None = None
    _is_paused: bool = False
    _is_resting: bool = False
    _is_wanted: bool = False
    _is_reading: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _begun: int = 0  # reads
    # Reads that somebody waits for.
    _awaited: list[tuple[int, asyncio.Event]] = field(default_factory=list)

    @property
    def is_reading(self) -> bool:
        """Whether a read is under way, or waits for the one that it follows."""
        return self._is_reading

    @property
    def name(self) -> str:
        """The source's name."""
        return self.scheduled.source.name

    def refresh(self) -> None:
        """Read now, also while paused or backing off; after the read in flight, if there is one."""
        self._is_wanted = not self._is_resting
        self._changed.set()

    async def read_again(self, within_s: float) -> bool:
        """Read now and wait so long for it; whether what it told, be it a failure, is known by now.

        A read in flight does not count: it may have seen what was before.
        """
        told = asyncio.Event()
        self._awaited.append((self._begun + 1, told))
        self.refresh()

        try:
            async with asyncio.timeout(within_s):
                await told.wait()
        except TimeoutError:
            return False
        finally:
            self._awaited = [each for each in self._awaited if each[1] is not told]

        return True

    def read_every(self, every_s: float) -> None:
        """Read so often from now on; a rest under way is cut or stretched."""
        self.scheduled = replace(self.scheduled, every_s=every_s)
        self._changed.set()

    def rest(self, is_resting: bool) -> None:  # noqa: FBT001 - the name of the call says it
        """Do not read at all, whatever is asked, or go on: then at once."""
        if is_resting != self._is_resting:
            self._is_resting = is_resting
            self._is_wanted = not is_resting
            self._changed.set()

    @property
    def is_resting(self) -> bool:
        """Whether it does not read at all."""
        return self._is_resting

    def set_urgency(self, *, every_s: float | None, is_paused: bool) -> None:
        """Change what the rest after a read depends on; a rest under way is cut or stretched.

        `every_s` is how often to read for now, more often than scheduled; None: as scheduled.
        """
        if (every_s, is_paused) != (self._urgent_s, self._is_paused):
            self._urgent_s, self._is_paused = every_s, is_paused
            self._changed.set()

    async def run(self) -> None:
        """Read and rest until cancelled."""
        loop = asyncio.get_running_loop()

        while True:
            while self._is_resting:
                self._due = math.inf
                self._changed.clear()
                await self._changed.wait()

            beat = loop.time()
            self._is_wanted = False
            self._begun += 1
            self._is_reading = True
            await self._follow()
            await self._read(beat)
            self._ended.set()
            self._ended = asyncio.Event()

            for number, told in self._awaited:
                if number <= self._begun:
                    told.set()

            await self._rest(beat)

    @property
    def _is_about_to_read(self) -> bool:
        """Whether it reads now, or on the beat that is now; only while it answers."""
        is_due = self._due - asyncio.get_running_loop().time() < SHORTEST_REST_S
        will_read = self._is_reading or self._is_wanted or (is_due and not self._is_paused)
        return will_read and self._has_read and not self._failures

    async def _follow(self) -> None:
        first = self.follows

        if first is not None and first._is_about_to_read:  # noqa: SLF001 - of the same class
            with suppress(TimeoutError):
                async with asyncio.timeout(FOLLOW_S):
                    await first._ended.wait()  # noqa: SLF001 - as above

    async def _read(self, started: float) -> None:
        task = asyncio.create_task(self.scheduled.source.read(), name=f"read {self.name}")
        task.add_done_callback(retrieve)

        try:
            done, _ = await asyncio.wait({task}, timeout=self.scheduled.timeout_s)
            self._is_reading = False

            if done:
                self._conclude(task, started)
            else:
                await self._abandon(task, started)
        finally:
            task.cancel()

    def _conclude(self, task: asyncio.Task[Update], started: float) -> None:
        if task.cancelled():
            self._fail(self._own_fault("the read cancelled itself"), started)
            return

        error = task.exception()

        if error is None:
            self._note_success(asyncio.get_running_loop().time() - started)
            self.tell(task.result())
        elif isinstance(error, ProblemError):
            self._fail(error.problem, started)
        else:
            _LOG.error("a fault of ehtui itself", exc_info=error)
            self._fail(self._own_fault(error), started)

    def _note_success(self, took_s: float) -> None:
        if self._failures:
            _LOG.info(
                "reading the %s works again; reads that failed: %d", self.name, self._failures
            )

        _LOG.log(
            logging.DEBUG if self._has_read else logging.INFO,
            "read the %s in %.3f s",
            self.name,
            took_s,
        )
        self._failures = 0
        self._has_read = True

    def _own_fault(self, detail: object) -> Problem:
        goes_on = "Everything else continues, and it is tried again"

        return own_fault(f"Reading the {self.name}", detail, goes_on=goes_on)

    async def _abandon(self, task: asyncio.Task[Update], started: float) -> None:
        """Cancel a read that is over time; the next one waits until it has really ended."""
        task.cancel()
        await asyncio.wait({task}, timeout=LET_GO_S)
        self._fail(
            Problem(
                ProblemKind.TIMEOUT,
                f"Reading the {self.name} took longer than {self.scheduled.timeout_s:g} s.",
                "It is tried again by itself; check the network path if it stays like this.",
            ),
            started,
        )
        await asyncio.wait({task})

    def _fail(self, problem: Problem, started: float) -> None:
        self._failures += 1
        first = min(self.scheduled.every_s, FIRST_RETRY_S)

        if problem.kind is ProblemKind.THROTTLED:
            first = FIRST_RETRY_THROTTLED_S

        whole = min(first * 2.0 ** min(self._failures - 1, 16), LONGEST_RETRY_S)
        asked = min(problem.retry_after_s or 0.0, LONGEST_ASKED_S)
        elapsed = asyncio.get_running_loop().time() - started
        # Counted from the end of the read: what times out slowly is not asked again at once.
        self._retry_s = elapsed + max(whole * (0.75 + 0.25 * self.jitter()), asked)
        at = self.clock()
        _LOG.warning(
            "reading the %s failed after %.3f s (%s): %s Next try in %.1f s.",
            self.name,
            elapsed,
            problem.kind,
            problem.summary,
            self._retry_s - elapsed,
        )
        self.tell(SourceFailed(at, self.name, problem, at + self._retry_s - elapsed))

    def _interval_s(self) -> float:
        if self._failures:
            return self._retry_s

        source, every_s = self.scheduled.source, self.scheduled.every_s

        if isinstance(source, Eager) and source.is_behind:
            return 0.0

        least_s = source.min_every_s if isinstance(source, Paced) else 0.0
        urgent_s = every_s if self._urgent_s is None else min(every_s, self._urgent_s)

        return max(urgent_s, least_s)

    def _next(self, beat: float, earliest: float) -> float:
        """When to read next after what was begun at `beat`: on the first beat that can be kept."""
        every_s = self._interval_s()

        if self._failures or not every_s:
            return max(beat + every_s, earliest)

        this = math.floor((beat - self.first_beat) / every_s + ON_THE_BEAT)
        kept = math.ceil((earliest - self.first_beat) / every_s)
        return self.first_beat + max(this + 1, kept) * every_s

    async def _rest(self, beat: float) -> None:
        loop = asyncio.get_running_loop()
        earliest = loop.time() + SHORTEST_REST_S

        while not self._is_wanted and not self._is_resting:
            self._due = math.inf if self._is_paused else self._next(beat, earliest)
            remaining = self._due - loop.time()

            if remaining <= 0:
                return

            self._changed.clear()

            try:
                async with asyncio.timeout(remaining if math.isfinite(remaining) else None):
                    await self._changed.wait()
            except TimeoutError:
                pass


def own_fault(what: str, detail: object, *, goes_on: str = "Everything else continues") -> Problem:
    """What to say where ehtui itself is wrong."""
    if isinstance(detail, BaseException):
        detail = f"{type(detail).__name__}: {detail}"

    return Problem(
        ProblemKind.INTERNAL,
        f"{what} met a fault of ehtui itself ({safe(str(detail))[:300]}).",
        f"{goes_on}; please report it.",
    )
