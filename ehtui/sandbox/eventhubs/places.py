"""Which link an attach asks for: there is such a place, and the client may."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.addresses import Address, parse_address, path_of
from ehtui.sandbox.eventhubs.links import Consumer, LinkUser, Peer, Producer

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.namespace import Hub
    from ehtui.sandbox.eventhubs.partition_log import PartitionLog
    from ehtui.wire.amqp.links import Link
    from ehtui.wire.amqp.performatives import Attach


def open_link(peer: Peer, link: Link, attach: Attach, text: str) -> LinkUser:
    """The consumer's or producer's link to the address `text`.

    Raises:
        ServiceError: There is no such place, or the client may not.
    """
    address, hub, log = _resolve(peer, text, reads=attach.is_receiver)

    if attach.is_receiver and log:
        return Consumer(peer, link, attach, address, hub, log)

    return Producer(peer, link, attach, address, hub, log)


def _resolve(peer: Peer, text: str, *, reads: bool) -> tuple[Address, Hub, PartitionLog | None]:
    """What an address names; the partition is None for senders to a hub alone."""
    namespace = peer.broker.namespace

    try:
        address = parse_address(text)
    except ValueError:
        resource = f"sb://{namespace.name}/{path_of(text)}"
        raise errors.entity_not_found(namespace.name, resource=resource) from None

    hub = namespace.find(address.hub)
    tracker, resource = address.tracker(namespace.name), address.resource(namespace.name)

    if peer.broker.faults.is_busy:
        raise errors.server_busy(tracker)

    if hub is None or (reads and not (address.group and hub.has_group(address.group))):
        raise errors.entity_not_found(tracker, resource=resource)

    right = "Listen" if reads else "Send"

    if not peer.claims.allow(address.path, right):
        raise errors.claim_required(tracker, claim=right, resource=resource)

    log = hub.partition(address.partition or "")

    if log is None and (reads or address.partition is not None):
        raise errors.invalid_partition(tracker, last=len(hub.partitions) - 1)

    return address, hub, log
