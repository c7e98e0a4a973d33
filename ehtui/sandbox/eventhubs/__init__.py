"""An Event Hubs endpoint on loopback that other people's clients accept."""

from ehtui.sandbox.eventhubs.broker import Faults, Statistics, Timeouts
from ehtui.sandbox.eventhubs.endpoint import EventHubsEndpoint
from ehtui.sandbox.eventhubs.namespace import AccessKey, Hub, Namespace
from ehtui.sandbox.eventhubs.partition_log import Retention

__all__ = [
    "AccessKey",
    "EventHubsEndpoint",
    "Faults",
    "Hub",
    "Namespace",
    "Retention",
    "Statistics",
    "Timeouts",
]
