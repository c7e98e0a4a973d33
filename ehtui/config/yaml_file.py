"""A YAML file, with the line of every key."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from typing_extensions import override
from yaml import CollectionNode, MappingNode, Node, SafeLoader, ScalarNode, SequenceNode
from yaml.error import MarkedYAMLError, YAMLError

from ehtui.config.errors import ConfigError
from ehtui.config.own_files import read_own_file
from ehtui.config.settings import TOP_LEVEL
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from yaml.tokens import Token

_MOST_VALUES = 100_000  # in a section, each alias counted as what it stands for
_DEPTH = 6  # the deepest key that ehtui has: profiles.NAME.lease.groups.NAME.expires_after_s
_MOST_DEPTH = 64  # of anything
_LONGEST_NUMBER = 64  # characters
_TEXT_DEPTH = 7  # nobody looks for a hub further down
_MOST_NODES, _MOST_TEXTS = 50_000, 5_000
_MERGE = "tag:yaml.org,2002:merge"
_NO_TEXTS = frozenset(
    f"tag:yaml.org,2002:{kind}" for kind in ("int", "float", "bool", "null", "timestamp", "binary")
)


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

            key = key[: max(key.rfind("."), key.rfind("["), 0)]

        return self.shown


def read_yaml(path: Path, shown: str) -> YamlFile:
    """Read a YAML file whose top level is a mapping.

    Only ehtui's own sections are looked into: whatever tags, repeated keys or aliases another
    program has in its own do not matter here.

    Raises:
        ConfigError: It cannot be read or parsed; names the line and column.
    """
    with _explained(shown):
        loader, root = _composed(read_own_file(path, shown))
        pairs = _sections(loader, root, shown)
        own = [(name, node) for name, node in pairs if name.value in TOP_LEVEL]
        sections: dict[str, object] = {_key(name): None for name, _ in pairs}

        for name, node in own:
            sections[_key(name)] = loader.construct_document(node)

        lines, repeated = _lines(own)

    return YamlFile(path, shown, sections, lines, repeated)


def read_texts(content: bytes, shown: str) -> dict[str, str]:
    """Every text of some program's YAML or JSON file by its path, as "eventhub.name".

    Tags are passed over: in `!ENV ${NAME}` the text is what counts. At most some thousand texts.

    Raises:
        ConfigError: It cannot be parsed.
    """
    with _explained(shown):
        _, root = _composed(content)

    return dict(islice(_texts(root, "", _TEXT_DEPTH, [_MOST_NODES]), _MOST_TEXTS))


class _Loader(SafeLoader):
    """Parses no deeper than anybody writes, and takes a number that is none for a text.

    Without that, the time for brackets within brackets grows with their square.
    """

    @override
    def fetch_flow_collection_start(self, TokenClass: type[Token]) -> None:
        self._check_depth(self.flow_level)
        super().fetch_flow_collection_start(TokenClass)

    @override
    def add_indent(self, column: int) -> bool:
        self._check_depth(len(self.indents))
        return bool(super().add_indent(column))

    def _check_depth(self, depth: int) -> None:
        if depth >= _MOST_DEPTH:
            raise MarkedYAMLError(problem="nested too deep", problem_mark=self.get_mark())

    def construct_scalar_or_text(self, node: ScalarNode) -> object:
        """A bool, int, float or timestamp, or its text where it is none or out of every range."""
        kind = node.tag.rpartition(":")[2]

        if len(node.value) > _LONGEST_NUMBER:
            return node.value

        try:
            return getattr(self, f"construct_yaml_{kind}")(node)
        except (LookupError, ValueError, OverflowError, AttributeError):
            return node.value


for _kind in ("bool", "int", "float", "timestamp"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _Loader.construct_scalar_or_text)


def _composed(content: bytes) -> tuple[_Loader, Node | None]:
    loader = _Loader(content)

    try:
        return loader, loader.get_single_node()
    finally:
        loader.dispose()


@contextmanager
def _explained(shown: str) -> Iterator[None]:
    """Turn the parser's errors into a sentence."""
    try:
        yield
    except MarkedYAMLError as error:
        raise _malformed(error, shown) from None
    except (YAMLError, UnicodeError, ValueError, RecursionError) as error:
        raise ConfigError(
            f"{shown} is not valid YAML: {safe(str(error).splitlines()[0])}.",
            "Save it as UTF-8 text.",
        ) from None


def _sections(loader: _Loader, root: Node | None, shown: str) -> list[tuple[Node, Node]]:
    """The top level's pairs, with what is merged into it (`<<`)."""
    if root is None:
        return []

    if not isinstance(root, MappingNode):
        kind = "a list" if isinstance(root, SequenceNode) else "a single value"
        raise ConfigError(f"{shown} line 1 should be a section such as 'eventhub:', not {kind}.")

    _check_aliases(root, shown)
    loader.flatten_mapping(root)
    return list(root.value)


def _key(name: Node) -> str:
    return name.value if isinstance(name, ScalarNode) else "(a list or mapping)"


def _check_aliases(root: MappingNode, shown: str) -> None:
    """A few lines of aliases can stand for more values than a host can hold, or for themselves."""
    for name, section in root.value:
        is_merged = name.tag == _MERGE

        if (is_merged or name.value in TOP_LEVEL) and _values(section, {}) > _MOST_VALUES:
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


def _lines(own: list[tuple[Node, Node]]) -> tuple[dict[str, int], dict[str, int]]:
    lines: dict[str, int] = {}
    repeated: dict[str, int] = {}

    for key, line in _keys(own, "", _DEPTH):
        if lines.setdefault(key, line) != line:
            repeated.setdefault(key, line)

    return lines, repeated


def _keys(pairs: list[tuple[Node, Node]], prefix: str, depth: int) -> Iterator[tuple[str, int]]:
    for name, value in pairs if depth else ():
        key = f"{prefix}{name.value}"

        yield key, name.start_mark.line + 1
        yield from _keys_in(value, key, depth)


def _keys_in(value: Node, key: str, depth: int) -> Iterator[tuple[str, int]]:
    if isinstance(value, MappingNode):
        yield from _keys(value.value, f"{key}.", depth - 1)
    elif isinstance(value, SequenceNode) and depth > 1:
        for number, part in enumerate(value.value):
            yield f"{key}[{number}]", part.start_mark.line + 1

            if isinstance(part, MappingNode):
                yield from _keys(part.value, f"{key}[{number}].", depth - 1)


def _texts(
    node: Node | None, prefix: str, depth: int, left: list[int]
) -> Iterator[tuple[str, str]]:
    """`left` is how many nodes may still be looked at: an alias can stand for any number."""
    left[0] -= 1

    if left[0] < 0 or not depth:
        return

    if isinstance(node, MappingNode):
        for name, part in node.value:
            inner = prefix if name.tag == _MERGE else f"{prefix}.{_key(name)}".lstrip(".")
            yield from _texts(part, inner, depth - 1, left)
    elif isinstance(node, ScalarNode) and node.tag not in _NO_TEXTS:
        yield prefix, node.value
