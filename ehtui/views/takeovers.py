"""Takeovers in words: what a forecast rests on, when it is, and what was measured beside it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, TypedDict

from ehtui.domain.evidence import Doubt
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.costs import TakeoverCostDocument, cost_document, cost_words
from ehtui.views.phrasing import it
from ehtui.views.status_values import LATER, Moment, Rule, moment

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ehtui.domain.actions.outcomes import MeasuredTakeover
    from ehtui.domain.evidence import Takeover, TakeoverTimes
    from ehtui.views.phrasing import Phrasing


BASIS = {
    "configured": "the configured expiry",
    "observed": "the takeovers seen",
    "inferred": "the other owners' SDK",
    "guessed": "the usual number of renewals",
    "assumed": "an assumed expiry",
    "released": "already free: a survivor's next round",
    "expired": "already expired: a survivor's next round",
    "blob-lease": "a blob lease, whose age is not known",
    "no-survivor": "nobody is left to take it",
}
DOUBTS: Mapping[Doubt | None, str] = {
    Doubt.UNTIMED: ", assumed: no survivor's renewals timed yet",
    Doubt.RATIO: ", assumed: differs if their expiry was set",
    Doubt.OUTLIVED: ", assumed: leases live longer here, how long is not known yet",
}
_SDK = {
    "python": "Python",
    "dotnet": ".NET",
    "java": "Java",
    "js": "JavaScript",
    "go": "Go",
    "rust": "Rust",
}
_PROFILE = re.compile(r"(\w+)-([\d.]+)/([\d.]+)")


def basis(code: str) -> str:
    """What a forecast rests on: `Python 180/30 s` is that SDK's expiry and round."""
    return " or ".join(_basis(part) for part in code.split("|"))


def _basis(code: str) -> str:
    profile = _PROFILE.fullmatch(code)

    if profile is None:
        return BASIS.get(code, safe(code))

    name, expires_after, period = profile.groups()
    return f"{_SDK.get(name, name)} {expires_after}/{period} s"


def takeover(
    forecast: Takeover, places: Sequence[str], say: Phrasing, *, standbys: int, others: int
) -> str:
    """Who takes it and when, as the end of a sentence."""
    if forecast.earliest_at is None and forecast.latest_at is None:
        if forecast.basis == "no-survivor":
            return "nobody is left to take " + it(places)

        return ""

    taker = "a standby" if standbys else "another owner" if others else "a consumer"
    return f"{taker} {_window(forecast, places, say)}"


def _window(forecast: Takeover, places: Sequence[str], say: Phrasing) -> str:
    """`takes it 12:03:41–12:04:17`, or what is true once that time has come or gone."""
    taken, now, guess = it(places), say.now, _sign(forecast)
    earliest, latest = forecast.earliest_at, forecast.latest_at

    if latest is not None and latest < now:
        late = formats.duration(now - latest)
        return f"should have taken {taken} by {guess}{say.time(latest)} ({late} late)"

    if earliest is not None and earliest <= now:
        by = f", by {guess}{say.time(latest)} at the latest" if latest is not None else ""
        return f"can take {taken} any moment now{by}"

    return f"takes {taken} {when(forecast, say)}"


def when(forecast: Takeover | TakeoverTimes, say: Phrasing) -> str:
    """`~12:03:41–12:04:17`; `from 12:03:41` or `by 12:04:17` where only one end is known."""
    earliest, latest, guess = forecast.earliest_at, forecast.latest_at, _sign(forecast)

    if earliest is None or latest is None:
        word = "from" if latest is None else "by"
        return f"{word} {guess}{say.time(earliest if latest is None else latest)}"

    return f"{guess}{say.span(earliest, latest)}"


def _sign(forecast: Takeover | TakeoverTimes) -> str:
    """`~` before a forecast that is a guess."""
    return "~" if forecast.is_guess else ""


class MeasuredTakeoverDocument(TypedDict):
    """From a signal until a partition is owned again and its checkpoint moves.

    Lengths in seconds from the signal.
    """

    group: Annotated[str, "Consumer group."]
    partition: Annotated[str, "Partition id."]
    signalled_at: Annotated[Moment, "When the signal was planned, server time."]
    previous_owner: Annotated[str | None, "Who owned it by then.", LATER]
    owner: Annotated[str | None, "Who owns it since; null until then.", LATER]
    forecast_s: Annotated[
        list[float | None],
        "The earliest and the latest takeover as forecast; null where nobody can.",
        Rule("minItems", 2),
        Rule("maxItems", 2),
        LATER,
    ]
    forecast_basis: Annotated[str, "What the forecast rests on.", LATER]
    forecast_is_assumed: Annotated[
        bool,
        "Whether it was a guess: the expiry was not configured, was not seen, and is not an SDK's "
        "default.",
        LATER,
    ]
    gap_s: Annotated[float | None, "Until somebody owned it again; null until then."]
    checkpoint_moved_s: Annotated[
        float | None, "Until its checkpoint moved; null until then.", LATER
    ]
    is_inside_forecast: Annotated[
        bool | None,
        "Whether the gap landed in the forecast; null while open, or where nothing was forecast.",
        LATER,
    ]
    cost: Annotated[TakeoverCostDocument, "What was read twice, skipped or lost.", LATER]


def takeover_sentence(measured: MeasuredTakeover, say: Phrasing) -> str:
    """`P2: owned again by 9c01e2aa after 2m31s (forecast 12:03:41-12:04:17, kept) …`."""
    window = measured.owned.takeover
    name = f"P{safe(measured.owned.partition)}"
    forecast = "forecast: nobody can take it"

    if window.earliest_at is not None:
        guess = "~" if window.is_guess else ""
        forecast = f"forecast {guess}{say.span(window.earliest_at, window.latest_at)}"

        if window.latest_at is None:
            forecast = f"forecast from {guess}{say.time(window.earliest_at)} on"

    if measured.gap_s is None:
        return f"{name}: not owned again; {forecast}"

    kept = {True: ", kept", False: ", missed", None: ""}[measured.is_inside_forecast]
    owner = formats.owner(measured.owner)
    moved = "its checkpoint has not moved yet"

    if measured.moved_at is not None:
        after = formats.duration(measured.moved_at - measured.started_at)
        moved = f"its checkpoint moved after {after}"

    gap, cost = formats.duration(measured.gap_s), cost_words(measured.cost)
    told = f"{name}: owned again by {owner} after {gap} ({forecast}{kept}); {moved}"

    return f"{told}; {cost}" if cost else told


def takeover_document(measured: MeasuredTakeover) -> MeasuredTakeoverDocument:
    """One measured takeover for JSON; lengths in seconds from the signal, unknown is null."""
    window = measured.owned.takeover

    def since(at: float | None) -> float | None:
        return None if at is None else round(at - measured.started_at, 1)

    return {
        "group": safe(measured.owned.group),
        "partition": safe(measured.owned.partition),
        "signalled_at": moment(measured.started_at),
        "previous_owner": _named(measured.previous_owner),
        "owner": _named(measured.owner),
        "forecast_s": [since(window.earliest_at), since(window.latest_at)],
        "forecast_basis": window.basis,
        "forecast_is_assumed": window.is_guess,
        "gap_s": since(measured.owned_at),
        "checkpoint_moved_s": since(measured.moved_at),
        "is_inside_forecast": measured.is_inside_forecast,
        "cost": cost_document(measured.cost),
    }


def _named(owner: str | None) -> str | None:
    return None if owner is None else safe(owner)
