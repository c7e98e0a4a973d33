"""Clocks that disagree: this host's, the store's, the hub's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views import formats
from ehtui.views.case import Case, Words

if TYPE_CHECKING:
    from collections.abc import Mapping


def _apart(ahead_s: float) -> str:
    word = "ahead of" if ahead_s > 0 else "behind"

    return f"{formats.duration(abs(ahead_s))} {word}"


def _skew(case: Case) -> str:
    return f"This host's clock is {_apart(-(case.number('offset_s') or 0.0))} the storage server's"


def _skew_advice(_: Case) -> tuple[str, ...]:
    return (
        (
            "Consumers judge a lease by their own clock against the server's stamp: one that runs "
            "ahead takes leases that are alive, one that runs behind takes over late. ehtui itself "
            "counts in server time. Synchronise this host (timedatectl, chronyc)."
        ),
    )


def _store(case: Case) -> str:
    ahead_s = case.number("ahead_s") or 0.0
    size = formats.duration(abs(ahead_s))
    way = "ahead" if ahead_s > 0 else "back"

    if case.is_set("is_back"):
        return f"The store's clock jumped {size} {way} for a while, until {case.time('seen_at')}"

    return f"The store's clock jumped {size} {way}"


def _store_advice(case: Case) -> tuple[str, ...]:
    stamped = (
        "It stamps the records too: consumers take new leases for older or newer than they are."
        if case.is_set("stamps_records")
        else "The records themselves are stamped as before: only the Date of its replies is odd."
    )

    return (
        (
            "Nothing is judged by it: leases, lag and health go on by the time that passed here "
            "since the store was first read."
        ),
        stamped,
    )


def _hub(case: Case) -> str:
    return f"The hub's clock is {_apart(case.number('ahead_s') or 0.0)} the store's"


def _hub_advice(_: Case) -> tuple[str, ...]:
    return (
        (
            "How far a group is behind in time is corrected by that. In Azure both are "
            "synchronised; elsewhere synchronise the hosts that serve them."
        ),
    )


CLOCK_WORDS: Mapping[str, Words] = {
    "clock.skew": Words(_skew, _skew_advice),
    "clock.store_jumped": Words(_store, _store_advice),
    "clock.hub": Words(_hub, _hub_advice),
}
