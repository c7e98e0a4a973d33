"""Under which names programs keep the settings of a consumer, best first.

A name is compared without case and separators, so that `EventHub__ConsumerGroup`,
`eventhub.consumer_group` and `--eventhub-consumer-group` are one name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from ehtui.config.addresses import (
    account_url_of,
    cleaned,
    containers_of,
    group_of,
    hub_name_of,
    namespace_of,
)
from ehtui.config.connection_string import looks_like_event_hub, looks_like_storage
from ehtui.config.errors import ConfigError
from ehtui.config.origins import ENVIRONMENT_NAMES, Layer, Origin, Value
from ehtui.domain.progress.proofs import FUNCTIONS_CONTAINER
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

Shape = Callable[[str], bool]


def _passes(check: Callable[[str, str], object]) -> Shape:
    def is_valid(value: str) -> bool:
        try:
            check(value, "")
        except ConfigError:
            return False

        return True

    return is_valid


_NAMESPACE_HOST = re.compile(
    r"((sb|amqps?|https)://)?[A-Za-z0-9-]+\.servicebus\.[a-z.]+(:\d+)?/?", re.IGNORECASE
)
_ASPIRE_BLOB = re.compile(r"^Endpoint=(?=https?://[^;]+\.blob\.)", re.IGNORECASE)


def is_namespace_host(value: str) -> bool:
    """Whether a value is a namespace of Azure, as a name or as its address."""
    return bool(_NAMESPACE_HOST.fullmatch(cleaned(value)))


def is_blob_address(value: str) -> bool:
    """Whether a value is the address of a blob service, or what .NET Aspire writes for one."""
    address = _ASPIRE_BLOB.sub("", cleaned(value)).partition(";")[0]
    is_address = (
        address.startswith(("https://", "http://"))
        and ".blob." in address.split("?", maxsplit=1)[0]
    )
    return is_address and _passes(account_url_of)(address)


def is_storage_account(value: str) -> bool:
    """Whether a value may be the name of a storage account."""
    return bool(re.fullmatch(r"[a-z0-9]{3,24}", cleaned(value)))


def _is_address(value: str) -> bool:
    return value.startswith(("https://", "http://")) and _passes(account_url_of)(value)


# A name, as a pattern of its normalised form, and the shape that its value must have.
Guess = tuple[str, Shape]

# Never a consumer's: other systems with the same words.
_FOREIGN = re.compile(r"KAFKA|REDIS|SERVICEBUS|RABBIT|NATS")

_is_name, is_group = _passes(hub_name_of), _passes(group_of)
_is_namespace, _is_container = _passes(namespace_of), _passes(containers_of)

GUESSES: dict[str, tuple[Guess, ...]] = {
    "eventhub.connection_string": (
        (r"^(?!.*(SEND|PRODUC|PUBLISH)).*(EVENTHUB|EH)", looks_like_event_hub),
        (r"", looks_like_event_hub),
    ),
    "eventhub.namespace": (
        (r"EVENTHUBS?.*(NAMESPACE|NAMESPACENAME|FQDN|HOST|HOSTNAME)$", _is_namespace),
        (r"FULLYQUALIFIEDNAMESPACE$", _is_namespace),
        (r"", is_namespace_host),
    ),
    "eventhub.name": (
        (r"EVENTHUBS?(ENTITY|INSTANCE)?(NAME|PATH|TOPIC)$", _is_name),
        (r"^(AZURE)?(EVENTHUB|HUBNAME)$", _is_name),
    ),
    "eventhub.consumer_group": (
        (r"EVENTHUBS?(CONSUMER)?GROUP(NAME|ID)?$", is_group),
        (r"CONSUMERGROUP(NAME|ID)?$", is_group),
    ),
    "checkpoint_store.connection_string": (
        (r"CHECKPOINT", looks_like_storage),
        (r"STORAGE|BLOB", looks_like_storage),
        (r"", looks_like_storage),
    ),
    "checkpoint_store.account_url": (
        (r"CHECKPOINT.*(URL|URI|ENDPOINT)$", _is_address),
        (r"(STORAGE|BLOB).*(URL|URI|ENDPOINT)$", _is_address),
        (r"^AZUREWEBJOBSSTORAGEACCOUNTNAME$", is_storage_account),
        (r"", is_blob_address),
    ),
    "checkpoint_store.containers": (
        (r"CHECKPOINT.*CONTAINER(NAME)?$", _is_container),
        (r"(BLOB|STORAGE|LEASE).*CONTAINER(NAME)?$", _is_container),
        (r"^CONTAINER(NAME)?$", _is_container),
    ),
}

# How `--pid` says what it looked for.
LOOKED_FOR = (
    ENVIRONMENT_NAMES["eventhub.connection_string"],
    ENVIRONMENT_NAMES["eventhub.namespace"],
    "any value like 'Endpoint=sb://…;SharedAccessKey…' or '….servicebus.windows.net'",
)


def rank(key: str, name: str, value: str) -> int | None:
    """How well a variable fits a key: 0 is the documented name, None does not fit at all."""
    if name == ENVIRONMENT_NAMES[key]:
        return 0

    plain = normalised(name)

    if _FOREIGN.search(plain):
        return None

    for number, (pattern, shape) in enumerate(GUESSES[key], start=1):
        if re.search(pattern, plain) and shape(value):
            return number

    return None


def normalised(name: str) -> str:
    """A name without case and separators."""
    return re.sub(r"[^A-Z0-9]", "", name.upper())


# Conventions: names under which Azure Functions and .NET Aspire hand a program its connections.
# Taken from this environment and `.env` only where nothing documented says where hub or store are:
# a folder of such a program needs no second configuration.
_NOT_READERS = re.compile(rf"{_FOREIGN.pattern}|SEND|PRODUC|PUBLISH")
_ASPIRE, _FUNCTIONS = r"^CONNECTIONSTRINGS\w", r"^AZUREWEBJOBSSTORAGE"
_Convention = tuple[str, Guess]
_HUB: tuple[_Convention, ...] = (
    ("eventhub.connection_string", (_ASPIRE, looks_like_event_hub)),
    ("eventhub.namespace", (_ASPIRE, is_namespace_host)),
    ("eventhub.namespace", (r"\wFULLYQUALIFIEDNAMESPACE$", is_namespace_host)),
)
_STORE: tuple[_Convention, ...] = (
    ("checkpoint_store.connection_string", (_ASPIRE, looks_like_storage)),
    ("checkpoint_store.account_url", (_ASPIRE, is_blob_address)),
    ("checkpoint_store.connection_string", (rf"{_FUNCTIONS}$", looks_like_storage)),
    ("checkpoint_store.account_url", (rf"{_FUNCTIONS}BLOBSERVICEURI$", is_blob_address)),
    ("checkpoint_store.account_url", (rf"{_FUNCTIONS}ACCOUNTNAME$", is_storage_account)),
)


def conventional(
    places: Sequence[tuple[str, Mapping[str, str]]], known: Mapping[str, Value]
) -> tuple[dict[str, Value], list[str]]:
    """Settings by such names for the half (hub, store) that `known` leaves open, and remarks.

    `places` are named as in "NAME in .env", the nearest first.
    """
    values: dict[str, Value] = {}
    notes: list[str] = []

    for conventions in (_HUB, _STORE):
        if any(known.get(key) for key, _ in conventions):
            continue

        found = list(_found(places, conventions))
        values |= _taken(found, known)
        notes += [f"also found, not used: {value.origin.named}" for _, value in found[1:]]

    return values, notes


def _found(
    places: Iterable[tuple[str, Mapping[str, str]]], conventions: Sequence[_Convention]
) -> Iterator[tuple[str, Value]]:
    """Every variable that fits, the surest convention of the nearest place first."""
    seen: set[str] = set()

    for where, variables in places:
        for key, (pattern, shape) in conventions:
            for name in sorted(variables):
                plain, text = normalised(name), variables[name]
                is_it = re.search(pattern, plain) and shape(text)

                if is_it and text not in seen and not _NOT_READERS.search(plain):
                    seen.add(text)
                    yield key, Value(text, Origin(Layer.CONVENTION, safe(name), where))


def functions_container(layer: Layer) -> Value:
    """Where the host of Azure Functions keeps its checkpoints, unless somebody says otherwise."""
    return Value(FUNCTIONS_CONTAINER, Origin(layer, "the Azure Functions host's own default"))


def _taken(found: list[tuple[str, Value]], known: Mapping[str, Value]) -> dict[str, Value]:
    if not found:
        return {}

    key, value = found[0]
    values = {key: value}
    is_functions = normalised(value.origin.name).startswith("AZUREWEBJOBSSTORAGE")

    if is_functions and not known.get("checkpoint_store.containers"):
        values["checkpoint_store.containers"] = functions_container(Layer.CONVENTION)

    return values
