"""Where each strategy puts a checkpoint, which blobs have it, and why some are left as they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.actions.checkpoint_finding import rehearsed
from ehtui.domain.actions.checkpoint_plan import (
    ByDuration,
    FileEntry,
    FromFile,
    LikeGroup,
    Note,
    ShiftBy,
    Standing,
    Strategy,
    ToEarliest,
    ToLatest,
    ToSequence,
    ToTime,
    Unwritten,
    WriteKind,
)
from ehtui.domain.actions.checkpoints import CheckpointRequest, refusal_of
from ehtui.domain.actions.outcomes import OutcomeState, Refusal, RefusalReason
from ehtui.domain.problems import ProblemKind
from ehtui.domain.snapshot import PartitionState
from ehtui.domain.world.store import Layout
from tests.actions.checkpoint_stage import BEGIN, FOLDER, GROUP, LAST, Stage, enqueued_at, picture
from tests.views import world
from tests.views.world import HUB, NAMESPACE, NOW, A

START = Standing(BEGIN - 1, "-1")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)

    for partition in "012":
        stage.owned(partition)
        stage.checkpoint(partition, 150)

    return stage


@pytest.mark.parametrize(
    ("strategy", "after", "replayed", "skipped", "notes"),
    [
        (ToEarliest(), START, 51, 0, ()),
        (ToLatest(), Standing(LAST, "1990"), 0, 49, ()),
        (ToSequence(120), Standing(120, "1200"), 30, 0, ()),
        (ToSequence(5), START, 51, 0, (Note.CLAMPED_TO_BEGIN,)),
        (ToSequence(900), Standing(LAST, "1990"), 0, 49, (Note.CLAMPED_TO_END,)),
        (ToTime(enqueued_at(130)), Standing(129, "1290"), 21, 0, ()),
        (ToTime(enqueued_at(130) + 0.5), Standing(130, "1300"), 20, 0, ()),
        (ToTime(NOW + 60), Standing(LAST, "1990"), 0, 49, ()),
        (ToTime(0.0), START, 51, 0, (Note.CLAMPED_TO_BEGIN,)),
        (ByDuration(10.0), Standing(188, "1880"), 0, 38, ()),
        (ShiftBy(-7), Standing(143, "1430"), 7, 0, ()),
        (ShiftBy(7), Standing(157, "1570"), 0, 7, ()),
        (ShiftBy(-1_000), START, 51, 0, (Note.CLAMPED_TO_BEGIN,)),
    ],
)
async def test_each_strategy(
    stage: Stage,
    strategy: Strategy,
    after: Standing,
    replayed: int,
    skipped: int,
    notes: tuple[Note, ...],
) -> None:
    change = await stage.change(strategy)

    assert (change.before, change.after) == (Standing(150, "1500"), after)
    assert (change.replayed, change.skipped, change.notes) == (replayed, skipped, notes)
    assert (change.kind, change.unwritten) == (WriteKind.SET, None)
    assert change.next_sequence == (after.sequence or 0) + 1


async def test_only_what_has_to_be_read_is_read(stage: Stage) -> None:
    assert stage.lookup is not None
    await stage.plan(ToEarliest())
    await stage.plan(ToLatest())
    assert stage.lookup.asked == []

    await stage.plan(ToSequence(120), partitions=("1",))
    assert [partition for partition, _ in stage.lookup.asked] == ["1"]


async def test_without_a_peek_group_the_plan_says_which_ones_need_it(stage: Stage) -> None:
    stage.lookup = None
    stage.checkpoint("1", BEGIN + 2)
    plan = await stage.plan(ShiftBy(-5))

    assert [c.unwritten for c in plan.changes] == [
        Unwritten.NO_PEEK_GROUP,
        None,  # before the first retained event no offset has to be read
        Unwritten.NO_PEEK_GROUP,
    ]
    assert plan.changes[1].after == START


async def test_a_lookup_that_fails_is_that_partitions_trouble(stage: Stage) -> None:
    assert stage.lookup is not None
    stage.lookup.fault = ProblemKind.CONFLICT
    change = await stage.change(ToSequence(120))

    assert change.unwritten is Unwritten.LOOKUP_FAILED
    assert change.detail == "The peek group has epoch readers."


async def test_geo_replicated_hubs_have_no_position_in_their_properties(stage: Stage) -> None:
    stage.snapshot = picture(hub=replace(world.hub("0", "1", "2"), georeplication_factor=2))
    stage.lookup = None
    latest = await stage.change(ToLatest())
    earliest = await stage.change(ToEarliest())

    assert latest.unwritten is Unwritten.NO_PEEK_GROUP
    assert earliest.after == START

    entry = FileEntry("0", 120, "1200")
    assert (await stage.change(FromFile("p.csv", (entry,)))).unwritten is Unwritten.OLD_OFFSET


async def test_an_empty_partition_begins_where_it_ends(stage: Stage) -> None:
    empty = replace(world.sample("0", LAST, begin=LAST), is_empty=True)
    stage.snapshot = picture(partitions=(PartitionState("0", empty),))
    stage.lookup = None

    assert (await stage.change(ToLatest())).after == Standing(LAST, "-1")
    assert (await stage.change(ToEarliest())).after == Standing(LAST, "-1")
    assert (await stage.change(ToTime(NOW - 9))).after == Standing(LAST, "-1")


async def test_a_partition_that_was_not_sampled_or_is_not_there(stage: Stage) -> None:
    stage.snapshot = picture(partitions=())
    assert (await stage.change(ToEarliest())).unwritten is Unwritten.NOT_SAMPLED
    assert (await stage.change(ToEarliest(), "9")).unwritten is Unwritten.UNKNOWN_PARTITION


async def test_one_that_stands_there_already_is_left(stage: Stage) -> None:
    assert (await stage.change(ToSequence(150))).unwritten is Unwritten.SAME


async def test_without_a_checkpoint_one_is_created_beside_its_ownership(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.owned("0", folder=f"{NAMESPACE}/{HUB}/$Default")  # as Go spells it
    change = await stage.change(ToEarliest())

    assert (change.kind, change.etag, change.before) == (WriteKind.CREATE, None, None)
    assert change.name == f"{NAMESPACE}/{HUB}/$Default/checkpoint/0"
    assert (change.replayed, change.notes) == (None, (Note.NO_EFFECT_KNOWN,))

    other = await stage.change(ToEarliest(), "2")  # as the other records of the group
    assert other.name == f"{NAMESPACE}/{HUB}/$Default/checkpoint/2"

    shifted = await stage.change(ShiftBy(-1))
    assert shifted.unwritten is Unwritten.NO_CHECKPOINT


async def test_every_spelling_of_a_partition_is_written(stage: Stage) -> None:
    go = f"{NAMESPACE}/{HUB}/$Default"
    stage.checkpoint("0", 120, folder=go)
    plan = await stage.plan(ToEarliest(), partitions=("0",))

    assert [(c.name, c.before) for c in plan.changes] == [
        (f"{go}/checkpoint/0", Standing(120, "1200")),
        (f"{FOLDER}/checkpoint/0", Standing(150, "1500")),
    ]


async def test_after_an_upgrade_the_new_owner_gets_a_checkpoint_of_its_own(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    legacy = f"{NAMESPACE}/{HUB}/$Default/0"
    body = (
        b'{"PartitionId":"0","Owner":"","Token":"","Epoch":3,"Offset":"1500","SequenceNumber":150}'
    )
    stage.account.put("checkpoints", legacy, {}, body)
    stage.owned("0", "new")
    plan = await stage.plan(ToEarliest(), partitions=("0",))

    assert [(c.layout, c.kind) for c in plan.changes] == [
        (Layout.FUNCTIONS_LEGACY, WriteKind.SET),
        (Layout.MODERN, WriteKind.CREATE),
    ]


async def test_what_an_upgrade_of_dapr_left_behind_is_left(tmp_path: Path) -> None:
    stage = Stage(tmp_path, layout="dapr-legacy")
    lease = {"partitionID": "0", "checkpoint": {"offset": "1500", "sequenceNumber": 150}}
    stage.account.put("checkpoints", f"dapr-{HUB}-$Default-0", {}, json.dumps(lease).encode())
    alone = await stage.plan(ToEarliest(), partitions=("0",))
    assert [(c.layout, c.unwritten) for c in alone.changes] == [(Layout.DAPR_LEGACY, None)]

    stage.owned("0", folder=f"{NAMESPACE}/{HUB}/$Default")
    plan = await stage.plan(ToEarliest(), partitions=("0",))
    assert [(c.layout, c.unwritten) for c in plan.changes] == [
        (Layout.DAPR_LEGACY, Unwritten.SUPERSEDED),
        (Layout.MODERN, None),
    ]


async def test_what_cannot_be_read_is_written_over_where_that_mends_it(stage: Stage) -> None:
    stage.account.put("checkpoints", f"{FOLDER}/checkpoint/0", {"sequencenumber": "x"})
    change = await stage.change(ToEarliest())

    assert (change.unwritten, change.notes) == (None, (Note.UNREADABLE_BEFORE,))


async def test_a_held_lease_cannot_be_written(tmp_path: Path) -> None:
    stage = Stage(tmp_path, layout="eph-python")
    body = (
        b'{"partition_id": "0", "owner": "h", "token": "t", '
        b'"offset": "1500", "sequence_number": 150}'
    )
    stage.account.put("checkpoints", "0", {}, body, lease="leased")

    assert (await stage.change(ToEarliest())).unwritten is Unwritten.HELD


async def test_a_group_that_nobody_knows_is_refused(stage: Stage) -> None:
    refused = await stage.asked(ToEarliest(), group="reports")
    assert refused == Refusal(RefusalReason.UNKNOWN_GROUP, "reports")

    refused = await stage.asked(LikeGroup("reports"), group="new")
    assert refused == Refusal(RefusalReason.UNKNOWN_GROUP, "reports")


async def test_a_store_that_fails_is_refused_with_its_own_words(stage: Stage) -> None:
    stage.account.failures["checkpoints"] = ProblemKind.FORBIDDEN
    refused = await stage.asked(ToEarliest())

    assert isinstance(refused, Refusal)
    assert (refused.reason, refused.detail) == (RefusalReason.NO_STORE, "made to fail: forbidden")


async def test_a_copy_stands_where_the_other_group_stands(stage: Stage) -> None:
    stage.lookup = None
    plan = await stage.plan(LikeGroup("$Default"), group="Reports")

    assert [(c.name, c.after, c.kind) for c in plan.changes] == [
        (f"{NAMESPACE}/{HUB}/reports/checkpoint/{p}", Standing(150, "1500"), WriteKind.CREATE)
        for p in "012"
    ]


async def test_a_copy_leaves_what_the_other_group_never_checkpointed(stage: Stage) -> None:
    del stage.account.containers["checkpoints"][f"{FOLDER}/checkpoint/1"]
    plan = await stage.plan(LikeGroup("$Default"), group="reports")

    assert [c.unwritten for c in plan.changes] == [None, Unwritten.NO_CHECKPOINT, None]


async def test_a_file_names_the_blob_that_it_saw(stage: Stage) -> None:
    etag = stage.checkpoint("0", 160)
    name = f"{FOLDER}/checkpoint/0"
    seen = FileEntry("0", 120, "1200", "checkpoints", name, etag)
    stage.lookup = None

    change = await stage.change(FromFile("p.csv", (seen,)))
    assert (change.after, change.notes) == (Standing(120, "1200"), (Note.OFFSET_AS_GIVEN,))

    stage.checkpoint("0", 161)
    assert (await stage.change(FromFile("p.csv", (seen,)))).unwritten is Unwritten.CHANGED

    stage.checkpoint("0", 120)
    assert (await stage.change(FromFile("p.csv", (seen,)))).unwritten is Unwritten.SAME


async def test_a_file_of_another_place_is_told_to_be_one(stage: Stage) -> None:
    entry = FileEntry("0", 120, "1200", "checkpoints", "other/hub/$default/checkpoint/0", "0x1")
    change = await stage.change(FromFile("p.csv", (entry,)))

    assert change.unwritten is Unwritten.CHANGED
    assert change.detail == "there is no checkpoints/other/hub/$default/checkpoint/0 here"


async def test_a_file_by_hand_names_partitions_and_numbers(stage: Stage) -> None:
    plan = await stage.plan(FromFile("p.csv", (FileEntry("2", 120), FileEntry("0", LAST))))

    assert [(c.partition, c.after) for c in plan.changes] == [
        ("0", Standing(LAST, "1990")),
        ("2", Standing(120, "1200")),
    ]


async def test_a_checkpoint_beyond_the_sample_is_not_taken_for_its_end(stage: Stage) -> None:
    stage.checkpoint("0", 5000)

    shifted = await stage.change(ShiftBy(-10))
    assert shifted.after == Standing(LAST, "1990")
    assert (shifted.replayed, shifted.skipped) == (None, None)
    assert shifted.notes == (Note.CLAMPED_TO_END, Note.AHEAD_BEFORE)

    moved = await stage.change(ToSequence(150))
    assert (moved.replayed, moved.notes) == (None, (Note.AHEAD_BEFORE,))

    stage.owned("0", folder=f"{NAMESPACE}/{HUB}/other")
    copied = await stage.change(LikeGroup("$Default"), group="other")
    assert copied.after == Standing(LAST, "1990")
    assert Note.CLAMPED_TO_END in copied.notes


async def test_samples_older_than_the_request_are_none(stage: Stage) -> None:
    taken_at = max(p.sample.first_at for p in stage.snapshot.partitions if p.sample is not None)
    request = CheckpointRequest(ToLatest(), GROUP)

    for since, expected in ((taken_at, None), (taken_at + 0.1, Unwritten.NOT_SAMPLED)):
        made = await rehearsed(request, stage.writer, stage.lookup, stage.snapshot, since)
        assert isinstance(made.found, tuple)
        assert {change.unwritten for change in made.found} == {expected}


async def test_each_line_of_a_file_is_told(stage: Stage) -> None:
    name = f"{FOLDER}/checkpoint/0"
    entries = (
        FileEntry("0", 120, container="checkpoints", name=name),
        FileEntry("0", 130),
        FileEntry("1", 120, container="checkpoints", name="gone"),
        FileEntry("9", 120),
    )
    plan = await stage.plan(FromFile("f.csv", entries))

    assert [(c.partition, c.unwritten) for c in plan.changes] == [
        ("0", Unwritten.CHANGED),
        ("0", None),
        ("1", Unwritten.CHANGED),
        ("9", Unwritten.UNKNOWN_PARTITION),
    ]
    assert plan.changes[0].detail == "another line of the file says where it is to stand"
    assert plan.changes[2].detail == "there is no checkpoints/gone here"


async def test_owners_are_those_of_the_store_too(stage: Stage) -> None:
    stage.owned("1", A)
    plan = await stage.plan(ToEarliest())
    assert [(o.owner, o.partitions) for o in plan.owners] == [(A, ("1",))]
    refusal = refusal_of(plan)
    assert refusal is not None
    assert refusal.reason is RefusalReason.GROUP_ACTIVE
    assert (await stage.apply(plan)).state is OutcomeState.REFUSED

    stage.account.now += 3600.0  # it renews no more
    assert (await stage.plan(ToEarliest())).owners == ()


async def test_where_the_store_was_never_listed_nothing_is_written(stage: Stage) -> None:
    stage.snapshot = picture(groups=(), listed_at=None)
    plan = await stage.plan(ToEarliest())
    assert refusal_of(plan) == Refusal(RefusalReason.OWNERS_UNREAD, GROUP)
    assert (await stage.apply(plan)).state is OutcomeState.REFUSED
    assert stage.stands("0") == ("150", "1500")
    assert refusal_of(await stage.plan(ToEarliest(), is_forced=True)) is None
