"""`status.schema.json` from the types of `ehtui.views.status_document`; `make schema` writes it."""

from __future__ import annotations

import inspect
import json
import re
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    Annotated,
    Any,
    Literal,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

import ehtui.views.status_document
from ehtui.views.status_document import NotJudged, StatusDocument
from ehtui.views.status_values import LATER, Rule

PATH = Path(ehtui.views.status_document.__file__).with_name("status.schema.json")
Schema = dict[str, Any]
_PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}
_NAMED: dict[Any, str] = {NotJudged: "not_judged"}  # beside the objects


def schema() -> Schema:
    """The whole document's, with one definition an object."""
    definitions: Schema = {}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:ehtui:status:1",
        "title": "ehtui.status/1",
        **_object(StatusDocument, definitions),
        "$defs": definitions,
    }


def shipped() -> Schema:
    """That of the file that the package has."""
    told: Schema = json.loads(PATH.read_text("utf-8"))
    return told


def text() -> str:
    """As the file has it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _object(kind: type, definitions: Schema) -> Schema:
    hints = get_type_hints(kind, include_extras=True)
    needed = [
        name for name, hint in hints.items() if LATER not in getattr(hint, "__metadata__", ())
    ]
    return {
        "type": "object",
        "description": " ".join(inspect.cleandoc(kind.__doc__ or "").split()),
        "required": needed,
        "properties": {name: _value(hint, definitions) for name, hint in hints.items()},
    }


def _value(hint: Any, definitions: Schema) -> Schema:
    if name := _name(hint):
        if name not in definitions:
            definitions[name] = {}  # its place, before what it refers to
            make = _object if is_typeddict(hint) else _plain
            definitions[name] |= make(hint, definitions)

        return {"$ref": f"#/$defs/{name}"}

    return _plain(hint, definitions)


def _name(hint: Any) -> str | None:
    """`GroupPartitionDocument` is `group_partition`."""
    if is_typeddict(hint):
        words = re.findall("[A-Z][a-z]+", hint.__name__.removesuffix("Document"))
        return "_".join(words).lower()

    return next((name for kind, name in _NAMED.items() if hint is kind or hint == kind), None)


def _plain(hint: Any, definitions: Schema) -> Schema:
    origin, arguments = get_origin(hint), get_args(hint)

    if origin is Annotated:
        told = _value(arguments[0], definitions)
        about = hint.__metadata__
        rules = {rule.keyword: rule.value for rule in about if isinstance(rule, Rule)}
        words = [word for word in about if isinstance(word, str)]
        return told | ({"description": words[0]} if words else {}) | rules

    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [member.value for member in hint]}

    if origin is not None:
        return _generic(origin, arguments, definitions)

    return {"type": _PLAIN[hint]}


def _generic(origin: Any, arguments: tuple[Any, ...], definitions: Schema) -> Schema:
    if origin in {Union, UnionType}:
        return _any_of([_value(option, definitions) for option in arguments])

    if origin is Literal:
        return {"const": arguments[0]} if len(arguments) == 1 else {"enum": list(arguments)}

    if origin is list:
        return {"type": "array", "items": _value(arguments[0], definitions)}

    assert origin is dict, origin
    key, held = arguments
    return _mapping(key, _value(held, definitions))


def _mapping(key: Any, each: Schema) -> Schema:
    if key is str:
        return {"type": "object", "additionalProperties": each}

    keys = [member.value for member in key]
    return {"type": "object", "required": keys, "properties": dict.fromkeys(keys, each)}


def _any_of(options: list[Schema]) -> Schema:
    """One schema of several types, where none of them is an object of its own."""
    if any("$ref" in option for option in options):
        return {"anyOf": options}

    kinds = [option.pop("type") for option in options]
    merged: Schema = {"type": kinds}

    for option in options:
        merged |= option

    if "enum" in merged and "null" in kinds:
        merged["enum"] = [*merged["enum"], None]

    return merged


if __name__ == "__main__":
    PATH.write_text(text(), "utf-8")
