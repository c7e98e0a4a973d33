"""The settings that every room below the command line is given: plain frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ehtui.config.secret import Secret


@dataclass(frozen=True, slots=True)
class EventHubSettings:
    """Which hub, and how to get in: a connection string, or a namespace with Entra ID."""

    connection_string: Secret | None = None
    namespace: str | None = None  # fully qualified; DefaultAzureCredential
    name: str | None = None
    aliases: tuple[str, ...] = ()  # other names of the namespace, as stores hold them
    consumer_group: str = "$Default"
    peek_group: str | None = None
    production: bool = False


@dataclass(frozen=True, slots=True)
class CheckpointStoreSettings:
    """Which storage account and containers; none of both means no store."""

    connection_string: Secret | None = None
    account_url: Secret | None = None  # may carry a SAS; without one, DefaultAzureCredential
    containers: tuple[str, ...] = ()
    # "eph-python", "eph-go" or "dapr-legacy": formats whose names carry no hub or group.
    layout: str | None = None

    @property
    def is_configured(self) -> bool:
        """Whether there is a store to read."""
        return bool(self.connection_string or self.account_url)


@dataclass(frozen=True, slots=True)
class LeaseSettings:
    """Lease timing in seconds; None is inferred. `groups` overrides per consumer group."""

    expires_after_s: float | None = None
    renewed_every_s: float | None = None
    groups: Mapping[str, LeaseSettings] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ConsumerSettings:
    """A named consumer program of this host."""

    match: str | None = None  # regular expression searched in the command line
    command: tuple[str, ...] = ()
    cwd: str | None = None
    env_file: str | None = None
    log: str | None = None


@dataclass(frozen=True, slots=True)
class TestEventSettings:
    """A named test event."""

    __test__ = False  # not a test class, whatever its name says to pytest

    body: str
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PollSettings:
    """Seconds between reads."""

    hub_s: float = 5.0
    store_s: float = 5.0
    processes_s: float = 2.0


@dataclass(frozen=True, slots=True)
class UiSettings:
    """How the screen looks and which keys it hears; None is the screen's own choice."""

    theme: str | None = None
    ascii: bool | None = None  # None: by the terminal
    keymap: Mapping[str, str] = field(default_factory=dict)  # action → keys, comma-separated
    start_group: str | None = None  # None: the consumer group
    bell: bool = False  # on a new critical finding
    mono: bool = False  # no colour; NO_COLOR does the same
    sort: Mapping[str, str] = field(default_factory=dict)  # pane → column, "-" first: descending
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # pane → those to show
    start_view: str = "overview"  # or the pane that is maximised first
    notify: str | None = None  # "osc9" or "osc777": tell the desktop of a new critical finding


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings, resolved."""

    eventhub: EventHubSettings = EventHubSettings()
    checkpoint_store: CheckpointStoreSettings = CheckpointStoreSettings()
    lease: LeaseSettings = LeaseSettings()
    consumers: Mapping[str, ConsumerSettings] = field(default_factory=dict)
    test_events: Mapping[str, TestEventSettings] = field(default_factory=dict)
    poll: PollSettings = PollSettings()
    ui: UiSettings = field(default_factory=UiSettings)
    read_only: bool = False
    pid: int | None = None  # --pid: the consumer that the settings were taken from
