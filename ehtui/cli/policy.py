"""Settings as what judging depends on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.policy import LeasePolicy, Policy

if TYPE_CHECKING:
    from ehtui.config.settings import LeaseTimes, Settings


def policy_of(settings: Settings) -> Policy:
    """What judging depends on."""
    return Policy(
        default_group=settings.eventhub.consumer_group,
        lease=_lease(settings.lease),
        group_leases={name: _lease(part) for name, part in settings.lease.groups.items()},
        is_production=settings.eventhub.production,
        profile=settings.profile,
        hub_interval_s=settings.poll.hub_s,
        store_interval_s=settings.poll.store_s,
        processes_interval_s=settings.poll.processes_s,
        has_store=settings.checkpoint_store.is_configured,
        aliases=settings.eventhub.aliases,
        peek_group=settings.eventhub.peek_group,
        groups=settings.eventhub.groups,
    )


def _lease(settings: LeaseTimes) -> LeasePolicy:
    return LeasePolicy(settings.expires_after_s, settings.renewed_every_s)
