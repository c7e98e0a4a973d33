"""A YAML file, with the line of every key."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from yaml import CollectionNode, MappingNode, Node, SafeLoader
from yaml.error import MarkedYAMLError, YAMLError

from ehtui.config.errors import ConfigError
from ehtui.config.section_names import TOP_LEVEL
from ehtui.domain.text import safe

_MOST_VALUES = 100_000  # in a section, each alias counted as what it stands for
_DEPTH = 5  # the deepest key that ehtui has: lease.groups.NAME.expires_after_s


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A parsed file: its top-level sections as they stand, and where keys are."""

    path: Path
    shown: str  # the path as the user would write it
    sections: Mapping[str, object] = field(repr=False)  # secrets among them
    lines: Mapping[str, int]  # "eventhub.name" → line, from 1
    repeated: Mapping[str, int]  # keys that stand there twice → line of the second

    def where(self, key: str) -> str:
        """Where a key, or the nearest key around it, stands: "config.yaml line 4"."""
        while key:
            if line := self.lines.get(key):
                return f"{self.shown} line {line}"

            key = key[:-1].rpartition("." if "[" not in key else "[")[0]

        return self.shown


def read_yaml(path: Path, shown: str) -> YamlFile:
    """Read a YAML file whose top level is a mapping.

    Raises:
        ConfigError: It cannot be read or parsed; names the line and column.
    """
    loader = None

    try:
        loader = SafeLoader(path.read_bytes())
        node = loader.get_single_node()
        _check_aliases(node, shown)
        document = {} if node is None else loader.construct_document(node)
        lines, repeated = _lines(node)
    except MarkedYAMLError as error:
        raise _malformed(error, shown) from None
    except (YAMLError, UnicodeError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{shown} is not valid YAML: {safe(str(error).splitlines()[0])}.",
            "Save it as UTF-8 text.",
        ) from None
    except OSError as error:
        raise ConfigError(f"{shown} cannot be read: {error.strerror}.") from None
    finally:
        if loader is not None:
            loader.dispose()

    if not isinstance(document, dict):
        raise ConfigError(
            f"{shown} line 1 should be a section such as 'eventhub:', not "
            f"{'a list' if isinstance(document, list) else 'a single value'}."
        )

    sections = {str(name): part for name, part in document.items()}

    return YamlFile(path, shown, sections, lines, repeated)


def _check_aliases(root: Node | None, shown: str) -> None:
    """A few lines of aliases can stand for more values than a host can hold, or for themselves."""
    sections = root.value if isinstance(root, MappingNode) else ()

    for name, section in sections:
        if name.value in TOP_LEVEL and _values(section, {}) > _MOST_VALUES:
            raise ConfigError(
                f"{shown} line {name.start_mark.line + 1}: the aliases (*name) of '{name.value}' "
                "stand for too much, or for themselves.",
                "Write out what is meant.",
            )


def _values(node: Node, known: dict[int, float]) -> float:
    """How many values there are in a node; infinitely many where it holds itself."""
    if not isinstance(node, CollectionNode):
        return 1

    if id(node) not in known:
        known[id(node)] = math.inf
        mapping = isinstance(node, MappingNode)
        parts = [part for pair in node.value for part in pair] if mapping else node.value
        known[id(node)] = 1 + sum(_values(part, known) for part in parts)

    return known[id(node)]


def _malformed(error: Exception, shown: str) -> ConfigError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    place = f": line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = getattr(error, "problem", None) or "it cannot be understood"

    return ConfigError(
        f"{shown} is not valid YAML{place}: {safe(problem)}.",
        "Check the indentation and the quotes there.",
    )


def _lines(root: Node | None) -> tuple[dict[str, int], dict[str, int]]:
    lines: dict[str, int] = {}
    repeated: dict[str, int] = {}

    for key, line in _keys(root, "", _DEPTH):
        if lines.setdefault(key, line) != line:
            repeated.setdefault(key, line)

    return lines, repeated


def _keys(node: Node | None, prefix: str, depth: int) -> Iterator[tuple[str, int]]:
    if not isinstance(node, MappingNode) or not depth:
        return

    for name, value in node.value:
        key = f"{prefix}{name.value}"

        yield key, name.start_mark.line + 1
        yield from _keys(value, f"{key}.", depth - 1)
