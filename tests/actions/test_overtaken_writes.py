"""Writes that are done and written over at once were done; what else a service refuses is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest
from typing_extensions import override

from ehtui.actions.checkpoint_backups import read_backup
from ehtui.domain.actions.checkpoint_plan import ChangeState, Standing, ToEarliest
from ehtui.domain.actions.outcomes import OutcomeState
from ehtui.domain.actions.release_plan import ReleaseState
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.sources.store_writer import OvertakenError
from ehtui.views.outcomes import outcome_sentence
from tests.actions.checkpoint_stage import Stage
from tests.actions.test_releasing import OWNER, Store, name_of
from tests.sources.blob_account import FakeBlobAccount
from tests.sources.test_store_writer import NAME, write, writer_on


class Overtaken(FakeBlobAccount):
    """Somebody writes between every write and its being read back."""

    taken: ClassVar[Mapping[str, str] | None] = {"sequencenumber": "151", "offset": "1510"}

    @override
    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        etag = await super().set_metadata(container, name, metadata, if_match=if_match)

        if self.taken is None:
            del self.containers[container][name]
        else:
            self.put(container, name, dict(self.taken))

        return etag


class Claimed(Overtaken):
    taken: ClassVar = {"ownerid": "survivor"}


class TakenBack(Overtaken):
    taken: ClassVar = {"ownerid": OWNER}


class Deleted(Overtaken):
    taken = None


class Immutable(FakeBlobAccount):
    """A policy keeps its blobs as they are."""

    @override
    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        raise ProblemError(Problem(ProblemKind.CONFLICT, "BlobImmutableDueToPolicy"))

    @override
    async def delete(self, container: str, name: str, *, if_match: str) -> None:
        raise ProblemError(Problem(ProblemKind.CONFLICT, "SnapshotsPresent"))


async def test_a_write_that_is_written_over_at_once_was_done() -> None:
    account = Overtaken()
    item = account.put("c", NAME, {"sequencenumber": "3"})

    with pytest.raises(OvertakenError) as caught:
        await writer_on(account).write(write(item.etag))

    found = caught.value.found
    assert found is not None
    assert found.metadata("sequencenumber") == "151"
    assert caught.value.etag not in {None, item.etag, found.item.etag}


async def test_a_checkpoint_that_a_live_owner_writes_over_at_once_was_written(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path)
    stage.checkpoint("0", 150)
    plan = await stage.plan(ToEarliest(), partitions=("0",))
    stage.account.__class__ = Overtaken
    outcome = await stage.apply(plan)
    [result] = outcome.changes

    assert (result.state, result.found) == (ChangeState.OVERWRITTEN, Standing(151, "1510"))
    assert read_backup(outcome.backup or "").written == 1
    assert "P0: written, and overwritten by its live owner" in outcome_sentence(outcome)


@pytest.mark.parametrize(
    ("account", "told"),
    [
        (Claimed, "and taken at once"),
        (TakenBack, "and its owner took it back at once"),
        (Deleted, "and its record was deleted at once"),
    ],
)
async def test_an_ownership_that_is_taken_at_once_was_released(
    account: type[FakeBlobAccount], told: str
) -> None:
    store = Store()
    plan = store.plan("0")
    store.account.__class__ = account
    outcome = await store.run(plan)

    assert outcome.state is OutcomeState.DONE
    assert [each.state for each in outcome.releases] == [ReleaseState.RELEASED]
    assert outcome_sentence(outcome) == f"Released P0 of $Default. P0 released, {told}."


async def test_what_a_policy_refuses_is_no_change_of_the_blob(tmp_path: Path) -> None:
    stage, store = Stage(tmp_path), Store()
    stage.checkpoint("0", 150)
    plan = await stage.plan(ToEarliest(), partitions=("0",))
    stage.account.__class__ = store.account.__class__ = Immutable
    [result] = (await stage.apply(plan)).changes
    assert (result.state, result.detail) == (ChangeState.FAILED, "BlobImmutableDueToPolicy")

    outcome = await store.run(store.plan("0"))
    assert (outcome.state, outcome.error) == (OutcomeState.FAILED, "0: BlobImmutableDueToPolicy")

    with pytest.raises(ProblemError, match="SnapshotsPresent"):
        await store.writer.remove("c", name_of("0"), store.items["0"].etag)
