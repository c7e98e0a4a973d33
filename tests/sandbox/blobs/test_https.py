"""The endpoint over TLS, where the SDK sends bearer tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError, HttpResponseError, ServiceRequestError
from azure.storage.blob import generate_container_sas
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.eventhubs.tls import Certificate


class Credential:
    """Gives out one token, and remembers what for."""

    def __init__(self, token: str) -> None:
        self._token = token
        self.scopes: tuple[str, ...] = ()

    async def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes = scopes

        return AccessToken(self._token, int(datetime.now(UTC).timestamp()) + 3600)

    async def close(self) -> None: ...

    async def __aenter__(self) -> Credential:
        return self

    async def __aexit__(self, *_: object) -> None: ...


@pytest.fixture
def certificate() -> Iterator[Certificate]:
    certificate = Certificate("127.0.0.1")
    yield certificate
    certificate.remove()


@pytest.fixture
async def endpoint(certificate: Certificate) -> AsyncIterator[BlobEndpoint]:
    endpoint = BlobEndpoint(ssl_context=certificate.server_context())
    await endpoint.start()
    endpoint.create_container("checkpoints")
    yield endpoint
    await endpoint.stop()


def service(endpoint: BlobEndpoint, credential: Any, **kwargs: Any) -> BlobServiceClient:
    return BlobServiceClient(endpoint.account_url, credential=credential, retry_total=0, **kwargs)


async def test_the_sdk_signs_in_with_a_token(
    endpoint: BlobEndpoint, certificate: Certificate
) -> None:
    credential = Credential(endpoint.token("racwdl"))

    async with service(endpoint, credential, connection_verify=str(certificate.ca_file)) as client:
        blob = client.get_blob_client("checkpoints", "blob")
        await blob.upload_blob(b"")
        assert [c.name async for c in client.list_containers()] == ["checkpoints"]

    assert credential.scopes == ("https://storage.azure.com/.default",)


async def test_a_reader_s_token_does_not_write(
    endpoint: BlobEndpoint, certificate: Certificate
) -> None:
    credential = Credential(endpoint.token("rl"))

    async with service(endpoint, credential, connection_verify=str(certificate.ca_file)) as client:
        container = client.get_container_client("checkpoints")
        assert [b.name async for b in container.list_blobs()] == []

        with pytest.raises(HttpResponseError, match="AuthorizationPermissionMismatch"):
            await container.get_blob_client("blob").upload_blob(b"")


async def test_an_expired_token_is_refused(
    endpoint: BlobEndpoint, certificate: Certificate
) -> None:
    credential = Credential(endpoint.token(lifetime_s=-1))

    async with service(endpoint, credential, connection_verify=str(certificate.ca_file)) as client:
        with pytest.raises(ClientAuthenticationError, match="InvalidAuthenticationInfo"):
            await client.get_container_client("checkpoints").get_container_properties()


async def test_a_certificate_that_nobody_vouches_for_is_refused(endpoint: BlobEndpoint) -> None:
    async with service(endpoint, Credential(endpoint.token())) as client:
        with pytest.raises(ServiceRequestError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get_container_client("checkpoints").get_container_properties()


async def test_a_sas_for_https_alone_is_good_here(
    endpoint: BlobEndpoint, certificate: Certificate
) -> None:
    sas = generate_container_sas(
        "ehtui",
        "checkpoints",
        account_key=endpoint.key,
        permission="l",
        expiry=datetime.now(UTC) + timedelta(hours=1),
        protocol="https",
    )

    async with ContainerClient(
        endpoint.account_url,
        "checkpoints",
        credential=sas,
        connection_verify=str(certificate.ca_file),
    ) as container:
        assert [b.name async for b in container.list_blobs()] == []
