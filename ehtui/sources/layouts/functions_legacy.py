"""Azure Functions before extension 5: `{namespace}/{hub}/{group}/{partition}`, a .NET lease.

After an upgrade these stay beside the modern records, which then win (facts.md §1.7).
"""

from __future__ import annotations

from ehtui.domain.world.store import Layout
from ehtui.sources.layouts.base import NameParts, Place, Role, Scope
from ehtui.sources.layouts.eph_dotnet import KEYS
from ehtui.sources.layouts.lease_json import LeaseFormat

_SEGMENTS = 4


def locate(name: str, scope: Scope) -> Place | None:
    """By the last four segments; HNS folders of the modern layout have as many."""
    parts = parts_of(name)

    if parts is None or not scope.covers(parts.namespace, parts.hub):
        return None

    prefix = "/".join([*name.split("/")[:-2], ""])

    return Place(
        namespace=parts.namespace,
        hub=parts.hub,
        group=parts.group,
        partition=parts.partition,
        role=Role.LEASE,
        prefix=prefix,
    )


def parts_of(name: str) -> NameParts | None:
    """The last four steps of a name, where the last is a number."""
    steps = name.split("/")

    if len(steps) < _SEGMENTS or not steps[-1].isdecimal():
        return None

    namespace, hub, group, partition = steps[-_SEGMENTS:]

    return NameParts(namespace, hub, group, Role.LEASE, partition) if group else None


FORMAT = LeaseFormat(Layout.FUNCTIONS_LEGACY, KEYS, locate)
