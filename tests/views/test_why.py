from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest

from ehtui.domain.snapshot import Evidence
from ehtui.views.cells import Tone
from ehtui.views.check_words import CHECK_WORDS, LEASE, OWNERSHIP, STANDBY
from ehtui.views.glyphs import ASCII
from ehtui.views.telling import Telling
from ehtui.views.why import answers, why_lines
from tests.views import world

SAY = Telling(world.snapshot(), group=world.GROUP)


@dataclass(frozen=True)
class Check:
    id: str
    passed: bool | None
    evidence: Evidence = field(default_factory=dict)


STANDBY_CASE = (
    Check("process.runs", passed=True, evidence={"pid": 51411}),
    Check("process.connected", passed=True, evidence={"connections": 1}),
    Check("process.linked", passed=None),
    Check("process.owns", passed=False),
    Check("seats.free", passed=False, evidence={"live_owners": 3, "partition_count": 3}),
)


@pytest.mark.parametrize("name", CHECK_WORDS)
@pytest.mark.parametrize("passed", [True, False, None])
def test_every_check_has_an_answer(name: str, passed: bool | None) -> None:
    (answer,) = answers([Check(name, passed)], SAY)

    assert answer.text
    assert "None" not in answer.text
    assert not answer.text.endswith(".")
    assert answer.next_step == "" or answer.next_step.endswith((".", "`."))
    assert bool(answer.next_step) <= (passed is False)


def test_a_colleague_explains_standby() -> None:
    told = answers(STANDBY_CASE, SAY)

    assert [answer.mark for answer in told] == ["✓", "✓", "–", "✗", "✗"]
    assert told[-1].text == "Every partition has its owner: 3 other owners for 3 partitions"
    assert told[-1].lesson == STANDBY
    assert "hasn't claimed an ownership" in told[-1].lesson
    assert told[-1].next_step.startswith("This is by design.")


def test_a_lesson_is_given_once() -> None:
    told = answers(STANDBY_CASE, SAY)

    assert [answer.lesson for answer in told] == ["", "", OWNERSHIP, "", STANDBY]


def test_a_lease_that_stopped() -> None:
    evidence: dict[str, Any] = {"renewed_at": world.NOW - 139, "expires_at": world.NOW + 41}
    (answer,) = answers([Check("lease.live", passed=False, evidence=evidence)], SAY, glyphs=ASCII)

    assert (answer.mark, answer.tone) == ("x", Tone.WARNING)
    assert answer.text == "Its lease is not renewed any more, since 12:00:40"
    assert answer.next_step.startswith("It runs out 12:03:40")
    assert answer.lesson == LEASE
    assert dict(answer.rests_on)["expires at"].endswith("(in 41s)")


def test_an_unknown_check_tells_its_facts() -> None:
    (answer,) = answers([Check("moon.is_full", passed=True, evidence={"lit_s": 61.0})], SAY)

    assert answer.text == "moon is full"
    assert answer.rests_on == (("lit", "1m01s"),)


def test_lines_for_a_terminal() -> None:
    assert list(why_lines(answers(STANDBY_CASE[3:], SAY))) == [
        "✗ It owns nothing",
        f"    {OWNERSHIP}",
        "    → The other checks say why.",
        "✗ Every partition has its owner: 3 other owners for 3 partitions",
        "    live owners 3, partition count 3",
        f"    {STANDBY}",
        (
            "    → This is by design. It takes over when an owner stops. To receive now: stop an "
            "owner, start it in a consumer group of its own, or have more partitions."
        ),
    ]
