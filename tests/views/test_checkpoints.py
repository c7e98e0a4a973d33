"""Plans for checkpoints in words: what is written, what stays and why, who is in the way."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.actions.checkpoint_plan import (
    ByDuration,
    Change,
    ChangeResult,
    ChangeState,
    CheckpointPlan,
    FromFile,
    LikeGroup,
    LiveOwner,
    Note,
    ShiftBy,
    Standing,
    Strategy,
    ToEarliest,
    ToLatest,
    ToSequence,
    ToTime,
    Undo,
    Unwritten,
    WriteKind,
)
from ehtui.domain.actions.events import told
from ehtui.domain.actions.outcomes import Outcome, OutcomeState
from ehtui.domain.snapshot import TimelineEvent
from ehtui.domain.world.process import ProcessId
from ehtui.domain.world.store import Layout
from ehtui.views import checkpoints, timeline
from ehtui.views.actions import confirmation
from ehtui.views.actions.checkpoints import (
    NOTES,
    UNWRITTEN,
    result_words,
    results_words,
    strategy_words,
)
from ehtui.views.outcomes import outcome_sentence
from ehtui.views.phrasing import Phrasing
from tests.views import world

SAY = Phrasing(world.snapshot(), group=world.GROUP)


def change(partition: str = "0", **facts: object) -> Change:
    known: dict[str, object] = {
        "kind": WriteKind.SET,
        "container": "checkpoints",
        "name": f"ns/hub/$default/checkpoint/{partition}",
        "layout": Layout.MODERN,
        "etag": "0x1",
        "before": Standing(920, "9200"),
        "after": Standing(99, "-1"),
        "replayed": 821,
        "skipped": 0,
    }

    return Change(partition=partition, **(known | facts))  # type: ignore[arg-type]


SET = change()
SKIPS = change("1", after=Standing(931, "9310"), replayed=0, skipped=11)
LEFT = change("2", after=None, unwritten=Unwritten.LOOKUP_FAILED, detail="Epoch \x1b[31mreaders.")
OWNER = LiveOwner("7c6b12aa-0000", ("0", "1"), ProcessId(51257, 1.0), "python c.py")
REMOTE = LiveOwner("9c01e2aa-0000", ("2",))
PLAN = CheckpointPlan(
    group="$Default",
    namespace="hgzero.servicebus.windows.net",
    hub="hgzero-eventhub",
    strategy=ToEarliest(),
    changes=(SET, SKIPS, LEFT),
    owners=(),
    planned_at=world.NOW,
)


def test_a_plan_as_a_table() -> None:
    assert checkpoints.plan_lines(PLAN) == [
        "Hub: hgzero.servicebus.windows.net / hgzero-eventhub",
        "Checkpoints of $Default to the earliest event:",
        "",
        "PARTITION  OLD    NEW  NEXT  REPLAYS  SKIPS  CHECKS",
        "0          920  start   100      821      0  replays 821",
        "1          920    931   932        0     11  skips 11",
        (
            "2          920    920     –        –      –  stays: the event could not be read "
            "(Epoch \\x1b[31mreaders)"
        ),
    ]


def test_the_hub_of_a_plan_is_named_with_its_profile_and_production_plainly() -> None:
    live = replace(PLAN, is_production=True)
    assert checkpoints.plan_lines(live, "live")[0] == (
        "Hub: hgzero.servicebus.windows.net / hgzero-eventhub (profile live, production)"
    )

    snapshot = world.snapshot()
    policy = replace(snapshot.policy, profile="live")
    words = confirmation(live, Phrasing(replace(snapshot, policy=policy)))
    assert words.where == checkpoints.plan_lines(live, "live")[0]


def test_owners_are_named_with_the_command_that_stops_them() -> None:
    assert list(checkpoints.owner_lines((OWNER, REMOTE))) == [
        "7c6b12aa (pid 51257 on this host) owns P0 and P1.",
        "9c01e2aa owns P2.",
        "To stop those on this host first: ehtui signal 51257",
        "Stop the others where they run; a lease that nobody renews expires by itself.",
    ]


def test_how_a_group_to_read_in_is_made() -> None:
    [made, then] = checkpoints.peek_group_lines(PLAN)
    assert "consumer-group create" in made
    assert "--eventhub-name hgzero-eventhub --name ehtui-peek" in made
    assert then == ("then set eventhub.peek_group: ehtui-peek, or use --peek-group ehtui-peek.")

    elsewhere = replace(PLAN, namespace="127.0.0.1:5672")
    assert "az " not in next(checkpoints.peek_group_lines(elsewhere))


def test_a_confirmation_tells_what_it_costs() -> None:
    plan = replace(PLAN, owners=(OWNER,), is_forced=True, is_production=True, recheck_s=10.0)
    words = confirmation(plan, SAY)

    assert words.heading == "Move checkpoints of $Default to the earliest event?"
    assert words.steps[0] == "P0: 920 → start (replays 821)"
    assert words.costs == (
        "hgzero-eventhub is marked as production.",
        "821 events will be delivered again.",
        "11 events will be skipped.",
        (
            "7c6b12aa (pid 51257 on this host) owns P0 and P1, goes on from its own position and "
            "writes over this."
        ),
        "Afterwards ehtui looks for 10 s whether that happened.",
    )
    assert words.is_grave


def test_a_confirmation_tells_that_owners_are_unknown() -> None:
    words = confirmation(replace(PLAN, owners_are_known=False, is_forced=True), SAY)

    assert words.costs[-1] == (
        "Who owns partitions could not be read: a live owner would write over this."
    )
    assert words.is_grave


def outcome(
    state: OutcomeState, *results: ChangeResult, backup: str | None = "/s/b.jsonl"
) -> Outcome:
    return Outcome(PLAN, state, world.NOW, changes=results, backup=backup)


DONE = ChangeResult(SET, ChangeState.WRITTEN, found=SET.after)
CHANGED = ChangeResult(SKIPS, ChangeState.CHANGED, found=Standing(925, "9250"))


def test_an_end_tells_what_was_not_done_and_how_to_undo() -> None:
    assert outcome_sentence(outcome(OutcomeState.REFUSED, DONE, CHANGED)) == (
        "Moved: 1 checkpoint of $Default to the earliest event. P1: refused: it was written since "
        "the plan. To undo: ehtui checkpoint undo /s/b.jsonl"
    )


def test_an_end_under_live_owners_promises_nothing() -> None:
    plan = replace(PLAN, owners=(OWNER,), is_forced=True, recheck_s=10.0)
    ended = replace(outcome(OutcomeState.DONE, DONE), plan=plan, watched_s=10.01)
    unwatched, late = replace(ended, watched_s=None), replace(ended, watched_s=12.34)

    assert "After 12.3 s nobody had written over P0" in outcome_sentence(late)
    assert (
        "Nobody was seen to write over P0, which could not be watched; the live owner still may"
    ) in outcome_sentence(unwatched)
    assert (
        "After 10 s nobody had written over P0; the live owner still may, and reads it only when "
        "it claims the partition again."
    ) in outcome_sentence(ended)
    assert "nobody had written" not in outcome_sentence(outcome(OutcomeState.DONE, DONE))


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (DONE, "P0: 920 → start, written and read back"),
        (ChangeResult(LEFT, ChangeState.UNWRITTEN), "P2: the event could not be read"),
        (
            ChangeResult(SET, ChangeState.OVERWRITTEN, found=Standing(930, "9300")),
            "P0: written, and overwritten by its live owner: it stands at 930",
        ),
        (ChangeResult(SET, ChangeState.FAILED, "No answer."), "P0: failed (No answer)"),
        (ChangeResult(SET, ChangeState.HELD), "P0: refused: a host holds the blob's lease"),
        (ChangeResult(SET, ChangeState.NOT_TRIED), "P0: not tried"),
        (ChangeResult(SET, ChangeState.REMOVED), "P0: deleted: there was none before"),
    ],
)
def test_each_end_of_a_partition(result: ChangeResult, words: str) -> None:
    assert result_words(result).startswith(words)


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        (ToLatest(), "to the latest event"),
        (ToSequence(5), "to sequence 5"),
        (ToTime(1_795_680_000.25), "to 2026-11-26T08:00:00.250Z"),
        (ByDuration(5400), "back by 1h30m"),
        (ShiftBy(-5), "back by 5 events"),
        (ShiftBy(1), "on by 1 event"),
        (LikeGroup("re\x07ports"), "to where re\\x07ports stands"),
        (FromFile("p.csv", ()), "as p.csv says"),
        (Undo("/s/b.jsonl"), "back to what /s/b.jsonl kept"),
    ],
)
def test_each_strategy(strategy: Strategy, words: str) -> None:
    assert strategy_words(strategy) == words


def test_nothing_is_without_words() -> None:
    assert set(UNWRITTEN) == set(Unwritten)
    assert set(NOTES) == set(Note)
    assert all(result_words(ChangeResult(SET, state)) for state in ChangeState)


def test_the_timeline_tells_it() -> None:
    ended = outcome(OutcomeState.REFUSED, DONE, CHANGED)
    [(kind, subject, details)] = told(ended)
    event = TimelineEvent(1, world.NOW, kind.id, subject, details)

    assert timeline.sentence(event, SAY) == ("Checkpoints moved: P0; P1 not moved")


OTHER = change(name="ns/hub/$Default/checkpoint/0", before=Standing(140, "1400"), replayed=41)
TWO = replace(PLAN, changes=(change(replayed=51), OTHER))


def test_a_partition_with_two_records_is_counted_once_and_each_named() -> None:
    words = confirmation(TWO, SAY)

    assert words.costs == ("51 events will be delivered again.",)
    assert words.steps == (
        "P0 (checkpoints/ns/hub/$default/checkpoint/0): 920 → start (replays 51)",
        "P0 (checkpoints/ns/hub/$Default/checkpoint/0): 140 → start (replays 41)",
    )
    assert [row.split()[0] for row in checkpoints.plan_lines(TWO)[4:]] == ["0", "0"]
    assert "checkpoints/ns/hub/$Default/checkpoint/0" in checkpoints.plan_lines(TWO)[5]
    assert "checkpoint/0" not in checkpoints.plan_lines(PLAN)[4]


def test_the_end_of_each_of_two_records_is_told_and_noted() -> None:
    written = ChangeResult(TWO.changes[0], ChangeState.WRITTEN)
    ended = replace(
        outcome(OutcomeState.REFUSED, written, ChangeResult(OTHER, ChangeState.CHANGED)), plan=TWO
    )

    assert results_words(ended.changes)[1] == (
        "P0 (checkpoints/ns/hub/$Default/checkpoint/0): refused: it was written since the plan"
    )
    assert dict(ended.steps) == {
        "P0 checkpoints/ns/hub/$default/checkpoint/0": "written",
        "P0 checkpoints/ns/hub/$Default/checkpoint/0": "changed",
    }


UNKNOWN = change("1", before=None, kind=WriteKind.CREATE, replayed=None, skipped=None)


def test_what_nobody_can_tell_is_not_counted_as_nothing() -> None:
    plan = replace(PLAN, changes=(change(replayed=51), UNKNOWN, replace(UNKNOWN, partition="2")))
    assert confirmation(plan, SAY).costs == (
        "At least 51 events will be delivered again; of P1 and P2 nobody can tell.",
    )

    plan = replace(PLAN, changes=(UNKNOWN,))
    assert confirmation(plan, SAY).costs == (
        "Of P1 nobody can tell how many events will be delivered again or skipped.",
    )


def test_what_undoes_one_partition_undoes_no_other() -> None:
    plan = replace(PLAN, strategy=Undo("/s/b.jsonl"), partitions=("1",))

    assert confirmation(plan, SAY).command == (
        "ehtui checkpoint undo /s/b.jsonl --partitions 1 --yes"
    )


def test_the_way_back_finds_the_same_hub_and_store() -> None:
    ended = outcome(OutcomeState.DONE, DONE)

    assert outcome_sentence(ended, ("--config", "a b.yaml")).endswith(
        " To undo: ehtui --config 'a b.yaml' checkpoint undo /s/b.jsonl"
    )
