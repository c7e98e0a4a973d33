"""What metrics are made of: a metric with its name, unit and labels, and its samples."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.problems import Problem
    from ehtui.domain.snapshot import Snapshot

NAMESPACE = "server.address"
PORT = "server.port"  # only where the namespace names one
PROFILE = "profile"  # only where one is meant
HUB = "messaging.destination.name"
PARTITION = "messaging.destination.partition.id"
GROUP = "messaging.consumer.group.name"

OF_HUB = (NAMESPACE, HUB)
OF_PARTITION = (*OF_HUB, PARTITION)
OF_GROUP = (*OF_HUB, GROUP)
OF_BOTH = (*OF_GROUP, PARTITION)


Labels = tuple[tuple[str, str], ...]


class Kind(StrEnum):
    """What a metric's values are."""

    GAUGE = "gauge"
    COUNTER = "counter"
    INFO = "info"  # always 1; what it tells is in its labels


class Metric(Value, frozen=True):
    """What is measured: OpenTelemetry's name and unit (UCUM), and the attributes that it has."""

    name: str
    unit: str  # "s", or an annotation such as "{event}"
    help: str
    labels: tuple[str, ...]
    kind: Kind = Kind.GAUGE


class Sample(Value, frozen=True):
    """One value, and what it is of."""

    labels: Labels
    value: float


class Family(Value, frozen=True):
    """A metric and its samples."""

    metric: Metric
    samples: tuple[Sample, ...]


class Picture(Value, frozen=True):
    """What is known of one hub at `now`, local time. Its names are those of the configuration.

    Where that cannot be used, it may say neither namespace nor hub: then they are empty.
    """

    namespace: str
    hub: str
    snapshot: Snapshot
    now: float
    profile: str | None = None  # two may watch one hub, each with groups or containers of its own
    problem: Problem | None = None  # why its settings cannot be used

    @property
    def labels(self) -> Labels:
        """What every sample of it carries."""
        host, separator, port = self.namespace.rpartition(":")
        of_port = ((PORT, port),) if separator else ()
        address = host if separator else self.namespace
        of_profile = ((PROFILE, safe(self.profile)),) if self.profile else ()
        of_address = ((NAMESPACE, safe(address)),) if address else ()
        of_hub = ((HUB, safe(self.hub)),) if self.hub else ()
        return (*of_address, *of_port, *of_hub, *of_profile)
