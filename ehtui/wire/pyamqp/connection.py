"""A client's AMQP connection with one session: frames, windows, keep-alive, orderly end."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol, cast

from typing_extensions import override

from ehtui.wire.amqp.frames import EMPTY_FRAME, MIN_FRAME_BYTES, FrameReader, encode_frame
from ehtui.wire.amqp.performatives import (
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    End,
    Error,
    Flow,
    Frame,
    FrameError,
    Open,
    Performative,
    Transfer,
)

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_FRAME_BYTES = 1 << 20
WINDOW = 1 << 16
CHANNEL = 0
SILENCE_S = 50.0  # the service closes after 1 to 4 minutes (facts.md §4)
SHORTEST_SILENCE_S = 1.0  # whatever the other side wants to hear
MOST_GREETINGS = 8  # that wait: a handshake has four
MOST_UNSENT_BYTES = 1 << 20  # written while the other side takes nothing
MOST_UNAWAITED = 10_000  # frames in a row that answer nothing; a day of keeping alive is 2,880
WRAP = 1 << 32


class AmqpError(Exception):
    """The other side ended a link, session or connection, or the stream broke."""

    def __init__(
        self, condition: str, description: str | None = None, *, is_misfit: bool = False
    ) -> None:
        super().__init__(f"{condition}: {description}" if description else condition)
        self.condition = condition
        self.description = description or ""
        self.is_misfit = is_misfit  # the other side speaks AMQP, but we do not understand it


CONNECTION_LOST = "connection lost"  # not a condition of the service: the stream ended


class LinkEnd(Protocol):
    """Our end of a link. What it hears of it answers with whether that was awaited."""

    name: str

    def on_attach(self, attach: Attach) -> None:
        """The other side attached."""

    def on_flow(self, flow: Flow) -> bool:
        """The other side gave credit."""

    def on_transfer(self, transfer: Transfer) -> bool:
        """A piece of a delivery arrived."""

    def on_disposition(self, disposition: Disposition) -> bool:
        """The other side settled deliveries."""

    def on_end(self, error: AmqpError) -> None:
        """Link, session or connection is gone. May be called more than once."""


class Connection(asyncio.Protocol):
    """Frames are handled as they arrive, without a task: a kept link is quiet most of the time.

    Only what is awaited is a sign of life: a server that pours out anything else does not prolong a
    request, and is left after so many frames.
    """

    def __init__(self, on_sign_of_life: Callable[[], None] = lambda: None) -> None:
        self._loop = asyncio.get_running_loop()
        self._on_sign_of_life = on_sign_of_life
        self._transport: asyncio.Transport | None = None
        self._reader = FrameReader(MAX_FRAME_BYTES)
        self._greetings: asyncio.Queue[bytes | Performative | AmqpError] = asyncio.Queue()
        self._closed = self._loop.create_future()
        self._error: AmqpError | None = None
        self.peer_frame_bytes = MIN_FRAME_BYTES
        self._silence_s = SILENCE_S
        self._written_at = self._loop.time()
        self._keep_alive: asyncio.TimerHandle | None = None
        self._has_begun = False
        self._is_held_up = False
        self._unsent_bytes = 0
        self._unawaited = 0
        self._ends: dict[str, LinkEnd] = {}
        self._ends_by_handle: dict[int, LinkEnd] = {}
        self._next_incoming_id = 0
        self._incoming_window = WINDOW
        self._next_outgoing_id = 0
        self._peer_window = 0
        self._handlers: dict[type, Callable[[Any], bool]] = {
            Attach: self._on_attach,
            Flow: self._on_flow,
            Transfer: self._on_transfer,
            Disposition: self._on_disposition,
            Detach: self._on_detach,
            End: self._on_end,
            Close: self._on_end,
        }

    @property
    def error(self) -> AmqpError | None:
        """Why it ended; None while it is usable."""
        return self._error

    async def greeting(self) -> bytes | Performative:
        """The next protocol header or performative that belongs to no link.

        Raises:
            AmqpError: The connection has ended.
        """
        found = await self._greetings.get()

        if isinstance(found, AmqpError):
            raise found

        return found

    def begin(self, opened: Open, begun: Begin) -> None:
        """Take up work with what the other side announced."""
        if opened.idle_timeout_ms:
            wanted_s = opened.idle_timeout_ms / 2000.0
            self._silence_s = max(SHORTEST_SILENCE_S, min(SILENCE_S, wanted_s))

        self._has_begun = True
        self.peer_frame_bytes = max(opened.max_frame_bytes, MIN_FRAME_BYTES)
        self._next_incoming_id = begun.next_outgoing_id
        self._peer_window = begun.incoming_window
        self._keep_alive = self._loop.call_later(self._silence_s, self._stay_alive)

    @property
    def can_send(self) -> bool:
        """Whether the session's window is open."""
        return self._peer_window > 0

    def attach(self, end: LinkEnd, attach: Attach) -> None:
        """Attach a link; its end hears of everything that follows."""
        self._ends[end.name] = end
        self.write(encode_frame(CHANNEL, attach))

    def grant(self, handle: int, delivery_count: int, credit: int) -> None:
        """Give the other side credit on one of our receiving links."""
        self._incoming_window = WINDOW
        self.write(encode_frame(CHANNEL, self._flow(handle, delivery_count, credit)))

    def ask(self, handle: int, delivery_count: int, credit: int) -> None:
        """Ask the other side for the credit of one of our sending links as it is by now."""
        flow = self._flow(handle, delivery_count, credit)._replace(available=0, echo=True)
        self.write(encode_frame(CHANNEL, flow))

    def next_delivery_id(self) -> int:
        """Take a place in the session's window for one transfer."""
        number = self._next_outgoing_id
        self._next_outgoing_id = (number + 1) % WRAP
        self._peer_window -= 1
        return number

    def write(self, data: bytes) -> None:
        """Send whole frames.

        Raises:
            AmqpError: The connection has ended.
        """
        if self._error is not None or self._transport is None:
            raise self._error or AmqpError(CONNECTION_LOST)

        self._written_at = self._loop.time()
        self._transport.write(data)

        if self._is_held_up:
            self._unsent_bytes += len(data)

            if self._unsent_bytes > MOST_UNSENT_BYTES:
                self._end(AmqpError(CONNECTION_LOST, "the other side takes nothing any more"))

    async def close(self, timeout_s: float = 0.5) -> None:
        """Say goodbye, wait a little for the answer, and end. Never raises."""
        if self._transport is not None and self._error is None:
            with suppress(AmqpError, TimeoutError):
                self.write(encode_frame(CHANNEL, Close()))

                async with asyncio.timeout(timeout_s):
                    await asyncio.shield(self._closed)

        self.abort()

    def abort(self, error: AmqpError | None = None) -> None:
        """End at once."""
        self._end(error or AmqpError(CONNECTION_LOST, "closed by ehtui"))

    # Called by the loop.

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._on_sign_of_life()

    @override
    def data_received(self, data: bytes) -> None:
        try:
            for item in self._reader.feed(data):
                if self._error is not None:
                    return

                if isinstance(item, Frame):
                    self._count(was_awaited=self._on_frame(item.body))
                else:
                    self._count(was_awaited=self._greet(item))
        except FrameError as error:
            misfit = self._has_begun
            self._end(AmqpError("amqp:framing-error", str(error), is_misfit=misfit))
        except AmqpError as error:  # it ended while an answer was written
            self._end(error)
        except Exception as error:
            self._end(AmqpError("amqp:internal-error", repr(error), is_misfit=True))

    @override
    def pause_writing(self) -> None:
        self._is_held_up = True

    @override
    def resume_writing(self) -> None:
        self._is_held_up = False
        self._unsent_bytes = 0

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._end(AmqpError(CONNECTION_LOST, str(exc) if exc else "closed by the other side"))

    def _stay_alive(self) -> None:
        if self._error is not None:
            return

        due = self._written_at + self._silence_s

        if due <= self._loop.time():
            self.write(EMPTY_FRAME)
            due = self._written_at + self._silence_s

        self._keep_alive = self._loop.call_at(due, self._stay_alive)

    def _count(self, *, was_awaited: bool) -> None:
        if was_awaited:
            self._unawaited = 0
            self._on_sign_of_life()
            return

        self._unawaited += 1

        if self._unawaited > MOST_UNAWAITED:
            raise AmqpError("amqp:not-allowed", "frames without an end that answer nothing")

    def _on_frame(self, body: Performative | None) -> bool:
        handler = self._handlers.get(type(body))

        if handler is not None:
            return handler(body)

        return body is not None and self._greet(body)  # without a body it only keeps alive

    def _greet(self, item: bytes | Performative) -> bool:
        if self._has_begun or self._greetings.qsize() >= MOST_GREETINGS:
            raise AmqpError("amqp:not-allowed", f"{type(item).__name__} at the wrong time")

        self._greetings.put_nowait(item)
        return True

    def _on_attach(self, attach: Attach) -> bool:
        end = self._ends.get(attach.name)

        if end is None:
            return False

        if attach.handle in self._ends_by_handle or end in self._ends_by_handle.values():
            raise AmqpError("amqp:session:handle-in-use", f"handle {attach.handle}")

        self._ends_by_handle[attach.handle] = end
        end.on_attach(attach)
        return True

    def _on_detach(self, detach: Detach) -> bool:
        end = self._ends_by_handle.pop(detach.handle, None)

        if end is not None:
            end.on_end(_as_exception(detach.error))

        return end is not None

    def _on_transfer(self, transfer: Transfer) -> bool:
        self._next_incoming_id = (self._next_incoming_id + 1) % WRAP
        self._incoming_window -= 1

        if self._incoming_window < WINDOW // 2:
            self._incoming_window = WINDOW
            self.write(encode_frame(CHANNEL, self._flow()))

        end = self._ends_by_handle.get(transfer.handle)

        return end is not None and end.on_transfer(transfer)

    def _on_disposition(self, disposition: Disposition) -> bool:
        return True in [end.on_disposition(disposition) for end in self._ends.values()]

    def _on_end(self, body: End | Close) -> bool:
        self._end(_as_exception(body.error))
        return True

    def _on_flow(self, flow: Flow) -> bool:
        seen = flow.next_incoming_id or 0
        in_flight = (self._next_outgoing_id - seen) % WRAP
        self._peer_window = flow.incoming_window - in_flight

        ends = self._ends_by_handle.items()
        return True in [end.on_flow(flow) for handle, end in ends if flow.handle in {None, handle}]

    def _flow(
        self,
        handle: int | None = None,
        delivery_count: int | None = None,
        credit: int | None = None,
    ) -> Flow:
        return Flow(
            next_incoming_id=self._next_incoming_id,
            incoming_window=self._incoming_window,
            next_outgoing_id=self._next_outgoing_id,
            outgoing_window=WINDOW,
            handle=handle,
            delivery_count=delivery_count,
            link_credit=credit,
        )

    def _end(self, error: AmqpError) -> None:
        if not self._closed.done():
            self._closed.set_result(None)

        if self._error is not None:
            return

        self._error = error
        self._greetings.put_nowait(error)

        if self._keep_alive is not None:
            self._keep_alive.cancel()

        if self._transport is not None:
            self._transport.abort()

        for end in self._ends.values():
            end.on_end(error)


def _as_exception(error: Error | None) -> AmqpError:
    if error is None:
        return AmqpError(CONNECTION_LOST, "ended by the other side")

    return AmqpError(error.condition, error.description)
