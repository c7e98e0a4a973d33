"""Which hub and group a running process's own settings name, for telling whose consumer it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.config.connection_string import parse_event_hub
from ehtui.config.endpoints import group_of
from ehtui.config.errors import ConfigError
from ehtui.config.process_facts import read_process
from ehtui.config.process_names import normalised, rank
from ehtui.domain.launch_mark import LAUNCH_VARIABLE, read_mark
from ehtui.domain.process import DeclaredTarget
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.config.process_facts import ProcessFacts
    from ehtui.config.process_files import Place

ARGUMENTS = 0  # the place of the command line among a process's places
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
    namespaces = (*(n for n, _ in parsed), *_values(places, "eventhub.namespace"))
    hubs = (*(hub for _, hub in parsed if hub), *_values(places, "eventhub.name"))
    options = (v for n, v in places[ARGUMENTS] if _is_group_option(n, v)) if places else ()
    marks = (v for place in places for n, v in place if n == LAUNCH_VARIABLE)

    return DeclaredTarget(
        _each(namespaces),
        _each(hubs),
        _each((*options, *_values(places, "eventhub.consumer_group"))),
        read_mark(next(marks, None)),
    )


def _unshadowed(places: Sequence[Place]) -> Iterator[list[tuple[str, str]]]:
    """Of variables of one name the strongest place's: that is what a program sees."""
    seen: set[str] = set()

    for number, place in enumerate(places):
        yield [
            (name, text.strip())
            for name, text in place.variables.items()
            if name not in seen and text.strip()
        ]

        if number != ARGUMENTS:  # an argument hides no variable
            seen.update(place.variables)


def _values(places: Sequence[Sequence[tuple[str, str]]], key: str) -> Iterator[str]:
    for place in places:
        yield from (text for name, text in place if rank(key, name, text) is not None)


def _parsed(secret: str) -> tuple[str, str | None] | None:
    """Namespace and hub that a connection string names."""
    try:
        found = parse_event_hub(secret)
    except ConfigError:
        return None

    return found.namespace, found.entity_path


def _is_group_option(name: str, text: str) -> bool:
    if normalised(name) not in _GROUP_OPTIONS:
        return False

    try:
        group_of(text, "")
    except ConfigError:
        return False

    return True


def _each(found: Sequence[str]) -> tuple[str, ...]:
    """Each once, whatever its case; safe to show. What is still to be put in is no name."""
    names: dict[str, str] = {}

    for text in found:
        if "${" not in text:
            names.setdefault(text.lower(), safe(text))

    return tuple(names.values())
