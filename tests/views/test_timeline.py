from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.actions.outcomes import OutcomeState
from ehtui.domain.evidence import EventKind, Evidence, facts
from ehtui.domain.snapshot import Severity, Subject, TimelineEvent
from ehtui.domain.timeline import TIMELINE_KINDS, FindingBegan
from ehtui.views import timeline
from ehtui.views.event_text import action_words
from ehtui.views.phrasing import Phrasing
from ehtui.views.status import document
from ehtui.views.tables import timeline_table
from ehtui.views.tables.timeline import EVERYTHING, FAULTS, KINDS, TimelineScope, told_once
from tests.evidence import EXAMPLES, ZEROS, Values, anything, example
from tests.views import world

SAY = Phrasing(world.snapshot(), group=world.GROUP)


@pytest.mark.parametrize("kind", TIMELINE_KINDS)
@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("values", [EXAMPLES, ZEROS], ids=["some", "zeros"])
def test_every_event_has_words(kind: str, values: Values, unknown: bool) -> None:
    details = example(TIMELINE_KINDS[kind].details, values, world.NOW, unknown=unknown)
    about = Subject(world.GROUP, "2", world.C)
    event = TimelineEvent(1, world.NOW - 60, kind, about, details)
    told = timeline.sentence(event, SAY)

    assert told
    assert "None" not in told
    assert not told.endswith((".", ";", " ", ":"))
    assert timeline.subject(event, SAY)


def test_all_kinds_are_told() -> None:
    assert {id_: text.kind for id_, text in timeline.TEXTS.items()} == TIMELINE_KINDS


def anything_of(kind: EventKind[Any]) -> st.SearchStrategy[tuple[str, Evidence]]:
    return anything(kind.details).map(lambda details: (kind.id, details))


@given(st.sampled_from([*TIMELINE_KINDS.values()]).flatmap(anything_of), st.booleans())
def test_no_details_break_a_sentence(told: tuple[str, Evidence], is_new: bool) -> None:
    kind, details = told
    event = TimelineEvent(1, world.NOW, "new.kind" if is_new else kind, Subject(), details)

    assert timeline.sentence(event, SAY)


LAPSED = {"previous_owner": world.C, "owner": world.A}


@pytest.mark.parametrize(
    ("kind", "details", "sentence"),
    [
        ("lease.claimed", facts(world.CLAIMED.details), "51ab7c10 claimed it (never owned before)"),
        (
            "lease.claimed",
            {"owner": world.A, "was": "released", "previous_owner": world.C, "free_s": 12.0},
            "73fda457 claimed it (was released by 51ab7c10, free for 12s)",
        ),
        (
            "lease.taken_over",
            {**LAPSED, "gap_s": 203.0, "dead_s": 192.0, "lag": 1820},
            (
                "73fda457 took it over from 51ab7c10 3m12s after its process ended; "
                "1,820 events waited"
            ),
        ),
        (
            "lease.taken_over",
            {**LAPSED, "gap_s": 203.0, "dead_s": None, "lag": None},
            "73fda457 took it over from 51ab7c10 3m23s after its last renewal",
        ),
        (
            "lease.stolen",
            {**LAPSED, "age_s": 12.0},
            "73fda457 took it from 51ab7c10, whose lease was still live, to balance the load",
        ),
        (
            "action.signal",
            facts(world.KILLED.details),
            (
                "SIGKILL 51388 (owned P2): it dies without releasing; "
                "takeover 12:03:40–12:04:16 (Python 180/30 s)"
            ),
        ),
        (
            "action.signal",
            {**facts(world.KILLED.details), "takeover_is_assumed": True},
            (
                "SIGKILL 51388 (owned P2): it dies without releasing; "
                "takeover ~12:03:40–12:04:16 (Python 180/30 s)"
            ),
        ),
        (
            "takeover.moved",
            {"owner": world.A, "previous_owner": world.C, "signalled_at": 1.0, "moved_s": 65.0},
            "its checkpoint moved again 1m05s after your signal",
        ),
        (
            "action.restart",
            {"state": "done", "pid": 51388, "owned": (), "supervisor": "systemd rag.service"},
            "restart of 51388: done by systemd rag.service",
        ),
        (
            "action.signal",
            {**facts(world.KILLED.details), "state": "dry_run"},
            "SIGKILL 51388 (owned P2): dry run, nothing was done",
        ),
        (
            "action.signal",
            {
                **facts(world.KILLED.details),
                "owned": ("analytics/7",),
                "takeover_basis": "python-180/30",
            },
            (
                "SIGKILL 51388 (owned P7 of analytics): it dies without releasing; "
                "takeover 12:03:40–12:04:16 (Python 180/30 s)"
            ),
        ),
        (
            "action.send",
            {
                "state": "done",
                "count": 1,
                "template": "minutes",
                "target": "partition",
                "partition": "2",
                "key": None,
                "sequence": "17",
                "error": None,
            },
            "1 event “minutes” to P2: sent, as #17",
        ),
    ],
)
def test_sentences(kind: str, details: Any, sentence: str) -> None:
    assert timeline.sentence(world.event(1, kind, details, ago=1), SAY) == sentence


@pytest.mark.parametrize(
    ("kind", "subject", "words"),
    [
        ("action.send", {"partition": "2"}, "you"),
        ("lease.claimed", {"partition": "2"}, "P2"),
        ("lease.claimed", {"partition": "2", "group": "analytics"}, "P2 of analytics"),
        ("consumer.gone", {"pid": 7}, "7"),
        ("source.failed", {"source": "store", "group": None}, "store"),
        ("hub.grew", {"group": None}, "hub"),
    ],
)
def test_subjects(kind: str, subject: dict[str, Any], words: str) -> None:
    assert timeline.subject(world.event(1, kind, {}, ago=1, **subject), SAY) == words


def finding_events(**ended: bool) -> tuple[TimelineEvent, TimelineEvent]:
    found = world.finding("lease.overdue", Severity.WARNING, world.LAPSE, owner=world.C)
    noticed = {"noticed_at": world.NOW - 100}
    began = world.event(7, "finding.began", noticed, ago=110, owner=world.C)
    details = noticed | {"began_at": began.at, "lasted_s": 70.0, "is_judged": True, **ended}
    over = world.event(9, "finding.ended", details, ago=40, owner=world.C)

    return replace(began, finding=found), replace(over, finding=found)


def test_a_finding_ends_in_the_words_in_which_it_began() -> None:
    began, over = finding_events()
    words = timeline.sentence(began, SAY)

    assert timeline.sentence(over, SAY) == f"over after 1m10s: {words}"
    assert timeline.subject(over, SAY) == timeline.subject(began, SAY) != "hub"


def test_the_words_of_a_beginning_stay_as_time_goes_on() -> None:
    began, _ = finding_events()
    later = Phrasing(replace(world.snapshot(), taken_at=world.NOW + 900), group=world.GROUP)

    assert timeline.sentence(began, later) == timeline.sentence(began, SAY)


def test_what_is_not_judged_any_more_is_not_called_over() -> None:
    _, over = finding_events(is_judged=False)

    assert timeline.sentence(over, SAY).startswith("no longer judged after 1m10s: ")


def test_an_event_that_a_finding_tells_is_not_told_twice() -> None:
    began, over = finding_events()
    lapse = world.event(8, "lease.overdue", {}, ago=108, partition="2", owner=world.C)
    later = world.event(10, "lease.overdue", {}, ago=10, partition="2", owner=world.C)
    other = world.event(11, "lease.overdue", {}, ago=108, group="analytics", partition="2")

    assert list(told_once((lapse, other, began))) == [other, began]
    assert list(told_once((began, lapse, over, later))) == [began, over, later]


def test_a_table_shows_begin_and_end_and_the_day_before_with_its_seconds() -> None:
    began, over = finding_events()
    before = replace(began, number=1, at=world.NOW - 86_400 + 7)
    told = replace(world.snapshot(), timeline=(before, began, over))
    table = timeline_table(told, world.GROUP)
    times, signs = zip(*((row.cells[0].text, row.cells[1].text) for row in table.rows), strict=True)

    assert times == ("12:02:19", "12:01:09", "11-21 12:03:06")
    assert signs == ("✓", "△", "△")


def test_json_has_the_finding_that_began_and_ended() -> None:
    told = document(replace(world.snapshot(), timeline=(world.CLAIMED, *finding_events())))
    events: Any = told["timeline"]
    claimed, began, over = (event["finding"] for event in events)

    assert claimed is None
    assert began["id"] == "lease.overdue"
    assert over == began


def test_why_an_action_was_refused_is_told_in_words() -> None:
    told = action_words(OutcomeState.REFUSED, "being_restarted", "restart of 100", "done")

    assert told == "restart of 100 refused: being restarted"


def told(scope: TimelineScope) -> tuple[str, list[str]]:
    began = TimelineEvent(
        31,
        world.NOW - 400,
        "finding.began",
        world.OVERDUE.subject,
        FindingBegan(world.NOW - 400),
        finding=world.OVERDUE,
    )
    events = (
        replace(world.CLAIMED, number=30, at=world.NOW - 4000),
        began,
        replace(world.KILLED, number=32, at=world.NOW - 130),
        replace(world.CLAIMED, number=33, at=world.NOW - 20),
    )
    table = timeline_table(world.snapshot(timeline=events), world.GROUP, scope=scope)
    return table.title, [row.key for row in table.rows]


@pytest.mark.parametrize(
    ("scope", "title", "keys"),
    [
        (EVERYTHING, "4", ["33", "32", "31", "30"]),
        (TimelineScope(300.0), "2 of 4 · last 5m", ["33", "32"]),
        (TimelineScope(900.0), "3 of 4 · last 15m", ["33", "32", "31"]),
        (TimelineScope(3600.0), "3 of 4 · last 1h", ["33", "32", "31"]),
        (TimelineScope(kinds="ownership"), "2 of 4 · ownership", ["33", "30"]),
        (TimelineScope(300.0, "actions"), "1 of 4 · last 5m · actions", ["32"]),
        (TimelineScope(kinds=FAULTS), "1 of 4 · faults", ["31"]),
        (TimelineScope(300.0, "sources"), "0 of 4 · last 5m · sources", []),
    ],
)
def test_what_is_asked_for_is_shown_and_said(
    scope: TimelineScope, title: str, keys: list[str]
) -> None:
    assert told(scope) == (title, keys)


def test_every_kind_of_event_can_be_asked_for() -> None:
    asked = tuple(start for starts in KINDS.values() for start in starts)

    assert [kind for kind in TIMELINE_KINDS if not kind.startswith(asked)] == []


def test_windows_go_round() -> None:
    scope = EVERYTHING
    windows = []

    for _ in range(4):
        scope = scope.next_window
        windows.append(scope.window_s)

    assert windows == [300.0, 900.0, 3600.0, None]
