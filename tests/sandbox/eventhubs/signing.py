"""Tokens as clients make them."""

from __future__ import annotations

from urllib.parse import quote_plus

from ehtui.sandbox.eventhubs import AccessKey
from ehtui.sandbox.eventhubs.signing_in import signature


def sign(resource: str, key: AccessKey, expires_at: float) -> str:
    encoded, end = quote_plus(resource), int(expires_at)
    signed = quote_plus(signature(f"{encoded}\n{end}", key.value))
    return f"SharedAccessSignature sr={encoded}&sig={signed}&se={end}&skn={quote_plus(key.name)}"
