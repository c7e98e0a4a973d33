"""What every word, sign and column of the screen means: for help, `ehtui explain` and the docs."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any

from ehtui.domain.findings.evidence_records import FINDINGS
from ehtui.domain.progress.proofs import Proof
from ehtui.domain.snapshot import Severity
from ehtui.domain.text import capital
from ehtui.lazy import LazyModule
from ehtui.views import groups, processes, sources, states
from ehtui.views.cells import Line, Section
from ehtui.views.events import columns as events
from ehtui.views.evidence import label
from ehtui.views.findings import TEXTS
from ehtui.views.formats import listed
from ehtui.views.legend.words import SIGNS, WORDS, Chapter, Entry
from ehtui.views.tables import consumers, findings, hubs, partitions, timeline
from ehtui.views.width import wrap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.findings.evidence import FindingKind
    from ehtui.views.formats import Language
    from ehtui.views.korean import legend as korean
else:
    korean = LazyModule("ehtui.views.korean.legend")


def entries(language: Language = "en") -> tuple[Entry, ...]:
    """All there are, chapter by chapter."""
    return tuple(map(korean.told, _entries())) if language == "ko" else _entries()


def _entries() -> tuple[Entry, ...]:
    return (
        *(Entry(Chapter.SIGNS, name, text) for name, text in SIGNS.items()),
        *_states(),
        *_columns(),
        *(Entry(Chapter.WORDS, name, text) for name, text in WORDS.items()),
        *(_finding(FINDINGS[name]) for name in sorted(FINDINGS)),
    )


def _columns() -> Iterator[Entry]:
    """A column of two tables means the same in both."""
    for table in (partitions, consumers, findings, timeline, groups, hubs, sources, events):
        for column in table.COLUMNS:
            if column.meaning:
                yield Entry(Chapter.COLUMNS, column.title, column.meaning)


def _states() -> Iterator[Entry]:
    for health, word in states.HEALTH.items():
        yield Entry(Chapter.HEALTH, word.text, states.HEALTH_MEANING[health])

    for name, meaning in states.OTHER_HEALTH_MEANING.items():
        yield Entry(Chapter.HEALTH, name, meaning)

    for state, word in states.LEASE.items():
        yield Entry(Chapter.LEASES, word.text, states.LEASE_MEANING[state])

    for role, word in states.ROLE.items():
        yield Entry(Chapter.ROLES, word.text, states.ROLE_MEANING[role])

    for log, text in processes.LOG.items():
        yield Entry(Chapter.LOGS, text, processes.LOG_MEANING[log])

    for proof in Proof:
        yield Entry(Chapter.PROOFS, states.PROOFS[proof], states.PROOF_MEANING[proof])

    for status, word in states.SOURCE.items():
        yield Entry(Chapter.SOURCES, word.text, states.SOURCE_MEANING[status])


def _finding(kind: FindingKind[Any]) -> Entry:
    meaning = TEXTS[kind.id].meaning
    severities = listed([severity.value for severity in Severity if severity in kind.severities])
    rests_on = ", ".join(label(name) for name in kind.evidence.__struct_fields__)
    more = (
        ("Why it happens", meaning.why),
        ("What to do", meaning.what_to_do),
        ("Severity", severities),
        ("It rests on", rests_on),
    )
    return Entry(Chapter.FINDINGS, kind.id, meaning.means, more)


def sections(*chapters: Chapter, language: Language = "en") -> tuple[Section, ...]:
    """Chapters as facts under their headings: a name and what it means."""
    every = entries(language)
    told = ([each for each in every if each.chapter is chapter] for chapter in chapters)
    return tuple(
        Section(group[0].title, tuple(Line(each.name, each.meaning) for each in group))
        for group in told
    )


def explained(wanted: str, language: Language = "en") -> tuple[Entry, ...]:
    """Everything of that name, whatever its numbers: `wait 3/10`, `overdue`, `lease.overdue`."""
    name = _plain(wanted)
    every = entries(language)
    found = tuple(entry for entry in every if name in _names(entry))

    # A number with a sign before it: the sign is what has to be explained.
    return found or tuple(entry for entry in every if len(name) > 1 and entry.name == name[0])


def nearest(wanted: str, language: Language = "en") -> str | None:
    """The name that is most like one that there is not."""
    # What is written so itself goes over what only ends so.
    names = {name: entry.name for entry in reversed(entries(language)) for name in _names(entry)}
    close = difflib.get_close_matches(_plain(wanted), names, n=1, cutoff=0.5)
    return names[close[0]] if close else None


def _names(entry: Entry) -> tuple[str, ...]:
    """As it is written, and without its count; a finding also by what stands behind its dot."""
    name = _plain(entry.name)
    counted = name.removesuffix(" 0/0")
    behind = name.rpartition(".")[2].replace("_", " ")
    return (
        (name, behind) if entry.chapter is Chapter.FINDINGS else (name, counted, entry.also or name)
    )


def _plain(name: str) -> str:
    return re.sub(r"\d+", "0", name.strip().casefold())


_NAME_CELLS = 25


def lines(entry: Entry, cells: int) -> Iterator[str]:
    """One entry in full, for a terminal."""
    yield f"{entry.name}  ({entry.title})"
    yield from _indented(_sentence(entry.meaning), cells)

    for heading, text in entry.more:
        yield f"  {heading}"
        yield from _indented(_sentence(text), cells, indent="    ")


def listing(cells: int, language: Language = "en") -> Iterator[str]:
    """Every name with its meaning, under the chapters."""
    chapter = None

    for entry in entries(language):
        if entry.chapter is not chapter:
            yield from ("",) * (chapter is not None)
            chapter = entry.chapter
            yield entry.title

        first, *rest = wrap(entry.meaning, max(20, cells - _NAME_CELLS - 2))
        is_long = len(entry.name) >= _NAME_CELLS
        yield from (f"  {entry.name}",) if is_long else ()
        yield f"  {'' if is_long else entry.name:<{_NAME_CELLS}}{first}"
        yield from (f"  {'':{_NAME_CELLS}}{line}" for line in rest)


def markdown(language: Language = "en") -> str:
    """The page of the docs."""
    parts = []
    chapter = None

    for entry in entries(language):
        if entry.chapter is not chapter:
            chapter = entry.chapter
            is_table = chapter is not Chapter.FINDINGS
            head = "\n| | |\n|---|---|" if is_table else ""
            parts.append(f"\n## {entry.title}\n{head}".rstrip())

        parts.append(_row(entry) if chapter is not Chapter.FINDINGS else _section(entry))

    return "\n".join(parts).strip() + "\n"


def _row(entry: Entry) -> str:
    return f"| `{entry.name}` | {entry.meaning} |".replace("`|`", "`\\|`")


def _section(entry: Entry) -> str:
    more = "".join(f"- **{heading}**: {text}\n" for heading, text in entry.more)
    return f"\n### `{entry.name}`\n\n{entry.meaning}\n\n{more}".rstrip()


def _sentence(text: str) -> str:
    text = capital(text)
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _indented(text: str, cells: int, indent: str = "  ") -> Iterator[str]:
    yield from (indent + line for line in wrap(text, max(20, cells - len(indent))))
