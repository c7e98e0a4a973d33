"""Korean says everything that English says, and says it as English does: never half a sentence."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ehtui.domain.actions.events import ACTION_KINDS
from ehtui.domain.costs import NOT_COUNTED, CostUnknown
from ehtui.domain.findings.evidence import FindingKind
from ehtui.domain.findings.evidence_records import FINDINGS
from ehtui.domain.snapshot import Finding, Severity, Subject, TimelineEvent
from ehtui.domain.timeline import TIMELINE_KINDS, FindingEnded
from ehtui.domain.why import why as ask_why
from ehtui.domain.why.checks import Verdict
from ehtui.domain.why.evidence import CHECKS, CheckKind
from ehtui.views import details, findings, legend, timeline, why
from ehtui.views.formats import Clock
from ehtui.views.headline import shorter
from ehtui.views.korean import findings as korean_findings
from ehtui.views.korean import legend as korean_legend
from ehtui.views.korean import particles, phrases
from ehtui.views.korean import timeline as korean_timeline
from ehtui.views.korean import why as korean_why
from ehtui.views.legend.words import Chapter
from ehtui.views.phrasing import Phrasing
from ehtui.views.width import width
from tests.evidence import EXAMPLES, ZEROS, Values, anything, evidence_of, example
from tests.views import world
from tests.views.test_findings import of_kind

SAY = Phrasing(world.snapshot(), Clock(language="ko"), group=world.GROUP)
ENGLISH = Phrasing(world.snapshot(), group=world.GROUP)
# A particle of the wrong kind: `P2을`, `소유자 73fda457가`. A blob is read 블롭.
WRONG = re.compile(r"(?<!blob)(?<=[2459a-eg-kp-z])(?:이|을|은) |[013678](?:가|를|는) ")


def is_sound(text: str) -> bool:
    """A whole sentence in Korean, and nothing of its making left in it."""
    return bool(
        re.search(r"[가-힣]", text)
        and "None" not in text
        and "  " not in text
        and "\n" not in text
        and not WRONG.search(text)
        and not re.search(r"– (동안|전|째|부터)", text)
    )


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("P2", "P2이 P2를 P2는 P2로"),
        ("컨슈머", "컨슈머가 컨슈머를 컨슈머는 컨슈머로"),
        ("파티션", "파티션이 파티션을 파티션은 파티션으로"),
        ("73fda457", "73fda457이 73fda457을 73fda457은 73fda457로"),
        ("9c01e2aa", "9c01e2aa가 9c01e2aa를 9c01e2aa는 9c01e2aa로"),
        ("1,820", "1,820이 1,820을 1,820은 1,820으로"),
        ("$Default", "$Default가 $Default를 $Default는 $Default로"),
        ("main", "main이 main을 main은 main으로"),
        ("payroll", "payroll이 payroll을 payroll은 payroll로"),
        ("staging", "staging이 staging을 staging은 staging으로"),
        ("소유자 3개(P0)", "소유자 3개(P0)이 소유자 3개(P0)을 소유자 3개(P0)은 소유자 3개(P0)으로"),
        ("–", "–가 –를 –는 –로"),
    ],
)
def test_a_particle_follows_how_the_word_is_read(word: str, told: str) -> None:
    forms = (particles.subject, particles.object_, particles.topic, particles.towards)

    assert " ".join(form(word) for form in forms) == told.replace("P2이 ", "P2가 ")


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (None, "–"),
        (0, "0초"),
        (0.4, "1초 미만"),
        (42, "42초"),
        (139, "2분 19초"),
        (120, "2분"),
        (7080, "1시간 58분"),
        (90_000, "1일 1시간"),
    ],
)
def test_a_length_is_told_in_its_two_largest_units(seconds: float | None, told: str) -> None:
    assert phrases.duration(seconds) == told


def test_every_finding_has_korean_of_the_same_shape() -> None:
    told = korean_findings.TEXTS

    assert {id_: text.kind for id_, text in told.items()} == FINDINGS
    assert {id_ for id_, text in told.items() if text.headline} == {
        id_ for id_, text in findings.TEXTS.items() if text.headline
    }
    assert set(korean_findings.SEVERITY_WORDS) == set(Severity)


@pytest.mark.parametrize("kind", FINDINGS.values(), ids=FINDINGS)
@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("values", [EXAMPLES, ZEROS], ids=["some", "zeros"])
def test_every_finding_is_told_in_korean(
    kind: FindingKind[Any], values: Values, unknown: bool
) -> None:
    finding = of_kind(kind, values, unknown=unknown)

    for told in (findings.sentence(finding, SAY), findings.headline(finding, SAY)):
        assert is_sound(told), told
        assert not told.endswith((".", ";", " ", ":"))

    for line in findings.advice(finding, SAY):
        assert line.endswith((".", ":", "`")), line
        assert "None" not in line
        assert not WRONG.search(line), line

    assert len(findings.advice(finding, SAY)) >= bool(findings.advice(finding, ENGLISH))


@pytest.mark.parametrize("kind", FINDINGS.values(), ids=FINDINGS)
def test_every_finding_says_what_it_means(kind: FindingKind[Any]) -> None:
    for line in korean_findings.TEXTS[kind.id].meaning:
        assert line.endswith(".")
        assert is_sound(line), line


def anything_of(kind: FindingKind[Any]) -> st.SearchStrategy[Finding]:
    return anything(kind.evidence).map(
        lambda evidence: Finding(kind.id, Severity.WARNING, Subject(group="g"), evidence, world.NOW)
    )


@given(st.sampled_from([*FINDINGS.values()]).flatmap(anything_of))
def test_no_evidence_breaks_a_korean_sentence(finding: Finding) -> None:
    assert findings.sentence(finding, SAY)
    assert findings.headline(finding, SAY)
    assert all(isinstance(line, str) for line in findings.advice(finding, SAY))


def test_every_check_has_korean_of_the_same_shape() -> None:
    told = korean_why.TEXTS

    assert {id_: text.kind for id_, text in told.items()} == CHECKS
    assert set(korean_why.VERDICT_WORDS) == set(Verdict)
    headings = {why.TO_DO, why.CHECKS, why.GLOSSARY, details.FINDING, details.EVIDENCE}
    assert set(korean_why.HEADINGS) == headings

    for id_, text in why.TEXTS.items():
        korean = told[id_]
        assert korean.is_design == text.is_design, id_
        assert bool(korean.lesson) == bool(text.lesson), id_
        assert bool(korean.next_step) == bool(text.next_step), id_


@pytest.mark.parametrize("kind", CHECKS.values(), ids=CHECKS)
@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("passed", [True, False, None])
def test_every_check_is_answered_in_korean(
    kind: CheckKind[Any], passed: bool | None, unknown: bool
) -> None:
    evidence = example(kind.evidence, EXAMPLES, world.NOW, unknown=unknown)
    text = korean_why.TEXTS[kind.id]
    told = text.sentence(evidence, SAY, passed=passed)

    assert is_sound(told), told
    assert not told.endswith((".", ";", " ", ":"))

    if text.next_step is not None:
        assert text.next_step(evidence, SAY).endswith((".", "`"))


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_is_told_in_korean(verdict: Verdict) -> None:
    assert is_sound(korean_why.VERDICT_WORDS[verdict])


def test_a_group_that_is_not_on_screen_is_named() -> None:
    finding = replace(world.OVERDUE, subject=replace(world.OVERDUE.subject, group="analytics"))

    assert findings.sentence(finding, SAY).startswith("analytics의 P2: ")
    assert findings.sentence(world.OVERDUE, SAY).startswith("P2: ")


def test_the_legend_is_told_whole_and_nothing_beside_it() -> None:
    told = {(entry.chapter, entry.name) for entry in legend.entries()}
    chapters = {chapter for chapter in Chapter if chapter is not Chapter.FINDINGS}
    korean = {
        (chapter, name) for chapter in chapters for name in korean_legend.MEANINGS.get(chapter, ())
    }

    assert korean == {(chapter, name) for chapter, name in told if chapter in chapters}
    assert set(korean_legend.CHAPTERS) == set(Chapter)
    assert {name for chapter, name in told if chapter is Chapter.WORDS} <= set(korean_legend.TERMS)


def test_the_legend_in_korean_names_the_same_and_says_it_in_korean() -> None:
    english, korean = legend.entries(), legend.entries("ko")

    assert [entry.name for entry in korean] == [entry.name for entry in english]

    for entry in korean:
        assert is_sound(entry.meaning), entry
        assert re.search("[가-힣]", entry.title)
        assert all(re.search("[가-힣]", heading) for heading, _ in entry.more)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("overdue", ["파티션의 상태", "리스", "진단"]),
        ("인계", ["용어"]),
        ("대기", ["컨슈머"]),
        ("lease.overdue", ["진단"]),
    ],
)
def test_a_word_is_found_by_its_name_and_by_what_it_is_called_in_korean(
    wanted: str, found: list[str]
) -> None:
    assert [entry.title for entry in legend.explained(wanted, "ko")] == found


def test_lines_in_korean_stay_within_the_width() -> None:
    told = [*legend.listing(60, "ko"), *legend.lines(legend.explained("overdue", "ko")[2], 60)]

    assert max(map(width, told)) <= 60


def test_the_end_of_a_finding_is_told_in_korean_too() -> None:
    ended = FindingEnded(world.NOW - 70, world.NOW - 70, 10.0, is_judged=True)
    event = TimelineEvent(
        1, world.NOW, "finding.ended", world.OVERDUE.subject, ended, finding=world.OVERDUE
    )

    assert timeline.sentence(event, SAY).startswith("10초 만에 끝남: P2: 소유자 51ab7c10이 ")


@pytest.mark.parametrize(
    ("subject", "told"),
    [
        ({"partition": "2"}, "$Default의 P2: 왜? "),
        ({"group": "analytics"}, "컨슈머 그룹 analytics: 왜? "),
        ({"owner": world.C}, f"소유자 {world.C}: 왜? "),
    ],
)
def test_why_names_what_it_was_asked_about(subject: dict[str, Any], told: str) -> None:
    asked = ask_why(world.snapshot(), Subject(**{"group": world.GROUP, **subject}))
    lines = [*why.explanation_lines(why.explain(asked, SAY))]

    assert lines[0].startswith(told)
    assert any(line.strip() in {"할 일", "용어"} for line in lines)


# What somebody does with ehtui is told in the words of its plans.
ENGLISH_EVENTS = {*ACTION_KINDS, "send.followed", "finding.began", "finding.ended"}
HAPPENS = {id_: kind for id_, kind in TIMELINE_KINDS.items() if id_ not in ENGLISH_EVENTS}


def test_every_event_that_happens_by_itself_has_korean() -> None:
    assert {id_: text.kind for id_, text in korean_timeline.TEXTS.items()} == HAPPENS


@pytest.mark.parametrize("kind", TIMELINE_KINDS)
@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("values", [EXAMPLES, ZEROS], ids=["some", "zeros"])
def test_every_event_has_words_in_korean(kind: str, values: Values, unknown: bool) -> None:
    details = example(TIMELINE_KINDS[kind].details, values, world.NOW, unknown=unknown)
    about = Subject(world.GROUP, "2", world.C)
    told = timeline.sentence(TimelineEvent(1, world.NOW - 60, kind, about, details), SAY)

    assert (kind in HAPPENS) <= is_sound(told), told


@pytest.mark.parametrize("unknown", list(CostUnknown))
def test_what_a_takeover_cost_is_told_in_korean(unknown: CostUnknown) -> None:
    cost = replace(NOT_COUNTED, why=unknown)
    details = evidence_of(
        TIMELINE_KINDS["lease.taken_over"].details,
        {"owner": world.A, "previous_owner": world.C, "dead_s": 6.0, "lag": 46},
    )
    event = TimelineEvent(1, world.NOW, "lease.taken_over", Subject(), replace(details, cost=cost))

    told = timeline.sentence(event, SAY)
    assert told.startswith(
        "소유자 73fda457이 소유자 51ab7c10에게서 인계받았습니다(프로세스가 종료되고 6초 뒤)"
    )
    assert is_sound(told)


def test_the_header_loses_brackets_and_then_whole_sentences() -> None:
    said = (
        "P2에 2분째 소유자가 없습니다(관찰). 이벤트 3건이 기다립니다. 컨슈머가 인계받습니다(~12:03)"
    )

    assert [*shorter(said)] == [
        "P2에 2분째 소유자가 없습니다. 이벤트 3건이 기다립니다. 컨슈머가 인계받습니다",
        "P2에 2분째 소유자가 없습니다. 이벤트 3건이 기다립니다",
        "P2에 2분째 소유자가 없습니다",
    ]
