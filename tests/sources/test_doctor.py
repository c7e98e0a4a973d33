"""Each broken set-up is found, by the check that it breaks, with a next step."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from msgspec.structs import replace

from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings, EventHubSettings, Settings
from ehtui.domain.diagnosis import Check, Verdict, is_healthy
from ehtui.domain.world.new_group import create_group_command
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.eventhubs import EventHubsEndpoint
from ehtui.sandbox.eventhubs.events import Incoming
from ehtui.sandbox.eventhubs.namespace import Namespace
from ehtui.sources.doctor import Doctor
from ehtui.views.doctor import QUESTIONS, document, lines_of, summary
from ehtui.wire.storage import address_of
from ehtui.wire.storage_client import HttpBlobAccount
from tests.wire.canned_http import Reply, canned, storage_error

KEY = "c2VjcmV0LWtleS1vZi10aGUtYWNjb3VudA=="
EMPTY = b"<EnumerationResults><Blobs /><NextMarker /></EnumerationResults>"


@dataclass
class World:
    """A hub and a store that work."""

    hub: EventHubsEndpoint
    blobs: BlobEndpoint

    def settings(
        self,
        *,
        hub: str | None = None,
        name: str = "hub",
        group: str = "$Default",
        peek: str | None = "peek",
        store: str | None = None,
        container: str = "checkpoints",
    ) -> Settings:
        event_hub = EventHubSettings(
            connection_string=Secret(hub or self.hub.connection_string()),
            name=name,
            consumer_group=group,
            peek_group=peek,
        )
        stored = CheckpointStoreSettings(
            connection_string=Secret(store or self.blobs.connection_string),
            containers=(container,),
        )
        return Settings(eventhub=event_hub, checkpoint_store=stored)


@asynccontextmanager
async def world(*, tls: bool = False) -> AsyncIterator[World]:
    namespace = Namespace()
    namespace.create_hub("hub", partitions=2, groups=["peek"])
    hub = EventHubsEndpoint(namespace, tls=tls)
    blobs = BlobEndpoint()
    blobs.create_container("checkpoints")
    await hub.start()
    await blobs.start()

    try:
        yield World(hub, blobs)
    finally:
        await hub.stop()
        await blobs.stop()


async def examined(settings: Settings, doctor: Doctor | None = None) -> list[Check]:
    checks = [check async for check in (doctor or Doctor(settings, connect_s=1.0)).checks()]

    for check in checks:
        assert check.id in QUESTIONS
        assert KEY not in check.found + check.advice
        assert "SharedAccessKey=" not in check.found + check.advice
        assert check.verdict is not Verdict.FAILED or check.advice
        assert lines_of(check, 80)

    return checks


def failed(checks: list[Check]) -> list[str]:
    return [check.id for check in checks if check.verdict is Verdict.FAILED]


def found(checks: list[Check], id_: str) -> Check:
    return next(check for check in checks if check.id == id_)


async def test_a_set_up_that_works_is_healthy_and_every_answer_is_there() -> None:
    async with world() as whole:
        checks = await examined(whole.settings())

    assert is_healthy(checks)
    assert {check.id for check in checks} == QUESTIONS.keys() - {
        "configuration",
        "hub.tls",  # the sandbox speaks plain AMQP here
        "store.containers",  # one is named
        "store.read",  # it is empty
    }
    assert "2 partitions" in found(checks, "hub.exists").found
    assert summary(checks).startswith("Everything")
    assert document(checks)["healthy"] is True


async def test_a_certificate_that_nobody_trusts_and_one_that_is() -> None:
    async with world(tls=True) as whole:
        settings = whole.settings()
        assert whole.hub.ca_file is not None
        roots = ssl.create_default_context(cafile=str(whole.hub.ca_file))
        assert failed(await examined(settings)) == ["hub.tls"]
        trusting = Doctor(settings, roots=lambda: roots, connect_s=2.0)
        assert failed(await examined(settings, trusting)) == []


async def test_no_configuration() -> None:
    assert failed(await examined(Settings())) == ["hub.configuration"]


async def test_a_name_that_does_not_resolve() -> None:
    text = f"Endpoint=sb://nobody.invalid/;SharedAccessKeyName=k;SharedAccessKey={KEY}"

    async with world() as whole:
        checks = await examined(whole.settings(hub=text))

    assert failed(checks) == ["hub.name"]
    assert "DNS" in found(checks, "hub.name").advice


async def test_a_port_that_is_closed_says_whether_443_is_open() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening
        port = taken.getsockname()[1]
        text = (
            f"Endpoint=sb://127.0.0.1:{port};SharedAccessKeyName=k;SharedAccessKey={KEY};"
            "UseDevelopmentEmulator=true"
        )

        async with world() as whole:
            checks = await examined(whole.settings(hub=text))

    assert failed(checks) == ["hub.port"]
    assert "443" in found(checks, "hub.port").advice
    assert found(checks, "store.list").verdict is Verdict.OK  # the store is looked at all the same


async def test_tls_where_there_is_none() -> None:
    async with world() as whole:
        text = whole.hub.connection_string().replace(";UseDevelopmentEmulator=true", "")
        assert failed(await examined(whole.settings(hub=text))) == ["hub.tls"]


async def test_a_key_that_is_wrong() -> None:
    async with world() as whole:
        right = whole.hub.connection_string()
        key = right.partition("SharedAccessKey=")[2].partition(";")[0]
        checks = await examined(whole.settings(hub=right.replace(key, KEY)))

    assert failed(checks) == ["hub.credential"]
    assert found(checks, "hub.exists").verdict is Verdict.SKIPPED


async def test_a_hub_that_is_not_there() -> None:
    async with world() as whole:
        checks = await examined(whole.settings(name="other"))

    assert failed(checks) == ["hub.exists"]
    assert found(checks, "hub.credential").verdict is Verdict.OK


@pytest.mark.parametrize("which", ["group", "peek"])
async def test_a_group_that_is_not_there(which: str) -> None:
    async with world() as whole:
        group, peek = ("gone", "peek") if which == "group" else ("$Default", "gone")
        checks = await examined(whole.settings(group=group, peek=peek))

    id_ = "hub.group" if which == "group" else "hub.peek_group"
    assert failed(checks) == [id_]
    assert "'gone'" in found(checks, id_).advice


async def test_in_azure_the_advice_is_the_command_that_creates_the_group() -> None:
    namespace = "hgzero.servicebus.windows.net"

    async with world(tls=True) as whole:
        assert whole.hub.ca_file is not None
        roots = ssl.create_default_context(cafile=str(whole.hub.ca_file))
        settings = whole.settings(group="gone", peek=None)
        text = whole.hub.connection_string("hub").replace(f"127.0.0.1:{whole.hub.port}", namespace)
        hub = replace(
            settings.eventhub,
            connection_string=Secret(text),
            endpoint=f"sb://127.0.0.1:{whole.hub.port}",
        )
        settings = replace(settings, eventhub=hub)
        checks = await examined(settings, Doctor(settings, roots=lambda: roots, connect_s=2.0))

    asked = create_group_command(namespace, "hub", "gone")
    assert found(checks, "hub.group").advice == asked
    peek = create_group_command(namespace, "hub", "ehtui-peek")
    assert found(checks, "hub.peek_group").advice == peek


async def test_no_peek_group_is_a_note() -> None:
    async with world() as whole:
        checks = await examined(whole.settings(peek=None))

    assert found(checks, "hub.peek_group").verdict is Verdict.NOTE
    assert is_healthy(checks)


async def test_a_container_that_is_not_there() -> None:
    async with world() as whole:
        checks = await examined(whole.settings(container="nowhere"))

    assert failed(checks) == ["store.list"]


async def test_a_store_whose_key_is_wrong() -> None:
    async with world() as whole:
        key = whole.blobs.connection_string.partition("AccountKey=")[2].partition(";")[0]
        checks = await examined(
            whole.settings(store=whole.blobs.connection_string.replace(key, KEY))
        )

    assert failed(checks) == ["store.list"]
    assert "AccountKey" in found(checks, "store.list").found


async def test_a_store_that_is_not_there() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]

        async with world() as whole:
            text = whole.blobs.connection_string.replace(f":{whole.blobs.port}/", f":{port}/")
            checks = await examined(whole.settings(store=text))

    assert failed(checks) == ["store.list"]


async def test_a_role_that_is_missing_is_named() -> None:
    async with canned(storage_error(403, "AuthorizationPermissionMismatch")) as served:
        text = f"AccountName=a;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{served.port}/a"

        async with world() as whole:
            checks = await examined(whole.settings(store=text))

    assert "Storage Blob Data Reader" in found(checks, "store.list").advice


@pytest.mark.parametrize(
    ("ahead_s", "verdict"), [(30.0, Verdict.NOTE), (7_200.0, Verdict.FAILED), (0.0, Verdict.OK)]
)
async def test_a_clock_that_is_off(ahead_s: float, verdict: Verdict) -> None:
    now = 1_795_343_763.0

    async with canned(Reply(200, EMPTY), date=now + ahead_s) as served:
        text = f"AccountName=a;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:{served.port}/a"

        async with world() as whole:
            settings = whole.settings(store=text)
            checks = await examined(settings, Doctor(settings, clock=lambda: now))

    assert found(checks, "clock").verdict is verdict


async def test_records_under_another_name_are_offered_as_an_alias() -> None:
    async with world() as whole:
        settings = whole.settings()
        account = HttpBlobAccount(address_of(settings.checkpoint_store))
        name = "other.servicebus.windows.net/hub/$default/checkpoint/0"
        await account.upload("checkpoints", name, b"", {"sequencenumber": "1", "offset": "1"})
        checks = await examined(settings)
        name = f"127.0.0.1:{whole.hub.port}/hub/$default/checkpoint/0"
        await account.upload("checkpoints", name, b"", {"sequencenumber": "1", "offset": "1"})
        after = await examined(settings)
        await account.close()

    assert found(checks, "store.records").verdict is Verdict.NOTE
    assert "other.servicebus.windows.net" in found(checks, "store.records").advice
    assert found(after, "store.records").verdict is Verdict.OK
    assert found(after, "store.read").verdict is Verdict.OK


async def test_the_group_is_tried_without_taking_anything() -> None:
    async with world() as whole:
        log = whole.hub.namespace.hub("hub").partitions[0]
        log.append([Incoming(b"\x00\x53\x75\xa0\x01x")], time.time())
        assert is_healthy(await examined(whole.settings()))
        assert whole.hub.statistics().events_out == 0
