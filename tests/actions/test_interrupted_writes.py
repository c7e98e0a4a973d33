"""Who interrupts writes to the store is told, and the audit log too, which of them were done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

import pytest
from typing_extensions import override

from ehtui.actions import checkpoint_writes, store_writer
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan, ToEarliest
from ehtui.domain.actions.events import OwnershipReleased, told
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.actions.release_plan import ReleasePlan
from ehtui.views.actions import leaving
from ehtui.views.actions.release import EVENT
from ehtui.views.outcomes import outcome_sentence
from ehtui.views.phrasing import Phrasing
from tests.actions.checkpoint_stage import Stage
from tests.actions.recording import Bench
from tests.actions.test_releasing import Store
from tests.sources.blob_account import FakeBlobAccount
from tests.views import world


class Slow(FakeBlobAccount):
    """Its second write waits for `gate`; `begun` says that it does."""

    gate: asyncio.Event
    begun: asyncio.Event
    writes = 0

    @override
    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        self.writes += 1

        if self.writes == 2:
            self.begun.set()
            await self.gate.wait()

        return await super().set_metadata(container, name, metadata, if_match=if_match)


def slow(account: FakeBlobAccount) -> Slow:
    account.__class__ = Slow
    assert isinstance(account, Slow)
    account.gate, account.begun = asyncio.Event(), asyncio.Event()

    return account


async def interrupted(
    bench: Bench, plan: ReleasePlan | CheckpointPlan, account: Slow, *, answers: bool
) -> Outcome:
    """Cancelled at the second write, which the store answers afterwards, or never does."""
    task = asyncio.create_task(bench.executor.run(plan))
    await account.begun.wait()
    task.cancel()

    if answers:
        await asyncio.sleep(0)
        account.gate.set()

    with pytest.raises(asyncio.CancelledError) as caught:
        await task

    return bench.executor.interrupted(plan, caught.value)


async def test_an_interrupted_release_tells_what_it_released(tmp_path: Path) -> None:
    store, bench = Store(), Bench(tmp_path)
    bench.executor.store = store.writer
    store.items["2"] = store.put("2")
    plan = store.plan("0", "1", "2")
    ended = await interrupted(bench, plan, slow(store.account), answers=True)

    assert ended.state is OutcomeState.STOPPED
    assert outcome_sentence(ended) == "Released P0 and P1 of $Default. P2 not tried."
    assert bench.audited()[-1]["steps"] == {"P0": "released", "P1": "released", "P2": "not_tried"}
    assert store.metadata("1") == {"ownerid": ""}
    events = [found for _, _, found in told(ended)]
    assert [getattr(found, "state", None) for found in events] == ["done", "done", "stopped"]
    assert isinstance(events[2], OwnershipReleased)
    assert EVENT.sentence(events[2], Phrasing(world.snapshot())).endswith(
        ": not released, interrupted before"
    )
    assert plan.is_promise
    assert leaving([plan]).steps == ("Releasing P0, P1 and P2 of $Default is in progress.",)


async def test_a_write_that_nobody_answers_is_not_waited_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_writer, "LET_FINISH_S", 0.01)
    store, bench = Store(), Bench(tmp_path)
    bench.executor.store = store.writer
    ended = await interrupted(bench, store.plan("0", "1"), slow(store.account), answers=False)

    assert outcome_sentence(ended) == (
        "Released P0 of $Default. P1 not released (interrupted: whether it was written is not "
        "known)."
    )


@pytest.mark.parametrize("answers", [True, False])
async def test_an_interrupted_move_of_checkpoints_tells_what_it_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, answers: bool
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(store_writer, "LET_FINISH_S", 3.0 if answers else 0.01)
    monkeypatch.setattr(checkpoint_writes, "AT_ONCE", 1)
    stage, bench = Stage(tmp_path), Bench(tmp_path)

    for partition in "012":
        stage.checkpoint(partition, 150)

    plan = await stage.plan(ToEarliest())
    bench.executor.store = stage.writer
    ended = await interrupted(bench, plan, slow(stage.account), answers=answers)
    second = "written" if answers else "failed"

    assert ended.state is OutcomeState.STOPPED
    assert bench.audited()[-1]["steps"] == {"P0": "written", "P1": second, "P2": "not_tried"}
    assert ended.backup is not None
    assert f"To undo: ehtui checkpoint undo {ended.backup}" in outcome_sentence(ended)


async def test_who_interrupts_before_the_first_write_is_told_that_nothing_was_written(
    tmp_path: Path,
) -> None:
    store, bench = Store(), Bench(tmp_path)
    begun = asyncio.Event()

    class Hangs(FakeBlobAccount):
        @override
        async def list_page(self, *args: object, **options: object) -> None:  # type: ignore[override]
            begun.set()
            await asyncio.Event().wait()

    bench.executor.store = store.writer
    plan = store.plan("0")
    store.account.__class__ = Hangs
    task = asyncio.create_task(bench.executor.run(plan))
    await begun.wait()
    task.cancel()

    with pytest.raises(asyncio.CancelledError) as caught:
        await task

    ended = bench.executor.interrupted(plan, caught.value)
    assert outcome_sentence(ended) == "Nothing released. P0 not tried."
