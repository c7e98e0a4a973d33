"""A YAML file's sections become a `Document`; what does not fit is named by key and line."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, TypeVar, cast, get_args, get_type_hints

import msgspec

from ehtui.config.errors import ConfigError
from ehtui.config.expand import expand_all
from ehtui.config.section_names import SECTIONS, TOP_LEVEL
from ehtui.config.sections import (
    CheckpointStoreSection,
    ConsumerSection,
    Document,
    EventHubSection,
    GroupLeaseSection,
    LeaseSection,
    PollSection,
    TestEventSection,
    UiSection,
)
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.config.yaml_file import YamlFile

T = TypeVar("T")

_PATH = re.compile(r" - at (?:`key` in )?`\$(?P<path>[^`]*)`$")
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)
_EXPECTED = re.compile(
    r"^Expected `(?P<type>[^`]+)`(?: of length >= 1)?(?: (?P<limit>[<>]=? \S+))?"
    r"(?:, got `(?P<got>\w+)`)?$"
)
_WORDS = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "array": "a list",
    "object": "keys with values",
    "null": "nothing",
    "date": "a date",
    "datetime": "a date",
}
_LIMITS = {">=": "at least", ">": "more than", "<=": "at most", "<": "less than"}


def validate(
    file: YamlFile, variables: Mapping[str, str], unused: tuple[str, ...] = ()
) -> Document:
    """Check ehtui's sections of `file`, with `${NAME}` taken from `variables`.

    In sections that are `unused` a variable may be missing.

    Raises:
        ConfigError: A key is unknown, repeated, of a wrong type or out of bounds.
    """
    return _Validator(file, variables, unused).document()


def env_files(file: YamlFile, variables: Mapping[str, str]) -> list[str]:
    """The `.env` files that `file` names, as they are written there.

    Raises:
        ConfigError: `env_file` is neither a text nor a list of texts.
    """
    return _Validator(file, variables).env_files()


class _Validator:
    def __init__(
        self, file: YamlFile, variables: Mapping[str, str], unused: tuple[str, ...] = ()
    ) -> None:
        self._file = file
        self._variables = variables
        self._unused = unused

    def document(self) -> Document:
        self._check_repeated()
        lease = self._section("lease", LeaseSection)

        return Document(
            eventhub=self._section("eventhub", EventHubSection),
            checkpoint_store=self._section("checkpoint_store", CheckpointStoreSection),
            lease=lease,
            lease_groups=self._each("lease.groups", lease.groups or {}, GroupLeaseSection),
            consumers=self._named("consumers", ConsumerSection),
            test_events=self._named("test_events", TestEventSection),
            poll=self._section("poll", PollSection),
            ui=self._section("ui", UiSection),
            read_only=self._converted(self._part("read_only"), bool | None, "read_only"),
        )

    def _check_repeated(self) -> None:
        for key, line in self._file.repeated.items():
            if key.partition(".")[0] in TOP_LEVEL:
                raise ConfigError(
                    f"{key} is there twice: {self._file.where(key)}, and again in line {line}.",
                    "Keep one of them.",
                )

    def env_files(self) -> list[str]:
        given = self._converted(self._part("env_file"), str | list[str] | None, "env_file")

        return [given] if isinstance(given, str) else list(given or ())

    def _part(self, name: str) -> object:
        key = f"{name} ({self._file.where(name)})"

        return expand_all(
            self._file.sections.get(name),
            self._variables,
            key=key,
            must_exist=name not in self._unused,
        )

    def _section(self, name: str, kind: type[T]) -> T:
        # A section without content is no section.
        return cast("T", self._converted(self._part(name) or {}, kind, name))

    def _named(self, name: str, kind: type[T]) -> dict[str, T]:
        entries = self._converted(self._part(name) or {}, dict[str, Any], name)

        return self._each(name, entries, kind)

    def _each(self, prefix: str, entries: Mapping[str, object], kind: type[T]) -> dict[str, T]:
        return {
            name: self._converted(value if value is not None else {}, kind, f"{prefix}.{name}")
            for name, value in entries.items()
        }

    def _converted(self, value: object, kind: Any, key: str) -> Any:
        try:
            # Not strict: what ${NAME} gave is text.
            return msgspec.convert(value, kind, strict=False)
        except msgspec.ValidationError as error:
            raise self._explained(str(error), kind, key) from None

    def _explained(self, message: str, kind: Any, key: str) -> ConfigError:
        match = _PATH.search(message)
        path = match["path"] if match else ""
        message = message[: match.start()] if match else message
        key = f"{key}{path}".replace("[...]", ".…")

        if unknown := _UNKNOWN.match(message):
            return self._unknown(f"{key}.{unknown['name']}", unknown["name"], kind)

        should = _should_be_one_of(path, kind) if " enum " in message else _should(message)

        return ConfigError(f"{safe(key)} ({self._file.where(key)}) {should}.")

    def _unknown(self, key: str, name: str, kind: Any) -> ConfigError:
        known = kind.__struct_fields__
        near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
        summary = f"{safe(key)} ({self._file.where(key)}) is not a key that ehtui knows"

        if kind is TestEventSection:
            return ConfigError(f"{summary}.", "The event itself belongs under 'body:'.")

        if near:
            return ConfigError(f"{summary}; did you mean '{near[0]}'?")

        return ConfigError(f"{summary}.", f"Known keys there: {', '.join(known)}.")


def _should_be_one_of(path: str, kind: Any) -> str:
    hint = get_type_hints(kind)[path.lstrip(".")]
    words = [word for part in get_args(hint) for word in get_args(part)]

    return f"should be one of {', '.join(words)}"


def _should(message: str) -> str:
    match = _EXPECTED.match(message)

    if not match:
        return f"is not valid: {safe(message)}"

    if limit := match["limit"]:
        sign, number = limit.split()
        return f"should be {_LIMITS[sign]} {number.removesuffix('.0')}"

    kinds = [_WORDS.get(kind, kind) for kind in match["type"].split(" | ") if kind != "null"]
    wanted = " or ".join(dict.fromkeys(kinds))
    got = f", not {_WORDS.get(match['got'], match['got'])}" if match["got"] else ""

    if match["got"] in {"int", "float", "bool", "date", "datetime"} and "str" in match["type"]:
        got += " (quote it)"

    return f"should be {wanted}{got}" if got or "length" not in message else "should not be empty"


def ignored_sections(file: YamlFile) -> tuple[str, ...]:
    """Top-level keys that are somebody else's, as they should be named to the user."""
    return tuple(_with_hint(safe(name)) for name in file.sections if name not in TOP_LEVEL)


def _with_hint(name: str) -> str:
    plain = re.sub(r"[^a-z]", "_", name.lower())
    near = difflib.get_close_matches(plain, SECTIONS, n=1, cutoff=0.75)

    return f"{name} (did you mean '{near[0]}'?)" if near else name
