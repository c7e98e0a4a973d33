"""The stopwatch in words and as JSON: forecast beside measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.status_values import LATER, Moment, Rule, moment

if TYPE_CHECKING:
    from ehtui.domain.ownership.measured_takeovers import MeasuredTakeover
    from ehtui.views.telling import Telling


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
        "Whether it was a guess: the expiry was not configured, was not seen, and is no SDK's "
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


def lap_sentence(lap: MeasuredTakeover, say: Telling) -> str:
    """`P2: owned again by 9c01e2aa after 2m31s (forecast 12:03:41-12:04:17, kept) …`."""
    window = lap.owned.takeover
    name = f"P{safe(lap.owned.partition)}"
    forecast = "forecast: nobody can take it"

    if window.earliest_at is not None:
        guess = "~" if window.is_guess else ""
        forecast = f"forecast {guess}{say.span(window.earliest_at, window.latest_at)}"

        if window.latest_at is None:
            forecast = f"forecast from {guess}{say.time(window.earliest_at)} on"

    if lap.gap_s is None:
        return f"{name}: not owned again; {forecast}"

    kept = {True: ", kept", False: ", missed", None: ""}[lap.is_inside_forecast]
    owner = formats.owner(lap.owner)
    moved = "its checkpoint has not moved yet"

    if lap.moved_at is not None:
        moved = f"its checkpoint moved after {formats.duration(lap.moved_at - lap.started_at)}"

    gap = formats.duration(lap.gap_s)

    return f"{name}: owned again by {owner} after {gap} ({forecast}{kept}); {moved}"


def lap_document(lap: MeasuredTakeover) -> MeasuredTakeoverDocument:
    """One lap for JSON; lengths in seconds from the signal, unknown is null."""
    window = lap.owned.takeover

    def since(at: float | None) -> float | None:
        return None if at is None else round(at - lap.started_at, 1)

    return {
        "group": safe(lap.owned.group),
        "partition": safe(lap.owned.partition),
        "signalled_at": moment(lap.started_at),
        "previous_owner": _named(lap.previous_owner),
        "owner": _named(lap.owner),
        "forecast_s": [since(window.earliest_at), since(window.latest_at)],
        "forecast_basis": window.basis,
        "forecast_is_assumed": window.is_guess,
        "gap_s": since(lap.owned_at),
        "checkpoint_moved_s": since(lap.moved_at),
        "is_inside_forecast": lap.is_inside_forecast,
    }


def _named(owner: str | None) -> str | None:
    return None if owner is None else safe(owner)
