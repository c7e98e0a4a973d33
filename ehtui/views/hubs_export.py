"""The overview's rows as data for other programs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.views.export import Export
from ehtui.views.hubs import live_owners
from ehtui.views.status_values import moment, rounded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.views.data_table import Record
    from ehtui.views.hubs import HubRow


def export_hubs(rows: Sequence[HubRow], now: float) -> Export:
    """These rows; each names its own hub and group. `now` is local time."""
    return Export("hubs", moment(now), None, None, "", tuple(map(_record, rows)))


def _record(row: HubRow) -> Record:
    watched, snapshot, group = row.watched, row.snapshot, row.group
    found = [p.behind.seconds for p in group.partitions if p.behind] if group is not None else []
    return {
        "profile": safe(watched.profile),
        "is_production": watched.is_production,
        "namespace": safe(watched.namespace),
        "hub": safe(watched.hub),
        "group": safe(group.name) if group is not None else None,
        "health": group.health.value if group is not None else None,
        "owners": live_owners(group) if group is not None else None,
        "partitions": len(snapshot.partitions) or None if snapshot is not None else None,
        "lag_events": group.lag if group is not None else None,
        "lag_is_partial": group.lag_is_partial if group is not None else None,
        "behind_s": rounded(max(found, default=None)),
        "picture_age_s": rounded(row.age_s),
        "worst": row.said.text,
    }
