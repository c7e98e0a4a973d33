"""One connection that events are read on: tokens, partition ends, receivers; and its troubles."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from typing_extensions import override

from ehtui.domain.problems import ProblemError
from ehtui.wire import event_problems, problems
from ehtui.wire.amqp.performatives import AmqpError
from ehtui.wire.amqp_client import Silence
from ehtui.wire.dialling import OPEN_S, dial
from ehtui.wire.kept_link import REPLY_S, ManagementSession
from ehtui.wire.receivers import Receivers

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    from ehtui.domain.world.events import Position
    from ehtui.domain.world.hub import PartitionSample
    from ehtui.wire.amqp_client import Connection
    from ehtui.wire.credentials import HubAccess
    from ehtui.wire.reading import Limiter
    from ehtui.wire.receivers import Receiver


class PeekGroup:
    """How a peek group is reached: what every connection to it is opened by."""

    def __init__(
        self, access: HubAccess, group: str, limiter: Limiter, clock: Callable[[], float]
    ) -> None:
        self.access = access
        self.group = group
        self.limiter = limiter
        self.clock = clock

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


class _Heard(Silence):
    """Remembers when something was heard."""

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self.at = self._loop.time()

    @override
    def broken(self) -> None:
        self.at = self._loop.time()
        super().broken()


class ReadingSession:
    """An open connection with its token shown."""

    def __init__(self, peek: PeekGroup) -> None:
        self._peek = peek
        self._silence = _Heard()
        self.opened_at = self._silence.at  # of the loop's clock
        self.connection: Connection
        self.receivers: Receivers
        self._management: ManagementSession

    @classmethod
    async def opened(cls, peek: PeekGroup) -> ReadingSession:
        """Connect, and show the tokens for hub and group.

        Raises:
            ProblemError: There is no way in; the sentence says why.
        """
        session = cls(peek)
        access = peek.access

        async with peek.told("connecting", OPEN_S):
            session.connection = await dial(access, session._silence, OPEN_S, access.network.roots)

            try:
                path = f"{access.hub}/ConsumerGroups/{peek.group}"
                audience = f"{access.audience}/ConsumerGroups/{peek.group}"
                session._management = ManagementSession(
                    access, session.connection, peek.clock, (audience,)
                )
                session.receivers = Receivers(session.connection, path)

                async with session._silence.at_most(OPEN_S):
                    await session._management.begin()
            except BaseException:
                session.connection.abort()
                raise

        return session

    @property
    def heard_at(self) -> float:
        """When something was last heard, by the loop's clock."""
        return self._silence.at

    @property
    def error(self) -> AmqpError | None:
        """Why the connection ended."""
        return self.connection.error

    async def partitions(self) -> tuple[str, ...]:
        """Which ones the hub has.

        Raises:
            ProblemError: It did not say.
        """
        await self._peek.limiter.take(1)

        async with self._peek.told("waiting for replies", REPLY_S), asyncio.timeout(REPLY_S):
            reading = await self._management.read((), describe=True)

        if reading.hub is None:
            problem = reading.undescribed
            raise ProblemError(problem or problems.timed_out(self._peek.access, "the event hub"))

        return reading.hub.partition_ids

    async def ends(self, partitions: Iterable[str]) -> dict[str, PartitionSample]:
        """Where these partitions begin and end now.

        Raises:
            ProblemError: One of them could not be read.
        """
        left, found = list(partitions), dict[str, "PartitionSample"]()

        while left:
            granted = await self._peek.limiter.take(len(left))
            asked, left = left[:granted], left[granted:]

            async with self._peek.told("waiting for replies", REPLY_S), asyncio.timeout(REPLY_S):
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
        async with self._peek.told("showing a token", REPLY_S), asyncio.timeout(REPLY_S):
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

        async with self._peek.told("attaching receivers", OPEN_S):
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

                            raise self._peek.refusal(partition, error) from None
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
