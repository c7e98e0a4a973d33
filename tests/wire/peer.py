"""A scripted other side: a management endpoint that misbehaves as told."""

from __future__ import annotations

import asyncio
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from ehtui.wire.amqp.frames import (
    AMQP_HEADER,
    SASL_HEADER,
    FrameReader,
    encode_frame,
    encode_transfer,
)
from ehtui.wire.amqp.messages import Reply, Request, decode_request, encode_reply
from ehtui.wire.amqp.performatives import (
    Accepted,
    Attach,
    Begin,
    Close,
    Detach,
    Disposition,
    Error,
    Flow,
    Frame,
    FrameError,
    Open,
    Rejected,
    SaslInit,
    SaslMechanisms,
    SaslOutcome,
    Transfer,
)
from ehtui.wire.amqp.values import Long, Strings, Timestamp

CHANNEL = 7  # not the client's: the two sides number their channels for themselves
Answer = Callable[[Request], Reply | None]


def ok(request: Request, value: Any = None, code: int = 200) -> Reply:
    return Reply(request.message_id, {"status-code": code, "status-description": "OK"}, value)


def refuse(code: int, description: str, condition: str = "") -> Answer:
    given = {"status-code": code, "status-description": description}

    if condition:
        given["error-condition"] = condition

    return lambda request: Reply(request.message_id, given)


def hub_of(*partitions: str) -> Answer:
    """Answers like a hub whose partition n has n x 100 + 7 as its last sequence number."""

    def answer(request: Request) -> Reply:
        if request.properties["type"] == "com.microsoft:eventhub":
            return ok(
                request,
                {
                    "name": request.properties["name"],
                    "type": "com.microsoft:eventhub",
                    "created_at": Timestamp(1_700_000_000_000),
                    "partition_count": len(partitions),
                    "partition_ids": Strings(partitions),
                },
            )

        partition = request.properties["partition"]

        if partition not in partitions:
            return refuse(404, f"no partition {partition}")(request)  # type: ignore[return-value]

        return ok(
            request,
            {
                "name": request.properties["name"],
                "type": "com.microsoft:partition",
                "partition": partition,
                "begin_sequence_number": Long(5),
                "last_enqueued_sequence_number": Long(int(partition) * 100 + 7),
                "last_enqueued_offset": "4096",
                "last_enqueued_time_utc": Timestamp(1_700_000_100_500),
                "is_partition_empty": False,
            },
        )

    return answer


@dataclass
class Peer:
    """What it does, and what it saw."""

    answer: Answer = field(default_factory=lambda: hub_of("0", "1"))
    token_answer: Answer = lambda request: ok(request, code=202)
    mechanisms: tuple[str, ...] = ("MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL")
    credit: int = 100
    window: int = 5000
    tells_credit: bool = True  # unasked, with each reply
    idle_timeout_ms: int | None = None
    settles_replies: bool = True
    max_frame_bytes: int = 65536
    refuses_node: str | None = None
    rejects: Callable[[Request], bool] = lambda _: False
    is_frozen: bool = False
    connections: int = 0
    tokens: list[Request] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    dispositions: list[Disposition] = field(default_factory=list)
    frames: list[Any] = field(default_factory=list)
    payloads: list[bytes] = field(default_factory=list)
    most_in_flight: int = 0
    empty_frames: int = 0
    chunks: int = 0
    said_goodbye: int = 0
    live: list[_Served] = field(default_factory=list)
    port: int = 0

    def drop_all(self) -> None:
        for served in tuple(self.live):
            served.writer.transport.abort()

    def send_all(self, body: Any) -> None:
        for served in tuple(self.live):
            served.send(body)


@asynccontextmanager
async def serving(peer: Peer, tls: ssl.SSLContext | None = None) -> AsyncIterator[Peer]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served = _Served(peer, reader, writer)
        peer.connections += 1
        peer.live.append(served)

        try:
            await served.run()
        except FrameError:
            pass  # a client that begins with TLS
        finally:
            peer.live.remove(served)
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", peer.port, ssl=tls)
    peer.port = server.sockets[0].getsockname()[1]

    try:
        yield peer
    finally:
        server.close()
        peer.drop_all()

        while peer.live:
            await asyncio.sleep(0.01)


class _Served:
    """One connection."""

    def __init__(
        self, peer: Peer, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.peer = peer
        self.reader = reader
        self.writer = writer
        self.frames = FrameReader(1 << 20)
        self.nodes: dict[int, str] = {}  # by the client's sending handle
        self.reply_handles: dict[str, int] = {}
        self.client_channel = 0
        self.sent = self.items = 0
        self.received = 0
        self.taken: Counter[int] = Counter()  # deliveries by the client's handle

    def send(self, body: Any) -> None:
        channel = 0 if isinstance(body, Open | Close) else CHANNEL
        self.writer.write(encode_frame(channel, body))

    async def run(self) -> None:
        while data := await self._read():
            self.peer.chunks += 1

            for item in self.frames.feed(data):
                if self.peer.is_frozen:
                    continue

                if isinstance(item, Frame):
                    self.client_channel = item.channel
                    self._on(item.body)
                else:
                    self.writer.write(item)

                    if item == SASL_HEADER:
                        self.send(SaslMechanisms(self.peer.mechanisms))

                self.items += 1
                assert item != AMQP_HEADER or self.items > 2

    async def _read(self) -> bytes:
        try:
            return await self.reader.read(1 << 16)
        except ConnectionError:
            return b""

    def _on(self, body: Any) -> None:
        self.peer.frames.append(body)

        match body:
            case None:
                self.peer.empty_frames += 1
            case Attach():
                self._attach(body)
            case Transfer():
                self._transfer(body)
            case Flow(handle=int(handle), echo=True):
                self._tell_credit(handle)
            case Disposition():
                self.peer.dispositions.append(body)
            case Close():
                self.peer.said_goodbye += 1
                self.send(Close())
                self.writer.close()
            case _:
                self._greet(body)

    def _greet(self, body: Any) -> None:
        match body:
            case SaslInit():
                self.send(SaslOutcome(0))
            case Open():
                limits = (self.peer.max_frame_bytes, 8, self.peer.idle_timeout_ms)
                self.send(Open("peer", None, *limits))
            case Begin():
                self.send(Begin(self.client_channel, 1, self.peer.window, 5000))

    def _attach(self, attach: Attach) -> None:
        source, target = attach.source, attach.target
        assert source is not None
        assert target is not None
        assert source.address == target.address
        node = source.address or ""
        handle = attach.handle + 40
        is_refused = node == self.peer.refuses_node
        self.send(
            attach._replace(
                handle=handle,
                is_receiver=not attach.is_receiver,
                source=None if is_refused else source,
                target=None if is_refused else target,
                initial_delivery_count=0 if attach.is_receiver else None,
            )
        )

        if is_refused:
            self.send(Detach(handle, True, Error("amqp:unauthorized-access", "No Listen.")))
        elif attach.is_receiver:
            self.reply_handles[node] = handle
        else:
            self.nodes[attach.handle] = node
            self._grant(handle)

    def _grant(self, handle: int) -> None:
        self.send(
            Flow(self.received, self.peer.window, self.sent, 5000, handle, 0, self.peer.credit)
        )

    def _transfer(self, transfer: Transfer) -> None:
        assert transfer.delivery_id == self.received
        self.received += 1
        self.taken[transfer.handle] += 1
        node = self.nodes[transfer.handle]
        request = decode_request(transfer.payload)
        self.peer.payloads.append(transfer.payload)
        number = transfer.delivery_id

        if self.peer.rejects(request):
            state = Rejected(Error("com.microsoft:argument-error", "no"))
            self.send(Disposition(True, number, number, True, state))
            return

        if not transfer.settled:
            self.send(Disposition(True, number, None, True, Accepted()))

        seen = self.peer.tokens if node == "$cbs" else self.peer.requests
        seen.append(request)
        answer = self.peer.token_answer if node == "$cbs" else self.peer.answer
        reply = answer(request)

        if reply is not None:
            self._reply(node, encode_reply(reply))

        # A cautious peer: credit for the next ones only when these are answered.
        if self.peer.tells_credit:
            self._tell_credit(transfer.handle)

    def _tell_credit(self, handle: int) -> None:
        self.send(
            Flow(
                self.received,
                self.peer.window,
                self.sent,
                5000,
                handle + 40,
                self.taken[handle],
                self.peer.credit,
            )
        )

    def _reply(self, node: str, payload: bytes) -> None:
        handle = self.reply_handles[node]
        data = encode_transfer(CHANNEL, handle, self.sent, payload, self.peer.max_frame_bytes)

        if not self.peer.settles_replies:
            transfer = Transfer(handle, self.sent, b"tag", 0, False, False, False, payload)
            data = encode_frame(CHANNEL, transfer)

        self.sent += 1
        self.writer.write(data)
