"""One connection that events are read on: tokens, partition ends, receivers; and its troubles."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ehtui.domain.problems import ProblemError
from ehtui.wire import event_problems, problems
from ehtui.wire.amqp.performatives import AmqpError
from ehtui.wire.amqp_client import Silence, open_connection
from ehtui.wire.kept_link import OPEN_S, REPLY_S, ManagementSession, trusted_roots
from ehtui.wire.receivers import Receivers

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from ehtui.domain.world.events import Position
    from ehtui.domain.world.hub import PartitionSample
    from ehtui.wire.amqp_client import Connection
    from ehtui.wire.credentials import HubAccess
    from ehtui.wire.reading import Limiter
    from ehtui.wire.receivers import Receiver


class Way:
    """How a peek group is reached: what every connection to it is opened by."""

    def __init__(
        self, access: HubAccess, group: str, limiter: Limiter, clock: Callable[[], float]
    ) -> None:
        self.access = access
        self.group = group
        self.limiter = limiter
        self.clock = clock
        self._tls: ssl.SSLContext | None = None

    async def open(self, silence: Silence, on_life: Callable[[], None]) -> Connection:
        """Connect.

        Raises:
            OSError: Name resolution, TCP or TLS failed.
            AmqpError: The other side refused.
        """
        access = self.access

        if access.use_tls and self._tls is None:
            self._tls = await asyncio.to_thread(trusted_roots)

        def heard() -> None:
            silence.broken()
            on_life()

        return await open_connection(access.host, access.port, self._tls, heard)

    @asynccontextmanager
    async def told(self, step: str, limit_s: float | None = None) -> AsyncIterator[None]:
        """What goes wrong within is told as a ProblemError."""
        try:
            yield
        except TimeoutError:
            raise ProblemError(problems.timed_out(self.access, step, limit_s)) from None
        except OSError as error:
            raise ProblemError(problems.from_os_error(self.access, error)) from None
        except AmqpError as error:
            told = problems.from_condition(self.access, error.condition, error.description)
            raise ProblemError(told) from None

    def refusal(self, partition: str, error: AmqpError) -> ProblemError:
        """Why the receiver of a partition was refused, or ended."""
        return ProblemError(event_problems.of_receiver(self.access, self.group, partition, error))


class ReadingSession:
    """An open connection with its token shown."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._silence = Silence()
        self._loop = asyncio.get_running_loop()
        self.opened_at = self.heard_at = self._loop.time()  # of the loop's clock
        self.connection: Connection
        self.receivers: Receivers
        self._management: ManagementSession

    @classmethod
    async def opened(cls, way: Way) -> ReadingSession:
        """Connect, and show the tokens for hub and group.

        Raises:
            ProblemError: There is no way in; the sentence says why.
        """
        session = cls(way)
        access = way.access

        async with way.told("connecting", OPEN_S), session._silence.at_most(OPEN_S):
            session.connection = await way.open(session._silence, session._heard)

            try:
                path = f"{access.hub}/ConsumerGroups/{way.group}"
                audience = f"{access.audience}/ConsumerGroups/{way.group}"
                session._management = ManagementSession(
                    access, session.connection, way.clock, (audience,)
                )
                session.receivers = Receivers(session.connection, path)
                await session._management.begin()
            except BaseException:
                session.connection.abort()
                raise

        return session

    def _heard(self) -> None:
        self.heard_at = self._loop.time()

    @property
    def error(self) -> AmqpError | None:
        """Why the connection ended."""
        return self.connection.error

    async def partitions(self) -> tuple[str, ...]:
        """Which ones the hub has.

        Raises:
            ProblemError: It did not say.
        """
        await self._way.limiter.take(1)

        async with self._way.told("waiting for replies", REPLY_S), asyncio.timeout(REPLY_S):
            reading = await self._management.read((), describe=True)

        if reading.hub is None:
            problem = reading.undescribed
            raise ProblemError(problem or problems.timed_out(self._way.access, "the event hub"))

        return reading.hub.partition_ids

    async def ends(self, partitions: Iterable[str]) -> dict[str, PartitionSample]:
        """Where these partitions begin and end now.

        Raises:
            ProblemError: One of them could not be read.
        """
        left, found = list(partitions), dict[str, "PartitionSample"]()

        while left:
            granted = await self._way.limiter.take(len(left))
            asked, left = left[:granted], left[granted:]

            async with self._way.told("waiting for replies", REPLY_S), asyncio.timeout(REPLY_S):
                reading = await self._management.read(asked, describe=False)

            if reading.refused:
                raise ProblemError(reading.refused[0][1])

            found |= {sample.partition: sample for sample in reading.samples}

        return found

    async def renew(self) -> None:
        """Show tokens anew where they are about to expire.

        Raises:
            ProblemError: There is none, or it was refused.
        """
        async with self._way.told("showing a token", REPLY_S), asyncio.timeout(REPLY_S):
            await self._management.renew()

    async def attach(
        self,
        wanted: Mapping[str, tuple[Position, int]],
        on_message: Callable[[str, bytes], None],
    ) -> dict[str, Receiver]:
        """Receivers of these partitions, all at once, each from a position with so much credit.

        Raises:
            ProblemError: One was refused; the sentence names the partition.
        """
        made: dict[str, Receiver] = {}

        async with self._way.told("attaching receivers", OPEN_S):
            try:
                for partition, (position, credit) in wanted.items():
                    made[partition] = self.receivers.attach(
                        partition, position, credit, _bound(on_message, partition)
                    )

                async with asyncio.timeout(OPEN_S):
                    for partition, receiver in made.items():
                        try:
                            await receiver.attached
                        except AmqpError as error:
                            if self.error is not None:
                                raise

                            raise self._way.refusal(partition, error) from None
            except BaseException:
                for receiver in made.values():
                    self.receivers.detach(receiver)

                raise

        return made

    def release(self, receiver: Receiver) -> None:
        """Let go of a receiver."""
        self.receivers.detach(receiver)
        self.flush()

    def flush(self) -> None:
        """Send what is to be sent; a connection that has ended sends nothing."""
        if self.error is None:
            self.connection.flush()

    async def close(self) -> None:
        """Let go; never raises."""
        await self.connection.close()


def _bound(on_message: Callable[[str, bytes], None], partition: str) -> Callable[[bytes], None]:
    return lambda payload: on_message(partition, payload)
