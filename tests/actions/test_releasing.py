"""Ownerships are given up on their ETag, in their own format, and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from typing_extensions import override

from ehtui.actions import releasing
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.actions.events import told
from ehtui.domain.actions.outcomes import Outcome, OutcomeState, RefusalReason
from ehtui.domain.actions.release_plan import HeldPartition, ReleasePlan, ReleaseState
from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.problems import ProblemKind
from ehtui.domain.world.store import Layout
from ehtui.sources.store import StoreSource
from ehtui.sources.store_writer import RecordWriter
from ehtui.views.outcomes import outcome_sentence
from ehtui.wire.storage import BlobItem
from tests.actions.recording import Bench
from tests.sources.blob_account import FakeBlobAccount

NAMESPACE, OWNER = "ns.servicebus.windows.net", "7c6b12aa-0000"
SOON = TakeoverWindow(1.0, 2.0, "released")


def name_of(partition: str, role: str = "ownership") -> str:
    return f"{NAMESPACE}/hub/$default/{role}/{partition}"


class Store:
    """A container with two ownerships."""

    def __init__(self) -> None:
        self.account = FakeBlobAccount()
        self.items = {each: self.put(each) for each in ("0", "1")}
        self.account.put("c", name_of("0", "checkpoint"), {"sequencenumber": "7", "offset": "70"})

    def put(self, partition: str, owner: str = OWNER, key: str = "ownerid") -> BlobItem:
        return self.account.put("c", name_of(partition), {key: owner})

    @property
    def writer(self) -> RecordWriter:
        settings = CheckpointStoreSettings(containers=("c",))
        source = StoreSource(settings, namespace=NAMESPACE, hub="hub", account=self.account)

        return RecordWriter(source)

    def metadata(self, partition: str) -> Any:
        return self.account.containers["c"][name_of(partition)][0].metadata

    def plan(self, *partitions: str) -> ReleasePlan:
        held = tuple(
            HeldPartition(
                each,
                OWNER,
                name_of(each),
                self.items[each].etag,
                Layout.MODERN,
                False,
                1.0,
                36.0,
                SOON,
                None,
            )
            for each in partitions
        )

        return ReleasePlan("$Default", NAMESPACE, "hub", held, ("b",), 1.0)

    async def run(self, plan: ReleasePlan) -> Outcome:
        return await releasing.run(plan, self.writer, lambda: 5.0)


async def test_an_empty_owner_is_written_and_nothing_is_deleted() -> None:
    store = Store()
    blobs = set(store.account.containers["c"])
    outcome = await store.run(store.plan("0", "1"))

    assert outcome.state is OutcomeState.DONE
    assert [each.state for each in outcome.releases] == [ReleaseState.RELEASED] * 2
    assert store.metadata("0") == store.metadata("1") == {"ownerid": ""}
    assert set(store.account.containers["c"]) == blobs
    assert outcome_sentence(outcome) == "Released P0 and P1 of $Default."


async def test_one_that_was_renewed_since_is_left_alone_and_the_other_is_released() -> None:
    store = Store()
    plan = store.plan("0", "1")
    store.put("0")  # its owner renews
    outcome = await store.run(plan)

    assert outcome.state is OutcomeState.REFUSED
    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.CHANGED
    assert outcome.details == (("0", "changed"), ("1", "released"))
    assert store.metadata("0") == {"ownerid": OWNER}
    assert store.metadata("1") == {"ownerid": ""}
    assert "P0 left alone: its record was written since the plan" in outcome_sentence(outcome)


class Racing(FakeBlobAccount):
    """Somebody writes between the last look and the write."""

    @override
    async def set_metadata(
        self, container: str, name: str, metadata: Mapping[str, str], *, if_match: str | None = None
    ) -> str:
        self.put("c", name_of("0"), {"ownerid": "somebody-else"})

        return await super().set_metadata(container, name, metadata, if_match=if_match)


async def test_a_race_at_the_last_moment_is_lost_and_told() -> None:
    store = Store()
    plan = store.plan("0")
    racing = Racing(containers=store.account.containers)
    racing._version = 99
    store.account = racing
    outcome = await store.run(plan)

    assert outcome.details == (("0", "changed"),)
    assert store.metadata("0") == {"ownerid": "somebody-else"}


async def test_one_that_is_gone_is_left_alone() -> None:
    store = Store()
    plan = store.plan("0")
    del store.account.containers["c"][name_of("0")]

    assert (await store.run(plan)).details == (("0", "changed"),)


async def test_an_old_spelling_of_the_key_is_kept() -> None:
    store = Store()
    store.items["0"] = store.put("0", key="OwnerId")
    await store.run(store.plan("0"))

    assert store.metadata("0") == {"OwnerId": ""}


async def test_a_blob_whose_lease_is_held_is_not_written() -> None:
    store = Store()
    store.items["0"] = store.account.put("c", name_of("0"), {"ownerid": OWNER}, lease="leased")
    outcome = await store.run(store.plan("0"))

    assert outcome.details == (("0", "held"),)
    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.BLOB_LEASED
    assert store.metadata("0") == {"ownerid": OWNER}


async def test_a_store_that_cannot_be_read_is_a_failure() -> None:
    store = Store()
    store.account.failures["c"] = ProblemKind.UNREACHABLE
    outcome = await store.run(store.plan("0"))

    assert outcome.state is OutcomeState.FAILED
    assert outcome.releases == ()


async def test_a_dry_run_writes_nothing_and_finds_what_changed() -> None:
    store = Store()
    plan = store.plan("0", "1")
    tried = await releasing.try_out(plan, store.writer, 5.0)

    assert (tried.state, tried.refusal) == (OutcomeState.DRY_RUN, None)
    assert store.metadata("0") == {"ownerid": OWNER}
    store.put("1")
    tried = await releasing.try_out(plan, store.writer, 5.0)
    assert tried.refusal is not None
    assert tried.refusal.reason is RefusalReason.CHANGED
    assert (await releasing.try_out(plan, None, 5.0)).refusal is not None


async def test_it_is_audited_and_told_by_partition(tmp_path: Path) -> None:
    store, bench = Store(), Bench(tmp_path)
    bench.executor.store = store.writer
    plan = store.plan("0", "1")
    store.put("0")
    outcome = await bench.executor.run(plan)
    line = bench.audited()[-1]

    assert line["details"] == [["0", "changed"], ["1", "released"]]
    assert json.dumps(line).count(OWNER) == 1
    events = list(told(outcome))
    assert [subject.partition for _, subject, _ in events] == ["0", "1"]
    assert [getattr(found, "state", None) for _, _, found in events] == ["refused", "done"]


async def test_without_a_store_it_is_refused(tmp_path: Path) -> None:
    outcome = await Bench(tmp_path).executor.run(replace(Store().plan("0")))

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.NO_STORE
