"""The one tree of settings: every key with its type, its limits and its default.

A YAML file's sections are checked against it and become it; flags, environment and `.env` set
single keys of `eventhub` and `checkpoint_store`. The sample, `config.yaml`, explains each key.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from ehtui.config.connection_string import HubAddress, address_of_namespace, parse_event_hub
from ehtui.config.networks import Endpoint, endpoint_of
from ehtui.config.secret import Secret

Seconds = Annotated[float, Meta(gt=0, le=86400 * 7)]
Interval = Annotated[float, Meta(ge=0.2, le=3600)]
Text = Annotated[str, Meta(min_length=1)]
NamelessLayout = Literal["eph-python", "eph-go", "dapr-legacy"]
TransportChoice = Literal["auto", "amqp", "websocket"]
View = Literal["overview", "partitions", "consumers", "findings", "timeline"]


class Section(Struct, frozen=True):
    """A part of the tree; every key may be left out."""


class EventHubSettings(Section, frozen=True, dict=True):
    """Which hub, and how to get in: a connection string, or a namespace with Entra ID."""

    connection_string: Secret | None = None
    namespace: str | None = None  # fully qualified; DefaultAzureCredential
    name: str | None = None
    aliases: tuple[str, ...] = ()  # other names of the namespace, as stores hold them
    consumer_group: str = "$Default"
    groups: tuple[str, ...] = ()  # others to show, whether the store knows them or not
    peek_group: str | None = None
    production: bool = False
    transport: TransportChoice = "auto"  # auto: 5671, and then 443
    endpoint: str | None = None  # is connected to instead of the namespace: sb://HOST[:PORT]
    proxy: Secret | None = None  # for all that goes there
    https_proxy: Secret | None = None  # for WebSockets alone: what HTTPS_PROXY says
    ca_file: tuple[str, ...] = ()  # roots beside the machine's own
    trace_wire: str | None = None  # a file for the frames

    @cached_property
    def address(self) -> HubAddress | None:
        """Where the namespace is, and the key to it; None where nothing says it.

        Raises:
            ConfigError: It is malformed.
        """
        if self.connection_string:
            return parse_event_hub(self.connection_string.reveal())

        return address_of_namespace(self.namespace) if self.namespace else None

    @property
    def own_endpoint(self) -> Endpoint | None:
        """`endpoint` taken apart.

        Raises:
            ConfigError: It is malformed.
        """
        return endpoint_of(self.endpoint, "eventhub.endpoint") if self.endpoint else None


class CheckpointStoreSettings(Section, frozen=True):
    """Which storage account and containers; none of both means no store."""

    connection_string: Secret | None = None
    account_url: Secret | None = None  # may carry a SAS; without one, DefaultAzureCredential
    containers: tuple[str, ...] = ()
    layout: NamelessLayout | None = None  # formats whose names carry no hub or group
    proxy: Secret | None = None
    ca_file: tuple[str, ...] = ()  # roots beside the machine's own

    @property
    def is_configured(self) -> bool:
        """Whether there is a store to read."""
        return bool(self.connection_string or self.account_url)


class LeaseTimes(Section, frozen=True):
    """Lease timing in seconds; None is inferred."""

    expires_after_s: Seconds | None = None
    renewed_every_s: Seconds | None = None


class LeaseSettings(LeaseTimes, frozen=True):
    """Lease timing of every group, and of single ones."""

    groups: Mapping[str, LeaseTimes] = field(default_factory=dict)


class ConsumerSettings(Section, frozen=True):
    """A named consumer program of this host."""

    match: Text | None = None  # regular expression searched in the command line
    command: tuple[str, ...] = ()
    cwd: Text | None = None
    env_file: Text | None = None
    log: Text | None = None


class TestEventSettings(Section, frozen=True):
    """A named test event, as it is sent."""

    __test__ = False  # not a test class, whatever its name says to pytest

    body: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)
    file: Text | None = None  # its body is what stands in there, read as it is sent
    content_type: str | None = None  # "": none; None: JSON's where the body is JSON


class PollSettings(Section, frozen=True):
    """Seconds between reads."""

    hub_s: Interval = 5.0
    store_s: Interval = 5.0
    processes_s: Interval = 2.0


Language = Literal["en", "ko"]


class UiSettings(Section, frozen=True):
    """How the screen looks and which keys it hears; None is the screen's own choice."""

    theme: Text | None = None
    ascii: bool | None = None  # None: by the terminal
    keys: Literal["default", "vim"] = "default"
    keymap: Mapping[str, str] = field(default_factory=dict)  # action → keys, comma-separated
    start_group: Text | None = None  # None: the consumer group
    bell: bool = False  # on a new critical finding
    lang: Language = "en"  # of findings, Why? and what is explained
    mono: bool = False  # no colour; NO_COLOR does the same
    sort: Mapping[str, str] = field(default_factory=dict)  # pane → column, "-" first: descending
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # pane → those to show
    start_view: View = "overview"  # or the pane that is maximised first
    notify: Literal["osc9", "osc777"] | None = None  # tell the desktop of a new critical finding


def default_test_events() -> dict[str, TestEventSettings]:
    """The meeting event that the users' guide sends; used where none is configured."""
    section = {
        "sectionId": "section-001",
        "type": "DISCUSSION",
        "title": "논의 사항",
        "content": "테스트 논의 내용입니다.",
        "order": 1,
        "verified": True,
    }
    data = {
        "meetingId": "test-meeting-001",
        "title": "테스트 회의",
        "minutesId": "test-minutes-001",
        "sections": [section],
    }
    event = {"eventType": "MINUTES_FINALIZED", "data": data}
    return {"MINUTES_FINALIZED": TestEventSettings(json.dumps(event, ensure_ascii=False))}


class Settings(Struct, frozen=True):
    """All settings, resolved."""

    eventhub: EventHubSettings = EventHubSettings()
    checkpoint_store: CheckpointStoreSettings = CheckpointStoreSettings()
    lease: LeaseSettings = LeaseSettings()
    consumers: Mapping[str, ConsumerSettings] = field(default_factory=dict)
    test_events: Mapping[str, TestEventSettings] = field(default_factory=default_test_events)
    poll: PollSettings = PollSettings()
    ui: UiSettings = UiSettings()
    read_only: bool = False
    pid: int | None = None  # --pid: the consumer that the settings were taken from
    profile: str | None = None  # whose hub that is; None: the file has no profiles
    colour: str | None = None  # of that profile, for whoever shows its name


class HubEntry(Section, frozen=True):
    """A hub in a profile's list, with what is its own there."""

    name: Text | None = None  # None: EntityPath of its connection string
    connection_string: Secret | None = None
    consumer_group: Text | None = None
    groups: tuple[str, ...] = ()
    peek_group: Text | None = None
    containers: tuple[str, ...] = ()


class ProfileSettings(Section, frozen=True):
    """What a profile may say: whole sections, each read by itself, and these keys."""

    colour: Text | None = None
    production: bool = False
    read_only: bool | None = None
    env_file: Text | None = None
    hubs: tuple[HubEntry, ...] = ()
    eventhub: EventHubSettings = EventHubSettings()
    checkpoint_store: CheckpointStoreSettings = CheckpointStoreSettings()
    lease: LeaseSettings = LeaseSettings()
    consumers: Mapping[str, ConsumerSettings] = field(default_factory=dict)
    test_events: Mapping[str, TestEventSettings] = field(default_factory=dict)
    poll: PollSettings = PollSettings()


_NO_SECTIONS = {"read_only", "pid", "profile", "colour"}
SECTIONS = tuple(name for name in Settings.__struct_fields__ if name not in _NO_SECTIONS)
TOP_LEVEL = (*SECTIONS, "read_only", "env_file", "profiles")
