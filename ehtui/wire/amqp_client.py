"""An AMQP connection of a client: opened, kept alive, asked, and let go.

`dialling.dial` makes one, over whatever leads there.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Protocol, cast
from uuid import uuid4

from typing_extensions import override

from ehtui.wire.amqp.connection import FRAMING, NOT_ALLOWED, ClientConnection
from ehtui.wire.amqp.links import Noted, Oversized
from ehtui.wire.amqp.performatives import (
    UINT_MAX,
    AmqpError,
    Error,
    FrameError,
    Open,
)
from ehtui.wire.amqp.session import (
    AttachAsked,
    Begun,
    Ended,
    Event,
    Limits,
    Session,
    SignInAsked,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from ehtui.domain.world.route import Route
    from ehtui.wire.trace import Trace

LIMITS = Limits(frame_bytes=1 << 20, channel_max=65535, window=1 << 16, handle_max=UINT_MAX)
SILENCE_S = 50.0  # the service closes after 1 to 4 minutes (facts.md §4)
MESSAGE_BYTES = 256 * 1024  # the description of a hub with 1,024 partitions takes 7 KiB
MOST_UNSENT_BYTES = 1 << 20  # written while the other side takes nothing
MOST_UNAWAITED = 10_000  # frames in a row that answer nothing; a day of keeping alive is 2,880
_FIRST_BYTES = 8
CONNECTION_LOST = "connection lost"  # not a condition of the service: the stream ended


class Misunderstood(AmqpError):  # noqa: N818 - an error like the one that it is
    """The other side speaks AMQP, but not as we understand it."""


class Silence:
    """A limit that begins anew with each sign of life.

    With a round trip of 2 s a connection takes ten of them to open, and none of its steps long.
    """

    def __init__(self) -> None:
        self._limit: asyncio.Timeout | None = None
        self._most_s = 0.0

    def broken(self) -> None:
        """Something was heard."""
        if self._limit is not None and not self._limit.expired():
            self._limit.reschedule(asyncio.get_running_loop().time() + self._most_s)

    @asynccontextmanager
    async def at_most(self, seconds: float) -> AsyncIterator[None]:
        """Raise TimeoutError in the body once nothing was heard for so long."""
        async with asyncio.timeout(seconds) as limit:
            self._limit, self._most_s = limit, seconds

            try:
                yield
            finally:
                self._limit = None


class LinkOwner(Protocol):
    """Whoever uses links of a connection."""

    def take(self, event: Event) -> bool:
        """Act upon something of a link; whether it was ours and awaited.

        Raises:
            AmqpError: It ends the connection.
        """

    def on_lost(self, error: AmqpError) -> None:
        """The connection is gone."""


class Connection(asyncio.Protocol):
    """Frames are handled as they arrive, without a task: a kept link is quiet most of the time.

    Only what is awaited is a sign of life: a server that pours out anything else does not prolong a
    request, and is left after so many frames.
    """

    def __init__(
        self,
        host: str = "",
        on_sign_of_life: Callable[[], None] = lambda: None,
        route: Route | None = None,
        trace: Trace | None = None,
    ) -> None:
        self.route = route  # that it took; None where whoever made it knows it
        self.first_heard = b""  # the first bytes: of something else, perhaps
        self._trace = trace.follow(route) if trace and route else None
        self._loop = asyncio.get_running_loop()
        self._on_sign_of_life = on_sign_of_life
        opening = Open(str(uuid4()), host, LIMITS.frame_bytes, LIMITS.channel_max)
        self.core = ClientConnection(LIMITS, opening, silence_s=SILENCE_S)
        self.begun: asyncio.Future[Session] = self._loop.create_future()
        self.error: AmqpError | None = None  # why it ended
        self.owners: list[LinkOwner] = []
        self._closed = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        self._keep_alive: asyncio.TimerHandle | None = None
        self.is_reading_held = False
        self._is_held_up = False
        self._unsent_bytes = 0
        self._unawaited = 0

    @property
    def session(self) -> Session:
        """Its one session, once it has begun."""
        return self.begun.result()

    @property
    def has_begun(self) -> bool:
        """Whether the other side has spoken AMQP."""
        return self.core.is_open

    def flush(self) -> None:
        """Send what is to be sent.

        Raises:
            AmqpError: The connection has ended.
        """
        if self.error is not None or self._transport is None:
            raise self.error or AmqpError(CONNECTION_LOST)

        data = self.core.output.take(self._loop.time())

        if not data:
            return

        if self._trace is not None:
            self._trace.sent(data)

        self._transport.write(data)

        if self._is_held_up:
            self._unsent_bytes += len(data)

            if self._unsent_bytes > MOST_UNSENT_BYTES:
                self.abort(AmqpError(CONNECTION_LOST, "the other side no longer accepts anything"))

    def hold_reading(self, *, is_held: bool) -> None:
        """Take nothing more from the socket, or go on: the other side then waits too."""
        if self._transport is None or self.error is not None or self.is_reading_held == is_held:
            return

        self.is_reading_held = is_held

        if is_held:
            self._transport.pause_reading()
        else:
            self._transport.resume_reading()

    async def close(self, timeout_s: float = 0.5) -> None:
        """Say goodbye, wait a little for the answer, and end. Never raises."""
        self.hold_reading(is_held=False)

        if self._transport is not None and self.error is None:
            with suppress(AmqpError, TimeoutError):
                self.core.close()
                self.flush()

                async with asyncio.timeout(timeout_s):
                    await asyncio.shield(self._closed)

        self.abort()

    def abort(self, error: AmqpError | None = None) -> None:
        """End at once."""
        if not self._closed.done():
            self._closed.set_result(None)

        if self.error is not None:
            return

        self.error = error = error or AmqpError(CONNECTION_LOST, "closed by ehtui")

        if self._trace is not None:
            self._trace.ended(str(error))

        if not self.begun.done():
            self.begun.set_exception(error)
            self.begun.exception()  # its waiter may be gone already

        if self._keep_alive is not None:
            self._keep_alive.cancel()

        if self._transport is not None:
            self._transport.abort()

        for owner in self.owners:
            owner.on_lost(error)

    # Called by the loop.

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._on_sign_of_life()
        self.flush()

    @override
    def data_received(self, data: bytes) -> None:
        self.first_heard = self.first_heard or data[:_FIRST_BYTES]

        if self._trace is not None:
            self._trace.received(data)

        try:
            for event in self.core.receive(data):
                self._count(was_awaited=self._act_upon(event))

                if self.error is not None:
                    return

            self.flush()
        except FrameError as error:
            kind = Misunderstood if self.core.sessions else AmqpError
            self.abort(kind(FRAMING, str(error)))
        except AmqpError as error:
            self.abort(error)
        except Exception as error:
            self.abort(Misunderstood("amqp:internal-error", repr(error)))

    @override
    def pause_writing(self) -> None:
        self._is_held_up = True

    @override
    def resume_writing(self) -> None:
        self._is_held_up = False
        self._unsent_bytes = 0

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self.abort(AmqpError(CONNECTION_LOST, str(exc) if exc else "closed by the other side"))

    def _stay_alive(self) -> None:
        if self.error is None:
            self.core.keep_alive(self._loop.time())
            self.flush()
            due = self.core.output.written_at + (self.core.silence_s or SILENCE_S)
            self._keep_alive = self._loop.call_at(due, self._stay_alive)

    def _count(self, *, was_awaited: bool) -> None:
        if was_awaited:
            self._unawaited = 0
            self._on_sign_of_life()
            return

        self._unawaited += 1

        if self._unawaited > MOST_UNAWAITED:
            raise AmqpError(NOT_ALLOWED, "frames without an end that answer nothing")

    def _act_upon(self, event: Event) -> bool:
        """Whether that was awaited."""
        match event:
            case AttachAsked() | SignInAsked():
                return False
            case Noted(is_progress):
                return is_progress
            case Begun(session):
                self.begun.set_result(session)
                self._stay_alive()
            case _:
                was_awaited = True in [owner.take(event) for owner in self.owners]
                return was_awaited or self._ends_by(event)

        return True

    def _ends_by(self, event: Event) -> bool:
        """Whether that ends the connection, as nobody could live with it.

        Raises:
            AmqpError: It does.
        """
        match event:
            case Oversized():
                detail = f"more than {MESSAGE_BYTES} bytes"
                raise AmqpError("amqp:link:message-size-exceeded", detail)
            case Ended(_, error):
                lost = AmqpError(CONNECTION_LOST, "ended by the other side")
                self.abort(as_exception(error, lost))
                return True
            case _:
                return False


def as_exception(error: Error | None, otherwise: AmqpError) -> AmqpError:
    """The peer's error, or another where it told none."""
    return AmqpError(error.condition, error.description) if error else otherwise
