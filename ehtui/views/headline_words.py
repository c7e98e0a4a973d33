"""What the top of the screen says where no finding says more, in a language; here in English."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.values import Value
from ehtui.views import formats
from ehtui.views.phrasing import have, partitions
from ehtui.views.states import reservation

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.domain.progress.proofs import Proven


class HeadlineText(Value, frozen=True):
    """The sentences, each made of what it is about."""

    first_read: str
    no_answer: str
    lag_unknown: str
    unread: Callable[[Sequence[str], str, str], str]  # sources, since when, why
    lag: Callable[[str, str], str]  # so many events, and why they do not mean done
    group_unknown: Callable[[int], str]  # partitions
    as_of: Callable[[str, str], str]  # when, and what was said then
    free: Callable[[Sequence[str], str], str]  # partitions, and the lag
    waiting: Callable[[Sequence[str], str], str]  # partitions in doubt, and the lag
    held: Callable[[int, int, str], str]  # owners, partitions, and the lag
    reservation: Callable[[Proven], str]


def _unread(names: Sequence[str], since: str, summary: str) -> str:
    return f"{formats.listed(names).capitalize()} not read since {since}: {summary}"


def _lag(lag: str, reserved: str) -> str:
    return f"lag {lag}, {reserved}" if reserved else f"lag {lag}"


def _held(owners: int, count: int, lag: str) -> str:
    verb = "holds" if owners == 1 else "hold"
    every = "the only partition" if count == 1 else f"all {formats.plural(count, 'partition')}"
    return f"{formats.plural(owners, 'owner')} {verb} {every}; {lag}"


ENGLISH = HeadlineText(
    first_read="Reading the hub for the first time",
    no_answer="no answer",
    lag_unknown="lag not known",
    unread=_unread,
    lag=_lag,
    group_unknown=lambda count: (
        f"The hub has {formats.plural(count, 'partition')}; owners and lag are not known"
    ),
    as_of=lambda then, text: f"As of {then}: {text}",
    free=lambda free, lag: f"{partitions(free)} {have(free)} no live owner; {lag}",
    waiting=lambda waiting, lag: (
        f"{partitions(waiting)}: events wait for longer than usual, not judged yet; {lag}"
    ),
    held=_held,
    reservation=reservation,
)
