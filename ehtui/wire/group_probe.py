"""Whether a consumer group is there: one attach that takes nothing and disturbs nobody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from uuid import uuid4

from typing_extensions import override

from ehtui.wire.amqp.links import Attached, ReceivingLink
from ehtui.wire.amqp.performatives import AmqpError, Attach, Source, Target
from ehtui.wire.amqp_client import LinkOwner

if TYPE_CHECKING:
    from ehtui.wire.amqp.session import Event
    from ehtui.wire.amqp_client import Connection

HANDLE = 100  # of no link that a session has beside it


async def attach_once(connection: Connection, node: str) -> None:
    """Attach to a partition of a group without an owner level and without credit, and detach.

    Raises:
        AmqpError: The service's refusal, or the connection ended; either way it is of no more use.
    """
    link = ReceivingLink(connection.session, str(uuid4()), HANDLE)
    probe = _Probe(link)
    connection.owners.append(probe)
    asked = Attach(
        name=link.name,
        handle=link.handle,
        is_receiver=True,
        sender_settles=1,
        receiver_settles=0,
        source=Source(node),
        target=Target("ehtui"),
    )

    try:
        connection.session.attach(link, asked)
        connection.flush()
        await probe.attached
        link.detach()
        connection.flush()
    finally:
        connection.owners.remove(probe)


class _Probe(LinkOwner):
    def __init__(self, link: ReceivingLink) -> None:
        self._link = link
        self.attached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @override
    def take(self, event: Event) -> bool:
        match event:
            case Attached(link, attach) if link is self._link:
                # Without a source it is refused, and a detach says why.
                if attach.source is not None and not self.attached.done():
                    self.attached.set_result(None)

                return True
            case _:
                return False

    @override
    def on_lost(self, error: AmqpError) -> None:
        if not self.attached.done():
            self.attached.set_exception(error)
