"""What a picture says, read from the picture itself as a sceptic would, and where it is untrue."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise, takewhile
from typing import NamedTuple

CELL = 12.2
LINE = 24.4
_TEXT = re.compile(r'<text class="[^"]*-r\d+" x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>')
_WORDS = re.compile(r"\S+(?: \S+)*")
_SIGNS = re.compile(r"\S+")
_NUMBER = re.compile(r"-?[\d,]+")
_ENTRY = re.compile(r"[ ▌│]{0,3}~?(\d\d:\d\d:\d\d) {2,}\S")
_TITLE = re.compile(
    r"(Partitions|Consumers|Findings|Timeline|Groups|Hubs) [─-] ([^\s─]+(?: [^\s─]+)*)"
)
_COLUMNS = 3
_FIRST = ("ID", "PID", "GROUP")
_HEAD = re.compile(
    r"\b(PROFILE|NAMESPACE|HUB|HELD|BY MINUTE|AGE|WORST"
    r"|LAST SEQ|CHECKPOINT|PARTITIONS|COMMAND|HEALTH|OWNERS?|BEHIND|GROUP|LEASE|TREND|PROVES"
    r"|NAME|OWNS|PID|LAG|ID|UP)\b"
)


class Word(NamedTuple):
    """Words with one blank between them, and where they stand."""

    start: int
    end: int
    text: str


def lines_of(svg: str) -> list[str]:
    """The screen as text, a line each, from Rich's picture of it."""
    rows: dict[int, dict[int, str]] = {}

    for x, y, text in _TEXT.findall(svg):
        row = rows.setdefault(round(float(y) / LINE), {})
        row[round(float(x) / CELL)] = html.unescape(text).replace("\xa0", " ")

    return [_joined(rows[number]) for number in sorted(rows)]


def _joined(row: Mapping[int, str]) -> str:
    line = ""

    for column, text in sorted(row.items()):
        line = line.ljust(column) + text

    return line.rstrip()


def complaints(lines: Sequence[str], taken_at: float) -> Iterator[str]:
    """What does not add up: each as a sentence with the line that it stands in."""
    tables = list(_tables(lines))

    for table in tables:
        yield from _wrong_lags(table)

    yield from _wrong_hubs(lines, tables)
    yield from _wrong_sums(lines, tables)
    yield from _later_than(lines, taken_at)


class Table(NamedTuple):
    """A head and its rows, each by the head's words."""

    columns: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...]


def _tables(lines: Sequence[str]) -> Iterator[Table]:
    """Every table with a head; it goes on as long as something stands in its first column."""
    for number, line in enumerate(lines):
        heads = _words(line, _HEAD)
        firsts = [place for place, word in enumerate(heads) if word.text in _FIRST]

        if any(word.text == "HUB" for word in heads):  # groups of many hubs
            firsts = [0]

        for place, end in pairwise([*firsts, len(heads)]):
            own = heads[place:end]

            if len(own) < _COLUMNS:  # a dialog lists the columns' names
                continue

            below = takewhile(lambda each, own=own: _is_row(each, own), lines[number + 1 :])  # type: ignore[misc]
            yield Table(tuple(w.text for w in own), tuple(_row(each, own) for each in below))


def _is_row(line: str, own: Sequence[Word]) -> bool:
    """Whether something stands in the first column, and no title."""
    there = line[max(0, own[0].start - 4) : own[0].end].strip(" ▌▐│█")
    return bool(there) and not _TITLE.search(line) and "─" not in there


def _row(line: str, own: Sequence[Word]) -> Mapping[str, str]:
    """What stands under each word; numbers end where their head does."""
    words, signs = _words(line, _WORDS), _words(line, _SIGNS)
    found = {}

    for head in own:
        ends = [sign for sign in signs if sign.end == head.end]
        under = [word for word in words if word.start < head.end and word.end > head.start]
        found[head.text] = (ends or under or [Word(0, 0, "")])[0].text

    return found


def _words(line: str, pattern: re.Pattern[str]) -> list[Word]:
    return [Word(m.start(), m.end(), m[0]) for m in pattern.finditer(line)]


def _wrong_lags(table: Table) -> Iterator[str]:
    for row in table.rows:
        named = [_number(row.get(name, "")) for name in ("LAST SEQ", "CHECKPOINT", "LAG")]
        last, checkpoint, lag = named

        if None not in named and (last or 0) - (checkpoint or 0) != lag:
            yield f"lag {lag} beside {last} and {checkpoint} (P{row['ID']})"


def _wrong_sums(lines: Sequence[str], tables: Sequence[Table]) -> Iterator[str]:
    """Titles against the rows below them; a pane that scrolls shows fewer rows than there are."""
    titles = {name: text for line in lines for name, text in _TITLE.findall(line)}
    by_first = {table.columns[0]: table.rows for table in tables}

    for name, first in (("Partitions", "ID"), ("Consumers", "PID"), ("Groups", "GROUP")):
        count = _number(titles.get(name, "").split(" ")[0])
        rows = by_first.get(first, ())

        if count is not None and (len(rows) > count or (len(rows) < count and _ends(lines, rows))):
            yield f"{name} {count}, and {len(rows)} rows"

    total = re.search(r"· lag ([\d,]+)(?: |$)", titles.get("Partitions", ""))

    if total is None:
        return

    rows = by_first.get("ID", ())
    lags = [_number(row.get("LAG", "")) for row in rows]
    told = {"the rows": sum(lag or 0 for lag in lags)} if _are_all(titles, rows, lags) else {}
    shown = re.search(r"▸ (\S+)", lines[0])

    for row in by_first.get("GROUP", ()) if shown else ():
        lag = _number(row.get("LAG", ""))

        if shown and row["GROUP"].strip("▌ ") == shown[1] and lag is not None:
            told["the groups"] = lag

    for where, lag in told.items():
        if lag != _number(total[1]):
            yield f"lag {total[1]} in the title, and {lag} in {where}"


def _are_all(titles: Mapping[str, str], rows: Sequence[object], lags: Sequence[int | None]) -> bool:
    return titles["Partitions"].split(" ")[0] == str(len(rows)) and None not in lags


_HUBS = re.compile(r"(\d+) · (\d+) groups?(?: · (\d+) hubs? without a group)?")


def _wrong_hubs(lines: Sequence[str], tables: Sequence[Table]) -> Iterator[str]:
    """Hubs, their groups and those without any are what makes the rows."""
    told = next((found for line in lines if (found := _HUBS.search(line))), None)
    rows = next((table.rows for table in tables if "HUB" in table.columns), ())

    is_below = any("▸" in value for row in rows for value in row.values())  # no line between them

    if told is None or is_below or not _ends(lines, rows):
        return

    profiles = (row.get("PROFILE", "").strip("▌> ").removesuffix(" production") for row in rows)
    hubs = {(profile, row["HUB"]) for profile, row in zip(profiles, rows, strict=True)}
    groups = sum(row["GROUP"] not in {"–", "-"} for row in rows)
    there = (len(hubs), groups, len(rows) - groups)
    counts = tuple(int(count or 0) for count in told.groups())

    if counts != there:
        yield f"hubs, groups, hubs without: {counts} in the title, and {there} in the rows"


def _ends(lines: Sequence[str], rows: Sequence[object]) -> bool:
    """Whether nothing is hidden: no pane says which of its rows it shows."""
    return bool(rows) and not any(re.search(r"\d+–\d+ of \d+|of \d+ ─", line) for line in lines)


def _later_than(lines: Sequence[str], taken_at: float) -> Iterator[str]:
    """Entries of the timeline begin with their time."""
    now = datetime.fromtimestamp(taken_at + 1, UTC).strftime("%H:%M:%S")

    for line in lines:
        entry = _ENTRY.match(line)

        if entry and entry[1] > now:
            yield f"told at {now}: {line.strip()}"


def _number(text: str) -> int | None:
    return int(text.replace(",", "")) if _NUMBER.fullmatch(text) else None
