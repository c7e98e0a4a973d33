"""Shared access signatures: account, container and blob ones, checked against the account's key."""

from __future__ import annotations

from datetime import UTC, datetime
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.grants import CONTAINER, OBJECT, Grant
from ehtui.sandbox.blobs.signing import is_signed

if TYPE_CHECKING:
    from collections.abc import Mapping

_SCOPED_SINCE = "2020-12-06"  # from this version on the encryption scope is signed too
_SNAPSHOT_SINCE = "2018-11-09"
_OVERRIDES = ("rscc", "rscd", "rsce", "rscl", "rsct")


def verify_sas(
    query: Mapping[str, str],
    *,
    account: str,
    key: str,
    path: tuple[str, str],
    source: tuple[str, bool],
    now: float,
) -> Grant:
    """What the SAS in `query` grants on the container and blob of `path`; else a 403.

    `source` is the caller's address and whether it came over TLS.
    """
    is_account = "ss" in query
    text = _account_text(query, account) if is_account else _service_text(query, account, path)

    if not is_signed(key, text, query.get("sig", "")):
        raise StorageError("AuthenticationFailed", detail="Signature did not match.")

    _require_in_time(query, now)
    _require_source(query, source)

    if is_account:
        if "b" not in query["ss"]:
            raise StorageError("AuthorizationServiceMismatch")

        return Grant(query.get("sp", ""), query.get("srt", ""))

    # A container's SAS covers the container and its blobs, a blob's that blob alone.
    resources = CONTAINER + OBJECT if query.get("sr") == "c" else OBJECT

    return Grant(query.get("sp", ""), resources, is_service_sas=True)


def _account_text(query: Mapping[str, str], account: str) -> str:
    names = ["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]

    if query.get("sv", "") >= _SCOPED_SINCE:
        names.append("ses")

    return "\n".join([account, *(query.get(name, "") for name in names)]) + "\n"


def _service_text(query: Mapping[str, str], account: str, path: tuple[str, str]) -> str:
    container, blob = path
    resource = f"/blob/{account}/{container}"

    if query.get("sr") != "c":
        resource += f"/{blob}"

    version = query.get("sv", "")
    values = [query.get(name, "") for name in ("sp", "st", "se")]
    values += [resource, *(query.get(name, "") for name in ("si", "sip", "spr", "sv"))]

    if version >= _SNAPSHOT_SINCE:
        values += [query.get("sr", ""), query.get("snapshot", "")]

    if version >= _SCOPED_SINCE:
        values.append(query.get("ses", ""))

    return "\n".join([*values, *(query.get(name, "") for name in _OVERRIDES)])


def _require_in_time(query: Mapping[str, str], now: float) -> None:
    start, end = query.get("st"), query.get("se")

    if start is not None and now < _moment(start):
        raise StorageError(
            "AuthenticationFailed", detail="Signature not valid in the specified time frame"
        )

    if end is None or now >= _moment(end):
        raise StorageError(
            "AuthenticationFailed", detail="Signature not valid in the specified time frame"
        )


def _require_source(query: Mapping[str, str], source: tuple[str, bool]) -> None:
    peer, is_secure = source

    if query.get("spr") == "https" and not is_secure:
        raise StorageError("AuthorizationProtocolMismatch")

    if (allowed := query.get("sip")) and not _is_within(peer, allowed):
        raise StorageError("AuthorizationSourceIPMismatch")


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
        raise StorageError(
            "AuthenticationFailed", detail="A time of the SAS is malformed."
        ) from error

    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
