"""Parts of Korean sentences: lengths of time, counts, names, takeovers."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Behind, BehindBasis
from ehtui.domain.text import safe
from ehtui.views import formats, takeovers
from ehtui.views.formats import count
from ehtui.views.korean.particles import object_, subject
from ehtui.views.phrasing import partition

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ehtui.domain.evidence import Takeover, TakeoverTimes
    from ehtui.views.evidence import About
    from ehtui.views.phrasing import Phrasing

_UNITS = (("일", 86_400), ("시간", 3600), ("분", 60), ("초", 1))
_NAMED = 3  # partitions by name; more of them as ranges, or as a number
_LISTED = 24  # characters of "0–3,7"


def duration(seconds: float | None) -> str:
    """`1초 미만`, `42초`, `2분 19초`, `1시간 58분`."""
    if seconds is None or not math.isfinite(seconds):
        return formats.UNKNOWN

    if 0 < seconds < 1:
        return "1초 미만"

    whole = int(abs(seconds))

    for (unit, size), (lesser, lesser_size) in pairwise(_UNITS):
        if whole >= size:
            rest = whole % size // lesser_size
            return f"{whole // size}{unit}" + (f" {rest}{lesser}" if rest else "")

    return f"{whole}초"


def since(say: Phrasing, at: float | None) -> str:
    """How long it has lasted since a server moment."""
    return duration(say.elapsed(at))


def ago(say: Phrasing, at: float | None) -> str:
    """`2초 전`, `방금`."""
    elapsed = say.elapsed(at)

    if elapsed is None:
        return formats.UNKNOWN

    return "방금" if elapsed < 1 else f"{duration(elapsed)} 전"


def behind(value: Behind) -> str:
    """`2분 20초`, `약 2분 20초`, `30분 이상`."""
    if value.basis is BehindBasis.AT_LEAST:
        return f"{duration(math.floor(value.seconds))} 이상"

    if value.basis is BehindBasis.INTERPOLATED and value.seconds >= 1:
        return f"약 {duration(value.seconds)}"

    return duration(value.seconds)


def per_s(value: float | None) -> str:
    """`초당 13.0건`."""
    return formats.UNKNOWN if value is None else f"초당 {formats.rate(value)}건"


def events(number: int) -> str:
    """`이벤트 1,820건`."""
    return f"이벤트 {count(number)}건"


def in_all(number: int | None) -> str:
    """`파티션 4개`."""
    return f"파티션 {count(number)}개"


def owners_in_all(number: int) -> str:
    """`소유자 3개`."""
    return f"소유자 {count(number)}개"


def times(number: int) -> str:
    """`4번`."""
    return f"{count(number)}번"


def listed(items: Sequence[str], *, at_most: int = 6) -> str:
    """`a`, `a, b`, `a, b 외 3개`."""
    if len(items) > at_most:
        return f"{', '.join(items[: at_most - 1])} 외 {len(items) - at_most + 1}개"

    return ", ".join(items)


def partitions(names: Sequence[str]) -> str:
    """`P0, P1, P2`, `파티션 0–7`, `파티션 40개`."""
    if len(names) <= _NAMED:
        return listed([partition(name) for name in names])

    ranges = formats.number_ranges(names)
    return f"파티션 {ranges}" if len(ranges) <= _LISTED else in_all(len(names))


def owned(names: Sequence[str], say: Phrasing) -> str:
    """`group/partition` names: `P0, analytics의 P1`."""
    told = []

    for name in names:
        group_name, _, number = name.rpartition("/")
        told.append(f"{of_group(say, group_name or None)}{partition(number)}")

    return listed(told)


def owner(owner_id: str | None) -> str:
    """`소유자 73fda457`, or that it is not known."""
    return f"소유자 {formats.owner(owner_id)}" if owner_id else "알 수 없는 소유자"


def owners(owner_ids: Iterable[str]) -> str:
    """Owners' short ids."""
    return listed([formats.owner(owner_id) for owner_id in owner_ids])


def where(about: About) -> str:
    """The partitions that something is about, with the group where that is not on screen."""
    return f"{of_group(about.say, about.subject.group)}{partitions(about.places)}"


def of_group(say: Phrasing, group: str | None) -> str:
    """`analytics의 ` where the group has to be named."""
    return "" if group is None or say.is_meant(group) else f"{safe(group)}의 "


def group(about: About) -> str:
    """The group by its name."""
    return f"컨슈머 그룹 {safe(about.subject.group)}" if about.subject.group else "컨슈머 그룹"


def joined(*parts: str) -> str:
    """Sentences behind each other, without those that have nothing to say; the last has no stop."""
    return ". ".join(part for part in parts if part)


# What a forecast rests on, where it is not an SDK's default.
_BASIS = {
    "configured": "설정한 만료 시간",
    "observed": "관측한 인계",
    "inferred": "다른 소유자의 SDK",
    "guessed": "보통의 갱신 횟수",
    "assumed": "가정한 만료 시간",
    "released": "이미 비어 있음: 다음 라운드",
    "expired": "이미 만료됨: 다음 라운드",
    "blob-lease": "나이를 알 수 없는 blob 리스",
    "no-survivor": "인계받을 컨슈머 없음",
}
_BY_SDK = re.compile(r"\w+-[\d.]+/[\d.]+")


def basis(code: str) -> str:
    """What a forecast rests on: `Python 180/30 s` is that SDK's expiry and round."""
    return " 또는 ".join(_basis(part) for part in code.split("|"))


def _basis(code: str) -> str:
    return takeovers.basis(code) if _BY_SDK.fullmatch(code) else _BASIS.get(code, safe(code))


def takeover(
    forecast: Takeover, places: Sequence[str], say: Phrasing, *, standbys: int, others: int
) -> str:
    """Who takes it and when, as a sentence of its own; empty where nothing is forecast."""
    if forecast.earliest_at is None and forecast.latest_at is None:
        return "인계받을 컨슈머가 없습니다" if forecast.basis == "no-survivor" else ""

    taker = "대기 컨슈머" if standbys else "다른 소유자" if others else "컨슈머"
    return _window(forecast, f"{subject(taker)} {object_(_them(places))}", say)


def _them(places: Sequence[str]) -> str:
    return "이 파티션" if len(places) == 1 else "이 파티션들"


def _window(forecast: Takeover, takes: str, say: Phrasing) -> str:
    """`… 12:03:41–12:04:17에 인계받습니다`, or what is true once that time has come or gone."""
    now, guess = say.now, "~" if forecast.is_guess else ""
    earliest, latest = forecast.earliest_at, forecast.latest_at

    if latest is not None and latest < now:
        late = duration(now - latest)
        return f"{takes} {guess}{say.time(latest)}까지 인계받았어야 합니다({late} 지남)"

    if earliest is not None and earliest <= now:
        by = f"(늦어도 {guess}{say.time(latest)})" if latest is not None else ""
        return f"{takes} 곧 인계받습니다{by}"

    return f"{takes} {when(forecast, say)} 인계받습니다"


def when(forecast: Takeover | TakeoverTimes, say: Phrasing) -> str:
    """`~12:03:41–12:04:17에`; `12:03:41 이후에` or `12:04:17까지` where only one end is known."""
    earliest, latest = forecast.earliest_at, forecast.latest_at
    guess = "~" if forecast.is_guess else ""

    if earliest is None or latest is None:
        behind_it = " 이후에" if latest is None else "까지"
        return f"{guess}{say.time(earliest if latest is None else latest)}{behind_it}"

    return f"{guess}{say.span(earliest, latest)}에"
