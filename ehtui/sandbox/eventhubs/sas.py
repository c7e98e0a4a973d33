"""Tokens as `$cbs` gets them: shared access signatures, verified, and JSON web tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote_plus, unquote_plus, urlsplit

from ehtui.domain.world.hub import known_moment
from ehtui.sandbox.eventhubs.namespace import RIGHTS, AccessKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SAS_TYPE = "servicebus.windows.net:sastoken"
JWT_TYPE = "jwt"
_PREFIX = "SharedAccessSignature "
_JWT_PARTS = 3
LONGEST_AUDIENCE = 1024
_MOST_FIELDS = 16
_EXPIRY = re.compile(r"[0-9]{1,12}")


class TokenError(ValueError):
    """A token that gives no access; its text is what a 401 reply says."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a token allows, where, until when. Paths are lower case without the authority."""

    path: str
    rights: frozenset[str]
    expires_at: float

    def covers(self, path: str) -> bool:
        """Whether this claim's path is `path` or an ancestor of it."""
        return not self.path or path == self.path or path.startswith(self.path + "/")


def covering_paths(path: str) -> Iterator[str]:
    """The paths of claims that cover `path`: itself, everything above it, and everything."""
    while path:
        yield path
        path = path.rpartition("/")[0]

    yield ""


def resource_path(resource: str) -> str:
    """The path of an audience or address: scheme and authority do not matter (facts.md §4)."""
    path = urlsplit(resource).path if "://" in resource else resource
    return path.strip("/").lower()


def sign(resource: str, key: AccessKey, expires_at: float) -> str:
    """Make a shared access signature, as clients do."""
    encoded = quote_plus(resource)
    text = f"{encoded}\n{int(expires_at)}"
    signature = quote_plus(_signature(text, key.value))
    return f"{_PREFIX}sr={encoded}&sig={signature}&se={int(expires_at)}&skn={quote_plus(key.name)}"


def verify(
    token: str, kind: str, audience: str, keys: Mapping[str, AccessKey], now: float
) -> Claim:
    """Check a token put for `audience`.

    Raises:
        TokenError: It is malformed, expired, wrongly signed or for something else.
    """
    if kind == SAS_TYPE:
        claim = _verify_sas(token, keys)
    elif kind == JWT_TYPE:
        claim = _read_jwt(token)
    else:
        raise TokenError(f"UnsupportedToken: The token type '{kind[:60]}' is not supported.")

    if not claim.expires_at > now:  # and whatever is no number
        raise TokenError(f"ExpiredToken: The token is expired. Expiration time: {claim.expires_at}")

    path = resource_path(audience)

    if len(audience) > LONGEST_AUDIENCE:
        raise TokenError("InvalidAudience: The audience is longer than any address.")

    if not claim.covers(path):
        raise TokenError(
            f"InvalidAudience: The token is for '{claim.path[:300]}' and not for '{audience}'."
        )

    return Claim(path, claim.rights, claim.expires_at)


def _verify_sas(token: str, keys: Mapping[str, AccessKey]) -> Claim:
    if not token.startswith(_PREFIX):
        raise TokenError("MalformedToken: The token is no shared access signature.")

    parts = token[len(_PREFIX) :].split("&", _MOST_FIELDS)
    fields = dict(part.partition("=")[::2] for part in parts)

    if not {"sr", "sig", "se", "skn"} <= fields.keys() or not _EXPIRY.fullmatch(fields["se"]):
        raise TokenError("MalformedToken: The token lacks one of sr, sig, se, skn.")

    key = keys.get(unquote_plus(fields["skn"]))
    # What was signed is the resource as the client encoded it.
    expected = _signature(f"{fields['sr']}\n{fields['se']}", key.value if key else "").encode()

    if key is None or not hmac.compare_digest(expected, unquote_plus(fields["sig"]).encode()):
        raise TokenError("InvalidSignature: The token has an invalid signature.")

    return Claim(resource_path(unquote_plus(fields["sr"])), key.rights, float(fields["se"]))


def _signature(text: str, key: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), hashlib.sha256)).decode()


def _read_jwt(token: str) -> Claim:
    """A token of an identity provider; nobody here can check its signature, so none is."""
    parts = token.split(".")

    try:
        padded = parts[1] + "=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.urlsafe_b64decode(padded))
        expires_at = known_moment(float(claims["exp"]))
    except (ArithmeticError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise TokenError("MalformedToken: The token is no JSON web token.") from error

    if len(parts) != _JWT_PARTS or expires_at is None:
        raise TokenError("MalformedToken: The token is no JSON web token.")

    return Claim("", RIGHTS, expires_at)
