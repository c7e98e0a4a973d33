"""Which processes of this host are consumers: by pattern, by hand, by connection."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.namespaces import host_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.config.settings import ConsumerSettings
    from ehtui.sources.programs import ProgramKind

EVENT_HUBS_PORTS = frozenset({5671, 5672, 9093})


@dataclass(frozen=True, slots=True)
class Pattern:
    """A named consumer of the configuration."""

    name: str
    expression: re.Pattern[str]
    log: str | None


def compile_patterns(consumers: Mapping[str, ConsumerSettings]) -> tuple[Pattern, ...]:
    """The configured patterns; a malformed expression names its key."""
    patterns = []

    for name, consumer in consumers.items():
        if consumer.match is None:
            continue

        try:
            expression = re.compile(consumer.match)
        except re.error as error:
            raise ProblemError(
                Problem(
                    ProblemKind.MALFORMED,
                    f"consumers.{name}.match is no regular expression: {error}.",
                    "Mend the expression; a plain piece of the command line works too.",
                )
            ) from error

        patterns.append(Pattern(name, expression, consumer.log))

    return tuple(patterns)


def matching(
    patterns: Sequence[Pattern], program: ProgramKind, command: Sequence[str]
) -> Pattern | None:
    """The first pattern that the command line matches, bystanders left out."""
    if not command or program.is_bystander or is_ehtui(command):
        return None

    line = " ".join(command)

    return next((pattern for pattern in patterns if pattern.expression.search(line)), None)


def is_ehtui(command: Sequence[str]) -> bool:
    """Whether this runs ehtui: a screen in another terminal, a restart that is carried out."""
    if any("ehtui.actions.guardian" in word for word in command[1:8]):
        return True

    is_script = any(PurePath(word).stem == "ehtui" for word in command[:2])
    return is_script or tuple(command[1:3]) == ("-m", "ehtui")


def namespace_addresses(namespace: str) -> frozenset[tuple[str, int]]:
    """Every (address, port) that a client of this namespace may be connected to; blocking.

    443 is left out: a host that answers there for Event Hubs over WebSockets answers for much else.
    """
    host, port = host_of(namespace)

    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):  # a label too long for a name
        return frozenset()

    ports = {int(port)} if port is not None else EVENT_HUBS_PORTS

    return frozenset((str(info[4][0]), p) for info in found for p in ports)
