"""azure-eventhubs-eph for Java: `{prefix}{group}/{partition}`, camelCase JSON, later OWNINGHOST."""

from __future__ import annotations

from ehtui.domain.world.store import Layout
from ehtui.sources.layouts.lease_json import LeaseFormat, LeaseKeys, by_folder

KEYS = LeaseKeys("partitionId", "owner", "token", "offset", "sequenceNumber")
FORMAT = LeaseFormat(Layout.EPH_JAVA, KEYS, by_folder)
