"""What a running consumer's own settings say: for `--pid`, and for telling whose it is.

`--pid` takes hub, group, store and credentials as the process has them. Its keys and signatures go
to its own endpoint, beside which they stand. Where it has none, ehtui signs in as the user who runs
it, and whoever gets that token can do what that user can. So it goes to Azure itself only, which
gives tokens to nobody, and the user is told; or to an endpoint that the user names.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from msgspec import Struct

from ehtui.config.connection_string import parse_event_hub
from ehtui.config.errors import ConfigError
from ehtui.config.known_names import (
    GUESSES,
    LOOKED_FOR,
    functions_container,
    is_group,
    normalised,
    rank,
)
from ehtui.config.network_settings import network_values
from ehtui.config.networks import goes_direct, proxy_of, surroundings_in
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.process_places import ProcessFacts, read_process
from ehtui.config.secret import masked
from ehtui.domain.text import safe
from ehtui.domain.world.hub import host_of
from ehtui.domain.world.process import LAUNCH_VARIABLE, DeclaredTarget, read_mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.config.connection_string import HubAddress
    from ehtui.config.origins import Values
    from ehtui.config.process_places import Place
    from ehtui.config.settings import Settings


class ProcessFindings(Struct, frozen=True):
    """What a process uses, each value with its place, and remarks on the search."""

    values: dict[str, Value]
    notes: tuple[str, ...]
    read: tuple[str, ...] = ()  # where it was looked for


class _Candidate(NamedTuple):
    """A variable that fits a key; the least is the best: no place has a name twice."""

    rank: int
    place: int
    name: str
    value: Value

    @property
    def text(self) -> str:
        """What it holds; may be a secret."""
        return self.value.value


def look_into(pid: int) -> ProcessFindings:
    """Read a process and say what it uses.

    Raises:
        ConfigError: It does not exist, cannot be read, or shows nothing of Event Hubs.
    """
    return judged(read_process(pid))


def judged(facts: ProcessFacts) -> ProcessFindings:
    """Choose, for every key, the best of all variables that the process can see.

    Raises:
        ConfigError: There is neither a connection string nor a namespace.
    """
    ranked = {key: sorted(_candidates(key, facts)) for key in GUESSES}
    best = {key: found[0] for key, found in ranked.items() if found}
    notes = list(facts.notes)
    _prefer_entity_path(best)
    _prefer_connection_strings(best)

    if "eventhub.connection_string" not in best and "eventhub.namespace" not in best:
        raise _nothing_found(facts)

    values = _network(facts) | {key: found.value for key, found in best.items()}
    store = best.get("checkpoint_store.connection_string") or best.get(
        "checkpoint_store.account_url"
    )
    is_functions = store is not None and (
        _is_functions_host(facts) or normalised(store.name).startswith("AZUREWEBJOBSSTORAGE")
    )

    if is_functions and "checkpoint_store.containers" not in values:
        values["checkpoint_store.containers"] = functions_container(Layer.PROCESS)

    notes += _others(ranked["eventhub.connection_string"])

    if "eventhub.consumer_group" not in values and not _names_group(best):
        notes.append(f"process {facts.pid} names no consumer group: $Default is assumed")

    read = (f"the command line and the environment of process {facts.pid}", *_files(facts))

    return ProcessFindings(values, tuple(notes), read)


def _candidates(key: str, facts: ProcessFacts) -> Iterator[_Candidate]:
    for number, place in enumerate(facts.places):
        for name, text in place.variables.items():
            text = text.strip()  # noqa: PLW2901 - what follows sees it stripped

            if text and (fit := rank(key, name, text)) is not None:
                origin = Origin(Layer.PROCESS, safe(name), place.name, facts.pid)
                yield _Candidate(fit, number, name, Value(text, origin))


def _network(facts: ProcessFacts) -> dict[str, Value]:
    """Proxies and roots among its variables, the nearest place first."""
    found: dict[str, Value] = {}

    for place in reversed(facts.places[_ARGUMENTS + 1 :]):
        found |= network_values(place.variables, place.name, Layer.PROCESS, facts.pid)

    return found


def _prefer_entity_path(best: dict[str, _Candidate]) -> None:
    """A hub named inside the connection string beats a name that only sounds right."""
    secret, name = best.get("eventhub.connection_string"), best.get("eventhub.name")

    if secret and name and name.rank and (found := _parsed(secret.text)) and found.entity_path:
        del best["eventhub.name"]


def _parsed(secret: str) -> HubAddress | None:
    try:
        return parse_event_hub(secret)
    except ConfigError:
        return None


def _names_group(best: dict[str, _Candidate]) -> bool:
    """Whether the connection string says which group, as .NET Aspire's does."""
    secret = best.get("eventhub.connection_string")
    found = _parsed(secret.text) if secret else None
    return found is not None and found.consumer_group is not None


def _prefer_connection_strings(best: dict[str, _Candidate]) -> None:
    """One way in is enough; two would be held against each other."""
    for secret, address in (
        ("eventhub.connection_string", "eventhub.namespace"),
        ("checkpoint_store.connection_string", "checkpoint_store.account_url"),
    ):
        if secret in best and address in best:
            is_address_better = best[address].rank < best[secret].rank
            del best[secret if is_address_better else address]


def _others(candidates: list[_Candidate]) -> list[str]:
    if not candidates:
        return []

    texts = {candidates[0].text}
    others = []

    for candidate in candidates[1:]:
        if candidate.text not in texts:
            texts.add(candidate.text)
            others.append(
                f"also found, not used: {candidate.value.origin.named}: {masked(candidate.text)}"
            )

    return others


def _is_functions_host(facts: ProcessFacts) -> bool:
    return any(
        normalised(name) in {"FUNCTIONSWORKERRUNTIME", "FUNCTIONSEXTENSIONVERSION"}
        for place in facts.places
        for name in place.variables
    )


def _files(facts: ProcessFacts) -> list[str]:
    return [place.name for place in facts.places[2:]]


def _nothing_found(facts: ProcessFacts) -> ConfigError:
    files = _files(facts)
    places = ["its command line", "its environment", *files]

    if not files:
        places.append(f".env and config.yaml in {facts.folder or 'its folder (unreadable)'}")

    return ConfigError(
        f"Process {facts.pid} ({facts.command[:60]}) shows no event hub. Looked for "
        f"{', '.join(LOOKED_FOR)} in {', '.join(places)}.",
        "Is it the consumer itself and not its launcher? It may read its settings from a vault: "
        "then set EVENTHUB_CONNECTION_STRING and EVENTHUB_NAME here.",
    )


_LABELS = r"(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+"
_HUBS = re.compile(
    _LABELS + r"servicebus\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)(?::\d+)?"
)
_STORES = re.compile(
    _LABELS
    + r"blob\.(?:core\.(?:windows\.net|usgovcloudapi\.net|chinacloudapi\.cn)|storage\.azure\.net)"
    r"(?::\d+)?"
)


def own_identity_notes(settings: Settings, values: Values) -> list[str]:
    """What to tell of tokens of the user's own that go to endpoints which the process named.

    Raises:
        ConfigError: Such an endpoint is not Azure's.
    """
    hub, store = settings.eventhub, settings.checkpoint_store
    notes = []

    if hub.namespace and not hub.connection_string:
        named = _named(values, "eventhub.namespace", "eventhub.connection_string")
        host = hub.namespace.lower()
        notes += _judged(named, host, is_azure=bool(_HUBS.fullmatch(host)), way="--namespace")

    if store.account_url and not store.connection_string:
        url = urlsplit(store.account_url.reveal())
        is_azure = url.scheme == "https" and bool(_STORES.fullmatch(url.netloc.lower()))

        if not url.query:  # else it is a signature of the process's own
            named = _named(values, "checkpoint_store.account_url")
            host = f"{url.scheme}://{url.netloc}"
            notes += _judged(named, host, is_azure=is_azure, way="--account-url")

    return notes


def _named(values: Values, *keys: str) -> Value | None:
    """The one of these that decides, where the process said it."""
    found = (values[key] for key in keys if key in values)
    nearest = min(found, key=lambda value: value.layer, default=None)

    return nearest if nearest is not None and nearest.layer is Layer.PROCESS else None


def _judged(named: Value | None, host: str, *, is_azure: bool, way: str) -> list[str]:
    if named is None:
        return []

    if not is_azure:
        raise ConfigError(
            f"{named.origin.named} names {safe(host)} without a key, and that is not Azure: your "
            "own Entra ID token is not sent there.",
            f"If you trust it, name it yourself: {way} {safe(host)}",
        )

    return [f"signing in to {safe(host)} as you, with your own Entra ID: the process shows no key"]


_ARGUMENTS = 0  # the place of the command line among a process's places
# On a command line that is only a consumer's, shorter names do; --pid does not go by them.
_GROUP_OPTIONS = frozenset({"G", "CG", "GROUP", "GROUPID", "GROUPNAME"})


def declared_target(pid: int) -> DeclaredTarget | None:
    """What its command line, environment and settings files name; None where they can't be read.

    Blocking. Values that hold secrets are looked into and not kept.
    """
    try:
        return target_of(read_process(pid))
    except ConfigError:  # it ended, or its environment is not for this user
        return None


def target_of(facts: ProcessFacts) -> DeclaredTarget:
    """Everything that is named, each once, as it is found: the command line's first."""
    places = list(_unshadowed(facts.places))
    secrets = list(_values(places, "eventhub.connection_string"))
    parsed = [found for secret in secrets if (found := _parsed(secret)) is not None]
    namespaces = (*(hub.namespace for hub in parsed), *_values(places, "eventhub.namespace"))
    paths = (hub.entity_path for hub in parsed if hub.entity_path)
    options = (v for n, v in places[_ARGUMENTS] if _is_group_option(n, v)) if places else ()
    marks = (v for place in places for n, v in place if n == LAUNCH_VARIABLE)

    return DeclaredTarget(
        _each(namespaces),
        _each((*paths, *_values(places, "eventhub.name"))),
        _each((*options, *_values(places, "eventhub.consumer_group"))),
        read_mark(next(marks, None)),
        _proxy_for(namespaces, places),
    )


def _proxy_for(
    namespaces: Sequence[str], places: Sequence[Sequence[tuple[str, str]]]
) -> str | None:
    """The proxy that its variables name for these, as it may be shown."""
    variables = dict(pair for place in reversed(places[_ARGUMENTS + 1 :]) for pair in place)
    around = surroundings_in(variables)
    excepted = around.no_proxy[1] if around.no_proxy else ""
    hosts = [host_of(name).name for name in namespaces]

    if around.proxy is None or (hosts and all(goes_direct(host, excepted) for host in hosts)):
        return None

    try:
        return proxy_of(around.proxy[1], around.proxy[0]).shown
    except ConfigError:
        return None


def _unshadowed(places: Sequence[Place]) -> Iterator[list[tuple[str, str]]]:
    """Of variables of one name the strongest place's: that is what a program sees."""
    seen: set[str] = set()

    for number, place in enumerate(places):
        yield [
            (name, text.strip())
            for name, text in place.variables.items()
            if name not in seen and text.strip()
        ]

        if number != _ARGUMENTS:  # an argument hides no variable
            seen.update(place.variables)


def _values(places: Sequence[Sequence[tuple[str, str]]], key: str) -> Iterator[str]:
    for place in places:
        yield from (text for name, text in place if rank(key, name, text) is not None)


def _is_group_option(name: str, text: str) -> bool:
    return normalised(name) in _GROUP_OPTIONS and is_group(text)


def _each(found: Sequence[str]) -> tuple[str, ...]:
    """Each once, whatever its case; safe to show. What is still to be put in is no name."""
    names: dict[str, str] = {}

    for text in found:
        if "${" not in text:
            names.setdefault(text.lower(), safe(text))

    return tuple(names.values())
