"""The one thing that is asked of a namespace over plain HTTPS: which consumer groups a hub has.

As in Microsoft's reference "List consumer groups": an Atom feed, for whoever may manage.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, quote, unquote
from xml.sax.saxutils import escape

from ehtui.sandbox.eventhubs.signing_in import JWT_TYPE, SAS_TYPE, TokenError, verify

if TYPE_CHECKING:
    from ehtui.sandbox.eventhubs.namespace import Hub, Namespace

_ASKED = re.compile(
    rb"GET /(?P<hub>[^ ?]{1,1024})/consumergroups/?(?:\?(?P<query>[^ ]{0,2048}))? HTTP/1\.[01]\r\n",
    re.IGNORECASE,
)
_MOST_HEAD_BYTES = 32 * 1024
_PAGE = 100
_NUMBER = re.compile(r"[0-9]{1,6}")
_BEARER = "bearer "
_ATOM = "http://www.w3.org/2005/Atom"
_OF_SERVICE = "http://schemas.microsoft.com/netservices/2010/10/servicebus/connect"
_VERSION = "api-version=2014-01"
_TYPES = {
    HTTPStatus.OK: "application/atom+xml;type=feed;charset=utf-8",
    HTTPStatus.UNAUTHORIZED: "application/xml; charset=utf-8",
    HTTPStatus.NOT_FOUND: "application/xml; charset=utf-8",
}


class _Asked(NamedTuple):
    hub: str
    skip: int
    top: int
    authorization: str


def answer_to(data: bytes, namespace: Namespace) -> bytes | None:
    """The whole answer to a request for a hub's groups; None where these bytes are none."""
    asked = _read(data)

    if asked is None:
        return None

    try:
        _check(asked, namespace)
    except TokenError as error:
        return _refusal(HTTPStatus.UNAUTHORIZED, str(error))

    hub = namespace.find(asked.hub)

    if hub is None:
        told = f"The messaging entity 'sb://{namespace.name}/{asked.hub}' could not be found."
        return _refusal(HTTPStatus.NOT_FOUND, told)

    return _reply(HTTPStatus.OK, _feed(namespace, hub, asked))


def _read(data: bytes) -> _Asked | None:
    first = _ASKED.match(data)
    end = data.find(b"\r\n\r\n", 0, _MOST_HEAD_BYTES)

    if first is None or end < 0:
        return None

    lines = data[first.end() : end].decode("latin-1").split("\r\n")
    headers = {name.strip().lower(): value.strip() for name, _, value in _parted(lines)}

    if "upgrade" in headers:
        return None

    query = parse_qs((first["query"] or b"").decode("latin-1"))
    top = _number(query, "$top", _PAGE)
    hub = unquote(first["hub"].decode("latin-1"))
    return _Asked(
        hub, _number(query, "$skip", 0), min(top, _PAGE), headers.get("authorization", "")
    )


def _parted(lines: list[str]) -> list[tuple[str, str, str]]:
    return [line.partition(":") for line in lines]


def _number(query: dict[str, list[str]], name: str, otherwise: int) -> int:
    given = query.get(name, [""])[0]
    return int(given) if _NUMBER.fullmatch(given) else otherwise


def _check(asked: _Asked, namespace: Namespace) -> None:
    """Raises TokenError: there is no token, it is no good, or it does not let its holder manage."""
    resource = f"sb://{namespace.name}/{asked.hub.lower()}/consumergroups"
    text = asked.authorization

    if not text:
        raise TokenError("MissingToken: The authorization header was not found.")

    is_bearer = text.lower().startswith(_BEARER)
    token, kind = (text[len(_BEARER) :], JWT_TYPE) if is_bearer else (text, SAS_TYPE)
    claim = verify(token, kind, resource, namespace.keys, namespace.clock())

    if "Manage" not in claim.rights:
        raise TokenError(
            "Unauthorized access. 'Manage,EntityRead' claim(s) are required to perform this"
            f" operation. Resource: '{resource}'."
        )


def _feed(namespace: Namespace, hub: Hub, asked: _Asked) -> str:
    place = f"https://{namespace.name}/{quote(hub.name)}/consumergroups"
    created = datetime.fromtimestamp(hub.created_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    now = datetime.fromtimestamp(namespace.clock(), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    chosen = sorted(hub.groups.values(), key=str.lower)[asked.skip : asked.skip + asked.top]
    entries = "".join(_entry(place, name, created) for name in chosen)
    return (
        f'<feed xmlns="{_ATOM}"><title type="text">ConsumerGroups</title>'
        f"<id>{place}?{_VERSION}</id><updated>{now}</updated>"
        f'<link rel="self" href="{place}?{_VERSION}"/>{entries}</feed>'
    )


def _entry(place: str, name: str, created: str) -> str:
    return (
        f'<entry xml:base="{place}?{_VERSION}"><id>{place}/{quote(name)}?{_VERSION}</id>'
        f'<title type="text">{escape(name)}</title>'
        f"<published>{created}</published><updated>{created}</updated>"
        f'<link rel="self" href="consumergroups/{quote(name)}?{_VERSION}"/>'
        f'<content type="application/xml"><ConsumerGroupDescription xmlns="{_OF_SERVICE}">'
        f"<CreatedAt>{created}</CreatedAt><UpdatedAt>{created}</UpdatedAt>"
        "</ConsumerGroupDescription></content></entry>"
    )


def _refusal(status: HTTPStatus, told: str) -> bytes:
    detail = escape("".join(sign if sign.isprintable() else "?" for sign in told[:600]))
    return _reply(status, f"<Error><Code>{status.value}</Code><Detail>{detail}</Detail></Error>")


def _reply(status: HTTPStatus, text: str) -> bytes:
    body = text.encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: {_TYPES[status]}\r\n"
        f"Server: Microsoft-HTTPAPI/2.0\r\nConnection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
