"""Under which names programs keep the settings of a consumer, best first.

A name is compared without case and separators, so that `EventHub__ConsumerGroup`,
`eventhub.consumer_group` and `--eventhub-consumer-group` are one name.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ehtui.config.connection_string import looks_like_event_hub, looks_like_storage
from ehtui.config.endpoints import (
    account_url_of,
    containers_of,
    group_of,
    hub_name_of,
    namespace_of,
)
from ehtui.config.errors import ConfigError
from ehtui.config.origins import ENVIRONMENT_NAMES
from ehtui.config.pasted import cleaned

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


@dataclass(frozen=True, slots=True)
class Guess:
    """A name, as a pattern of its normalised form, and the shape that its value must have."""

    name: re.Pattern[str]
    shape: Shape


def _guess(name: str, shape: Shape) -> Guess:
    return Guess(re.compile(name), shape)


# Never a consumer's: other systems with the same words.
FOREIGN = re.compile(r"KAFKA|REDIS|SERVICEBUS|RABBIT|NATS")

_is_name, _is_group = _passes(hub_name_of), _passes(group_of)
_is_namespace, _is_container = _passes(namespace_of), _passes(containers_of)

GUESSES: dict[str, tuple[Guess, ...]] = {
    "eventhub.connection_string": (
        _guess(r"^(?!.*(SEND|PRODUC|PUBLISH)).*(EVENTHUB|EH)", looks_like_event_hub),
        _guess(r"", looks_like_event_hub),
    ),
    "eventhub.namespace": (
        _guess(r"EVENTHUBS?.*(NAMESPACE|NAMESPACENAME|FQDN|HOST|HOSTNAME)$", _is_namespace),
        _guess(r"FULLYQUALIFIEDNAMESPACE$", _is_namespace),
        _guess(r"", is_namespace_host),
    ),
    "eventhub.name": (
        _guess(r"EVENTHUBS?(ENTITY|INSTANCE)?(NAME|PATH|TOPIC)$", _is_name),
        _guess(r"^(AZURE)?(EVENTHUB|HUBNAME)$", _is_name),
    ),
    "eventhub.consumer_group": (
        _guess(r"EVENTHUBS?(CONSUMER)?GROUP(NAME|ID)?$", _is_group),
        _guess(r"CONSUMERGROUP(NAME|ID)?$", _is_group),
    ),
    "checkpoint_store.connection_string": (
        _guess(r"CHECKPOINT", looks_like_storage),
        _guess(r"STORAGE|BLOB", looks_like_storage),
        _guess(r"", looks_like_storage),
    ),
    "checkpoint_store.account_url": (
        _guess(r"CHECKPOINT.*(URL|URI|ENDPOINT)$", _is_address),
        _guess(r"(STORAGE|BLOB).*(URL|URI|ENDPOINT)$", _is_address),
        _guess(r"^AZUREWEBJOBSSTORAGEACCOUNTNAME$", is_storage_account),
        _guess(r"", is_blob_address),
    ),
    "checkpoint_store.containers": (
        _guess(r"CHECKPOINT.*CONTAINER(NAME)?$", _is_container),
        _guess(r"(BLOB|STORAGE|LEASE).*CONTAINER(NAME)?$", _is_container),
        _guess(r"^CONTAINER(NAME)?$", _is_container),
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

    if FOREIGN.search(plain):
        return None

    for number, guess in enumerate(GUESSES[key], start=1):
        if guess.name.search(plain) and guess.shape(value):
            return number

    return None


def normalised(name: str) -> str:
    """A name without case and separators."""
    return re.sub(r"[^A-Z0-9]", "", name.upper())
