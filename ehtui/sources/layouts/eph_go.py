"""azure-event-hubs-go v1 to v3, and Dapr before 1.10 on top of it: JSON with a nested checkpoint.

Names carry no hub or group (Go), or glue them together (Dapr): read only where configured.
"""

from __future__ import annotations

import re

from ehtui.domain.world.store import Layout
from ehtui.sources.layouts.base import Place, Role, Scope
from ehtui.sources.layouts.lease_json import LeaseFormat, LeaseKeys

KEYS = LeaseKeys(
    "partitionID", "owner", "token", "offset", "sequenceNumber", checkpoint="checkpoint"
)
_ENDS_WITH_PARTITION = re.compile(r"(?P<prefix>(?:.*\D)?)(?P<partition>\d+)", re.ASCII | re.DOTALL)


def locate(name: str, scope: Scope) -> Place | None:
    """`{prefix}{partition}`."""
    match = _ENDS_WITH_PARTITION.fullmatch(name)

    if match is None:
        return None

    where = (scope.namespace, scope.hub, scope.group)

    return Place(*where, match["partition"], Role.LEASE, match["prefix"])


def locate_dapr(name: str, scope: Scope) -> Place | None:
    """`dapr-{hub}-{group}-{partition}`; the group may have hyphens too."""
    start = f"dapr-{scope.hub}-"
    group, _, partition = name[len(start) :].rpartition("-")

    if not (name.lower().startswith(start.lower()) and group and partition.isdecimal()):
        return None

    prefix = name[: len(start)]

    return Place(
        namespace=scope.namespace,
        hub=scope.hub,
        group=group,
        partition=partition,
        role=Role.LEASE,
        prefix=prefix,
    )


FORMAT = LeaseFormat(Layout.EPH_GO, KEYS, locate)
DAPR = LeaseFormat(Layout.DAPR_LEGACY, KEYS, locate_dapr)
