"""Beliefs that need a hub changed while somebody watches: a sandbox's control port does that."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from typing_extensions import override

from ehtui.conform.checks import Source, Theme
from ehtui.conform.needs import Need
from ehtui.conform.peer import told
from ehtui.conform.world import Admin
from ehtui.wire.amqp.messages import encode_event
from ehtui.wire.amqp.performatives import Detach
from ehtui.wire.storage_http import StorageHttp

if TYPE_CHECKING:
    from ehtui.conform.world import World

CHANGING = Theme("change")
_ADMIN = Need.ADMIN
_GROUP = "ehtui-conform-passing"
_OK = 200


class SandboxControl(Admin):
    """The levers of a sandbox (`EHTUI_SANDBOX_CONTROL_URL` and `…_TOKEN`)."""

    def __init__(self, url: str, token: str) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._http = StorageHttp(self._url, ca_files=(), connect_s=5.0, silence_s=10.0)

    @override
    async def change(self, method: str, *path: str, **body: Any) -> None:
        """Pull a lever.

        Raises:
            ValueError: It does not move.
        """
        data = json.dumps(body).encode() if body else b""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Length": str(len(data))}
        url = "/".join([self._url, *(quote(part, safe="") for part in path)])
        reply = await self._http.ask(method, url, headers, data)

        if reply.status != _OK:
            raise ValueError(f"the control port answers {reply.status}")

    @override
    async def close(self) -> None:
        """Let go of connections."""
        await self._http.close()


def _of(world: World) -> Admin:
    assert world.admin is not None
    return world.admin


@CHANGING.believe(
    "deleted-group",
    "The link of a group that is deleted",
    "amqp:not-found: The messaging entity '…' has been deleted. …",
    Source.CHOICE,
    _ADMIN,
    pattern=r"amqp:not-found: The messaging entity '.*' has been deleted\..*",
)
async def _deleted_group(world: World) -> str:
    hub = world.access.hub
    await _of(world).change("PUT", "hubs", hub, "groups", _GROUP)

    async with world.signed_in() as peer:
        await peer.receiver(f"{hub}/ConsumerGroups/{_GROUP}/Partitions/{world.partition}")
        await _of(world).change("DELETE", "hubs", hub, "groups", _GROUP)
        return told(await peer.expect(Detach))


@CHANGING.believe(
    "emptied",
    "Begin of a partition from which everything was removed",
    "the last",
    Source.REPORTS,
    _ADMIN | Need.SEND,
)
async def _emptied(world: World) -> str:
    async with world.signed_in() as peer:
        await world.publish(peer)

    last = (await world.state_of(world.partition))["last_enqueued_sequence_number"]
    where = ("hubs", world.access.hub, "partitions", world.partition, "trim")
    await _of(world).change("POST", *where, before_sequence=last + 1)
    after = await world.state_of(world.partition)
    begin = after["begin_sequence_number"]
    return "the last" if begin == last and after["is_partition_empty"] else f"{begin} of {last}"


@CHANGING.believe(
    "busy",
    "A sender of a namespace that throttles",
    "rejected: com.microsoft:server-busy: The request was terminated because the entity is being"
    " throttled. Error code : 50002. …",
    Source.REPORTS,
    _ADMIN | Need.SEND,
    pattern=r"rejected: com\.microsoft:server-busy: The request was terminated because the entity"
    r" is being throttled\. Error code : 50002\..*",
)
async def _busy(world: World) -> str:
    async with world.signed_in() as peer:
        link = await peer.sender(world.sending)
        await peer.credit(link.handle)
        await _of(world).change("PATCH", "faults", "eventhubs", is_busy=True)

        try:
            peer.transfer(link.handle, encode_event(b"x"))
            return await peer.settled()
        finally:
            await _of(world).change("PATCH", "faults", "eventhubs", is_busy=False)
