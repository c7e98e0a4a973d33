"""Modules that the first paint can do without."""

from __future__ import annotations

from importlib import import_module


class LazyModule:
    """Stands for a module until something of it is asked for.

    Import the real one under `TYPE_CHECKING`, so that types are those of the module.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> object:
        return getattr(import_module(self._name), attribute)
