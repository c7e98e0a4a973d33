"""Values of the domain as JSON and back, and what changed between two of them."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any

from msgspec import Struct

import ehtui.domain

KIND = "$"  # names the class of a value
CHANGED = "~"  # what follows is what is other than before


def plain(value: object) -> Any:
    """As JSON; a field that has its default is left out.

    Raises:
        TypeError: There is no way to write it.
    """
    match value:
        case Enum():
            return {KIND: _named(type(value)), "value": value.value}
        case None | bool() | int() | float() | str():
            return value
        case frozenset() | list():
            of = [plain(each) for each in value]
            is_set = isinstance(value, frozenset)
            return {KIND: type(value).__name__, "of": sorted(of, key=str) if is_set else of}
        case Mapping():
            return {KIND: "dict", "of": [[plain(k), plain(v)] for k, v in value.items()]}
        case _ if defaults := _defaults(type(value)):
            given = {n: getattr(value, n) for n in defaults}
            told = {n: plain(v) for n, v in given.items() if not _is_default(v, defaults[n])}
            return {KIND: _named(type(value)), **told}
        case tuple():
            return [plain(v) for v in value]
        case _:
            raise TypeError(f"no way to write {type(value).__name__}")


def value_of(written: Any) -> Any:
    """The value that `plain()` wrote.

    Raises:
        LookupError: A class is not there any more: play the scene again.
        TypeError: A field is not.
    """
    match written:
        case list():
            return tuple(value_of(each) for each in written)
        case {"$": "frozenset", "of": of}:
            return frozenset(value_of(each) for each in of)
        case {"$": "dict", "of": of}:
            return {value_of(key): value_of(each) for key, each in of}
        case {"$": "list", "of": of}:
            return [value_of(each) for each in of]
        case {"$": str(name), **given}:
            return classes()[name](**{str(key): value_of(each) for key, each in given.items()})
        case _:
            return written


def change(before: Any, after: Any) -> Any:
    """What to tell somebody who knows `before`."""
    pairs = _pairs(before, after)

    if pairs is None:
        return after

    return {CHANGED: {key: change(old, new) for key, old, new in pairs if old != new}}


def changed(before: Any, told: Any) -> Any:
    """The other way round."""
    if not isinstance(told, dict) or CHANGED not in told:
        return told

    news = told[CHANGED]

    if isinstance(before, list):
        return [changed(each, news[str(i)]) if str(i) in news else each
                for i, each in enumerate(before)]  # fmt: skip

    return {key: changed(old, news[key]) if key in news else old for key, old in before.items()}


def _pairs(before: Any, after: Any) -> Sequence[tuple[str, Any, Any]] | None:
    """Parts that stand in both at the same places; None where the two are not alike."""
    match before, after:
        case list(), list() if len(before) == len(after):
            both = enumerate(zip(before, after, strict=True))
            return [(str(i), old, new) for i, (old, new) in both]
        case dict(), dict() if before.keys() == after.keys():
            return [(key, before[key], after[key]) for key in before]
        case _:
            return None


@cache
def classes() -> Mapping[str, Any]:
    """Every class of the domain by its name, where only one has it."""
    found: dict[str, Any] = {}
    twice: set[str] = set()

    for module in pkgutil.walk_packages(ehtui.domain.__path__, "ehtui.domain."):
        for name, each in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if each.__module__.startswith("ehtui.domain") and found.setdefault(name, each) != each:
                twice.add(name)

    return {name: each for name, each in found.items() if name not in twice}


def _named(kind: Any) -> str:
    name: str = kind.__name__
    if classes().get(name) is not kind:
        raise TypeError(f"more than one class is called {name}")

    return name


def _defaults(kind: Any) -> Mapping[str, Any]:
    """Its fields and their defaults; empty where it has no named fields."""
    if issubclass(kind, Struct):
        ends = [d.factory() if hasattr(d, "factory") else d for d in kind.__struct_defaults__]
        needed = len(kind.__struct_fields__) - len(ends)
        return dict(zip(kind.__struct_fields__, [*[MISSING] * needed, *ends], strict=True))

    if is_dataclass(kind):
        return {
            f.name: f.default_factory() if f.default_factory is not MISSING else f.default
            for f in fields(kind)
        }

    names: Sequence[str] = getattr(kind, "_fields", ())
    known: Mapping[str, Any] = getattr(kind, "_field_defaults", {})
    return {name: known.get(name, MISSING) for name in names}


def _is_default(value: object, default: object) -> bool:
    return default is not MISSING and type(value) is type(default) and value == default
