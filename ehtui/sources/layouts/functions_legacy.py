"""Azure Functions before extension 5: `{namespace}/{hub}/{group}/{partition}`, a .NET lease.

After an upgrade these stay beside the modern records, which then win (facts.md §1.7).
"""

from __future__ import annotations

from ehtui.domain.store import Layout
from ehtui.sources.layouts.base import Place, Role, Scope
from ehtui.sources.layouts.eph_dotnet import KEYS
from ehtui.sources.layouts.lease_json import LeaseFormat

_SEGMENTS = 4


def locate(name: str, scope: Scope) -> Place | None:
    """By the last four segments; HNS folders of the modern layout have as many."""
    parts = name.split("/")

    if len(parts) < _SEGMENTS or not parts[-1].isdecimal():
        return None

    namespace, hub, group, partition = parts[-_SEGMENTS:]

    if not (group and scope.covers(namespace, hub)):
        return None

    return Place(namespace, hub, group, partition, Role.LEASE, "/".join([*parts[:-2], ""]))


FORMAT = LeaseFormat(Layout.FUNCTIONS_LEGACY, KEYS, locate)
