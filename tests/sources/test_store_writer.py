"""Single records are written on a condition and read back; races, leases, lost replies differ."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from typing_extensions import override

from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sources.layouts.base import StoredBlob, Write
from ehtui.sources.layouts.modern import new_checkpoint
from ehtui.sources.store import StoreSource
from ehtui.sources.store_writer import ChangedError, HeldError, RecordWriter
from tests.sources.blob_account import FakeBlobAccount

NAME = "ns.servicebus.windows.net/hub/$default/checkpoint/0"
SETTINGS = CheckpointStoreSettings(containers=("c",))


def writer_on(account: FakeBlobAccount) -> RecordWriter:
    account.containers.setdefault("c", {})
    source = StoreSource(
        SETTINGS, namespace="ns.servicebus.windows.net", hub="hub", account=account
    )

    return RecordWriter(source)


def write(etag: str | None, sequence: str = "7") -> Write:
    body = b"" if etag is None else None
    return Write("c", NAME, {"sequencenumber": sequence, "offset": "700"}, body, etag)


async def test_a_blob_is_written_on_its_etag_and_read_back() -> None:
    account = FakeBlobAccount()
    item = account.put("c", NAME, {"sequencenumber": "3", "offset": "300"})
    stored = await writer_on(account).write(write(item.etag))

    assert stored.metadata("sequencenumber") == "7"
    assert stored.item.etag != item.etag


async def test_a_changed_etag_writes_nothing_and_tells_what_stands_there() -> None:
    account = FakeBlobAccount()
    seen = account.put("c", NAME, {"sequencenumber": "3"})
    account.put("c", NAME, {"sequencenumber": "4"})

    with pytest.raises(ChangedError) as caught:
        await writer_on(account).write(write(seen.etag))

    assert caught.value.found is not None
    assert caught.value.found.metadata("sequencenumber") == "4"


async def test_a_first_checkpoint_does_not_write_over_one_that_came_meanwhile() -> None:
    account = FakeBlobAccount()
    account.put("c", NAME, {"sequencenumber": "4"})

    with pytest.raises(ChangedError):
        await writer_on(account).write(new_checkpoint("c", NAME, 7, "700"))


async def test_a_blob_that_is_gone_is_a_change() -> None:
    with pytest.raises(ChangedError, match="it is gone"):
        await writer_on(FakeBlobAccount()).write(write("0x1"))


async def test_a_held_lease_is_not_taken_for_a_change() -> None:
    account = FakeBlobAccount()
    item = account.put("c", NAME, {}, lease="leased")

    with pytest.raises(HeldError):
        await writer_on(account).write(write(item.etag))


class LosesReplies(FakeBlobAccount):
    """Its first write is done and not answered; the client tries again, and is refused."""

    @override
    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        await super().set_metadata(container, name, metadata, if_match=if_match)
        raise ProblemError(Problem(ProblemKind.CONFLICT, "ConditionNotMet"))


async def test_a_write_whose_reply_was_lost_is_no_conflict_with_itself() -> None:
    account = LosesReplies()
    item = account.put("c", NAME, {"sequencenumber": "3"})
    stored = await writer_on(account).write(write(item.etag))

    assert stored.metadata("sequencenumber") == "7"


async def test_whoever_may_only_read_is_told_which_role_writes() -> None:
    account = FakeBlobAccount()
    item = account.put("c", NAME)

    class MayOnlyRead(FakeBlobAccount):
        @override
        async def set_metadata(
            self,
            container: str,
            name: str,
            metadata: Mapping[str, str],
            *,
            if_match: str | None = None,
        ) -> str:
            raise ProblemError(
                Problem(ProblemKind.FORBIDDEN, "No permission to list or read in container 'c'.")
            )

    with pytest.raises(ProblemError) as caught:
        await writer_on(MayOnlyRead(containers=account.containers)).write(write(item.etag))

    assert caught.value.problem.summary == "No permission to write in container 'c'."
    assert "Storage Blob Data Contributor" in caught.value.problem.advice


async def test_deleting_has_the_same_conditions() -> None:
    account = FakeBlobAccount()
    seen = account.put("c", NAME)
    now = account.put("c", NAME)
    writer = writer_on(account)

    with pytest.raises(ChangedError):
        await writer.remove("c", NAME, seen.etag)

    await writer.remove("c", NAME, now.etag)
    assert await writer.read("c", NAME) is None


async def test_on_the_blob_endpoint() -> None:
    blobs = BlobEndpoint()
    blobs.create_container("checkpoints")
    await blobs.start()
    settings = CheckpointStoreSettings(Secret(blobs.connection_string), containers=("checkpoints",))
    writer = RecordWriter(StoreSource(settings, namespace="ns.servicebus.windows.net", hub="hub"))

    try:
        made = await writer.write(new_checkpoint("checkpoints", NAME, -1, "-1"))
        longer = await writer.write(new_checkpoint("checkpoints", f"{NAME}0", 4, "400"))
        again = await writer.write(_set(made, "9"))
        assert [c.sequence for c in (await writer.listing()).checkpoints] == [9, 4]

        with pytest.raises(ChangedError):
            await writer.write(_set(made, "10"))

        with pytest.raises(ChangedError):
            await writer.remove("checkpoints", NAME, made.item.etag)

        await writer.remove("checkpoints", NAME, again.item.etag)
        assert await writer.read("checkpoints", NAME) is None
        assert await writer.read("checkpoints", longer.item.name) == longer
    finally:
        await writer.close()
        await blobs.stop()


def _set(blob: StoredBlob, sequence: str) -> Write:
    values = {"sequencenumber": sequence, "offset": "900"}
    return Write(blob.container, blob.item.name, values, None, blob.item.etag)
