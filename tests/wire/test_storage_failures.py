"""What every kind of failure of a storage account is called."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ehtui.config.secret import Secret
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.wire import storage_client
from ehtui.wire.storage import parse_account_url
from ehtui.wire.storage_client import HttpBlobAccount
from tests.wire.canned_http import Asked, Reply, canned, storage_error
from tests.wire.certificates import self_signed
from tests.wire.test_storage_client import (
    EMPTY,
    NOW,
    connected,
    plain_server,
    problem_of,
    with_key,
    with_sas,
)

REFUSALS = [
    (storage_error(403, "AuthenticationFailed"), ProblemKind.UNAUTHORISED, "AccountKey"),
    (storage_error(401, "NoAuthenticationInformation"), ProblemKind.UNAUTHORISED, "AccountKey"),
    (
        storage_error(403, "AuthorizationPermissionMismatch"),
        ProblemKind.FORBIDDEN,
        "Storage Blob Data Reader",
    ),
    (storage_error(403, "AuthorizationFailure"), ProblemKind.FORBIDDEN, "network rules"),
    (storage_error(404, "ContainerNotFound"), ProblemKind.NOT_FOUND, "container 'checkpoints'"),
    (storage_error(409, "ContainerBeingDeleted"), ProblemKind.NOT_FOUND, "CHECKPOINT_CONTAINER"),
    (storage_error(400, "InvalidResourceName"), ProblemKind.MALFORMED, "not a container name"),
    (storage_error(412, "ConditionNotMet"), ProblemKind.CONFLICT, "changed"),
    (
        storage_error(503, "ServerBusy", **{"Retry-After": "17"}),
        ProblemKind.THROTTLED,
        "wait 17 s",
    ),
    (storage_error(429, ""), ProblemKind.THROTTLED, "busy (HTTP 429)"),
    (storage_error(500, "InternalError"), ProblemKind.UNREACHABLE, "InternalError"),
    (Reply(502, b"<html>bad gateway</html>"), ProblemKind.UNREACHABLE, "HTTP 502"),
    (storage_error(400, "InvalidHeaderValue"), ProblemKind.UNSUPPORTED, "--skipApiVersionCheck"),
    (Reply(404, b"nginx"), ProblemKind.NOT_FOUND, "HTTP 404"),
    (Reply(302, b"", {"Location": "http://x/"}), ProblemKind.MALFORMED, "HTTP 302"),
    (Reply(200, b"<html>Wi-Fi</html>"), ProblemKind.MALFORMED, "cannot be read"),
    (Reply(200, b""), ProblemKind.MALFORMED, "cannot be read"),
]


@pytest.mark.parametrize(("reply", "kind", "words"), REFUSALS, ids=lambda value: str(value)[:40])
async def test_refusals_are_one_sentence_and_a_next_step(
    reply: Reply, kind: ProblemKind, words: str
) -> None:
    async with canned(reply, date=NOW) as server, connected(server) as account:
        problem = await problem_of(account)

        assert problem.kind is kind
        assert words in f"{problem.summary} {problem.advice}"
        assert "'acc'" in problem.summary or "'checkpoints'" in problem.summary
        assert len(server.asked) == 1  # whether to ask again is the poller's business


async def test_an_expired_sas_says_when_it_ended() -> None:
    ended = datetime.fromtimestamp(NOW - 3600, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    async with canned(storage_error(403, "AuthenticationFailed"), date=NOW) as server:
        for sas, said in (
            (f"se={ended}&sig=TOPSECRET", ended),
            ("sig=TOPSECRET", "The SAS is not accepted"),
        ):
            async with connected(server, lambda port, sas=sas: with_sas(port, sas)) as account:  # type: ignore[misc]
                problem = await problem_of(account)

            assert problem.kind is ProblemKind.UNAUTHORISED
            assert said in problem.summary


async def test_who_may_not_list_containers_is_told_to_name_them() -> None:
    refusal = storage_error(403, "AuthorizationPermissionMismatch")

    async with canned(refusal) as server, connected(server) as account:
        with pytest.raises(ProblemError) as caught:
            await account.list_containers()

    assert caught.value.problem.kind is ProblemKind.FORBIDDEN
    assert "checkpoint_store.containers" in caught.value.problem.advice


async def test_a_closed_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: refused
        port = taken.getsockname()[1]
        account = HttpBlobAccount(with_key(port))
        problem = await problem_of(account)
        await account.close()

    assert problem.kind is ProblemKind.UNREACHABLE
    assert problem.summary == (
        f"No connection to storage account 'acc' at 127.0.0.1:{port}: Connection refused."
    )


async def test_a_host_that_does_not_resolve() -> None:
    account = HttpBlobAccount(
        parse_account_url(Secret("https://nobody.blob.invalid/?sig=TOPSECRET"))
    )
    problem = await problem_of(account)
    await account.close()

    assert problem.kind is ProblemKind.UNRESOLVED
    assert problem.summary == (
        "The host of storage account 'nobody' at nobody.blob.invalid does not resolve."
    )
    assert "AZURE_STORAGE_ACCOUNT_URL" in problem.advice


async def test_no_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_client, "READ_TIMEOUT_S", 0.05)

    async with plain_server(None) as port:
        account = HttpBlobAccount(with_key(port))
        problem = await problem_of(account)
        await account.close()

    assert problem.kind is ProblemKind.TIMEOUT


def dropping(times: int) -> Callable[[Asked], Reply]:
    """Hangs up on the first requests."""
    left = times

    def answer(asked: Asked) -> Reply:
        nonlocal left
        del asked
        left -= 1

        if left >= 0:
            raise ConnectionResetError

        return Reply(200, EMPTY)

    return answer


async def test_a_dropped_connection_is_tried_once_more() -> None:
    async with canned(dropping(1)) as server, connected(server) as account:
        assert (await account.list_page("checkpoints")).blobs == []
        assert len(server.asked) == 2


async def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    _, context = self_signed(tmp_path)

    async with canned(Reply(200, EMPTY), tls=context) as server:
        address = parse_account_url(Secret(f"https://127.0.0.1:{server.port}/acc?sig=TOPSECRET"))
        account = HttpBlobAccount(address)
        problem = await problem_of(account)
        await account.close()

    assert problem.kind is ProblemKind.TLS
    assert server.asked == []


async def test_tls_to_a_port_without_it() -> None:
    async with plain_server(b"HTTP/1.1 400 Bad Request\r\n\r\n") as port:
        address = parse_account_url(Secret(f"https://127.0.0.1:{port}/acc?sig=TOPSECRET"))
        account = HttpBlobAccount(address)
        problem = await problem_of(account)
        await account.close()

    assert problem.kind is ProblemKind.TLS


def test_the_context_of_these_tests_is_a_real_one(tmp_path: Path) -> None:
    certificate, context = self_signed(tmp_path)
    assert context.verify_mode is ssl.CERT_NONE
    assert b"BEGIN CERTIFICATE" in certificate.read_bytes()
