"""Errors say what happened: who answered, with what, and how long it asks to be left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings, EventHubSettings
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.wire import problems
from ehtui.wire.credentials import access_of
from ehtui.wire.storage import BlobAccount, address_of
from ehtui.wire.storage_client import HttpBlobAccount
from ehtui.wire.storage_errors import retry_after_s

HUB = access_of(
    EventHubSettings(
        connection_string=Secret(
            "Endpoint=sb://hgzero.servicebus.windows.net/;SharedAccessKeyName=r;SharedAccessKey=a;"
            "EntityPath=hub"
        )
    )
)
NOW = 1_795_348_981.0
DATE = "Sun, 22 Nov 2026 12:03:01 GMT"


@pytest.mark.parametrize("code", [500, 502, 599, 418, 0])
def test_a_status_of_its_own_is_no_lost_connection(code: int) -> None:
    problem = problems.from_status(HUB, code, "Something went wrong. TrackingId:abc")

    assert "answered with an error" in problem.summary
    assert str(code) in problem.summary
    assert "Something went wrong" in problem.summary
    assert "ended the connection" not in problem.summary
    assert "TrackingId" not in problem.summary


@pytest.mark.parametrize("condition", ["amqp:internal-error", "com.microsoft:operation-cancelled"])
def test_an_error_of_its_own_is_no_lost_connection(condition: str) -> None:
    problem = problems.from_condition(HUB, condition, "The service was unable to do it.")

    assert "answered with an error" in problem.summary
    assert condition in problem.summary


def test_what_ends_a_connection_says_so() -> None:
    assert "ended the connection" in problems.from_condition(HUB, "amqp:connection:forced").summary
    assert problems.hung_up(HUB).summary.endswith("closed the connection.")


@pytest.mark.parametrize(
    ("text", "wait_s"),
    [
        ("Error code : 50002. Please wait 4 seconds and try again.", 4.0),
        ("Please wait 10 seconds and try again. TrackingId:x", 10.0),
        ("Busy.", None),
        ("Please wait 99999999999999999999 seconds", None),
    ],
)
def test_a_busy_hub_is_left_alone_as_long_as_it_asks(text: str, wait_s: float | None) -> None:
    problem = problems.from_condition(HUB, "com.microsoft:server-busy", text)

    assert (problem.kind, problem.retry_after_s) == (ProblemKind.THROTTLED, wait_s)


@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("30", 30.0),
        (" 7 ", 7.0),
        ("Sun, 22 Nov 2026 12:03:21 GMT", 20.0),
        ("Sun, 22 Nov 2026 12:02:01 GMT", 0.0),
        *((odd, None) for odd in (None, "", "soon", "-5", "1e9", "9" * 50, "12.5", "²")),
    ],
)
def test_retry_after_is_a_number_or_a_date(header: str | None, wait_s: float | None) -> None:
    assert retry_after_s(header, NOW) == wait_s


LATER = "Sun, 22 Nov 2026 12:03:21 GMT"
HEAD = "HTTP/1.1 200 OK\r\n"
XML = '<?xml version="1.0"?><EnumerationResults></EnumerationResults>'


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (
            f"{HEAD}Content-Length: 500\r\n\r\n{XML}",
            "malformed",
            "without sending complete message body",
        ),
        (f"{HEAD}Content-Length: 5\r\n\r\n{XML}", "malformed", "cannot be read"),
        (f"{HEAD}Content-Length: abc\r\n\r\n{XML}", "malformed", "Content-Length"),
        (f"{HEAD}Content-Length: -5\r\n\r\n{XML}", "malformed", "Content-Length"),
        (
            f"{HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n{XML}",
            "malformed",
            "illegal chunk header",
        ),
        ("SSH-2.0-OpenSSH_9.6\r\n", "unreachable", "closed the connection before"),
        ("SSH-2.0-OpenSSH_9.6\r\n\r\n", "malformed", "it is broken HTTP (illegal status line"),
        ("", "unreachable", "closed the connection before it had answered"),
        ("HTTP/1.1 200", "unreachable", "closed the connection before it had answered"),
        ("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n", "unreachable", "answered with an error"),
        (
            "HTTP/1.1 503 No\r\nRetry-After: 30\r\nContent-Length: 0\r\n\r\n",
            "throttled",
            "It asks to wait 30 s.",
        ),
        (
            f"HTTP/1.1 429 No\r\nDate: {DATE}\r\nRetry-After: {LATER}\r\nContent-Length: 0\r\n\r\n",
            "throttled",
            "It asks to wait 20 s.",
        ),
    ],
)
async def test_a_store_that_answers_badly_is_no_store_that_does_not_answer(
    said: str, kind: str, words: str
) -> None:
    async with answering(said.encode()) as account:
        problem = await problem_of(account)

    assert problem.kind == kind
    assert words in problem.summary
    assert "No connection" not in problem.summary
    assert problem.summary == safe(problem.summary)
    assert "sig=" not in problem.summary
    assert (problem.retry_after_s or 0) > 0 if kind == "throttled" else True


async def problem_of(account: BlobAccount) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await account.list_page("checkpoints")

    return caught.value.problem


@asynccontextmanager
async def answering(said: bytes) -> AsyncIterator[BlobAccount]:
    """A store that says the same to every request and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(said)
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    endpoint = f"BlobEndpoint=http://127.0.0.1:{server.sockets[0].getsockname()[1]}/acc"
    text = f"DefaultEndpointsProtocol=http;AccountName=acc;AccountKey=a2V5;{endpoint}"
    account = HttpBlobAccount(address_of(CheckpointStoreSettings(connection_string=Secret(text))))

    try:
        yield account
    finally:
        await account.close()
        server.close()
        await server.wait_closed()
