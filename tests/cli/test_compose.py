from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.cli import compose
from ehtui.cli.policy import policy_of
from ehtui.config.errors import ConfigError
from ehtui.config.secret import Secret
from ehtui.config.settings import (
    CheckpointStoreSettings,
    EventHubSettings,
    LeaseSettings,
    PollSettings,
    Settings,
    UiSettings,
)
from ehtui.domain.snapshot import SourceStatus
from tests.cli.conftest import HUB

HERE = Settings(eventhub=EventHubSettings(Secret(HUB), name="meetings", consumer_group="rag"))
AT = 1_000.0


def test_judging_is_told_what_was_configured() -> None:
    settings = replace(
        HERE,
        eventhub=replace(HERE.eventhub, production=True),
        lease=LeaseSettings(30, groups={"Analytics": LeaseSettings(renewed_every_s=5)}),
        poll=PollSettings(hub_s=1, store_s=2, processes_s=3),
    )
    policy = policy_of(settings)

    assert policy.default_group == "rag"
    assert policy.is_production
    assert (policy.hub_interval_s, policy.store_interval_s, policy.processes_interval_s) == (
        1,
        2,
        3,
    )
    assert policy.lease_of("analytics").expires_after_s == 30
    assert policy.lease_of("analytics").renewed_every_s == 5
    assert policy.lease_of("rag").renewed_every_s is None
    assert not policy.has_store


def test_the_namespace_is_the_connection_strings_or_the_configured_one() -> None:
    named = EventHubSettings(namespace="hgzero.servicebus.windows.net", name="meetings")

    assert compose.namespace_of(HERE) == "hgzero.servicebus.windows.net"
    assert compose.namespace_of(Settings(eventhub=named)) == "hgzero.servicebus.windows.net"


def test_a_monitor_begins_with_every_source_and_a_store_that_is_off() -> None:
    monitor = compose.make_monitor(HERE, clock=lambda: AT)
    states = {source.name: source for source in monitor.snapshot.sources}

    assert set(states) == {"hub", "store", "processes", "logs"}
    assert states["store"].status is SourceStatus.OFF
    assert states["store"].problem is not None
    assert "AZURE_STORAGE_CONNECTION_STRING" in states["store"].problem.advice
    assert states["hub"].status is SourceStatus.STARTING


def test_a_configured_store_is_awaited() -> None:
    store = CheckpointStoreSettings(Secret("AccountName=a;AccountKey=YWJj"))
    monitor = compose.make_monitor(replace(HERE, checkpoint_store=store), clock=lambda: AT)

    assert {source.status for source in monitor.snapshot.sources} == {SourceStatus.STARTING}


async def test_sources_follow_the_settings() -> None:
    store = CheckpointStoreSettings(Secret("AccountName=a;AccountKey=YWJj"), containers=("cps",))
    settings = replace(HERE, checkpoint_store=store, poll=PollSettings(hub_s=7, store_s=9))
    opened = await compose.sources_of(settings)()

    try:
        assert {s.source.name: s.every_s for s in opened} == {
            "hub": 7,
            "processes": 2,
            "logs": compose.LOGS_EVERY_S,
            "store": 9,
            "groups": 600,
        }
        assert all(s.timeout_s > 1 for s in opened)
    finally:
        for scheduled in opened:
            await scheduled.source.close()


def test_without_a_hub_there_is_no_monitor() -> None:
    with pytest.raises(ConfigError, match="No event hub is configured"):
        compose.make_monitor(Settings())


def test_the_first_group_is_the_users_choice() -> None:
    assert compose.first_group(HERE) == "rag"
    assert compose.first_group(replace(HERE, ui=UiSettings(start_group="other"))) == "other"


def test_a_backend_is_as_read_only_as_the_settings() -> None:
    backend = compose.make_backend(replace(HERE, read_only=True), clock=lambda: AT)

    assert backend.read_only
    assert backend.snapshot is not backend.monitor.snapshot  # none is made before it is needed
    assert backend.snapshot is backend.monitor.snapshot
