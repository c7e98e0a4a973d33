"""ehtui's sections of a YAML file: their keys and types. `config.yaml` explains each."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

Seconds = Annotated[float, Meta(gt=0, le=86400 * 7)]
Interval = Annotated[float, Meta(ge=0.2, le=3600)]
Text = Annotated[str, Meta(min_length=1)]


class Section(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """A mapping with known keys; every key may be left out."""


class EventHubSection(Section, frozen=True):
    """`eventhub`."""

    connection_string: str | None = None
    namespace: str | None = None
    aliases: str | list[str] | None = None
    name: str | None = None
    consumer_group: str | None = None
    peek_group: str | None = None
    production: bool | None = None


class CheckpointStoreSection(Section, frozen=True):
    """`checkpoint_store`."""

    connection_string: str | None = None
    account_url: str | None = None
    containers: str | list[str] | None = None
    layout: Literal["eph-python", "eph-go", "dapr-legacy"] | None = None


class GroupLeaseSection(Section, frozen=True):
    """`lease.groups.NAME`."""

    expires_after_s: Seconds | None = None
    renewed_every_s: Seconds | None = None


class LeaseSection(Section, frozen=True):
    """`lease`."""

    expires_after_s: Seconds | None = None
    renewed_every_s: Seconds | None = None
    groups: dict[str, Any] | None = None


class ConsumerSection(Section, frozen=True):
    """`consumers.NAME`."""

    match: Text | None = None
    command: Text | list[str] | None = None
    cwd: Text | None = None
    env_file: Text | None = None
    log: Text | None = None


class TestEventSection(Section, frozen=True):
    """`test_events.NAME`."""

    __test__ = False  # not a test class, whatever its name says to pytest

    body: Any = None
    properties: dict[str, str | int | float | bool] | None = None


class PollSection(Section, frozen=True):
    """`poll`."""

    hub_s: Interval | None = None
    store_s: Interval | None = None
    processes_s: Interval | None = None


class UiSection(Section, frozen=True):
    """`ui`."""

    theme: Text | None = None
    ascii: bool | None = None
    keymap: dict[str, str] | None = None
    start_group: Text | None = None
    bell: bool | None = None
    mono: bool | None = None
    sort: dict[str, str] | None = None
    columns: dict[str, list[str]] | None = None
    start_view: Literal["overview", "partitions", "consumers", "findings", "timeline"] | None = None
    notify: Literal["osc9", "osc777"] | None = None


class Document(Struct, frozen=True, kw_only=True):
    """All of ehtui's sections, validated."""

    eventhub: EventHubSection = EventHubSection()
    checkpoint_store: CheckpointStoreSection = CheckpointStoreSection()
    lease: LeaseSection = LeaseSection()
    lease_groups: dict[str, GroupLeaseSection] = field(default_factory=dict)
    consumers: dict[str, ConsumerSection] = field(default_factory=dict)
    test_events: dict[str, TestEventSection] = field(default_factory=dict)
    poll: PollSection = PollSection()
    ui: UiSection = UiSection()
    read_only: bool | None = None
