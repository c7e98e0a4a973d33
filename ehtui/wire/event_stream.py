"""A stream of events: receivers of all partitions on one connection, and what becomes of them.

A lost connection is opened again behind the last event that arrived.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.events import EventStream
from ehtui.wire import event_problems
from ehtui.wire.event_credit import Credit
from ehtui.wire.event_merge import EventMerge, Lane, Waiting, with_ends
from ehtui.wire.event_messages import event_of, stamp_of
from ehtui.wire.event_pins import Pins
from ehtui.wire.event_problems import not_delivered
from ehtui.wire.event_retries import Retries
from ehtui.wire.reading_session import PeekGroup, ReadingSession
from ehtui.wire.receivers import MESSAGE_BYTES, MOST_RECEIVERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ehtui.domain.world.events import Event, EventQuery

TICK_S = 1.0  # receivers that ended are attached again, and the connection is looked after
AGAIN_S = 2.0  # between two tries of one partition
SILENT_S = 30.0  # a connection that said nothing for so long is asked something
QUIET_S = 8.0  # a partition that should send an event and does not is looked at again
UNDELIVERED_S = 30.0
UNTIL_GRACE_S = 5.0  # events of a moment may come that much later; clocks differ
CLOSE_S = 0.8


class HubStream(EventStream):
    """Open it with `opened`; one loop only."""

    def __init__(self, peek: PeekGroup, query: EventQuery) -> None:
        self._peek = peek
        self._query = query
        self._merge = EventMerge(Lane(p, at) for p, at in query.positions.items())
        self._loop = asyncio.get_running_loop()
        self._credit = Credit(self._merge, self._loop.time, may_drop=query.may_drop)
        self._pins = Pins(self._merge, peek, follows=query.follow)
        self._arrived = asyncio.Event()
        self._attention = asyncio.Event()
        self._session: ReadingSession | None = None
        self._task: asyncio.Task[None] | None = None
        self._failure: Problem | None = None
        self._trouble: Problem | None = None
        self._dropped = self._unreadable = 0
        self._is_closed = False

    @classmethod
    async def opened(cls, peek: PeekGroup, query: EventQuery) -> HubStream:
        """Connect and attach to every partition.

        Raises:
            ProblemError: Something is in the peek; nothing stays open.
        """
        if len(query.positions) > MOST_RECEIVERS:
            count = len(query.positions)
            raise ProblemError(event_problems.too_many_partitions(count, MOST_RECEIVERS))

        stream = cls(peek, query)

        try:
            await stream._connect(is_first=True)
        except BaseException:
            await stream.close()
            raise

        stream._task = asyncio.create_task(stream._keep())
        stream._task.add_done_callback(stream._kept)
        return stream

    # What its reader sees.

    @property
    @override
    def is_at_end(self) -> bool:
        is_all = not self._merge.held_events and not self._merge.open_lanes
        return self._is_closed or (is_all and self._failure is None)

    @property
    @override
    def dropped(self) -> int:
        return self._dropped

    @property
    @override
    def unreadable(self) -> int:
        return self._unreadable

    @property
    @override
    def trouble(self) -> Problem | None:
        return self._trouble

    @override
    async def next_batch(self, within_s: float, most: int = 1000) -> Sequence[Event]:
        ends_at = self._loop.time() + within_s

        while True:
            self._arrived.clear()
            now = self._loop.time()
            taken = self._merge.take(most, now)

            if taken:
                self._credit.grant_all()
                return [event_of(p, message.payload, message.stamp) for p, message in taken]

            if self._failure is not None and not self._merge.held_events:
                raise ProblemError(self._failure)

            if self.is_at_end or now >= ends_at:
                return []

            ripe_in = self._merge.ripe_in(now)
            wait_s = ends_at - now if ripe_in is None else min(ends_at - now, ripe_in)

            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), wait_s)

    @override
    async def close(self) -> None:
        self._is_closed = True
        self._arrived.set()
        task, self._task = self._task, None

        if task is not None:
            task.cancel()
            await asyncio.wait([task], timeout=CLOSE_S)

        await self._hang_up()
        self._merge.clear()

    # Connecting, and keeping the connection.

    async def _connect(self, *, is_first: bool = False) -> ReadingSession:
        session = self._session = await ReadingSession.opened(self._peek)
        self._credit.session = session
        finished = await self._look_at_ends(session, is_first=is_first)
        # Also where nothing is to be read: whoever may not read here is told so.
        await self._attach(session, self._merge.open_lanes)

        for lane in finished:
            self._finish(lane)

        return session

    async def _look_at_ends(self, session: ReadingSession, *, is_first: bool) -> list[Lane]:
        """How far to read; the partitions that have nothing to be read."""
        if is_first:
            known = await session.partitions()

            for partition in self._merge.lanes:
                if partition not in known:
                    told = event_problems.unknown_partition(self._peek.access, partition, known)
                    raise ProblemError(told)

        lanes = [lane for lane in self._merge.open_lanes if self._pins.needs_end(lane)]
        samples = await session.ends(lane.partition for lane in lanes)

        return with_ends(lanes, samples, follows=self._query.follow)

    async def _attach(self, session: ReadingSession, lanes: Iterable[Lane]) -> None:
        begin, promise = self._pins.begin, self._credit.promise
        wanted = {lane.partition: (begin(lane), promise(lane)) for lane in lanes}

        if not wanted:
            return

        for partition, receiver in (await session.attach(wanted, self._on_message)).items():
            lane = self._merge.lanes[partition]
            lane.receiver, lane.promised = receiver, 0
            lane.attached_at = lane.asked_at = self._loop.time()
            receiver.on_end = self._attention.set
            self._unreadable += receiver.left_out  # while others were still awaited
            receiver.on_left_out = partial(self._leave_out, lane)

            if lane.is_done:
                self._finish(lane)  # while the others were still awaited
            elif receiver.error is not None:
                self._attention.set()

        # What was promised may have come and gone before the slowest one answered.
        self._credit.grant_all()
        self._trouble = None

    async def _keep(self) -> None:
        """Look after the connection, and open another where it ends, while more is to be read."""
        retries = Retries(follows=self._query.follow)

        if self._session is not None:
            retries.connected(self._session.opened_at)

        while self._merge.open_lanes:
            try:
                if (session := self._session) is None:
                    await self._until_room()
                    session = await self._connect()
                    retries.connected(self._loop.time())

                await self._look_after(session)
            except ProblemError as error:
                event_at = self._merge.heard_at
                await self._hang_up()

                if not self._merge.open_lanes:
                    return

                problem = error.problem
                retries.failed(problem, self._loop.time(), event_at)

                if retries.is_over(problem):
                    self._fail(problem)
                    return

                self._trouble = problem if retries.tries else None
                await asyncio.sleep(retries.wait_s(problem))

        await self._hang_up()

    async def _until_room(self) -> None:
        """Nothing is asked for while too much is held: not even an answer could be read."""
        while self._merge.open_lanes and not self._credit.has_room:
            await self._tick()

    async def _tick(self) -> None:
        self._attention.clear()

        with suppress(TimeoutError):
            await asyncio.wait_for(self._attention.wait(), TICK_S)

    def _kept(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._fail(Problem(ProblemKind.INTERNAL, f"ehtui made a mistake: {error!r}."))

    async def _look_after(self, session: ReadingSession) -> None:
        """Until nothing more is to come.

        Raises:
            ProblemError: The connection is over, or something is in the peek.
        """
        while self._merge.open_lanes:
            await self._tick()

            if session.error is not None:
                async with self._peek.told("reading"):
                    raise session.error

            self._credit.grant_all()
            self._end_by_time()

            # No answer is read while the socket is held.
            if self._merge.open_lanes and not session.connection.is_reading_held:
                await self._ask(session)

    async def _ask(self, session: ReadingSession) -> None:
        """Everything that waits for an answer."""
        holds = self._credit.holds

        try:
            await self._attach_again(session)
            await session.renew()
            await self._pins.ask(session)
            await self._ask_the_silent(session)
        except ProblemError as error:
            # Where the socket was held meanwhile, silence means nothing.
            was_held = self._credit.holds > holds and session.error is None

            if not was_held or error.problem.kind is not ProblemKind.TIMEOUT:
                raise

    async def _attach_again(self, session: ReadingSession) -> None:
        """Receivers that ended alone: a hub that changed, an idle link, too many large messages."""
        for lane in self._merge.open_lanes:
            ended = lane.receiver

            if ended is None:
                may_attach = True  # the last try was cut short
            elif ended.error is None:
                continue
            elif ended.is_too_large:
                lane.message_bytes = MESSAGE_BYTES
                may_attach = self._credit.is_half_free
            else:
                refusal = self._peek.refusal(lane.partition, ended.error)

                if event_problems.is_lasting(refusal.problem):
                    raise refusal

                # One that ends at once is not asked for at once.
                may_attach = self._loop.time() - lane.attached_at > AGAIN_S

            if may_attach:
                await self._attach(session, [lane])

    async def _ask_the_silent(self, session: ReadingSession) -> None:
        """A connection may be dead without a word; a partition may have lost what it had."""
        now = self._loop.time()

        quiet = [lane for lane in self._merge.awaited if self._credit.silent_s(lane) > QUIET_S]

        if not quiet and now - session.heard_at < SILENT_S:
            return

        open_lanes = quiet or self._merge.open_lanes[:1]
        samples = await session.ends(lane.partition for lane in open_lanes)

        for lane in quiet:
            if lane.has_lost(samples[lane.partition]):
                self._give_up_waiting(lane)
            elif lane.credit and self._credit.silent_s(lane) > UNDELIVERED_S:
                access = self._peek.access
                raise ProblemError(not_delivered(access, lane.partition, UNDELIVERED_S))

    def _give_up_waiting(self, lane: Lane) -> None:
        """What was still to come has been removed by retention."""
        if self._query.follow:
            lane.end_sequence = None
        else:
            self._finish(lane)

    def _end_by_time(self) -> None:
        until_at = self._query.until_at

        if until_at is not None and self._peek.clock() > until_at + UNTIL_GRACE_S:
            for lane in self._merge.open_lanes:
                if not lane.is_behind:
                    self._finish(lane)

    async def _hang_up(self) -> None:
        session, self._session = self._session, None
        self._credit.session = None
        self._pins.lost()

        for lane in self._merge.lanes.values():
            lane.receiver, lane.promised = None, 0

        if session is not None:
            await session.close()

    def _fail(self, problem: Problem) -> None:
        self._failure = problem

        for lane in self._merge.open_lanes:
            lane.is_done = True  # what has come is still given

        self._arrived.set()

    # On the loop, as messages arrive.

    def _on_message(self, partition: str, payload: bytes) -> None:
        lane, stamp = self._merge.lanes[partition], stamp_of(payload)

        if lane.is_done:
            return

        if stamp is None:
            self._unreadable += 1
        elif self._query.until_at is not None and stamp.enqueued_at > self._query.until_at:
            self._finish(lane)
        else:
            self._merge.add(lane, Waiting(stamp, payload, self._loop.time()))

            if self._query.may_drop:
                self._dropped += self._merge.drop_excess()

            if not self._query.follow and not lane.is_behind:
                self._finish(lane)

        self._arrived.set()
        self._credit.grant(lane)
        self._credit.hold_where_full()

    def _leave_out(self, lane: Lane) -> None:
        self._unreadable += 1
        self._credit.grant(lane)

    def _finish(self, lane: Lane) -> None:
        lane.is_done = True
        receiver, lane.receiver = lane.receiver, None

        if receiver is not None and self._session is not None:
            self._session.receivers.detach(receiver)

        self._arrived.set()
        self._attention.set()
