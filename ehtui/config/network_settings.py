"""How hub and store are reached, chosen among what was found.

What is said of one of them comes before what variables say of the whole machine, and `NO_PROXY`
takes away only a proxy of theirs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit

from msgspec.structs import replace

from ehtui.config.addresses import cleaned
from ehtui.config.connection_string import parse_storage
from ehtui.config.errors import ConfigError
from ehtui.config.networks import (
    DIRECT,
    endpoint_of,
    goes_direct,
    proxy_of,
    surroundings_in,
)
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.secret import Secret
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.config.origins import Provenance, Values
    from ehtui.config.settings import (
        CheckpointStoreSettings,
        EventHubSettings,
        TransportChoice,
    )

OF_THIS_MACHINE = "network."  # keys of what variables say; no file has them
_PROXY, _PLAIN_PROXY, _NO_PROXY, _ROOTS = (
    f"{OF_THIS_MACHINE}{name}" for name in ("proxy", "plain_proxy", "no_proxy", "roots")
)
_TRANSPORTS = ("auto", "amqp", "websocket")
# What says how ehtui itself gets there: no consumer's process has anything to say of it.
OWN_KEYS = (
    OF_THIS_MACHINE,
    "eventhub.transport",
    "eventhub.proxy",
    "eventhub.https_proxy",
    "eventhub.ca_file",
    "eventhub.trace_wire",
    "checkpoint_store.proxy",
    "checkpoint_store.ca_file",
)


def network_values(
    variables: Mapping[str, str], place: str, layer: Layer, pid: int | None = None
) -> dict[str, Value]:
    """What variables such as HTTPS_PROXY and SSL_CERT_FILE say."""
    found = surroundings_in(variables)
    named = {
        _PROXY: found.proxy,
        _PLAIN_PROXY: found.plain_proxy,
        _NO_PROXY: found.no_proxy,
    }
    # Each under a key of its own, the nearest first: what one place trusts does not take away what
    # another one does.
    named |= {f"{_ROOTS}.{layer}.{place}.{n}": given for n, given in enumerate(found.roots)}
    return {
        key: Value(given[1], Origin(layer, given[0], place, pid))
        for key, given in named.items()
        if given is not None
    }


def hub_with_network(hub: EventHubSettings, values: Values, told: Provenance) -> EventHubSettings:
    """The hub's settings with how it is reached.

    Raises:
        ConfigError: A value cannot be used.
    """
    endpoint, trace = values.get("eventhub.endpoint"), values.get("eventhub.trace_wire")
    transport = values.get("eventhub.transport")
    told.took("eventhub", endpoint=endpoint, trace_wire=trace, transport=transport)
    there = endpoint_of(endpoint.value, endpoint.origin.named) if endpoint else None
    address = hub.address
    proxy, is_direct = _own_proxy("eventhub.proxy", values, told)
    https_proxy = None

    if proxy is None and not is_direct:
        host = there.host if there else address.host if address else None
        https_proxy = _of_this_machine("eventhub.https_proxy", host, values, told)

    return replace(
        hub,
        transport=_transport(transport) if transport else hub.transport,
        endpoint=cleaned(endpoint.value) if endpoint else None,
        proxy=proxy,
        https_proxy=https_proxy,
        ca_file=_roots("eventhub.ca_file", values, told),
        trace_wire=trace.value if trace else None,
    )


def store_with_network(
    store: CheckpointStoreSettings, values: Values, told: Provenance
) -> CheckpointStoreSettings:
    """The same of the store's.

    Raises:
        ConfigError: A value cannot be used.
    """
    key = "checkpoint_store.proxy"
    proxy, is_direct = _own_proxy(key, values, told)
    url = urlsplit(_url_of(store))

    if proxy is None and not is_direct:
        given = _PLAIN_PROXY if url.scheme == "http" else _PROXY
        proxy = _of_this_machine(key, url.hostname, values, told, given)

    ca_file = _roots("checkpoint_store.ca_file", values, told)
    return replace(store, proxy=proxy, ca_file=ca_file)


def _url_of(store: CheckpointStoreSettings) -> str:
    if store.connection_string:
        return parse_storage(store.connection_string.reveal()).blob_endpoint

    return store.account_url.reveal() if store.account_url else ""


def _transport(given: Value) -> TransportChoice:
    word = given.value.strip().lower()

    if word in _TRANSPORTS:
        return cast("TransportChoice", word)

    raise ConfigError(
        f"{given.origin.named} should be one of {', '.join(_TRANSPORTS)}, "
        f"not '{safe(given.value)}'."
    )


def _own_proxy(key: str, values: Values, told: Provenance) -> tuple[Secret | None, bool]:
    """The proxy that is set for it; and whether there is to be none, whatever else says so."""
    given = values.get(key)

    if given is None:
        return None, False

    told.origins[key] = given.origin

    if cleaned(given.value).lower() in DIRECT:
        return None, True

    return _checked(given), False


def _checked(given: Value) -> Secret:
    text = cleaned(given.value)
    proxy_of(text, given.origin.named)
    return Secret(text if "://" in text else f"http://{text}")


def _of_this_machine(
    key: str, host: str | None, values: Values, told: Provenance, named: str = _PROXY
) -> Secret | None:
    """The proxy that variables name, unless they except the host; this machine always is."""
    set_here, given, excepted = values.get(key), values.get(named), values.get(_NO_PROXY)

    if key == "eventhub.https_proxy" and set_here is not None:
        told.origins[key] = set_here.origin
        return _checked(set_here)

    if given is None or host is None:
        return None

    if goes_direct(host, excepted.value if excepted else ""):
        if excepted is not None:
            told.origins[key] = excepted.origin

        return None

    try:
        checked = _checked(given)
    except ConfigError as error:
        # It may be meant for other programs, and there may be another way.
        told.notes.append(f"not used: {error.summary.rstrip('.')}")
        return None

    told.origins[key] = given.origin
    return checked


def _roots(key: str, values: Values, told: Provenance) -> tuple[str, ...]:
    if given := values.get(key):
        told.origins[key] = given.origin
        return tuple(part for text in given.value.split(",") if (part := text.strip()))

    ambient = [values[name] for name in sorted(values) if name.startswith(_ROOTS)]
    found = [value for value in ambient if Path(value.value).is_file()]

    for value in ambient:
        note = f"{value.origin.named} names no file, so its roots are not used"

        if value not in found and note not in told.notes:
            told.notes.append(note)

    if found:
        told.origins[key] = found[0].origin

    return tuple(dict.fromkeys(value.value for value in found))
