"""Hosts before the SDKs of today: each spells the JSON lease, and names its blobs, in its way."""

from __future__ import annotations

import re

from ehtui.domain.world.store import Layout
from ehtui.sources.layouts.base import NameParts, Place, Role, Scope
from ehtui.sources.layouts.lease_json import LeaseFormat, LeaseKeys, by_folder

_FUNCTIONS_SEGMENTS = 4
_ENDS_WITH_PARTITION = re.compile(r"(?P<prefix>(?:.*\D)?)(?P<partition>\d+)", re.ASCII | re.DOTALL)
_DOTNET_KEYS = LeaseKeys("PartitionId", "Owner", "Token", "Offset", "SequenceNumber")
_GO_KEYS = LeaseKeys(
    "partitionID", "owner", "token", "offset", "sequenceNumber", checkpoint="checkpoint"
)


def _at(scope: Scope, partition: str, prefix: str, group: str | None = None) -> Place:
    """A place whose name tells no hub: it is the one that is looked for."""
    return Place(
        namespace=scope.namespace,
        hub=scope.hub,
        group=scope.group if group is None else group,
        partition=partition,
        role=Role.LEASE,
        prefix=prefix,
    )


def _by_number(name: str, scope: Scope) -> Place | None:
    """The partition and nothing else."""
    return _at(scope, name, "") if name.isdecimal() else None


def _by_last_number(name: str, scope: Scope) -> Place | None:
    """`{prefix}{partition}`."""
    match = _ENDS_WITH_PARTITION.fullmatch(name)
    return None if match is None else _at(scope, match["partition"], match["prefix"])


def _as_dapr(name: str, scope: Scope) -> Place | None:
    """`dapr-{hub}-{group}-{partition}`; the group may have hyphens too."""
    start = f"dapr-{scope.hub}-"
    group, _, partition = name[len(start) :].rpartition("-")
    if not (name.lower().startswith(start.lower()) and group and partition.isdecimal()):
        return None

    return _at(scope, partition, name[: len(start)], group)


def functions_parts_of(name: str) -> NameParts | None:
    """The last four steps of a name of Azure Functions, where the last is a number."""
    steps = name.split("/")
    if len(steps) < _FUNCTIONS_SEGMENTS or not steps[-1].isdecimal():
        return None

    namespace, hub, group, partition = steps[-_FUNCTIONS_SEGMENTS:]
    return NameParts(namespace, hub, group, Role.LEASE, partition) if group else None


def _as_functions(name: str, scope: Scope) -> Place | None:
    """By the last four segments; HNS folders of the modern layout have as many."""
    parts = functions_parts_of(name)
    if parts is None or not scope.covers(parts.namespace, parts.hub):
        return None

    return Place(
        namespace=parts.namespace,
        hub=parts.hub,
        group=parts.group,
        partition=parts.partition,
        role=Role.LEASE,
        prefix="/".join([*name.split("/")[:-2], ""]),
    )


# Microsoft.Azure.EventHubs.Processor: `{prefix}{group}/{partition}`, owner in OWNINGHOST too.
DOTNET = LeaseFormat(Layout.EPH_DOTNET, _DOTNET_KEYS, by_folder)

# azure-eventhubs-eph for Java: `{prefix}{group}/{partition}`, camelCase JSON, later OWNINGHOST.
JAVA = LeaseFormat(
    Layout.EPH_JAVA,
    LeaseKeys("partitionId", "owner", "token", "offset", "sequenceNumber"),
    by_folder,
)

# azure.eventprocessorhost 1.x. Two groups in one container collide: only where it is configured.
PYTHON = LeaseFormat(
    Layout.EPH_PYTHON,
    LeaseKeys("partition_id", "owner", "token", "offset", "sequence_number", released=None),
    _by_number,
)

# azure-event-hubs-go v1 to v3, and Dapr before 1.10 on top of it: JSON with a nested checkpoint.
# Names carry no hub or group, or glue them together: read only where configured.
GO = LeaseFormat(Layout.EPH_GO, _GO_KEYS, _by_last_number)
DAPR = LeaseFormat(Layout.DAPR_LEGACY, _GO_KEYS, _as_dapr)

# Azure Functions before extension 5: `{namespace}/{hub}/{group}/{partition}`, a .NET lease. After
# an upgrade these stay beside the modern records, which then win (facts.md §1.7).
FUNCTIONS = LeaseFormat(Layout.FUNCTIONS_LEGACY, _DOTNET_KEYS, _as_functions)

# In a container that somebody named, what is in a blob says which of these it is.
NAMED_CONTAINERS = (DOTNET, JAVA)
# Names that say neither hub nor group: only as `checkpoint_store.layout` says.
NAMELESS = (PYTHON, GO, DAPR)
