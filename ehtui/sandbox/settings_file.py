"""What a sandbox serves, from a file: YAML or JSON of its own, or the emulator's `Config.json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from ehtui.config.errors import ConfigError
from ehtui.config.own_files import read_own_file
from ehtui.domain.text import safe
from ehtui.sandbox.options import DEFAULT_GROUP, HubOptions, ServerOptions

if TYPE_CHECKING:
    from pathlib import Path

_AtLeastOne = msgspec.Meta(min_length=1, max_length=100)
_AT_MOST = msgspec.Meta(max_length=1000)


class _Ports(msgspec.Struct, forbid_unknown_fields=True):
    eventhub: int = 0
    storage: int = 0
    control: int = 0


class _Keys(msgspec.Struct, forbid_unknown_fields=True):
    eventhub: str | None = None
    storage: str | None = None
    control: str | None = None


class _Own(msgspec.Struct, forbid_unknown_fields=True):
    hubs: Annotated[list[HubOptions], _AtLeastOne]
    container: str = "checkpoints"
    ports: _Ports = msgspec.field(default_factory=_Ports)
    keys: _Keys = msgspec.field(default_factory=_Keys)


class _Group(msgspec.Struct, rename="pascal"):
    name: str


class _Entity(msgspec.Struct, rename="pascal"):
    name: str
    partition_count: int  # a text, as a rule
    consumer_groups: Annotated[list[_Group], _AT_MOST] = []


class _Namespace(msgspec.Struct, rename="pascal"):
    entities: Annotated[list[_Entity], _AtLeastOne]


class _UserConfig(msgspec.Struct, rename="pascal"):
    namespace_config: Annotated[list[_Namespace], msgspec.Meta(min_length=1, max_length=1)]


def read_settings(path: Path, shown: str) -> ServerOptions:
    """The options that a file has; the first hub's are in the `.env`.

    Raises:
        ConfigError: It cannot be read, or something in it makes no sense; the place is named.
    """
    content = read_own_file(path, shown)

    try:
        found: Any = msgspec.yaml.decode(content)

        if isinstance(found, dict) and "UserConfig" in found:
            theirs = msgspec.convert(found["UserConfig"], _UserConfig, strict=False)
            own = _Own([_hub_of(entity) for entity in theirs.namespace_config[0].entities])
        else:
            own = msgspec.convert(found, _Own)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        said = safe(str(error).partition("\n")[0])[:300]
        raise ConfigError(f"{shown}: {said}.", "docs/sandbox.md shows a file.") from None

    first, *others = own.hubs
    return ServerOptions(
        hub=first.name,
        partitions=first.partitions,
        groups=first.groups or (DEFAULT_GROUP,),
        retention=first.retention,
        more_hubs=tuple(others),
        container=own.container,
        port=own.ports.eventhub,
        storage_port=own.ports.storage,
        control_port=own.ports.control,
        key=own.keys.eventhub,
        storage_key=own.keys.storage,
        control_token=own.keys.control,
    )


def _hub_of(entity: _Entity) -> HubOptions:
    groups = tuple(group.name for group in entity.consumer_groups)
    return HubOptions(entity.name, entity.partition_count, groups)
