"""Microsoft.Azure.EventHubs.Processor: `{prefix}{group}/{partition}`, owner in OWNINGHOST too."""

from __future__ import annotations

from ehtui.domain.world.store import Layout
from ehtui.sources.layouts.lease_json import LeaseFormat, LeaseKeys, by_folder

KEYS = LeaseKeys("PartitionId", "Owner", "Token", "Offset", "SequenceNumber")
FORMAT = LeaseFormat(Layout.EPH_DOTNET, KEYS, by_folder)
