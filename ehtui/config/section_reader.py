"""A YAML file's sections become parts of the tree; what does not fit is named by key and line."""

from __future__ import annotations

import difflib
import json
import re
import shlex
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast, get_args, get_type_hints

import msgspec

from ehtui.config.errors import ConfigError
from ehtui.config.own_files import NamedFiles, expand_all
from ehtui.config.secret import Secret
from ehtui.config.settings import (
    TOP_LEVEL,
    CheckpointStoreSettings,
    ConsumerSettings,
    EventHubSettings,
    HubEntry,
    LeaseSettings,
    Section,
    TestEventSettings,
    Text,
)
from ehtui.config.yaml_file import YamlFile
from ehtui.domain.text import safe

T = TypeVar("T")
S = TypeVar("S", bound=Section)

_PATH = re.compile(r" - at (?:`key` in )?`\$(?P<path>[^`]*)`$")
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


def _split(given: str | list[str], _: str) -> list[str]:
    return given.split(",") if isinstance(given, str) else given


def _words(given: str | list[str], key: str) -> list[str]:
    try:
        return shlex.split(given) if isinstance(given, str) else given
    except ValueError as error:
        raise ConfigError(f"{key} cannot be split into words: {error}.") from None


def _body(given: object, key: str) -> str:
    """A text is sent as it stands, anything else as JSON."""
    if isinstance(given, str):
        return given

    try:
        return json.dumps(given, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{key} cannot be written as JSON: {error}.", "Quote it.") from None


def _properties(given: Mapping[str, object], _: str) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in given.items()
    }


# Keys that a file may write in another form than the tree keeps: which, and how they become it.
_FORMS: Mapping[tuple[type[Section], str], tuple[Any, Callable[[Any, str], object]]] = {
    (EventHubSettings, "aliases"): (str | list[str], _split),
    (EventHubSettings, "groups"): (str | list[str], _split),
    (HubEntry, "groups"): (str | list[str], _split),
    (HubEntry, "containers"): (str | list[str], _split),
    (EventHubSettings, "ca_file"): (str | list[str], _split),
    (CheckpointStoreSettings, "containers"): (str | list[str], _split),
    (CheckpointStoreSettings, "ca_file"): (str | list[str], _split),
    (LeaseSettings, "groups"): (dict[str, Any], lambda *_: {}),  # each is read by its name
    (ConsumerSettings, "command"): (Text | list[str], _words),
    (TestEventSettings, "body"): (Any, _body),
    (TestEventSettings, "properties"): (dict[str, str | int | float | bool], _properties),
}


def _secret(kind: type, value: object) -> Secret:
    if kind is Secret and isinstance(value, str):
        return Secret(value)

    raise ValueError(f"Expected `str`, got `{_KINDS.get(type(value), type(value).__name__)}`")


_KINDS: Mapping[type, str] = {list: "array", dict: "object", type(None): "null"}


@dataclass(frozen=True, slots=True)
class SectionReader:
    """ehtui's sections of `file`, with `${NAME}` taken from `variables`.

    In sections that are `unused` a variable may be missing. `under` is the key of the mapping that
    `given` is, where the sections stand in that. Whatever is read raises ConfigError where a key is
    unknown, of a wrong type or out of bounds.
    """

    file: YamlFile
    variables: Mapping[str, str] = field(repr=False)  # secrets among them
    unused: tuple[str, ...] = ()
    files: NamedFiles | None = None
    under: str = ""  # "profiles.prod"
    given: Mapping[str, object] | None = field(default=None, repr=False)

    def key(self, name: str) -> str:
        """A section's whole key."""
        return f"{self.under}.{name}" if self.under else name

    def named_key(self, key: str) -> str:
        """A whole key, and where it stands."""
        return f"{safe(key)} ({self.file.where(key)})"

    def check_repeated(self, own: Collection[str] = TOP_LEVEL) -> None:
        """Raises ConfigError where a key of the sections that are ehtui's stands there twice."""
        for key, line in self.file.repeated.items():
            if key.partition(".")[0] in own:
                raise ConfigError(
                    f"{key} is there twice: {self.file.where(key)}, and again in line {line}.",
                    "Keep one of them.",
                )

    def part(self, name: str) -> dict[str, Any]:
        """What stands under a section, or under a key of it; nothing is an empty mapping."""
        section, _, key = name.partition(".")
        given = self._expanded(section)
        given = given.get(key) if key and isinstance(given, dict) else given
        return cast("dict[str, Any]", self._converted(given or {}, dict[str, Any], self.key(name)))

    def section(self, name: str, kind: type[S]) -> S:
        """A section as its part of the tree."""
        return self._section(self._expanded(name) or {}, kind, self.key(name))

    def entries(self, name: str, kind: type[S]) -> list[S]:
        """A list of sections, each of which may be just its `name`."""
        key = self.key(name)
        given = self._converted(self._expanded(name) or [], list[Any], key)
        whole = [{"name": each} if isinstance(each, str) else each for each in given]
        return [self._section(each, kind, f"{key}[{n}]") for n, each in enumerate(whole)]

    def named(self, name: str, kind: type[S]) -> dict[str, S]:
        """A section whose keys are the user's own names."""
        return {
            each: self._section(
                given if given is not None else {}, kind, f"{self.key(name)}.{each}"
            )
            for each, given in self.part(name).items()
        }

    def flag(self, name: str) -> bool | None:
        """True, false or unset."""
        given = self._converted(self._expanded(name), bool | None, self.key(name))
        return cast("bool | None", given)

    def texts(self, name: str) -> list[str]:
        """One text or a list of them."""
        given = self._converted(self._expanded(name), str | list[str] | None, self.key(name))
        return [given] if isinstance(given, str) else list(given or ())

    def _expanded(self, name: str) -> object:
        sections = self.file.sections if self.given is None else self.given
        return expand_all(
            sections.get(name),
            self.variables,
            key=self.key(name),
            named=self.named_key,
            must_exist=name not in self.unused,
            files=self.files,
        )

    def _section(self, given: object, kind: type[S], key: str) -> S:
        if isinstance(given, dict):
            if unknown := [name for name in given if name not in kind.__struct_fields__]:
                raise self._unknown(f"{key}.{unknown[0]}", str(unknown[0]), kind)

            # A key without a value is not set.
            given = {
                name: self._kept(value, kind, name, f"{key}.{name}")
                for name, value in given.items()
                if value is not None
            }

        return cast("S", self._converted(given, kind, key))

    def _kept(self, value: object, kind: type[Section], name: str, key: str) -> object:
        if (kind, name) not in _FORMS:
            return value

        form, keep = _FORMS[kind, name]
        return keep(self._converted(value, form, key), key)

    def _converted(self, value: object, kind: Any, key: str) -> Any:
        try:
            # Not strict: what ${NAME} gave is text.
            return msgspec.convert(value, kind, strict=False, dec_hook=_secret)
        except msgspec.ValidationError as error:
            raise self._explained(str(error), kind, key) from None
        except UnicodeEncodeError:
            raise ConfigError(
                f"{self.named_key(key)} holds half a character, which is not text."
            ) from None

    def _explained(self, message: str, kind: Any, key: str) -> ConfigError:
        match = _PATH.search(message)
        path = match["path"] if match else ""
        message = message[: match.start()] if match else message
        key = f"{key}{path}".replace("[...]", ".…")

        should = _should_be_one_of(path, kind) if " enum " in message else _should(message)

        return ConfigError(f"{self.named_key(key)} {should}.")

    def _unknown(self, key: str, name: str, kind: type[Section]) -> ConfigError:
        known = kind.__struct_fields__
        near = difflib.get_close_matches(name.lower(), known, n=1, cutoff=0.5)
        summary = f"{self.named_key(key)} is not a key that ehtui knows"

        if kind is TestEventSettings:
            return ConfigError(f"{summary}.", "The event itself belongs under 'body:'.")

        if near:
            return ConfigError(f"{summary}; did you mean '{near[0]}'?")

        return ConfigError(f"{summary}.", f"Known keys there: {', '.join(known)}.")


def _should_be_one_of(path: str, kind: Any) -> str:
    hint = get_type_hints(kind)[path.lstrip(".")]
    parts = get_args(hint)
    words = [word for part in parts for word in get_args(part)] or parts
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
