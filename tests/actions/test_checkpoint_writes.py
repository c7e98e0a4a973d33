"""Checkpoints are written on what the plan saw, kept before, read back; a broken one is undone."""

from __future__ import annotations

import asyncio
import json
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.actions import checkpoint_writes, store_writer
from ehtui.actions.checkpoint_backups import list_backups, read_backup
from ehtui.domain.actions.checkpoint_plan import (
    ChangeState,
    LikeGroup,
    ShiftBy,
    Standing,
    ToEarliest,
    ToLatest,
    ToSequence,
    Undo,
    Unwritten,
    WriteKind,
)
from ehtui.domain.actions.checkpoints import judged_by, live_owners, refusal_of
from ehtui.domain.actions.outcomes import Outcome, OutcomeState, Refusal, RefusalReason
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from tests.actions.checkpoint_stage import FOLDER, GROUP, Stage, picture
from tests.sources.blob_account import FakeBlobAccount
from tests.views import world
from tests.views.world import A

START = ("99", "-1")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return prepared(Stage(tmp_path))


def prepared(stage: Stage) -> Stage:
    for partition in "012":
        stage.checkpoint(partition, 150)

    return stage


def states(outcome: Outcome) -> list[ChangeState]:
    return [result.state for result in outcome.changes]


async def test_all_are_written_and_read_back(stage: Stage) -> None:
    outcome = await stage.apply(await stage.plan(ToEarliest()))

    assert outcome.state is OutcomeState.DONE
    assert states(outcome) == [ChangeState.WRITTEN] * 3
    assert [result.found for result in outcome.changes] == [Standing(99, "-1")] * 3
    assert [stage.stands(p) for p in "012"] == [START] * 3


async def test_a_changed_etag_refuses_that_partition_alone(stage: Stage) -> None:
    plan = await stage.plan(ToEarliest())
    stage.checkpoint("1", 151)
    outcome = await stage.apply(plan)

    assert outcome.state is OutcomeState.REFUSED
    assert states(outcome) == [ChangeState.WRITTEN, ChangeState.CHANGED, ChangeState.WRITTEN]
    assert outcome.changes[1].found == Standing(151, "1510")
    assert stage.stands("1") == ("151", "1510")
    assert [b.partition for b in read_backup(outcome.backup or "").blobs] == ["0", "2"]


async def test_one_that_changes_after_the_backup_is_refused_by_the_store(stage: Stage) -> None:
    plan = await stage.plan(ToEarliest())

    class ChangesLate(FakeBlobAccount):
        @override
        async def set_metadata(
            self,
            container: str,
            name: str,
            metadata: Mapping[str, str],
            *,
            if_match: str | None = None,
        ) -> str:
            if name.endswith("/1"):
                self.put(container, name, {"offset": "1520", "sequencenumber": "152"})

            return await super().set_metadata(container, name, metadata, if_match=if_match)

    stage.account.__class__ = ChangesLate
    outcome = await stage.apply(plan)

    assert states(outcome) == [ChangeState.WRITTEN, ChangeState.CHANGED, ChangeState.WRITTEN]
    assert stage.stands("1") == ("152", "1520")


async def test_a_blob_that_came_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.owned("0")
    plan = await stage.plan(ToEarliest(), partitions=("0",))
    stage.checkpoint("0", 180)
    outcome = await stage.apply(plan)

    assert states(outcome) == [ChangeState.CHANGED]
    assert stage.stands("0") == ("180", "1800")


async def test_a_lease_that_was_taken_meanwhile_is_told(tmp_path: Path) -> None:
    stage = Stage(tmp_path, layout="eph-python")
    lease = {
        "partition_id": "0",
        "owner": None,
        "token": None,
        "epoch": 7,
        "offset": "1500",
        "sequence_number": 150,
    }
    item = stage.account.put("checkpoints", "0", {}, json.dumps(lease).encode())
    plan = await stage.plan(ToEarliest(), partitions=("0",))
    done = await stage.apply(plan)
    body = json.loads(stage.account.containers["checkpoints"]["0"][1])

    assert states(done) == [ChangeState.WRITTEN]
    assert body == {**lease, "offset": "-1", "sequence_number": 99}  # what else is in it stays

    plan = await stage.plan(Undo(done.backup or ""))
    held, content = stage.account.containers["checkpoints"]["0"]
    stage.account.containers["checkpoints"]["0"] = (held._replace(lease_state="leased"), content)
    assert states(await stage.apply(plan)) == [ChangeState.HELD]

    stage.account.containers["checkpoints"]["0"] = (held, content)
    assert states(await stage.apply(plan)) == [ChangeState.WRITTEN]
    assert json.loads(stage.account.containers["checkpoints"]["0"][1]) == lease
    assert item.etag != held.etag


async def test_a_group_with_live_owners_is_refused_by_name(stage: Stage) -> None:
    stage.snapshot = picture(owned={"0": A})
    plan = await stage.plan(ToEarliest())

    assert [(o.owner, o.partitions) for o in plan.owners] == [(A, ("0",))]
    outcome = await stage.apply(plan)
    assert outcome.refusal == Refusal(RefusalReason.GROUP_ACTIVE, GROUP, A[:8])
    assert [stage.stands(p) for p in "012"] == [("150", "1500")] * 3
    assert list_backups(stage.folder) == []


async def test_an_owner_that_came_after_the_plan_counts(stage: Stage) -> None:
    plan = await stage.plan(ToEarliest())
    assert refusal_of(plan) is None

    again = judged_by(plan, picture(owned={"1": A}))
    refused = refusal_of(again)
    assert refused is not None
    assert refused.reason is RefusalReason.GROUP_ACTIVE


def test_an_owner_of_this_host_is_told_with_its_process() -> None:
    local = world.consumer(4711, 1.0, A)
    [owner] = live_owners(picture(owned={"0": A, "2": A}, consumers=(local,)), "$DEFAULT")

    assert (owner.owner, owner.partitions) == (A, ("0", "2"))
    assert owner.process == local.process.id


async def test_forced_it_tells_whether_a_live_owner_wrote_over_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_writes, "LOOK_EVERY_S", 0.01)
    stage.snapshot = picture(owned={"0": A, "1": A})
    plan = await stage.plan(ToEarliest(), is_forced=True, recheck_s=0.05)

    async def goes_on() -> None:
        while stage.stands("0") != START:
            await asyncio.sleep(0)

        await asyncio.sleep(0.005)
        stage.checkpoint("0", 160)

    owner = asyncio.create_task(goes_on())
    outcome = await stage.apply(plan)
    await owner

    assert outcome.state is OutcomeState.REFUSED
    assert states(outcome) == [ChangeState.OVERWRITTEN, ChangeState.WRITTEN, ChangeState.WRITTEN]
    assert outcome.changes[0].found == Standing(160, "1600")


async def test_nothing_to_change_is_no_write(stage: Stage) -> None:
    outcome = await stage.apply(await stage.plan(ToSequence(150)))

    assert outcome.refusal == Refusal(RefusalReason.NOTHING_TO_CHANGE, GROUP)
    assert list_backups(stage.folder) == []


async def test_without_a_backup_nothing_is_written(stage: Stage) -> None:
    stage.folder = stage.folder / "file"
    stage.folder.write_text("in the way")
    outcome = await stage.apply(await stage.plan(ToEarliest()))

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.NOT_BACKED_UP
    assert stage.stands("0") == ("150", "1500")


async def test_a_backup_is_its_owners_alone_and_stands_before_the_first_write(
    stage: Stage,
) -> None:
    found: list[int] = []

    class Looks(FakeBlobAccount):
        @override
        async def set_metadata(
            self,
            container: str,
            name: str,
            metadata: Mapping[str, str],
            *,
            if_match: str | None = None,
        ) -> str:
            [backup] = list_backups(stage.folder)
            found.append(len(backup.blobs))
            return await super().set_metadata(container, name, metadata, if_match=if_match)

    plan = await stage.plan(ToEarliest())
    stage.account.__class__ = Looks
    outcome = await stage.apply(plan)
    assert found == [3, 3, 3]
    assert mode_of(outcome.backup or "") == 0o600
    assert read_backup(outcome.backup or "").written == 3


def mode_of(path: str) -> int:
    return stat.S_IMODE(Path(path).stat().st_mode)


def cut_off(path: str, whole: int) -> None:
    """Leave so many lines, and half of the next."""
    lines = Path(path).read_bytes().splitlines(keepends=True)
    Path(path).write_bytes(b"".join(lines[:whole]) + lines[whole][:20])


class BreaksDown(FakeBlobAccount):
    """Its second write gets no answer, and was done; nothing answers after that."""

    writes = 0

    @override
    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        self.writes += 1

        if self.writes > 2:
            raise ProblemError(Problem(ProblemKind.UNREACHABLE, "No connection."))

        etag = await super().set_metadata(container, name, metadata, if_match=if_match)

        if self.writes == 2:
            raise ProblemError(Problem(ProblemKind.UNREACHABLE, "It closed the connection."))

        return etag


async def test_what_a_fault_in_the_middle_left_is_undone(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_writes, "AT_ONCE", 1)
    plan = await stage.plan(ToEarliest())
    stage.account.__class__ = BreaksDown
    outcome = await stage.apply(plan)

    assert outcome.state is OutcomeState.FAILED
    assert states(outcome) == [ChangeState.WRITTEN, ChangeState.FAILED, ChangeState.NOT_TRIED]
    assert [stage.stands(p) for p in "012"] == [START, START, ("150", "1500")]

    stage.account.__class__ = FakeBlobAccount
    undo = await stage.plan(Undo(outcome.backup or ""))
    assert [c.unwritten for c in undo.changes] == [None, None, Unwritten.NOT_IN_BACKUP]

    assert states(await stage.apply(undo))[:2] == [ChangeState.WRITTEN] * 2
    assert [stage.stands(p) for p in "012"] == [("150", "1500")] * 3


async def test_an_apply_that_is_killed_leaves_a_backup_that_mends(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after kill -9: the last line of the file is a half one, no write is noted."""
    monkeypatch.setattr(checkpoint_writes, "AT_ONCE", 1)
    outcome = await stage.apply(await stage.plan(ToEarliest()))
    cut_off(outcome.backup or "", whole=4)

    undo = await stage.plan(Undo(outcome.backup or ""))
    assert [c.kind for c in undo.writes] == [WriteKind.RESTORE] * 3
    await stage.apply(undo)
    assert [stage.stands(p) for p in "012"] == [("150", "1500")] * 3


async def test_who_interrupts_is_told_where_the_backup_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_writer, "LET_FINISH_S", 0.01)
    plan = await stage.plan(ToEarliest())
    begun = asyncio.Event()

    class Hangs(FakeBlobAccount):
        @override
        async def set_metadata(
            self,
            container: str,
            name: str,
            metadata: Mapping[str, str],
            *,
            if_match: str | None = None,
        ) -> str:
            begun.set()
            await asyncio.Event().wait()
            return ""

    stage.account.__class__ = Hangs
    task = asyncio.create_task(stage.apply(plan))
    await begun.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError, match=r"To undo: ehtui checkpoint undo .+\.jsonl"):
        await task


async def test_who_stops_watching_is_told_what_was_written(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_writes, "LOOK_EVERY_S", 0.01)
    stage.snapshot = picture(owned={"0": A})
    plan = await stage.plan(ToEarliest(), is_forced=True, recheck_s=600.0)
    task = asyncio.create_task(stage.apply(plan))

    while any(stage.stands(p) != START for p in "012"):
        await asyncio.sleep(0)

    while not all(b.written == 3 for b in list_backups(stage.folder)):
        await asyncio.sleep(0)

    looks = stage.account.requests("list")

    while stage.account.requests("list") < looks + 4:  # it watches
        await asyncio.sleep(0)

    task.cancel()
    assert states(await task) == [ChangeState.WRITTEN] * 3


async def test_undo_leaves_what_was_written_since_unless_forced(stage: Stage) -> None:
    outcome = await stage.apply(await stage.plan(ToEarliest()))
    stage.checkpoint("1", 120)
    backup = outcome.backup or ""
    undo = await stage.plan(Undo(backup))

    assert [c.unwritten for c in undo.changes] == [None, Unwritten.CHANGED, None]
    await stage.apply(undo)
    assert stage.stands("1") == ("120", "1200")

    forced = await stage.plan(Undo(backup), is_forced=True)
    assert [c.unwritten for c in forced.changes] == [Unwritten.SAME, None, Unwritten.SAME]
    await stage.apply(forced)
    assert stage.stands("1") == ("150", "1500")


async def test_undo_deletes_what_was_created_and_can_itself_be_undone(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.owned("0")
    outcome = await stage.apply(await stage.plan(ToEarliest(), partitions=("0",)))
    assert stage.stands("0") == START

    undo = await stage.plan(Undo(outcome.backup or ""))
    assert [c.kind for c in undo.changes] == [WriteKind.REMOVE]
    undone = await stage.apply(undo)
    assert states(undone) == [ChangeState.REMOVED]
    assert stage.stands("0") is None

    redo = await stage.plan(Undo(undone.backup or ""))
    assert states(await stage.apply(redo)) == [ChangeState.WRITTEN]
    assert stage.stands("0") == START


async def test_a_created_one_that_moved_on_is_not_deleted(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.owned("0")
    outcome = await stage.apply(await stage.plan(ToEarliest(), partitions=("0",)))
    stage.checkpoint("0", 130)
    undo = await stage.plan(Undo(outcome.backup or ""))

    assert [c.unwritten for c in undo.changes] == [Unwritten.CHANGED]


async def test_a_backup_of_another_group_or_none_is_refused(stage: Stage) -> None:
    outcome = await stage.apply(await stage.plan(ToLatest()))
    other = await stage.asked(Undo(outcome.backup or ""), group="reports")
    assert isinstance(other, Refusal)
    assert (other.reason, other.detail) == (RefusalReason.NO_BACKUP, "it is of group $Default")

    stage.snapshot = picture(hub=replace(world.hub("0"), namespace="other.servicebus.windows.net"))
    elsewhere = await stage.asked(Undo(outcome.backup or ""))
    assert isinstance(elsewhere, Refusal)
    assert elsewhere.detail == f"it is of namespace {world.NAMESPACE}"

    missing = await stage.asked(Undo(str(stage.folder / "none.jsonl")))
    assert isinstance(missing, Refusal)
    assert missing.reason is RefusalReason.NO_BACKUP

    (stage.folder / "odd.jsonl").write_text("[1]\nx")
    odd = await stage.asked(Undo(str(stage.folder / "odd.jsonl")))
    assert isinstance(odd, Refusal)
    assert odd.detail == "it is not a backup of checkpoints"


async def test_a_copy_starts_one_group_where_another_stands(stage: Stage) -> None:
    plan = await stage.plan(LikeGroup("$Default"), group="reports")
    outcome = await stage.apply(plan)
    folder = FOLDER.replace("$default", "reports")

    assert states(outcome) == [ChangeState.WRITTEN] * 3
    assert [stage.stands(p, folder) for p in "012"] == [("150", "1500")] * 3


async def test_what_else_is_in_a_checkpoint_stays_but_for_who_wrote_it(stage: Stage) -> None:
    values = {"SequenceNumber": "150", "Offset": "1500", "clientidentifier": "me", "note": "keep"}
    stage.account.put("checkpoints", f"{FOLDER}/checkpoint/0", values)
    plan = await stage.plan(ShiftBy(-1), partitions=("0",))
    outcome = await stage.apply(plan)
    item, _ = stage.account.containers["checkpoints"][f"{FOLDER}/checkpoint/0"]
    assert item.metadata == {"SequenceNumber": "149", "Offset": "1490", "note": "keep"}

    await stage.apply(await stage.plan(Undo(outcome.backup or "")))
    item, _ = stage.account.containers["checkpoints"][f"{FOLDER}/checkpoint/0"]
    assert item.metadata == values


async def test_a_store_that_cannot_be_read_fails_that_partition(stage: Stage) -> None:
    plan = await stage.plan(ToEarliest())
    stage.account.failures["checkpoints"] = ProblemKind.UNREACHABLE
    outcome = await stage.apply(plan)

    assert outcome.state is OutcomeState.FAILED
    assert states(outcome) == [ChangeState.FAILED] * 3
    assert outcome.changes[0].detail == "made to fail: unreachable"


async def test_production_asks_for_the_hubs_name(stage: Stage) -> None:
    stage.snapshot = picture(policy=replace(stage.snapshot.policy, is_production=True))
    plan = await stage.plan(ToEarliest())

    assert plan.typed_name == world.HUB
