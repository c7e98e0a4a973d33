"""Everything that the screen writes is explained, from one source."""

from __future__ import annotations

import pytest

from ehtui.domain.findings.evidence_records import FINDINGS
from ehtui.domain.progress.proofs import Proof
from ehtui.domain.snapshot import ConsumerRole, Health, LeaseState, SourceStatus
from ehtui.domain.world.process import LogState
from ehtui.views import groups, legend, processes, sources, states
from ehtui.views.events import columns as events
from ehtui.views.formats import Language
from ehtui.views.legend.words import Chapter
from ehtui.views.tables import consumers, findings, hubs, partitions, timeline
from tests.legend_page import PAGES, page

TABLES = (partitions, consumers, findings, timeline, groups, hubs, sources, events)


def named(chapter: Chapter) -> set[str]:
    return {entry.name for entry in legend.entries() if entry.chapter is chapter}


def test_every_column_is_explained() -> None:
    titles = {column.title for table in TABLES for column in table.COLUMNS if column.title}

    assert titles <= named(Chapter.COLUMNS)


def test_every_state_is_explained() -> None:
    assert set(states.HEALTH_MEANING) == set(Health)
    assert set(states.LEASE_MEANING) == set(LeaseState)
    assert set(states.ROLE_MEANING) == set(ConsumerRole)
    assert set(processes.LOG_MEANING) == set(LogState)
    assert set(states.SOURCE_MEANING) == set(SourceStatus)
    assert set(states.PROOF_MEANING) == set(Proof)


def test_every_finding_says_why_it_happens_what_to_do_and_what_it_rests_on() -> None:
    told = {entry.name: entry for entry in legend.entries() if entry.chapter is Chapter.FINDINGS}

    assert set(told) == set(FINDINGS)

    for entry in told.values():
        more = dict(entry.more)
        assert list(more) == ["Why it happens", "What to do", "Severity", "It rests on"]
        assert all(entry.more)
        assert entry.meaning.endswith(".")


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("ok", ["Health of a partition", "Sources"]),
        ("OVERDUE", ["Health of a partition", "Leases", "Findings"]),
        ("wait 7/10", ["Health of a partition"]),
        ("<1m", ["Signs"]),
        ("~1,823", ["Signs"]),
        ("named", ["Logs"]),
        ("–", ["Signs"]),
        ("lag", ["Columns", "Words"]),
        ("lease.overdue", ["Findings"]),
        ("leases too short", ["Findings"]),
        ("no such thing", []),
    ],
)
def test_a_name_is_found_as_the_screen_writes_it(wanted: str, found: list[str]) -> None:
    assert [entry.chapter.value for entry in legend.explained(wanted)] == found


def test_an_unknown_name_is_told_its_nearest() -> None:
    assert legend.nearest("overdeu") == "overdue"
    assert legend.nearest("xyzzy") is None


def test_lines_are_broken_at_words_within_the_width() -> None:
    told = [*legend.listing(60), *legend.lines(legend.explained("lease.overdue")[0], 60)]

    assert all(len(line) <= 60 for line in told)


@pytest.mark.parametrize("language", PAGES)
def test_the_page_of_the_docs_is_current(language: Language) -> None:
    assert PAGES[language].read_text(encoding="utf-8") == page(language), "make legend"
