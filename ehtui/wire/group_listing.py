"""The consumer groups that the service lists: HTTPS with the hub's own credential, an Atom feed.

AMQP cannot list them. `GET https://NAMESPACE/HUB/consumergroups?api-version=2014-01` asks for the
right to manage (Microsoft's reference "List consumer groups"; a page has 100 entries at the most).
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import quote

from ehtui.config.addresses import group_of
from ehtui.config.connection_string import AMQPS_PORT
from ehtui.config.errors import ConfigError
from ehtui.domain.problems import ProblemError
from ehtui.wire.credentials import JWT_TYPE
from ehtui.wire.lines import HTTPS_PORT
from ehtui.wire.storage_http import MEGABYTE, StorageHttp, TooMuchError
from ehtui.wire.storage_listing import MalformedListingError, root_of

if TYPE_CHECKING:
    from ehtui.wire.credentials import HubAccess

PAGE = 100  # entries, as the service has them
MOST_PAGES = 10  # the largest tier has 1,000 groups
PAGE_BYTES = MEGABYTE  # an entry has about 1 kB, and up to as much of a user's own text
CONNECT_S, SILENCE_S, WHOLE_S = 5.0, 10.0, 30.0
_OK = 200
_ATOM = "{http://www.w3.org/2005/Atom}"


class NoGroupsError(Exception):
    """The service does not say which groups there are; `status` is what it answered, if it did."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status


async def listed_groups(access: HubAccess, now: float) -> tuple[str, ...]:
    """The names of the hub's groups, as the service spells them, each once.

    Raises:
        NoGroupsError: The credential may not ask, nobody answers, or what answers makes no sense.
    """
    import httpcore  # noqa: PLC0415 - loaded with the first question

    http = _http_to(access)

    try:
        async with asyncio.timeout(WHOLE_S):
            return await _all_pages(access, http, now)
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise NoGroupsError(f"no answer ({type(error).__name__})") from None
    except (httpcore.ProxyError, httpcore.UnsupportedProtocol, ProblemError, OSError) as error:
        raise NoGroupsError(type(error).__name__) from None
    except (TooMuchError, MalformedListingError) as error:
        raise NoGroupsError(str(error)) from None
    finally:
        await http.close()


def groups_in(content: bytes) -> tuple[int, tuple[str, ...]]:
    """How many entries a page of the feed has, and the names in it that a group can have.

    Raises:
        MalformedListingError: It is no Atom feed.
    """
    root = root_of(content)

    if root.tag != f"{_ATOM}feed":
        raise MalformedListingError("it is no Atom feed")

    titles = [entry.findtext(f"{_ATOM}title") or "" for entry in root.iter(f"{_ATOM}entry")]
    return len(titles), tuple(name for title in titles if (name := _name(title)))


def url_of(access: HubAccess, skip: int = 0) -> str:
    """Where a page of the list is: on 443, or on the port that the endpoint names itself."""
    host = f"[{access.host}]" if ":" in access.host else access.host
    is_own = access.port not in {HTTPS_PORT, AMQPS_PORT}
    authority = f"{host}:{access.port}" if is_own else host
    scheme = "https" if access.use_tls else "http"
    page = f"api-version=2014-01&$skip={skip}&$top={PAGE}"
    return f"{scheme}://{authority}/{quote(access.hub)}/consumergroups?{page}"


def _http_to(access: HubAccess) -> StorageHttp:
    network = access.network
    return StorageHttp(
        url_of(access),
        ca_files=network.ca_file,
        connect_s=CONNECT_S,
        silence_s=SILENCE_S,
        proxy=network.proxy or network.https_proxy,
    )


async def _all_pages(access: HubAccess, http: StorageHttp, now: float) -> tuple[str, ...]:
    token = await access.credential.token(f"https://{access.namespace}/{access.hub}", now)
    text = token.text.reveal()
    headers = {"Authorization": f"Bearer {text}" if token.kind == JWT_TYPE else text}
    found: dict[str, str] = {}

    for page in range(MOST_PAGES):
        url = url_of(access, page * PAGE)
        reply = await http.ask("GET", url, headers, most_bytes=PAGE_BYTES)

        if reply.status != _OK:
            raise NoGroupsError(f"it answered {reply.status}", reply.status)

        entries, names = groups_in(reply.content)
        before = len(found)

        for name in names:
            found.setdefault(name.lower(), name)

        if entries < PAGE or len(found) == before:  # the last one, or the same again
            break

    return tuple(found.values())


def _name(title: str) -> str | None:
    """A name that a group can have; whatever else stands there is nobody's."""
    try:
        return group_of(title, "")
    except ConfigError:
        return None
