"""A store over HTTPS behind a proxy, with roots of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sources.store import StoreSource
from tests.wire.certificates import self_signed
from tests.wire.proxying import ConnectProxy


@asynccontextmanager
async def stored(folder: Path) -> AsyncIterator[tuple[BlobEndpoint, str]]:
    certificate, context = self_signed(folder)
    blobs = BlobEndpoint(ssl_context=context)
    blobs.create_container("checkpoints")
    await blobs.start()

    try:
        yield blobs, str(certificate)
    finally:
        await blobs.stop()


def source_of(blobs: BlobEndpoint, roots: str, proxy: str) -> StoreSource:
    settings = CheckpointStoreSettings(
        Secret(blobs.connection_string),
        containers=("checkpoints",),
        proxy=Secret(proxy),
        ca_file=(roots,),
    )
    return StoreSource(settings, namespace="127.0.0.1", hub="hub")


async def test_a_store_is_read_through_a_proxy_that_wants_a_password(tmp_path: Path) -> None:
    async with (
        stored(tmp_path) as (blobs, roots),
        ConnectProxy(wants_password=True).serving() as proxy,
    ):
        source = source_of(blobs, roots, proxy.url)
        await source.read()
        await source.close()

        assert proxy.asked
        assert set(proxy.asked) == {f"127.0.0.1:{blobs.port}"}


async def test_a_proxy_that_refuses_is_told_without_its_password(tmp_path: Path) -> None:
    async with (
        stored(tmp_path) as (blobs, roots),
        ConnectProxy(wants_password=True).serving() as proxy,
    ):
        source = source_of(blobs, roots, f"http://ops:hunter2@127.0.0.1:{proxy.port}")

        with pytest.raises(ProblemError) as caught:
            await source.read()

        await source.close()

    told = caught.value.problem
    assert told.kind is ProblemKind.UNREACHABLE
    assert "407" in told.summary
    assert "hunter2" not in f"{told}"


async def test_a_proxy_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with stored(tmp_path) as (blobs, roots):
        async with ConnectProxy().serving() as proxy:
            gone = proxy.url

        source = source_of(blobs, roots, gone)

        with pytest.raises(ProblemError, match=f"the proxy 127.0.0.1:{proxy.port}"):
            await source.read()

        await source.close()


async def test_roots_that_are_none_are_told(tmp_path: Path) -> None:
    async with stored(tmp_path) as (blobs, _), ConnectProxy().serving() as proxy:
        source = source_of(blobs, "/nowhere/roots.pem", proxy.url)

        with pytest.raises(ProblemError, match=r"/nowhere/roots\.pem"):
            await source.read()

        await source.close()
