"""Connection strings for people: without what must not be seen."""

from __future__ import annotations

from ehtui.domain.text import MASK, safe

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
