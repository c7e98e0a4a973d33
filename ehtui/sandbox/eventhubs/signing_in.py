"""Who a client may be: tokens as `$cbs` gets them, and SASL, which says hello or brings a key."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from ehtui.domain.world.hub import known_moment
from ehtui.sandbox.eventhubs import errors
from ehtui.sandbox.eventhubs.addresses import path_of
from ehtui.sandbox.eventhubs.namespace import RIGHTS, AccessKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ehtui.sandbox.eventhubs.broker import Broker
    from ehtui.wire.amqp.performatives import SaslInit

MECHANISMS = ("MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL")
_OK, _AUTH = 0, 1
_PLAIN_PARTS = 3
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


class Claims:
    """What a connection's tokens allow by now. All connections have room for so many together."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self._claims: dict[str, Claim] = {}

    def put(self, claim: Claim) -> None:
        """A token was put: a new one for the same path replaces the old.

        Raises:
            ServiceError: So many tokens count already that there is no room for one more.
        """
        if claim.path not in self._claims:
            if self._broker.claims >= self._broker.limits.claims:
                raise errors.no_room(self._broker.namespace.name, what="tokens")

            self._broker.claims += 1

        self._claims[claim.path] = claim

    def allow(self, path: str, right: str | None = None) -> bool:
        """Whether a token that still holds covers `path`, with `right` or with any."""
        now = self._broker.namespace.clock()
        covering = (self._claims.get(place) for place in covering_paths(path))
        holding = [claim for claim in covering if claim and claim.expires_at > now]
        return any(right is None or right in claim.rights for claim in holding)

    def clear(self) -> None:
        """The connection is gone."""
        self._broker.claims -= len(self._claims)
        self._claims.clear()


def covering_paths(path: str) -> Iterator[str]:
    """The paths of claims that cover `path`: itself, everything above it, and everything."""
    while path:
        yield path
        path = path.rpartition("/")[0]

    yield ""


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
        ended = datetime.fromtimestamp(claim.expires_at, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        raise TokenError(f"ExpiredToken: The token is expired. Expiration time: '{ended}'.")

    path = path_of(audience).lower()

    if len(audience) > LONGEST_AUDIENCE:
        raise TokenError("InvalidAudience: The audience is longer than any address.")

    if claim.path not in covering_paths(path):
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
    expected = signature(f"{fields['sr']}\n{fields['se']}", key.value if key else "").encode()

    if key is None or not hmac.compare_digest(expected, unquote_plus(fields["sig"]).encode()):
        raise TokenError("InvalidSignature: The token has an invalid signature.")

    return Claim(path_of(unquote_plus(fields["sr"])).lower(), key.rights, float(fields["se"]))


def signature(text: str, key: str) -> str:
    """What a shared access signature signs its text with."""
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


def answer_sasl(init: SaslInit, keys: Mapping[str, AccessKey]) -> tuple[int, Claim | None]:
    """The outcome, and for PLAIN with a right key what it gives access to."""
    if init.mechanism not in MECHANISMS:
        return _AUTH, None

    if init.mechanism != "PLAIN":
        return _OK, None

    # RFC 4616: on whose behalf (which changes nothing here), who, and the password.
    parts = (init.initial_response or b"").split(b"\0")
    key = keys.get(parts[1].decode(errors="replace")) if len(parts) == _PLAIN_PARTS else None

    if key is None or not hmac.compare_digest(key.value.encode(), parts[2]):
        return _AUTH, None

    return _OK, Claim("", key.rights, math.inf)
