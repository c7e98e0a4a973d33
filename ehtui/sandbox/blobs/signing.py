"""Signatures with the account's key: HMAC-SHA256 over the service's canonical texts."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

from ehtui.sandbox.blobs.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.sandbox.http import Request

TOKEN_AUDIENCE = "https://storage.azure.com"
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


def sign(key: str, text: str) -> str:
    """The base64 signature of a text with a base64 key."""
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()

    return base64.b64encode(digest).decode()


def is_signed(key: str, text: str, signature: str) -> bool:
    """Whether the signature is the text's; compared in a time that tells nothing."""
    return hmac.compare_digest(sign(key, text).encode(), signature.encode())


def texts_to_sign(request: Request, account: str) -> Iterator[str]:
    """The text that a Shared Key signature covers, once for each way clients sort `x-ms-` headers.

    The service collates without regard to hyphens; older clients sort by character.
    """
    headers = request.headers
    values = {name: headers.get(name, "") for name in _SIGNED_HEADERS}

    if values["content-length"] == "0":
        values["content-length"] = ""

    if "x-ms-date" in headers:
        values["date"] = ""

    head = "\n".join([request.method, *values.values()]) + "\n"
    tail = f"/{account}{request.raw_path}" + "".join(_query_lines(request))
    own = [(name, value) for name, value in headers.items() if name.startswith("x-ms-")]

    for ordered in (sorted(own, key=_collated), sorted(own)):
        yield head + "".join(f"{name}:{value}\n" for name, value in ordered) + tail


def issue_token(key: str, permissions: str, expires_at: float) -> str:
    """A bearer token (a JWT, HS256 with the account's key) that stands in for one of Entra ID's."""
    claims = {"aud": TOKEN_AUDIENCE, "exp": int(expires_at), "permissions": permissions}
    text = ".".join(_base64url(part) for part in ({"alg": "HS256", "typ": "JWT"}, claims))

    return f"{text}.{_jwt_signature(key, text)}"


def read_token(key: str, token: str, now: float) -> str:
    """The permissions of a token; raises the service's 401 for a forged, expired or foreign one."""
    text, _, signature = token.rpartition(".")

    if not hmac.compare_digest(_jwt_signature(key, text).encode(), signature.encode()):
        raise StorageError("InvalidAuthenticationInfo")

    payload = text.partition(".")[2]
    claims: dict[str, Any] = json.loads(
        base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    )

    if str(claims["aud"]).rstrip("/") != TOKEN_AUDIENCE or now >= float(claims["exp"]):
        raise StorageError("InvalidAuthenticationInfo")

    return str(claims["permissions"])


def _query_lines(request: Request) -> Iterator[str]:
    for name, value in sorted((n.lower(), v) for n, v in request.query.items()):
        yield f"\n{name}:{value}"


def _collated(header: tuple[str, str]) -> str:
    # Hyphens do not count; an underscore comes before digits and letters.
    return header[0].replace("-", "").replace("_", " ")


def _jwt_signature(key: str, text: str) -> str:
    digest = hmac.new(base64.b64decode(key), text.encode(), hashlib.sha256).digest()

    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _base64url(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
