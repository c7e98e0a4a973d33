"""When a partition finds a live owner again, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views import formats
from ehtui.views.telling import it

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.evidence import Takeover, TakeoverTimes
    from ehtui.views.telling import Telling


def takeover(
    forecast: Takeover, places: Sequence[str], say: Telling, *, standbys: int, others: int
) -> str:
    """Who takes it and when, as the end of a sentence."""
    if forecast.earliest_at is None and forecast.latest_at is None:
        if forecast.basis == "no-survivor":
            return "nobody is left to take " + it(places)

        return ""

    taker = "a standby" if standbys else "another owner" if others else "a consumer"
    return f"{taker} {_window(forecast, places, say)}"


def _window(forecast: Takeover, places: Sequence[str], say: Telling) -> str:
    """`takes it 12:03:41–12:04:17`, or what is true once that time has come or gone."""
    taken, now, guess = it(places), say.now, _sign(forecast)
    earliest, latest = forecast.earliest_at, forecast.latest_at

    if latest is not None and latest < now:
        late = formats.duration(now - latest)
        return f"should have taken {taken} by {guess}{say.time(latest)} ({late} late)"

    if earliest is not None and earliest <= now:
        by = f", by {guess}{say.time(latest)} at the latest" if latest is not None else ""
        return f"can take {taken} at any moment{by}"

    return f"takes {taken} {when(forecast, say)}"


def when(forecast: Takeover | TakeoverTimes, say: Telling) -> str:
    """`~12:03:41–12:04:17`; `from 12:03:41` or `by 12:04:17` where only one end is known."""
    earliest, latest, guess = forecast.earliest_at, forecast.latest_at, _sign(forecast)

    if earliest is None or latest is None:
        word = "from" if latest is None else "by"
        return f"{word} {guess}{say.time(earliest if latest is None else latest)}"

    return f"{guess}{say.span(earliest, latest)}"


def _sign(forecast: Takeover | TakeoverTimes) -> str:
    """`~` before a forecast that is a guess."""
    return "~" if forecast.is_guess else ""


def joined(*parts: str) -> str:
    """Parts of a sentence, without those that have nothing to say."""
    return "; ".join(part for part in parts if part)
