"""Numbers, times and names as short, exact text. Unknown is `–`; a guess carries `~`."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from ehtui.domain.snapshot import Behind, BehindBasis
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.views.width import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

UNKNOWN = "–"
Language = Literal["en", "ko"]  # of sentences; what programs read is the same in all
OWNER_CELLS = 8
_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_UNITS = ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "m"), (_MINUTE, "m", 1, "s"))
_KIBI = 1024
_LEAST_RATE = 0.05  # half of the last digit shown
_FRACTION_UP_TO = 100  # events a second
_RANGE_FROM = 3  # "0–2" is shorter than "0,1,2"; "0,1" is not longer than "0–1"


def count(value: int | None) -> str:
    """A number of things: `1,823`."""
    return UNKNOWN if value is None else f"{value:,}"


def duration(seconds: float | None) -> str:
    """A length in its two largest units: `0s`, `<1s`, `42s`, `2m19s`, `1h58m`, `3d`."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN

    if seconds < 0:
        return f"-{duration(-seconds)}"

    if 0 < seconds < 1:
        return "<1s"

    whole = int(seconds)

    for major, unit, minor, minor_unit in _UNITS:
        if whole >= major:
            rest = whole % major // minor
            return f"{whole // major}{unit}" + (f"{rest:02d}{minor_unit}" if rest else "")

    return f"{whole}s"


def coarse(seconds: float | None) -> str:
    """A length in its largest unit alone, never more than it was: `2m`, `1h`, `3d`."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN

    for size, unit in ((_DAY, "d"), (_HOUR, "h"), (_MINUTE, "m")):
        if abs(seconds) >= size:
            return f"{int(seconds / size)}{unit}"

    return duration(seconds)


def age(seconds: float | None) -> str:
    """How long ago: `now`, `2s ago`, `1h58m ago`."""
    if seconds is None:
        return UNKNOWN

    return "now" if seconds < 1 else f"{duration(seconds)} ago"


def rate(per_s: float | None) -> str:
    """Events a second: `13.0`, `0.0`, `<0.1`, `1,240`."""
    if per_s is None or not math.isfinite(per_s):
        return UNKNOWN

    if 0 < per_s < _LEAST_RATE:
        return "<0.1"

    return f"{per_s:,.1f}" if abs(per_s) < _FRACTION_UP_TO else f"{per_s:,.0f}"


def per_s(value: float | None) -> str:
    """Events a second: `13/s`."""
    return UNKNOWN if value is None else f"{rate(value)}/s"


def percent(value: float | None) -> str:
    """A share in percent, without the sign: the column's title carries it."""
    return UNKNOWN if value is None else f"{value:.1f}"


def size(value_bytes: int | None) -> str:
    """Memory: `512 B`, `1.2 MiB`."""
    if value_bytes is None:
        return UNKNOWN

    amount = float(value_bytes)

    for unit in ("B", "KiB", "MiB", "GiB"):
        if abs(amount) < _KIBI:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"

        amount /= _KIBI

    return f"{amount:.1f} TiB"


def signed_s(seconds: float | None) -> str:
    """A difference of clocks: `+0.3s`, `-12.0s`; nothing is `+0.0s`, on whichever side."""
    return UNKNOWN if seconds is None else f"{round(seconds, 1) + 0.0:+.1f}s"


def behind(value: Behind | None) -> str:
    """Lag in time with how it is known: `0s`, `~2m20s`, `>30m`, `2m19s`."""
    if value is None:
        return UNKNOWN

    if value.basis is BehindBasis.AT_LEAST:
        return f">{duration(math.floor(value.seconds))}"

    if value.basis is BehindBasis.INTERPOLATED and value.seconds >= 1:
        return f"~{duration(value.seconds)}"

    return duration(value.seconds)


def lag(value: int | None, *, is_bound: bool = False) -> str:
    """Events not yet read; `≤` where nothing was ever checkpointed."""
    return f"≤{count(value)}" if is_bound and value is not None else count(value)


@lru_cache(maxsize=4096)
def name(text: str) -> str:
    """A name from outside, harmless to show; remembered, for the same ones come with every poll."""
    return safe(text)


@lru_cache(maxsize=4096)
def owner(owner_id: str | None) -> str:
    """An owner id short enough for a column: its first eight cells."""
    return UNKNOWN if not owner_id else cut(safe(owner_id), OWNER_CELLS, ellipsis="")


def somebody(owner_id: str | None) -> str:
    """The same in a sentence: who it was may be unknown."""
    return owner(owner_id) if owner_id else "somebody"


def owners(owner_ids: Iterable[str]) -> str:
    """Owners' short ids in a sentence."""
    return listed([owner(owner_id) for owner_id in owner_ids])


def text(value: str | None) -> str:
    """Text from outside, safe; empty where unknown."""
    return safe(value) if value else ""


def pid(value: int | None) -> str:
    """A process's number, or `–`."""
    return UNKNOWN if value is None else str(value)


def number_ranges(names: Iterable[str]) -> str:
    """Partition ids as few characters as they need: `0–3,7`."""
    return ",".join(text for text, _ in runs(names))


def runs(names: Iterable[str]) -> list[tuple[str, int]]:
    """Ids that follow each other as one text, and how many they are: `0–3` are four."""
    listed = list(names)

    if not all(name.isdecimal() and name.isascii() for name in listed):
        return [(safe(name), 1) for name in listed]

    found: list[list[int]] = []

    for number in sorted(int(name) for name in listed):
        if found and number == found[-1][-1] + 1:
            found[-1].append(number)
        else:
            found.append([number])

    return [run for numbers in found for run in _run(numbers)]


def _run(run: Sequence[int]) -> list[tuple[str, int]]:
    if len(run) < _RANGE_FROM:
        return [(str(number), 1) for number in run]

    return [(f"{run[0]}–{run[-1]}", len(run))]


def listed(items: Sequence[str], *, last: str = "and", at_most: int = 6) -> str:
    """Items as a sentence has them: `a`, `a and b`, `a, b and 3 more`."""
    if len(items) > at_most:
        return f"{', '.join(items[: at_most - 1])} {last} {len(items) - at_most + 1} more"

    *first, final = items or ("",)
    return f"{', '.join(first)} {last} {final}" if first else final


def full_stop(text: str) -> str:
    """`text` as a whole sentence."""
    return text if text.endswith((".", "!", "?", ":", "`")) else f"{text}."


def plural(number: int, one: str, many: str | None = None) -> str:
    """A number and its noun: `1 partition`, `3 partitions`."""
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def every(number: int, one: str) -> str:
    """All of them at the start of a sentence: `Both owners`, `All 3 owners`."""
    few = {1: f"The only {one}", 2: f"Both {one}s"}
    return few.get(number) or f"All {plural(number, one)}"


def arriving(value: float | None) -> str:
    """What comes in a second, as a clause: `13.0/s arrive`, `nothing arrives`."""
    return "nothing arrives" if value == 0 else f"{per_s(value)} arrive"


def command(*words: str) -> str:
    """A command that can be pasted into a shell: `$Default` is quoted."""
    import shlex  # noqa: PLC0415 - for those who are told to run something

    return shlex.join(words)


class Clock(Value, frozen=True):
    """How a reader is told: in which zone, as its distance from UTC, and in which language."""

    utc_offset_s: float = 0.0
    language: Language = "en"

    def time(self, at: float | None) -> str:
        """A moment of the day: `12:03:41`."""
        return UNKNOWN if at is None else f"{self._local(at):%H:%M:%S}"

    def moment(self, at: float | None, now: float) -> str:
        """A moment, with its date where that is not today's: `11-21 23:58:07`."""
        if at is None:
            return UNKNOWN

        local = self._local(at)

        if local.date() == self._local(now).date():
            return f"{local:%H:%M:%S}"

        return f"{local:%m-%d %H:%M:%S}"

    def full(self, at: float | None) -> str:
        """A moment in full, with its zone: `2026-11-22 12:03:41 +09:00`."""
        if at is None:
            return UNKNOWN

        local = self._local(at)
        return f"{local:%Y-%m-%d %H:%M:%S} {local.tzname()}"

    @property
    def zone(self) -> str:
        """Its zone as a moment in full has it: `UTC+09:00`."""
        return self._local(0.0).tzname() or ""

    def day(self, at: float) -> str:
        """The day of a moment: `2026-11-22`."""
        return f"{self._local(at):%Y-%m-%d}"

    def span(self, from_at: float | None, to_at: float | None, now: float) -> str:
        """From one moment to another: `12:03:41–12:04:17`."""
        first, last = self.moment(from_at, now), self.moment(to_at, now)
        return first if first == last else f"{first}–{last}"

    def _local(self, at: float) -> datetime:
        zone = timezone(timedelta(seconds=self.utc_offset_s)) if self.utc_offset_s else UTC
        return datetime.fromtimestamp(at, tz=zone)


UTC_CLOCK = Clock()
