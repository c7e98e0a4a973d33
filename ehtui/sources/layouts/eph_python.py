"""azure.eventprocessorhost 1.x: the blob's name is the partition and nothing else.

Two groups in one container collide, so it is read only where it is configured.
"""

from __future__ import annotations

from ehtui.domain.world.store import Layout
from ehtui.sources.layouts.base import Place, Role, Scope
from ehtui.sources.layouts.lease_json import LeaseFormat, LeaseKeys

KEYS = LeaseKeys("partition_id", "owner", "token", "offset", "sequence_number", released=None)


def locate(name: str, scope: Scope) -> Place | None:
    """A bare number."""
    if not name.isdecimal():
        return None

    return Place(
        namespace=scope.namespace,
        hub=scope.hub,
        group=scope.group,
        partition=name,
        role=Role.LEASE,
        prefix="",
    )


FORMAT = LeaseFormat(Layout.EPH_PYTHON, KEYS, locate)
