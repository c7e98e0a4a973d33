"""Entra ID: a bearer token over TLS, asked for once, and what is said when there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.credentials_async import AsyncTokenCredential
from azure.core.exceptions import ClientAuthenticationError
from typing_extensions import override

from ehtui.config.secret import Secret
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.wire.storage import parse_account_url
from ehtui.wire.storage_client import HttpBlobAccount
from tests.wire.canned_http import Reply, canned, storage_error
from tests.wire.certificates import self_signed

EMPTY = b"<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>"


class FixedCredential(AsyncTokenCredential):
    def __init__(self, failure: str | None = None) -> None:
        self.failure = failure
        self.asked: list[tuple[str, ...]] = []
        self.closed = False

    @override
    async def get_token(self, *scopes: str, **kwargs: Any) -> AccessToken:
        self.asked.append(scopes)

        if self.failure:
            raise ClientAuthenticationError(self.failure)

        return AccessToken("ey.token", 4_000_000_000)

    @override
    async def close(self) -> None:
        self.closed = True

    @override
    async def __aexit__(self, *exc: object) -> None:
        await self.close()


async def test_a_token_goes_with_every_request_and_is_asked_for_once(tmp_path: Path) -> None:
    certificate, context = self_signed(tmp_path)
    credential = FixedCredential()

    async with canned(Reply(200, EMPTY), tls=context) as server:
        address = parse_account_url(Secret(f"https://127.0.0.1:{server.port}/acc"))
        account = HttpBlobAccount(address, credential=credential, ca_file=str(certificate))
        await account.list_page("checkpoints")
        await account.list_page("checkpoints")
        await account.close()

    assert [a.headers["authorization"] for a in server.asked] == ["Bearer ey.token"] * 2
    assert "sig" not in server.asked[0].query
    assert credential.asked == [("https://storage.azure.com/.default",)]
    assert not credential.closed  # it is not ours


async def test_a_role_that_is_missing_is_named(tmp_path: Path) -> None:
    certificate, context = self_signed(tmp_path)

    async with canned(storage_error(403, "AuthorizationPermissionMismatch"), tls=context) as server:
        address = parse_account_url(Secret(f"https://127.0.0.1:{server.port}/acc"))
        account = HttpBlobAccount(address, credential=FixedCredential(), ca_file=str(certificate))

        with pytest.raises(ProblemError) as caught:
            await account.list_page("checkpoints")

        await account.close()

    assert caught.value.problem.kind is ProblemKind.FORBIDDEN
    assert "Storage Blob Data Reader" in caught.value.problem.advice


async def test_no_token_is_one_line_and_says_how_to_sign_in() -> None:
    credential = FixedCredential("no credential\nEnvironmentCredential: …\nAzureCli: …")
    account = HttpBlobAccount(
        parse_account_url(Secret("https://acc.blob.invalid")), credential=credential
    )

    with pytest.raises(ProblemError) as caught:
        await account.list_page("checkpoints")

    await account.close()
    problem = caught.value.problem
    assert problem.kind is ProblemKind.UNAUTHORISED
    assert problem.summary.endswith("no credential")
    assert "az login" in problem.advice


async def test_a_token_is_never_sent_in_the_clear() -> None:
    async with canned(Reply(200, EMPTY)) as server:
        address = parse_account_url(Secret(f"http://127.0.0.1:{server.port}/acc"))
        account = HttpBlobAccount(address, credential=FixedCredential())

        with pytest.raises(ProblemError) as caught:
            await account.list_page("checkpoints")

        await account.close()

    assert caught.value.problem.kind is ProblemKind.TLS
    assert "https" in caught.value.problem.summary
    assert server.asked == []
