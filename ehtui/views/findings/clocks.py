"""Clocks that disagree: this host's, the store's, the hub's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import CLOCK_HUB, CLOCK_SKEW, CLOCK_STORE_JUMPED
from ehtui.views import formats
from ehtui.views.finding_text import About, FindingText

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import HostClockSkew, HubClockAhead, StoreClockJump


def _apart(ahead_s: float) -> str:
    word = "ahead of" if ahead_s > 0 else "behind"

    return f"{formats.duration(abs(ahead_s))} {word}"


def _skew(found: HostClockSkew, _: About) -> str:
    return f"This host's clock is {_apart(-(found.offset_s))} the storage server's"


def _skew_advice(*_: object) -> tuple[str, ...]:
    return (
        (
            "Consumers judge a lease by their own clock against the server's stamp: one that runs "
            "ahead takes leases that are alive, one that runs behind takes over late. ehtui itself "
            "counts in server time. Synchronise this host (timedatectl, chronyc)."
        ),
    )


def _store(found: StoreClockJump, about: About) -> str:
    ahead_s = found.ahead_s
    size = formats.duration(abs(ahead_s))
    way = "ahead" if ahead_s > 0 else "back"

    if found.is_back:
        until = about.say.time(found.seen_at)
        return f"The store's clock jumped {size} {way} for a while, until {until}"

    return f"The store's clock jumped {size} {way}"


def _store_advice(found: StoreClockJump, _: About) -> tuple[str, ...]:
    stamped = (
        "It stamps the records too: consumers take new leases for older or newer than they are."
        if found.stamps_records
        else "The records themselves are stamped as before: only the Date of its replies is odd."
    )

    return (
        (
            "Nothing is judged by it: leases, lag and health go on by the time that passed here "
            "since the store was first read."
        ),
        stamped,
    )


def _hub(found: HubClockAhead, _: About) -> str:
    return f"The hub's clock is {_apart(found.ahead_s)} the store's"


def _hub_advice(*_: object) -> tuple[str, ...]:
    return (
        (
            "How far a group is behind in time is corrected by that. In Azure both are "
            "synchronised; elsewhere synchronise the hosts that serve them."
        ),
    )


CLOCK_TEXTS = (
    FindingText(CLOCK_SKEW, _skew, _skew_advice),
    FindingText(CLOCK_STORE_JUMPED, _store, _store_advice),
    FindingText(CLOCK_HUB, _hub, _hub_advice),
)
