"""Names under which Azure Functions and .NET Aspire hand a program its connections.

Taken from this environment and `.env` only where nothing documented says where hub or store are:
a folder of such a program needs no second configuration.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ehtui.config.connection_string import looks_like_event_hub, looks_like_storage
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.process_names import (
    FOREIGN,
    is_blob_address,
    is_namespace_host,
    is_storage_account,
    normalised,
)
from ehtui.domain.proofs import FUNCTIONS_CONTAINER
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SENDERS = re.compile(r"SEND|PRODUC|PUBLISH")


@dataclass(frozen=True, slots=True)
class _Convention:
    """A name, as a pattern of its normalised form, and the setting that its value is."""

    name: re.Pattern[str]
    key: str
    shape: Callable[[str], bool]


def _convention(name: str, key: str, shape: Callable[[str], bool]) -> _Convention:
    return _Convention(re.compile(name), key, shape)


_ASPIRE, _FUNCTIONS = r"^CONNECTIONSTRINGS\w", r"^AZUREWEBJOBSSTORAGE"
_HUB = (
    _convention(_ASPIRE, "eventhub.connection_string", looks_like_event_hub),
    _convention(_ASPIRE, "eventhub.namespace", is_namespace_host),
    _convention(r"\wFULLYQUALIFIEDNAMESPACE$", "eventhub.namespace", is_namespace_host),
)
_STORE = (
    _convention(_ASPIRE, "checkpoint_store.connection_string", looks_like_storage),
    _convention(_ASPIRE, "checkpoint_store.account_url", is_blob_address),
    _convention(rf"{_FUNCTIONS}$", "checkpoint_store.connection_string", looks_like_storage),
    _convention(rf"{_FUNCTIONS}BLOBSERVICEURI$", "checkpoint_store.account_url", is_blob_address),
    _convention(rf"{_FUNCTIONS}ACCOUNTNAME$", "checkpoint_store.account_url", is_storage_account),
)


def conventional(
    places: Iterable[tuple[str, Mapping[str, str]]], known: Mapping[str, Value]
) -> tuple[dict[str, Value], list[str]]:
    """Settings by such names for the half (hub, store) that `known` leaves open, and remarks.

    `places` are named as in "NAME in .env", the nearest first.
    """
    spoken = list(places)
    values: dict[str, Value] = {}
    notes: list[str] = []

    for conventions in (_HUB, _STORE):
        if any(known.get(convention.key) for convention in conventions):
            continue

        found = list(_found(spoken, conventions))
        values |= _taken(found, known)
        notes += [f"also found, not used: {value.origin.named}" for _, value in found[1:]]

    return values, notes


def _found(
    places: Iterable[tuple[str, Mapping[str, str]]], conventions: Iterable[_Convention]
) -> Iterator[tuple[str, Value]]:
    """Every variable that fits, the surest convention of the nearest place first."""
    known = list(conventions)
    seen: set[str] = set()

    for where, variables in places:
        for convention in known:
            for name in sorted(variables):
                plain, text = normalised(name), variables[name]
                is_it = convention.name.search(plain) and convention.shape(text)

                if is_it and text not in seen and not _is_foreign(plain):
                    seen.add(text)
                    origin = Origin(Layer.CONVENTION, safe(name), where)
                    yield convention.key, Value(text, origin)


def functions_container(layer: Layer) -> Value:
    """Where the host of Azure Functions keeps its checkpoints, unless somebody says otherwise."""
    return Value(FUNCTIONS_CONTAINER, Origin(layer, "the Azure Functions host's own default"))


def _is_foreign(name: str) -> bool:
    return bool(FOREIGN.search(name) or _SENDERS.search(name))


def _taken(found: list[tuple[str, Value]], known: Mapping[str, Value]) -> dict[str, Value]:
    if not found:
        return {}

    key, value = found[0]
    values = {key: value}
    is_functions = normalised(value.origin.name).startswith("AZUREWEBJOBSSTORAGE")

    if is_functions and not known.get("checkpoint_store.containers"):
        values["checkpoint_store.containers"] = functions_container(Layer.CONVENTION)

    return values
