"""`$cbs` and `$management`: request links, response links, and the pairing of the two."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from typing_extensions import override

from ehtui.sandbox.eventhubs import cbs, errors, management
from ehtui.sandbox.eventhubs.addresses import CBS
from ehtui.sandbox.eventhubs.channel import Channel
from ehtui.sandbox.eventhubs.errors import DECODE, ServiceError
from ehtui.sandbox.eventhubs.link import ReceivingLink, SendingLink
from ehtui.wire.amqp.messages import decode_request, encode_reply
from ehtui.wire.amqp.performatives import Accepted, Attach, Error, Rejected, Transfer

_LARGEST_REPLY_BYTES = 32 << 10  # the description of a hub with 1,024 partitions takes 7 KiB
_REPLY_OVERHEAD_BYTES = 64


class RequestLink(ReceivingLink):
    """Takes requests for a node and answers on a response link of the same session."""

    credit = 100

    def __init__(self, session: AnsweringChannel, attach: Attach, node: str) -> None:
        super().__init__(session, attach)
        self._response_link = session.response_link
        self.node = node
        self.idles_out = node != CBS  # its token refresh comes once an hour

    @property
    @override
    def most_bytes(self) -> int:
        return self.session.broker.limits.request_bytes

    @override
    def delivered(self, first: Transfer, payload: bytes) -> None:
        self.session.broker.statistics.requests += 1
        handle = cbs.handle if self.node == CBS else management.handle

        try:
            request = decode_request(payload)
            response = self._response_link(self.node, request.reply_to)

            if response and response.is_full:
                raise errors.no_room("replies", self.session.broker.namespace.name)

            reply = handle(request, self.session.connection)
        except ServiceError as error:
            self.session.settle(first, Rejected(self.wire_error(error)))
            return
        except ValueError as error:
            self.session.settle(first, Rejected(Error(DECODE, str(error))))
            return

        self.session.settle(first, Accepted())

        if response:
            response.respond(encode_reply(reply))


class ResponseLink(SendingLink):
    """Brings a node's replies to the client."""

    idles_out = False

    def __init__(self, session: Channel, attach: Attach, node: str) -> None:
        super().__init__(session, attach)
        self.node = node
        self._waiting: deque[bytes] = deque()

    def answers_to(self, reply_to: str | None) -> bool:
        """Whether a request with this reply-to means this link."""
        target = self.attach.target.address if self.attach.target else None
        return reply_to is not None and reply_to in (target, self.attach.name)

    @property
    def is_full(self) -> bool:
        """Whether more replies wait for credit already than are kept."""
        return not self.session.broker.has_room(_LARGEST_REPLY_BYTES)

    def respond(self, payload: bytes) -> None:
        """Send a reply as soon as there is credit."""
        self._waiting.append(payload)
        self.session.broker.held_bytes += _held(payload)
        self.wake()

    @override
    def wake(self) -> None:
        while self._waiting and self.credit and self.session.has_window:
            payload = self._waiting.popleft()
            self.session.broker.held_bytes -= _held(payload)
            self.deliver(payload)

    @override
    def closed(self) -> None:
        self.session.broker.held_bytes -= sum(map(_held, self._waiting))
        self._waiting.clear()


class AnsweringChannel(Channel, Protocol):
    """A session that knows on which of its links a node's replies are awaited."""

    def response_link(self, node: str, reply_to: str | None) -> ResponseLink | None:
        """That link; None where there is none."""


def _held(payload: bytes) -> int:
    """What a reply that waits costs; a small one is not free."""
    return len(payload) + _REPLY_OVERHEAD_BYTES
