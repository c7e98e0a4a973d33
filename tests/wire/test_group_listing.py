"""The list of groups: what a feed says, what is no feed, and how it is asked for."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint, Namespace
from ehtui.wire.credentials import HubAccess, access_of
from ehtui.wire.group_listing import NoGroupsError, groups_in, listed_groups, url_of
from ehtui.wire.network import Network
from ehtui.wire.storage_listing import MalformedListingError
from tests.wire.canned_http import Asked, Reply, canned

ATOM = "http://www.w3.org/2005/Atom"
KEY = "SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0;EntityPath=hub"
# The shape of Microsoft's example.
EXAMPLE = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="{ATOM}"><title type="text">ConsumerGroups</title>
<id>https://ns.servicebus.windows.net/hub/consumergroups?timeout=60&amp;api-version=2014-01</id>
<entry xml:base="https://ns.servicebus.windows.net/hub/consumergroups">
<title type="text">$Default</title><content type="application/xml"><ConsumerGroupDescription
xmlns="http://schemas.microsoft.com/netservices/2010/10/servicebus/connect">
<CreatedAt>2015-09-09T20:31:00.4479782</CreatedAt></ConsumerGroupDescription></content></entry>
<entry><title>Billing</title><content><title>no.name</title></content></entry></feed>"""


def feed(*names: str) -> bytes:
    entries = "".join(f"<entry><title>{name}</title></entry>" for name in names)
    return f'<feed xmlns="{ATOM}">{entries}</feed>'.encode()


def access_to(port: int) -> HubAccess:
    text = f"Endpoint=sb://127.0.0.1:{port}/;{KEY};UseDevelopmentEmulator=true"
    return access_of(EventHubSettings(connection_string=Secret(text)))


def test_a_feed_names_its_groups() -> None:
    assert groups_in(EXAMPLE.encode()) == (2, ("$Default", "Billing"))
    assert groups_in(feed()) == (0, ())


def test_what_cannot_be_a_group_counts_and_is_nobody() -> None:
    odd = feed("ok", "", "유니코드", "a/b", "x" * 300, "&lt;b&gt;", "\u202eevil", "sig=LEAK;", "B")

    assert groups_in(odd) == (9, ("ok", "B"))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no xml",
        b"<feed/>",
        f'<entry xmlns="{ATOM}"/>'.encode(),
        f'<!DOCTYPE f [<!ENTITY a "b">]><feed xmlns="{ATOM}"/>'.encode(),
        f'<feed xmlns="{ATOM}">&a;</feed>'.encode(),
        feed("a").decode().encode("utf-16"),
        f'<feed xmlns="{ATOM}">'.encode() + b"<a>" * 1000 + b"</a>" * 1000 + b"</feed>",
        feed("a")[:-3],
        b"\xff\xfe<feed/>",
    ],
    ids=range(10),
)
def test_what_is_no_feed_says_so(content: bytes) -> None:
    with pytest.raises(MalformedListingError):
        groups_in(content)


def test_entries_of_another_namespace_are_none() -> None:
    other = f'<feed xmlns="{ATOM}"><entry xmlns="urn:x"><title>a</title></entry></feed>'

    assert groups_in(other.encode()) == (0, ())


def test_the_service_is_asked_on_443_and_a_named_port_there() -> None:
    text = Secret(f"Endpoint=sb://ns.servicebus.windows.net/;{KEY}")
    access = access_of(EventHubSettings(connection_string=text))
    wanted = "https://ns.servicebus.windows.net/hub/consumergroups?api-version=2014-01"

    assert url_of(access) == f"{wanted}&$skip=0&$top=100"
    assert url_of(replace(access, port=9000, hub="a/b c")).startswith(
        "https://ns.servicebus.windows.net:9000/a/b%20c/consumergroups?"
    )


async def test_all_pages_are_asked_for_with_the_hubs_credential() -> None:
    names = [f"g{n}" for n in range(130)]

    def answer(asked: Asked) -> Reply:
        skip = int(asked.query["$skip"])
        return Reply(200, feed(*names[skip : skip + int(asked.query["$top"])]))

    async with canned(answer) as server:
        assert await listed_groups(access_to(server.port), time.time()) == tuple(names)

    assert [asked.query["$skip"] for asked in server.asked] == ["0", "100"]
    assert {a.headers["authorization"].partition(" ")[0] for a in server.asked} == {
        "SharedAccessSignature"
    }


async def test_the_same_page_again_and_again_ends() -> None:
    async with canned(Reply(200, feed(*(f"g{n}" for n in range(100))))) as server:
        assert len(await listed_groups(access_to(server.port), time.time())) == 100

    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(401, b"<Error/>"),
        Reply(302, headers={"Location": "http://127.0.0.1:1/"}),
        Reply(200, b"<html>sign in</html>"),
        Reply(200, b"a" * (1 << 20) + b"b"),
        Reply(200, feed("a"), {"Content-Encoding": "gzip"}),
    ],
    ids=range(5),
)
async def test_a_refusal_and_nonsense_are_one_kind_of_error(reply: Reply) -> None:
    async with canned(reply) as server:
        with pytest.raises(NoGroupsError):
            await listed_groups(access_to(server.port), time.time())


async def test_where_nobody_answers_there_are_none() -> None:
    async with canned(Reply()) as server:
        port = server.port

    with pytest.raises(NoGroupsError, match="ConnectError"):
        await listed_groups(access_to(port), time.time())


async def test_a_file_of_roots_that_cannot_be_read_is_no_fault(tmp_path: Path) -> None:
    text = Secret(f"Endpoint=sb://ns.servicebus.windows.net/;{KEY}")
    access = access_of(EventHubSettings(connection_string=text))
    network = Network(ca_file=(str(tmp_path / "none"),))

    with pytest.raises(NoGroupsError, match="ProblemError"):
        await listed_groups(replace(access, network=network), time.time())


async def test_the_sandbox_lists_its_groups_over_tls_to_whoever_may_manage() -> None:
    namespace = Namespace(keys=[AccessKey("reader", "c2VjcmV0", frozenset({"Listen", "Send"}))])
    namespace.create_hub("hub", 1, [f"g{n:03}" for n in range(150)])
    namespace.create_hub("other", 1)

    async with EventHubsEndpoint(namespace, tls=True, only_websockets=True) as endpoint:

        def access(key: str, hub: str = "hub") -> HubAccess:
            text = Secret(endpoint.connection_string(hub, key))
            return access_of(
                EventHubSettings(connection_string=text, ca_file=(str(endpoint.ca_file),))
            )

        manager = access("RootManageSharedAccessKey")
        found = await listed_groups(manager, time.time())

        assert found == ("$Default", *(f"g{n:03}" for n in range(150)))

        for refused, status in (
            (access("reader"), 401),
            (replace(manager, hub="gone"), 404),
        ):
            with pytest.raises(NoGroupsError) as caught:
                await listed_groups(refused, time.time())

            assert caught.value.status == status

        elsewhere = access("RootManageSharedAccessKey", "other")
        assert await listed_groups(elsewhere, time.time()) == ("$Default",)
