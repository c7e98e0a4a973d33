"""What a screen reader is told: sentences, one for each change, without signs."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.timeline import FindingEnded
from ehtui.views.speech import Telling, spoken
from ehtui.views.width import width
from tests.views import world


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("▲ P2 has had no live owner for 2m08s", "P2 has had no live owner for 2m08s."),
        ("a standby takes it ~12:03:40–12:04:16", "A standby takes it about 12:03:40 to 12:04:16."),
        ("lag ≤9; in 13/s", "Lag at most 9; in 13 per second."),
        ("lag ≥40, <1s behind", "Lag at least 40, less than 1s behind."),
        ("it runs as –", "It runs as not known."),
        ("press `l` on “a”", "Press l on a."),
    ],
)
def test_signs_are_said_as_words(written: str, said: str) -> None:
    assert spoken(written) == said


def test_it_begins_with_one_sentence_of_the_state_and_tells_changes_once() -> None:
    snapshot = world.snapshot()
    telling = Telling(world.GROUP, is_spoken=True)

    assert telling.state(snapshot) == (
        "$Default: P2 has had no live owner for 2m08s; a standby takes it 12:03:40 to 12:04:16."
    )
    assert list(telling.changes(snapshot)) == []

    newest = max(event.number for event in snapshot.timeline)
    more = replace(world.CLAIMED, number=newest + 1)
    grown = replace(snapshot, timeline=(*snapshot.timeline, more))

    assert list(telling.changes(grown)) == ["P2: 51ab7c10 claimed it (never owned before)."]
    assert list(telling.changes(grown)) == []


def test_without_speech_a_change_is_a_dated_line() -> None:
    snapshot = world.snapshot()
    telling = Telling(world.GROUP)

    assert telling.state(snapshot).startswith("12:02:59  △ P2 has had no live owner")

    newest = max(event.number for event in snapshot.timeline)
    grown = replace(
        snapshot, timeline=(*snapshot.timeline, replace(world.CLAIMED, number=newest + 1))
    )
    (line,) = telling.changes(grown)

    assert line == "11:51:06    P2: 51ab7c10 claimed it (never owned before)"


def test_in_a_terminal_a_change_is_broken_at_words_beside_its_time() -> None:
    snapshot = world.snapshot()
    telling = Telling(world.GROUP, cells=40)
    whole = Telling(world.GROUP)

    told = [line for text in telling.changes(snapshot) for line in text.split("\n")]
    joined = " ".join(line[12:] if line[:1] == " " else f"\n{line}" for line in told)

    assert max(map(width, told)) <= 40
    assert len(told) > len(tuple(snapshot.timeline))
    assert all(line[:12].strip() == "" or line[:8].count(":") == 2 for line in told)
    assert [line.rstrip() for line in joined.split("\n")[1:]] == [*whole.changes(snapshot)]
    assert telling.state(snapshot).split("\n")[1][:10] == " " * 10


def test_a_finding_that_ends_is_said_to_be_over() -> None:
    snapshot = world.snapshot()
    finding = snapshot.findings[0]
    ended = replace(
        world.CLAIMED,
        number=99,
        kind="finding.ended",
        finding=finding,
        details=FindingEnded(
            noticed_at=world.NOW, began_at=world.NOW - 70, lasted_s=70.0, is_judged=True
        ),
    )
    telling = Telling(world.GROUP, is_spoken=True)
    telling.state(snapshot)

    (said,) = telling.changes(replace(snapshot, timeline=(*snapshot.timeline, ended)))

    assert said.startswith("Over after 1m10s: P2: owner 51ab7c10 stopped renewing at 12:00:40")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "△ P2에 2분째 소유자가 없습니다. 컨슈머가 ~12:03:41–12:04:17에 인계받습니다",
            "P2에 2분째 소유자가 없습니다. 컨슈머가 약 12:03:41에서 12:04:17에 인계받습니다.",
        ),
        ("지연 ≤1,820", "지연 최대 1,820."),
        ("초당 <0.1건", "초당 0.1건 미만."),
        ("지연 –", "지연 알 수 없음."),
    ],
)
def test_korean_is_spoken_without_signs(written: str, said: str) -> None:
    assert spoken(written, "ko") == said
