"""The one sentence at the top of the screen where no finding says more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.views.headline_words import HeadlineText
from ehtui.views.korean import phrases
from ehtui.views.korean.particles import object_, subject
from ehtui.views.korean.sources import SOURCES
from ehtui.views.korean.states import writer_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.progress.proofs import Proven


def _unread(names: Sequence[str], since: str, summary: str) -> str:
    told = object_(phrases.listed([SOURCES.get(name, safe(name)) for name in names]))
    return f"{told} {since}부터 읽지 못합니다: {summary}"


def _lag(lag: str, reserved: str) -> str:
    return f"지연 {lag}({reserved})" if reserved else f"지연 {lag}"


def _group_unknown(count: int) -> str:
    return f"{subject(phrases.in_all(count))} 있습니다. 소유자와 지연은 알 수 없습니다"


def _free(free: Sequence[str], lag: str) -> str:
    return f"{phrases.partitions(free)}에 살아 있는 소유자가 없습니다. {lag}"


def _waiting(waiting: Sequence[str], lag: str) -> str:
    told = phrases.partitions(waiting)
    return f"{told}: 이벤트가 평소보다 오래 기다립니다. 아직 판단하지 않았습니다. {lag}"


def _held(owners: int, count: int, lag: str) -> str:
    every = "하나뿐인 파티션을" if count == 1 else f"{object_(phrases.in_all(count))} 모두"
    return f"{subject(phrases.owners_in_all(owners))} {every} 소유합니다. {lag}"


def _reservation(proven: Proven) -> str:
    if proven.is_done is not False or proven.writer is None:
        return ""

    return f"넘겨줬을 뿐, 끝났다는 뜻은 아님: {writer_name(proven.writer)}"


TEXT = HeadlineText(
    first_read="이벤트 허브를 처음 읽는 중입니다",
    no_answer="응답 없음",
    lag_unknown="지연을 알 수 없습니다",
    unread=_unread,
    lag=_lag,
    group_unknown=_group_unknown,
    as_of=lambda then, text: f"{then} 기준: {text}",
    free=_free,
    waiting=_waiting,
    held=_held,
    reservation=_reservation,
)
