"""A command line in a narrow column: what tells one consumer from another comes first."""

from __future__ import annotations

import re

_INTERPRETER = re.compile(r"^(python[\d.]*|node|nodejs|java|dotnet|ruby|bun|deno)(\.exe)?$")
_TAKES_VALUE = frozenset({"-W", "-X", "-r", "--require", "--import", "-cp", "-classpath"})
_NAMES_PROGRAM = frozenset({"-m", "-jar"})


def brief(command: str) -> str:
    """The program and its arguments, without the interpreter, its options and any folder.

    `/opt/app/.venv/bin/python -u /opt/app/start_consumer.py --a` is `start_consumer.py --a`. A
    command that is all interpreter stays as it is.
    """
    words = command.split(" ")
    words[0] = _base(words[0])

    if not _INTERPRETER.match(words[0]):
        return " ".join(words)

    rest = words[1:]

    while rest and rest[0].startswith("-"):
        option = rest[0]

        if option in _NAMES_PROGRAM and len(rest) > 1:
            return " ".join((_base(rest[1]), *rest[2:]))

        if option == "-c":
            return " ".join((words[0], *rest))

        rest = rest[2:] if option in _TAKES_VALUE else rest[1:]

    return " ".join((_base(rest[0]), *rest[1:])) if rest else " ".join(words)


def _base(word: str) -> str:
    return re.split(r"[/\\]", word)[-1] or word
