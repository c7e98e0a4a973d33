"""What cannot be read, what the store does not show, and clocks that disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    CLOCK_HUB,
    CLOCK_SKEW,
    CLOCK_STORE_JUMPED,
    SOURCE_LIMITED,
    SOURCE_THROTTLED,
    SOURCE_UNAUTHORISED,
    SOURCE_UNREADABLE,
    STORE_NOT_VISIBLE,
)
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.evidence import About, FindingText, advise
from ehtui.views.phrasing import joined

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import (
        HostClockSkew,
        HubClockAhead,
        NotVisible,
        SourceLimit,
        SourceTrouble,
        StoreClockJump,
    )


def _apart(ahead_s: float) -> str:
    word = "ahead of" if ahead_s > 0 else "behind"
    return f"{formats.duration(abs(ahead_s))} {word}"


def _skew(found: HostClockSkew, _: About) -> str:
    return f"This host's clock is {_apart(-(found.offset_s))} the storage server's"


_skew_advice = advise(
    "Consumers judge a lease by comparing their own clock with the server's timestamp: a consumer "
    "whose clock is ahead takes live leases, one whose clock is behind takes over late. ehtui "
    "itself uses server time. Synchronise this host (timedatectl, chronyc).",
)


def _store_clock(found: StoreClockJump, about: About) -> str:
    ahead_s = found.ahead_s
    size = formats.duration(abs(ahead_s))
    way = "ahead" if ahead_s > 0 else "back"

    if found.is_back:
        until = about.say.time(found.seen_at)
        return f"The store's clock jumped {size} {way} for a while, until {until}"

    return f"The store's clock jumped {size} {way}"


def _store_clock_advice(found: StoreClockJump, _: About) -> tuple[str, ...]:
    stamped = (
        "Its records carry the wrong time too: consumers take leases for older or newer than they "
        "are."
        if found.stamps_records
        else "Its records carry the right time: only the Date of its replies is wrong."
    )
    return (
        (
            "ehtui ignores the jump: leases, lag and health follow the time that has passed here "
            "since the store was first read."
        ),
        stamped,
    )


def _hub_clock(found: HubClockAhead, _: About) -> str:
    return f"The hub's clock is {_apart(found.ahead_s)} the store's"


_hub_clock_advice = advise(
    "BEHIND (lag in time) is corrected for it. In Azure both are synchronised; elsewhere, "
    "synchronise the hosts that serve them.",
)


def _not_visible(found: NotVisible, about: About) -> str:
    if found.reason == "no_store":
        return "No checkpoint store: owners, leases, checkpoints and lag cannot be known"

    others = [safe(name) for name in found.other_groups]
    known = f"; the store has records of {formats.listed(others)}" if others else ""
    return f"No owner or checkpoint recorded for {about.group} yet{known}"


def _not_visible_advice(found: NotVisible, _: About) -> tuple[str, ...]:
    if found.reason == "no_store":
        return (
            (
                "Set AZURE_STORAGE_CONNECTION_STRING (or AZURE_STORAGE_ACCOUNT_URL) and "
                "CHECKPOINT_CONTAINER, or take them from a running consumer: `ehtui --pid PID`."
            ),
        )

    return (
        (
            "Either no consumer of this group has ever run with this container, or it uses another "
            "container, hub name or group. `ehtui config --pid PID` shows what it really uses."
        ),
        "A consumer without a checkpoint store (in memory, or none) never shows up here.",
    )


def _limited(found: SourceLimit, _: About) -> str:
    return f"{safe(found.source).capitalize()}: {safe(found.summary).rstrip('.')}"


def _limited_advice(found: SourceLimit, _: About) -> tuple[str, ...]:
    return tuple(formats.full_stop(line) for line in (safe(found.advice),) if line)


def _source(found: SourceTrouble, about: About) -> str:
    since = found.failing_since_at
    last = found.last_read_at
    stands = f"what is shown is {about.say.since(last)} old" if last is not None else ""
    summary = safe(found.summary).rstrip(".")
    return joined(
        f"{safe(found.source).capitalize()}: {summary} (since {about.say.time(since)})", stands
    )


def _source_advice(found: SourceTrouble, about: About) -> tuple[str, ...]:
    retry = found.retry_at
    failures = formats.plural(found.failures, "read")
    tries = f"{failures} failed in a row" + (
        f"; next try at {about.say.time(retry)}." if retry else "."
    )
    return tuple(formats.full_stop(line) for line in (safe(found.advice), tries) if line)


def _throttled_advice(found: SourceTrouble, about: About) -> tuple[str, ...]:
    return (
        *_source_advice(found, about),
        (
            "ehtui slows down by itself. Other clients of the namespace share this limit: run "
            "fewer monitors, poll less often, or add throughput units."
        ),
    )


TEXTS = (
    FindingText(CLOCK_SKEW, _skew, _skew_advice),
    FindingText(CLOCK_STORE_JUMPED, _store_clock, _store_clock_advice),
    FindingText(CLOCK_HUB, _hub_clock, _hub_clock_advice),
    FindingText(STORE_NOT_VISIBLE, _not_visible, _not_visible_advice),
    FindingText(SOURCE_LIMITED, _limited, _limited_advice),
    FindingText(SOURCE_UNREADABLE, _source, _source_advice),
    FindingText(SOURCE_THROTTLED, _source, _throttled_advice),
    FindingText(SOURCE_UNAUTHORISED, _source, _source_advice),
)
