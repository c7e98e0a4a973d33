"""A dry run meets what the writes would; who watches does so by the clock, and tells how long."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from ehtui.actions import checkpoint_writes
from ehtui.actions.trial import try_out
from ehtui.domain.actions.checkpoint_plan import ToEarliest, Undo
from ehtui.domain.actions.outcomes import Outcome, RefusalReason
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.sources.layouts.base import StoredBlob
from tests.actions.checkpoint_stage import Stage, picture
from tests.actions.recording import RecordingHands
from tests.views.world import NOW, A


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    stage = Stage(tmp_path)

    for partition in "012":
        stage.checkpoint(partition, 150)

    return stage


async def tried(stage: Stage, plan: object) -> Outcome:
    return await try_out(plan, NOW, RecordingHands(), stage.writer)  # type: ignore[arg-type]


async def test_a_dry_run_sees_a_lease_that_was_taken_since(tmp_path: Path) -> None:
    stage = Stage(tmp_path, layout="eph-python")
    lease = {"partition_id": "0", "owner": None, "token": None, "epoch": 7, "offset": "1500"}
    body = json.dumps({**lease, "sequence_number": 150}).encode()
    stage.account.put("checkpoints", "0", {}, body)
    plan = await stage.plan(ToEarliest(), partitions=("0",))
    item, _ = stage.account.containers["checkpoints"]["0"]
    stage.account.containers["checkpoints"]["0"] = (item._replace(lease_state="leased"), body)
    refusal = (await tried(stage, plan)).refusal

    assert refusal is not None
    assert (refusal.reason, refusal.subject) == (RefusalReason.BLOB_LEASED, "P0")


async def test_a_dry_run_tries_where_the_backup_goes(stage: Stage, tmp_path: Path) -> None:
    plan = await stage.plan(ToEarliest())
    assert (await tried(stage, plan)).refusal is None
    assert not (tmp_path / "state").exists()

    (tmp_path / "state").write_text("in the way")
    refusal = (await tried(stage, plan)).refusal
    assert refusal is not None
    assert refusal.reason is RefusalReason.NOT_BACKED_UP
    assert refusal.detail == f"{tmp_path / 'state'} is not a folder"


async def test_a_dry_run_of_an_undo_reads_the_backup(stage: Stage) -> None:
    done = await stage.apply(await stage.plan(ToEarliest()))
    undo = await stage.plan(Undo(done.backup or ""))
    assert (await tried(stage, undo)).refusal is None

    gone(done.backup)
    refusal = (await tried(stage, undo)).refusal
    assert refusal is not None
    assert refusal.reason is RefusalReason.NO_BACKUP


def gone(path: str | None) -> None:
    assert path is not None
    Path(path).unlink()


async def test_a_dry_run_of_a_store_that_fails_tells_so(stage: Stage) -> None:
    plan = await stage.plan(ToEarliest())
    stage.account.failures["checkpoints"] = ProblemKind.UNREACHABLE

    assert (await tried(stage, plan)).error == "made to fail: unreachable"


class Watching:
    """A writer whose reads each take a while of the loop's clock, once it was written."""

    def __init__(self, stage: Stage) -> None:
        self._writer = stage.writer
        self.at_once = self.most_at_once = self.reads = 0
        self.fails = False
        self.listing, self.write, self.remove = (
            self._writer.listing,
            self._writer.write,
            self._writer.remove,
        )

    async def close(self) -> None:
        await self._writer.close()

    async def read(self, container: str, name: str) -> StoredBlob | None:
        self.reads += 1

        if self.fails and self.reads > 3:
            raise ProblemError(Problem(ProblemKind.UNREACHABLE, "No connection."))

        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.02)
        self.at_once -= 1

        return await self._writer.read(container, name)


async def watched(stage: Stage, writer: Watching, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    monkeypatch.setattr(checkpoint_writes, "LOOK_EVERY_S", 0.001)
    stage.snapshot = picture(owned={"0": A})
    plan = await stage.plan(ToEarliest(), is_forced=True, recheck_s=0.01)
    hand = checkpoint_writes.CheckpointHand(writer, lambda: NOW, stage.folder)

    return await hand.carry_out(plan)


async def test_the_time_that_reading_takes_counts(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look takes longer than all of the watch: there is one, of all blobs at once."""
    writer = Watching(stage)
    outcome = await watched(stage, writer, monkeypatch)

    assert (writer.reads, writer.most_at_once) == (6, 3)
    assert outcome.watched_s is not None
    assert outcome.watched_s >= 0.001


async def test_what_could_not_be_watched_has_no_time(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = Watching(stage)
    writer.fails = True

    assert (await watched(stage, writer, monkeypatch)).watched_s is None
