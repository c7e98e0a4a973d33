"""How a storage account is asked to let us in: the account's key, a signature, or Entra ID."""

from __future__ import annotations

import base64
import hashlib
import hmac
from email.utils import formatdate
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, urlsplit

from ehtui.wire.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.core.credentials import AccessToken

    from ehtui.config.networks import Proxy
    from ehtui.config.secret import Secret

SCOPE = "https://storage.azure.com/.default"
RENEWED_BEFORE_S = 300.0  # as azure-core renews tokens
_SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)


class TokenSource(Protocol):
    """What azure-identity's asynchronous credentials have."""

    async def get_token(self, *scopes: str) -> AccessToken:
        """A token for these scopes.

        Raises:
            azure.core.exceptions.ClientAuthenticationError: There is none to be had.
        """

    async def close(self) -> None:
        """Let go of connections."""


def sign(
    account: str, key: Secret, method: str, url: str, headers: Mapping[str, str], at: float
) -> dict[str, str]:
    """The headers with `x-ms-date` and the account's Shared Key signature (since 2015-02-21).

    `at` is the server's time: a host whose clock is wrong still signs something valid.
    """
    dated = {**headers, "x-ms-date": formatdate(at, usegmt=True)}
    text = string_to_sign(account, method, url, dated)
    digest = hmac.new(base64.b64decode(key.reveal()), text.encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()

    return {**dated, "Authorization": f"SharedKey {account}:{signature}"}


def string_to_sign(account: str, method: str, url: str, headers: Mapping[str, str]) -> str:
    """What is signed: learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key."""
    lower = {name.lower(): value.strip() for name, value in headers.items()}

    if lower.get("content-length") == "0":
        lower["content-length"] = ""

    own = sorted((k, v) for k, v in lower.items() if k.startswith("x-ms-"))
    parts = urlsplit(url)
    query: dict[str, list[str]] = {}

    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        query.setdefault(name.lower(), []).append(value)

    return "\n".join(
        [
            method,
            *(lower.get(name, "") for name in _SIGNED_HEADERS),
            *(f"{name}:{value}" for name, value in own),
            f"/{account}{parts.path}",
            *(f"{name}:{','.join(sorted(query[name]))}" for name in sorted(query)),
        ]
    )


class EntraTokens:
    """Bearer tokens of an identity, each kept until shortly before its end."""

    def __init__(self, given: TokenSource | None, proxy: Proxy | None = None) -> None:
        self._given = given
        self._identity = Identity(proxy)
        self._token: AccessToken | None = None

    async def header(self, now: float) -> str:
        """The Authorization header.

        Raises:
            azure.core.exceptions.ClientAuthenticationError: There is no token to be had.
        """
        if self._token is None or self._token.expires_on - now < RENEWED_BEFORE_S:
            source = self._given or self._identity.credential()
            self._token = await source.get_token(SCOPE)

        return f"Bearer {self._token.token}"

    async def close(self) -> None:
        """Let go of what is ours."""
        await self._identity.close()
