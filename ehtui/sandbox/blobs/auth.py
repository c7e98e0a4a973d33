"""Who is calling, and what they may do: a Shared Key, a SAS or a bearer token, really verified."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from ehtui.sandbox.blobs.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ehtui.sandbox.http import Request

SERVICE, CONTAINER, OBJECT = "s", "c", "o"
EVERYTHING = "racwdxltmeopi"  # letters as a SAS spells permissions
TOKEN_AUDIENCE = "https://storage.azure.com"
CHALLENGE = (
    "Bearer authorization_uri=https://login.microsoftonline.com/"
    f"00000000-0000-0000-0000-000000000000/oauth2/authorize resource_id={TOKEN_AUDIENCE}"
)
_CLOCK_TOLERANCE_S = 15 * 60
_SCOPED_SINCE = "2020-12-06"  # from this version on a SAS has its encryption scope signed too
_SNAPSHOT_SINCE = "2018-11-09"
_OVERRIDES = ("rscc", "rscd", "rsce", "rscl", "rsct")
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


@dataclass(frozen=True, slots=True)
class Grant:
    """What a verified caller may do."""

    permissions: str = EVERYTHING
    resources: str = SERVICE + CONTAINER + OBJECT
    is_service_sas: bool = False

    def require(self, permissions: str, resource: str, *, account_only: bool) -> None:
        """Raise the service's 403 where it has none of the permissions on that kind of resource.

        What is `account_only` no service SAS covers.
        """
        if account_only and self.is_service_sas:
            raise StorageError("AuthorizationFailure")

        if resource not in self.resources:
            raise StorageError("AuthorizationResourceTypeMismatch")

        if not set(permissions) & set(self.permissions):
            raise StorageError("AuthorizationPermissionMismatch")


@dataclass(frozen=True, slots=True)
class Guard:
    """Verifies callers of one account with its key (base64)."""

    account: str
    key: str

    def identify(self, request: Request, path: tuple[str, str], now: float) -> Grant:
        """What the caller may do; raises the service's 401 or 403."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")

        match scheme:
            case "SharedKey":
                self._verify_key(request, value, now)
                return Grant()
            case "Bearer":
                return Grant(self._read_token(value, now))
            case "" if "sig" in request.query:
                return self._verify_sas(request, path, now)
            case "":
                raise StorageError("NoAuthenticationInformation")
            case _:
                raise _failed(f"{scheme} is not supported here.")

    def token(self, permissions: str, expires_at: float) -> str:
        """A bearer token (a JWT, HS256 with the account's key) that stands in for Entra ID's."""
        claims = {"aud": TOKEN_AUDIENCE, "exp": int(expires_at), "permissions": permissions}
        parts = ({"alg": "HS256", "typ": "JWT"}, claims)
        text = ".".join(_base64url(json.dumps(part).encode()) for part in parts)
        return f"{text}.{_base64url(_mac(self.key, text))}"

    def _read_token(self, token: str, now: float) -> str:
        """The permissions of a token, unless it is forged, expired or for somebody else."""
        text, _, signature = token.rpartition(".")

        if not _is_same(_base64url(_mac(self.key, text)), signature):
            raise StorageError("InvalidAuthenticationInfo")

        payload = text.partition(".")[2]
        claims: dict[str, Any] = json.loads(
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        )

        if str(claims["aud"]).rstrip("/") != TOKEN_AUDIENCE or now >= float(claims["exp"]):
            raise StorageError("InvalidAuthenticationInfo")

        return str(claims["permissions"])

    def _verify_key(self, request: Request, value: str, now: float) -> None:
        account, _, signature = value.partition(":")
        texts = _texts_to_sign(request, self.account)

        if account != self.account or not any(
            _is_same(sign(self.key, text), signature) for text in texts
        ):
            raise _failed(
                "The MAC signature found in the HTTP request is not the same as any "
                "computed signature."
            )

        date = request.headers.get("x-ms-date") or request.headers.get("date", "")

        try:
            sent_at = parsedate_to_datetime(date).timestamp()
        except ValueError as error:
            raise _failed("No valid date header.") from error

        if abs(now - sent_at) > _CLOCK_TOLERANCE_S:
            raise _failed(f"Request date header too old: '{date}'")

    def _verify_sas(self, request: Request, path: tuple[str, str], now: float) -> Grant:
        """What an account, container or blob SAS grants on the container and blob of `path`."""
        query = request.query
        is_account = "ss" in query
        account = self.account
        text = _account_text(query, account) if is_account else _service_text(query, account, path)

        if not _is_same(sign(self.key, text), query.get("sig", "")):
            raise _failed("Signature did not match.")

        start, end = query.get("st"), query.get("se")

        if end is None or now >= _moment(end) or (start is not None and now < _moment(start)):
            raise _failed("Signature not valid in the specified time frame")

        if query.get("spr") == "https" and not request.is_secure:
            raise StorageError("AuthorizationProtocolMismatch")

        if (allowed := query.get("sip")) and not _is_within(request.peer, allowed):
            raise StorageError("AuthorizationSourceIPMismatch")

        if is_account:
            if "b" not in query["ss"]:
                raise StorageError("AuthorizationServiceMismatch")

            return Grant(query.get("sp", ""), query.get("srt", ""))

        # A container's SAS covers the container and its blobs, a blob's that blob alone.
        resources = CONTAINER + OBJECT if query.get("sr") == "c" else OBJECT
        return Grant(query.get("sp", ""), resources, is_service_sas=True)


def sign(key: str, text: str) -> str:
    """The base64 signature of a text with a base64 key: HMAC-SHA256."""
    return base64.b64encode(_mac(key, text)).decode()


def _mac(key: str, text: str) -> bytes:
    return hmac.digest(base64.b64decode(key), text.encode(), "sha256")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _is_same(one: str, other: str) -> bool:
    """Compared in a time that tells nothing."""
    return hmac.compare_digest(one.encode(), other.encode())


def _failed(detail: str) -> StorageError:
    return StorageError("AuthenticationFailed", detail=detail)


def _texts_to_sign(request: Request, account: str) -> Iterator[str]:
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
    query = sorted((name.lower(), value) for name, value in request.query.items())
    tail = f"/{account}{request.raw_path}" + "".join(f"\n{n}:{value}" for n, value in query)
    own = [(name, value) for name, value in headers.items() if name.startswith("x-ms-")]

    for ordered in (sorted(own, key=_collated), sorted(own)):
        yield head + "".join(f"{name}:{value}\n" for name, value in ordered) + tail


def _collated(header: tuple[str, str]) -> str:
    # Hyphens do not count; an underscore comes before digits and letters.
    return header[0].replace("-", "").replace("_", " ")


def _account_text(query: Mapping[str, str], account: str) -> str:
    names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]

    if query.get("sv", "") >= _SCOPED_SINCE:
        names.append("ses")

    return "\n".join([account, *(query.get(name, "") for name in names)]) + "\n"


def _service_text(query: Mapping[str, str], account: str, path: tuple[str, str]) -> str:
    container, blob = path
    version = query.get("sv", "")
    resource = f"/blob/{account}/{container}" + ("" if query.get("sr") == "c" else f"/{blob}")
    after = ["si", "sip", "spr", "sv"]

    if version >= _SNAPSHOT_SINCE:
        after += ["sr", "snapshot"]

    if version >= _SCOPED_SINCE:
        after.append("ses")

    values = [query.get(name, "") for name in ("sp", "st", "se")]
    return "\n".join([*values, resource, *(query.get(name, "") for name in (*after, *_OVERRIDES))])


def _is_within(peer: str, allowed: str) -> bool:
    first, _, last = allowed.partition("-")

    try:
        return IPv4Address(first) <= IPv4Address(peer) <= IPv4Address(last or first)
    except ValueError:
        return False


def _moment(text: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise _failed("A time of the SAS is malformed.") from error

    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
