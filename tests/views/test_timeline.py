from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.domain.evidence import Evidence, facts
from ehtui.domain.snapshot import Subject, TimelineEvent
from ehtui.domain.timeline import TIMELINE_KINDS, EventKind
from ehtui.views import timeline
from ehtui.views.telling import Telling
from tests.evidence import EXAMPLES, ZEROS, Values, anything, example
from tests.views import world

SAY = Telling(world.snapshot(), group=world.GROUP)


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
        ("lease.claimed", facts(world.CLAIMED.details), "51ab7c10 claimed it (was never owned)"),
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
            "73fda457 took it from 51ab7c10, whose lease was alive: to balance the load",
        ),
        (
            "action.signal",
            facts(world.KILLED.details),
            (
                "SIGKILL 51388 (owned P2): dies without release; "
                "takeover 12:03:40–12:04:16 (Python 180/30 s)"
            ),
        ),
        (
            "action.signal",
            {**facts(world.KILLED.details), "takeover_is_assumed": True},
            (
                "SIGKILL 51388 (owned P2): dies without release; "
                "takeover ~12:03:40–12:04:16 (Python 180/30 s)"
            ),
        ),
        (
            "takeover.moved",
            {"owner": world.A, "previous_owner": world.C, "signalled_at": 1.0, "moved_s": 65.0},
            "its checkpoint moves again 1m05s after your signal",
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
                "SIGKILL 51388 (owned P7 of analytics): dies without release; "
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
            "1 event “minutes” to P2: sent, sequence 17",
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
