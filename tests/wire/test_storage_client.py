"""What goes over the wire to a storage account, and what none of it tells."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from email.utils import parsedate_to_datetime

import pytest
from msgspec.structs import replace

from ehtui.config.networks import Proxy
from ehtui.config.secret import Secret
from ehtui.domain.problems import Problem, ProblemError
from ehtui.domain.text import safe
from ehtui.wire.storage import StorageAddress, parse_account_url, parse_connection_string
from ehtui.wire.storage_client import API_VERSION, HttpBlobAccount
from tests.waiting import wait_for
from tests.wire.canned_http import Asked, CannedServer, Reply, canned, hang_up, storage_error

KEY = "c2VjcmV0LWtleS1vZi10aGUtYWNjb3VudA=="
EMPTY = b"<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>"
ONE = (
    b"<EnumerationResults><Blobs><Blob><Name>n</Name><Properties><Etag>e</Etag>"
    b"<Last-Modified>Sun, 22 Nov 2026 10:36:03 GMT</Last-Modified></Properties></Blob></Blobs>"
    b"<NextMarker>more</NextMarker></EnumerationResults>"
)
NOW = 1_795_343_763.0


def with_key(port: int) -> StorageAddress:
    return parse_connection_string(
        Secret(f"AccountName=acc;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{port}/acc")
    )


def with_sas(port: int, sas: str = "sv=2021&sp=rl&sig=TOPSECRET%2B%3D") -> StorageAddress:
    return parse_account_url(Secret(f"http://127.0.0.1:{port}/acc?{sas}"))


@asynccontextmanager
async def connected(
    server: CannedServer,
    address: Callable[[int], StorageAddress] = with_key,
    clock: Callable[[], float] = lambda: NOW,
) -> AsyncIterator[HttpBlobAccount]:
    account = HttpBlobAccount(address(server.port), clock=clock)

    try:
        yield account
    finally:
        await account.close()


@asynccontextmanager
async def plain_server(says: bytes | None) -> AsyncIterator[int]:
    """Says the same to whatever it hears, or (None) nothing at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_now.append(None)
        await reader.read(1)

        if says is None:
            await reader.read()
        else:
            writer.write(says)

        await hang_up(writer)
        open_now.pop()

    open_now: list[None] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)

    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        await wait_for(lambda: not open_now)


async def problem_of(account: HttpBlobAccount, container: str = "checkpoints") -> Problem:
    with pytest.raises(ProblemError) as caught:
        await account.list_page(container)

    problem = caught.value.problem
    said = problem.summary + problem.advice
    assert said == safe(said)
    assert problem.advice
    assert caught.value.__suppress_context__ or caught.value.__context__ is None

    for secret in (KEY, "TOPSECRET", "LEAK", "ey.token"):
        assert secret not in said

    return problem


async def test_a_page_is_one_signed_request() -> None:
    async with canned(Reply(200, ONE), date=NOW + 5) as server, connected(server) as account:
        page = await account.list_page("checkpoints", prefix="ns/hub/", marker="m")
        [asked] = server.asked

    assert page.marker == "more"
    assert [b.name for b in page.blobs] == ["n"]
    assert (page.server_time, page.read_at) == (NOW + 5, NOW)
    assert asked.url.path == "/acc/checkpoints"
    wanted = {"restype": "container", "comp": "list", "include": "metadata", "maxresults": "5000"}
    wanted |= {"prefix": "ns/hub/", "marker": "m"}
    assert asked.query == wanted
    assert asked.headers["x-ms-version"] == API_VERSION
    assert asked.headers["authorization"].startswith("SharedKey acc:")


async def test_one_connection_serves_all_requests() -> None:
    async with canned(Reply(200, EMPTY)) as server, connected(server) as account:
        for _ in range(5):
            await account.list_page("checkpoints")

        assert (len(server.asked), server.connections) == (5, 1)


async def test_a_proxy_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")  # settings alone say which

    async with canned(Reply(200, EMPTY)) as proxy:
        address = parse_account_url(Secret("http://acc.blob.invalid/?sig=x"))
        account = HttpBlobAccount(replace(address, proxy=Proxy("127.0.0.1", proxy.port)))
        await account.list_page("checkpoints")
        await account.close()

    assert [asked.url.hostname for asked in proxy.asked] == ["acc.blob.invalid"]


async def test_a_wrong_local_clock_is_corrected_by_the_servers() -> None:
    ahead = NOW + 86_400.0

    def answer(asked: Asked) -> Reply:
        dated = parsedate_to_datetime(asked.headers["x-ms-date"]).timestamp()

        return Reply(200, EMPTY) if dated == ahead else storage_error(403, "AuthenticationFailed")

    async with canned(answer, date=ahead) as server, connected(server) as account:
        await account.list_page("checkpoints")
        await account.list_page("checkpoints")

        assert len(server.asked) == 3


async def test_a_sas_goes_as_it_was_given() -> None:
    async with canned(Reply(200, EMPTY)) as server, connected(server, with_sas) as account:
        await account.list_page("checkpoints")

    [asked] = server.asked
    assert asked.query["sig"] == "TOPSECRET+="
    assert asked.url.query.endswith("sv=2021&sp=rl&sig=TOPSECRET%2B%3D")


async def test_containers_are_listed_over_all_pages() -> None:
    def answer(asked: Asked) -> Reply:
        name, marker = ("b", "") if asked.query.get("marker") else ("a", "next")
        inside = f"<Containers><Container><Name>{name}</Name></Container></Containers>"

        return Reply(
            200,
            f"<EnumerationResults>{inside}<NextMarker>{marker}</NextMarker></EnumerationResults>".encode(),
        )

    async with canned(answer) as server, connected(server) as account:
        assert await account.list_containers() == ["a", "b"]

    assert [asked.query.get("marker") for asked in server.asked] == [None, "next"]


async def test_a_body_with_its_etag_and_a_blob_that_has_gone() -> None:
    def answer(asked: Asked) -> Reply:
        if asked.url.path.endswith("/gone"):
            return storage_error(404, "BlobNotFound")

        return Reply(200, b"{}", {"ETag": '"0x8D"'})

    async with canned(answer) as server, connected(server) as account:
        body = await account.get_blob("c", "$Default/a b?/0")
        assert body is not None
        assert (body.content, body.etag) == (b"{}", "0x8D")
        assert await account.get_blob("c", "gone") is None

    assert server.asked[0].url.path == "/acc/c/%24Default/a%20b%3F/0"


async def test_writes_are_conditional() -> None:
    async with canned(Reply(201, b"", {"ETag": '"2"'})) as server, connected(server) as account:
        assert await account.set_metadata("c", "n", {"ownerid": ""}, if_match="1") == "2"
        await account.upload("c", "n", b"body", {"a": "b"}, if_absent=True)
        await account.upload("c", "n", b"", {})

    metadata, absent, any_state = server.asked
    assert (metadata.query["comp"], metadata.headers["if-match"]) == ("metadata", '"1"')
    assert metadata.headers["x-ms-meta-ownerid"] == ""
    assert (absent.headers["if-none-match"], absent.body) == ("*", b"body")
    assert absent.headers["x-ms-blob-type"] == "BlockBlob"
    assert not {"if-match", "if-none-match"} & any_state.headers.keys()
    assert any_state.headers["content-length"] == "0"


async def test_no_secret_is_logged_or_shown(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    async with canned(storage_error(403, "AuthenticationFailed")) as server:
        for address in (with_key, with_sas):
            async with connected(server, address) as account:
                await problem_of(account)
                shown = [repr(account), repr(vars(account)), repr(address(1))]

            asked = server.asked[-1]
            signature = asked.query.get("sig") or asked.headers["authorization"].rpartition(":")[2]

            for text in (caplog.text, *shown):
                assert "TOPSECRET" not in text
                assert KEY not in text
                assert signature not in text
