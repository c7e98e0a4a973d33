"""What the user configured that judging depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import field
from msgspec.structs import replace

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEFAULT = "$Default"


class LeasePolicy(Value, frozen=True):
    """Configured lease timing in seconds; None is inferred."""

    expires_after_s: float | None = None
    renewed_every_s: float | None = None


class Policy(Value, frozen=True):
    """Settings that rules read; part of every snapshot, so that `reduce()` stays pure."""

    default_group: str = _DEFAULT
    lease: LeasePolicy = LeasePolicy()
    group_leases: Mapping[str, LeasePolicy] = field(default_factory=dict)
    is_production: bool = False
    profile: str | None = None  # that the hub is configured in
    hub_interval_s: float = 5.0
    store_interval_s: float = 5.0
    processes_interval_s: float = 2.0
    has_store: bool = True
    aliases: tuple[str, ...] = ()  # other names of the namespace, accepted as this one
    peek_group: str | None = None  # in which events can be looked at
    groups: tuple[str, ...] = ()  # to show beside the default one, whatever the store has

    def read_every(self, every_s: float) -> Policy:
        """The same where everything is read so often, in seconds."""
        return replace(
            self,
            hub_interval_s=every_s,
            store_interval_s=every_s,
            processes_interval_s=every_s,
        )

    def spelled(self, group: str) -> str:
        """A group's name as it is configured, else the service's own `$Default`, else as found.

        Names ignore case, and most clients write them in lower case (facts.md §1.0).
        """
        configured = (self.default_group, *self.groups, *self.group_leases, _DEFAULT)

        return next((name for name in configured if name.lower() == group.lower()), group)

    def lease_of(self, group: str) -> LeasePolicy:
        """The group's own timing where configured, else the general one; names ignore case."""
        own = {name.lower(): value for name, value in self.group_leases.items()}.get(group.lower())
        if own is None:
            return self.lease

        return LeasePolicy(
            own.expires_after_s or self.lease.expires_after_s,
            own.renewed_every_s or self.lease.renewed_every_s,
        )
