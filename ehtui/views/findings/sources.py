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
from ehtui.views.evidence import About, FindingText, Meaning, advise
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


_CLOCK_SKEW = Meaning(
    "This host's clock differs from the storage server's.",
    "The host is not synchronised.",
    "Synchronise it: consumers here judge leases by this clock. ehtui uses server time.",
)
_CLOCK_STORE_JUMPED = Meaning(
    "The clock of the checkpoint store jumped.",
    "Its host was synchronised or suspended, or its clock was set by hand.",
    "Usually nothing: ehtui ignores the jump. Consumers may misjudge leases meanwhile.",
)
_CLOCK_HUB = Meaning(
    "The clocks of the hub and the checkpoint store differ.",
    "Outside Azure, they run on hosts that are not synchronised.",
    "Synchronise those hosts; lag in time is corrected for the difference.",
)
_STORE_NOT_VISIBLE = Meaning(
    "Owners, checkpoints and lag of the group cannot be seen.",
    "No checkpoint store is configured, or it has no records of this group.",
    "Configure the store, or see what a consumer really uses: `ehtui config --pid PID`.",
)
_SOURCE_LIMITED = Meaning(
    "A source can be read, but gives less than it could.",
    "An odd answer, a missing right, or a slower way in use.",
    "Follow the advice beside it.",
)
_SOURCE_UNREADABLE = Meaning(
    "A source (hub, store, processes or logs) cannot be read; what is shown of it is old.",
    "Network, address, firewall or service trouble.",
    "Follow the advice beside it; ehtui keeps trying.",
)
_SOURCE_THROTTLED = Meaning(
    "The service throttles ehtui's reads.",
    "The namespace's or account's request limit is used up.",
    "Run fewer monitors, poll less often, or add throughput units.",
)
_SOURCE_UNAUTHORISED = Meaning(
    "ehtui is not allowed to read a source.",
    "A wrong or rotated key, an expired token, or a missing role.",
    "Grant the right, or use other credentials: `ehtui config` shows which are in use.",
)
TEXTS = (
    FindingText(CLOCK_SKEW, _skew, _skew_advice, meaning=_CLOCK_SKEW),
    FindingText(CLOCK_STORE_JUMPED, _store_clock, _store_clock_advice, meaning=_CLOCK_STORE_JUMPED),
    FindingText(CLOCK_HUB, _hub_clock, _hub_clock_advice, meaning=_CLOCK_HUB),
    FindingText(STORE_NOT_VISIBLE, _not_visible, _not_visible_advice, meaning=_STORE_NOT_VISIBLE),
    FindingText(SOURCE_LIMITED, _limited, _limited_advice, meaning=_SOURCE_LIMITED),
    FindingText(SOURCE_UNREADABLE, _source, _source_advice, meaning=_SOURCE_UNREADABLE),
    FindingText(SOURCE_THROTTLED, _source, _throttled_advice, meaning=_SOURCE_THROTTLED),
    FindingText(SOURCE_UNAUTHORISED, _source, _source_advice, meaning=_SOURCE_UNAUTHORISED),
)
