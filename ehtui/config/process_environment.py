"""`--pid`: hub, group, store and credentials as a running consumer has them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ehtui.config.connection_string import parse_event_hub
from ehtui.config.conventions import functions_container
from ehtui.config.errors import ConfigError
from ehtui.config.masking import masked
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.process_facts import ProcessFacts, read_process
from ehtui.config.process_names import GUESSES, LOOKED_FOR, normalised, rank
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class ProcessFindings:
    """What a process uses, each value with its place, and remarks on the search."""

    values: dict[str, Value]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Candidate:
    rank: int
    place: int
    name: str
    text: str = field(repr=False)  # may be a secret
    origin: Origin


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
    ranked = {key: sorted(_candidates(key, facts), key=_order) for key in GUESSES}
    best = {key: found[0] for key, found in ranked.items() if found}
    notes = list(facts.notes)
    _prefer_entity_path(best)
    _prefer_connection_strings(best)

    if "eventhub.connection_string" not in best and "eventhub.namespace" not in best:
        raise _nothing_found(facts)

    values = {key: Value(c.text, c.origin) for key, c in best.items()}
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

    return ProcessFindings(values, tuple(notes))


def _candidates(key: str, facts: ProcessFacts) -> Iterator[_Candidate]:
    for number, place in enumerate(facts.places):
        for name, text in place.variables.items():
            text = text.strip()  # noqa: PLW2901 - what follows sees it stripped

            if text and (fit := rank(key, name, text)) is not None:
                origin = Origin(Layer.PROCESS, safe(name), place.name, facts.pid)
                yield _Candidate(fit, number, name, text, origin)


def _order(candidate: _Candidate) -> tuple[int, int, str]:
    return candidate.rank, candidate.place, candidate.name


def _prefer_entity_path(best: dict[str, _Candidate]) -> None:
    """A hub named inside the connection string beats a name that only sounds right."""
    secret, name = best.get("eventhub.connection_string"), best.get("eventhub.name")

    if secret and name and name.rank and _entity_path(secret):
        del best["eventhub.name"]


def _entity_path(candidate: _Candidate) -> str | None:
    try:
        return parse_event_hub(candidate.text).entity_path
    except ConfigError:
        return None


def _names_group(best: dict[str, _Candidate]) -> bool:
    """Whether the connection string says which group, as .NET Aspire's does."""
    secret = best.get("eventhub.connection_string")

    try:
        return secret is not None and parse_event_hub(secret.text).consumer_group is not None
    except ConfigError:
        return False


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
                f"also found, not used: {candidate.origin.named}: {masked(candidate.text)}"
            )

    return others


def _is_functions_host(facts: ProcessFacts) -> bool:
    return any(
        normalised(name) in {"FUNCTIONSWORKERRUNTIME", "FUNCTIONSEXTENSIONVERSION"}
        for place in facts.places
        for name in place.variables
    )


def _nothing_found(facts: ProcessFacts) -> ConfigError:
    files = [place.name for place in facts.places[2:]]
    places = ["its command line", "its environment", *files]

    if not files:
        places.append(f".env and config.yaml in {facts.folder or 'its folder (unreadable)'}")

    return ConfigError(
        f"Process {facts.pid} ({facts.command[:60]}) shows no event hub. Looked for "
        f"{', '.join(LOOKED_FOR)} in {', '.join(places)}.",
        "Is it the consumer itself and not its launcher? It may read its settings from a vault: "
        "then set EVENTHUB_CONNECTION_STRING and EVENTHUB_NAME here.",
    )
