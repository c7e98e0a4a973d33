"""Secrets: strings that do not print themselves, and connection strings shown without theirs."""

from __future__ import annotations

from typing import final

from typing_extensions import override

from ehtui.domain.text import MASK, safe


@final
class Secret:
    """A connection string, key or SAS. `repr`, `str` and tracebacks show `***`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself: only for the call that signs or connects with it."""
        return self._value

    @override
    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    @override
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    @override
    def __hash__(self) -> int:
        return hash(self._value)


_SHOWN_KEYS = frozenset(
    {
        "endpoint",
        "hostname",
        "sharedaccesskeyname",
        "entitypath",
        "usedevelopmentemulator",
        "defaultendpointsprotocol",
        "accountname",
        "endpointsuffix",
        "blobendpoint",
        "usedevelopmentstorage",
    }
)
_SECRET_KEYS = frozenset({"sharedaccesskey", "sharedaccesssignature", "accountkey"})


def masked(text: str) -> str:
    """A connection string for people: only what is known to be harmless keeps its value."""
    return ";".join(_masked_part(part) for part in text.strip().strip("\"'").split(";") if part)


def _masked_part(part: str) -> str:
    name, _, value = part.partition("=")
    name = name.strip()

    if name.lower() in _SHOWN_KEYS:
        # A SAS can hide in the query or the user part of an endpoint.
        return safe(f"{name}={value.split('?')[0].split('@')[-1]}")

    # An unknown name may itself be a piece of a key: a bare key ends with "=".
    return f"{name}={MASK}" if name.lower() in _SECRET_KEYS else MASK
