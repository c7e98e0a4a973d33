"""Reads events of a hub in its peek group: streams of them, and single ones at a position."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from typing_extensions import override

from ehtui.clock import steady
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.domain.world.events import AtSequence, AtTime, EventLookup, Latest
from ehtui.wire import event_problems
from ehtui.wire.credentials import access_of
from ehtui.wire.event_messages import event_of, stamp_of
from ehtui.wire.event_stream import HubStream
from ehtui.wire.positions import is_past
from ehtui.wire.reading import Limiter
from ehtui.wire.reading_session import PeekGroup, ReadingSession

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from ehtui.config.settings import EventHubSettings
    from ehtui.domain.world.events import Event, EventQuery, EventStream, Position
    from ehtui.domain.world.hub import PartitionSample

T = TypeVar("T")

UNUSED_S = 60.0  # the connection of single look-ups is kept so long
CLOSE_S = 0.8


class EventReader(EventLookup):
    """Connects at the first call; one loop only."""

    def __init__(
        self,
        settings: EventHubSettings,
        *,
        clock: Callable[[], float] = steady,
        limiter: Limiter | None = None,
    ) -> None:
        self._limiter = limiter or Limiter()
        self._settings = settings
        self._clock = clock
        self._peek: PeekGroup | None = None
        self._session: ReadingSession | None = None
        self._turn = asyncio.Lock()
        self._in_use = 0
        self._hang_up: asyncio.TimerHandle | None = None
        self._streams: set[HubStream] = set()
        self._samples: dict[str, PartitionSample] = {}  # as they were last read

    async def open(self, query: EventQuery) -> EventStream:
        """Begin to read.

        Raises:
            ProblemError: Nothing can be read; its advice says what to do.
        """
        stream = await HubStream.opened(self._found_peek(), query)
        self._streams = {each for each in self._streams if not each.is_at_end} | {stream}
        return stream

    async def partitions(self) -> tuple[str, ...]:
        """Which ones the hub has.

        Raises:
            ProblemError: It did not say.
        """
        return await (await self._opened()).partitions()

    async def ends(self, partitions: Sequence[str] | None = None) -> dict[str, PartitionSample]:
        """Where partitions begin and end, of the whole hub where none are named.

        Raises:
            ProblemError: They could not be read, or the hub has no such partition.
        """
        session = await self._opened()
        known = await session.partitions()

        for partition in partitions or ():
            if partition not in known:
                peek = self._found_peek()
                told = event_problems.unknown_partition(peek.access, partition, known)
                raise ProblemError(told)

        return await session.ends(partitions or known)

    @override
    async def read_at(self, partition: str, position: Position, within_s: float) -> Event | None:
        return await self._asked(lambda session: self._at(session, partition, position, within_s))

    async def _at(
        self, session: ReadingSession, partition: str, position: Position, within_s: float
    ) -> Event | None:
        is_sure = isinstance(position, Latest) or self._is_known_to_be_there(partition, position)

        if not is_sure and is_past(position, await self._sample(session, partition)):
            return None

        return await self._first_of(session, partition, position, within_s)

    async def _asked(self, ask: Callable[[ReadingSession], Awaitable[T]]) -> T:
        """Ask on the kept connection, and on a new one where that has gone since.

        One that did not answer is kept no longer: whoever asks next connects.
        """
        was_open = self._session is not None
        session = await self._opened()

        try:
            return await ask(session)
        except ProblemError as error:
            if error.problem.kind not in {ProblemKind.TIMEOUT, ProblemKind.UNREACHABLE}:
                raise

            is_gone = session.error is not None
            session.connection.abort()

            if not (was_open and is_gone):
                raise

        return await ask(await self._opened())

    def _is_known_to_be_there(self, partition: str, position: Position) -> bool:
        """Whether a partition need not be asked how far it goes: a search reads many events."""
        sample = self._samples.get(partition)
        return (
            sample is not None
            and isinstance(position, AtSequence)
            and sample.begin_sequence <= position.sequence
            and not is_past(position, sample)
        )

    async def _sample(self, session: ReadingSession, partition: str) -> PartitionSample:
        sample = (await session.ends([partition]))[partition]
        self._samples[partition] = sample
        return sample

    @override
    async def read_before(self, partition: str, at: float, within_s: float) -> Event | None:
        return await self._asked(lambda session: self._before(session, partition, at, within_s))

    async def _before(
        self, session: ReadingSession, partition: str, at: float, within_s: float
    ) -> Event | None:
        sample = await self._sample(session, partition)

        if sample.is_empty or sample.last_sequence < 0:
            return None

        sequence = sample.last_sequence

        if not is_past(AtTime(at), sample):
            first = await self._first_of(session, partition, AtTime(at), within_s)
            sequence = sequence if first is None else first.sequence - 1

        if sequence < sample.begin_sequence:
            return None

        # It may bear a later time: after a fail-over the brokers' clocks need not agree.
        return await self._first_of(session, partition, AtSequence(sequence), within_s)

    async def close(self) -> None:
        """Let go of every connection; never raises."""
        streams, self._streams = self._streams, set()
        session, self._session = self._session, None

        for stream in streams:
            await stream.close()

        if session is not None:
            await session.close()

        if self._peek is not None:
            await self._peek.access.credential.close()

    def _found_peek(self) -> PeekGroup:
        if self._peek is None:
            access, group = access_of(self._settings), self._settings.peek_group

            if group is None:
                raise ProblemError(event_problems.no_peek_group(access))

            self._peek = PeekGroup(access, group, self._limiter, self._clock)

        return self._peek

    async def _opened(self) -> ReadingSession:
        """The connection of single look-ups, kept for a while."""
        async with self._turn:
            session = self._session

            if session is None or session.error is not None or not await _is_renewed(session):
                session = self._session = await ReadingSession.opened(self._found_peek())

            self._keep_for_now()
            return session

    def _keep_for_now(self) -> None:
        if self._hang_up is not None:
            self._hang_up.cancel()

        self._hang_up = asyncio.get_running_loop().call_later(UNUSED_S, self._let_go)

    def _let_go(self) -> None:
        if self._in_use:
            self._keep_for_now()
        elif self._session is not None:
            self._session.connection.abort()
            self._session = None

    async def _first_of(
        self, session: ReadingSession, partition: str, position: Position, within_s: float
    ) -> Event | None:
        """The first event that a receiver is sent; None where `Latest` brought none in time."""
        arrived: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        def on_message(_: str, payload: bytes) -> None:
            if not arrived.done() and stamp_of(payload) is not None:
                arrived.set_result(payload)

        self._in_use += 1

        try:
            receivers = await session.attach({partition: (position, 1)}, on_message)
            receiver = receivers[partition]
            peek = self._found_peek()

            def on_end() -> None:
                if receiver.error is not None and not arrived.done():
                    arrived.set_exception(peek.refusal(partition, receiver.error))

            receiver.on_end = on_end
            on_end()

            try:
                async with asyncio.timeout(within_s):
                    payload = await arrived
            except TimeoutError:
                if isinstance(position, Latest):
                    return None

                if is_past(position, await self._sample(session, partition)):
                    return None  # retention removed it meanwhile

                told = event_problems.not_delivered(peek.access, partition, within_s)
                raise ProblemError(told) from None
            finally:
                session.release(receiver)
        finally:
            self._in_use -= 1

        stamp = stamp_of(payload)
        return None if stamp is None else event_of(partition, payload, stamp)


async def _is_renewed(session: ReadingSession) -> bool:
    """Whether a kept connection is still of use."""
    try:
        await session.renew()
    except ProblemError:
        session.connection.abort()
        return False

    return True
