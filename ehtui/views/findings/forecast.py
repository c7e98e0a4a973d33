"""When a partition finds a live owner again, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views import formats
from ehtui.views.telling import it

if TYPE_CHECKING:
    from ehtui.views.case import Case


def takeover(case: Case) -> str:
    """Who takes it and when, as the end of a sentence."""
    earliest, latest = case.number("takeover_earliest_at"), case.number("takeover_latest_at")

    if earliest is None and latest is None:
        if case.text("takeover_basis") == "no-survivor":
            return "nobody is left to take " + it(case.places)

        return ""

    return f"{_taker(case)} {window(case, earliest, latest)}"


def _taker(case: Case) -> str:
    if case.whole("standbys"):
        return "a standby"

    return "another owner" if case.whole("survivors") or case.whole("live_owners") else "a consumer"


def window(case: Case, earliest: float | None, latest: float | None) -> str:
    """`takes it 12:03:41–12:04:17`, or what is true once that time has come or gone."""
    taken = it(case.places)
    now, guess = case.say.now, sign(case)

    if latest is not None and latest < now:
        late = formats.duration(now - latest)
        return f"should have taken {taken} by {guess}{case.say.time(latest)} ({late} late)"

    if earliest is not None and earliest <= now:
        by = f", by {guess}{case.say.time(latest)} at the latest" if latest is not None else ""
        return f"can take {taken} at any moment{by}"

    return f"takes {taken} {when(case, earliest, latest)}"


def when(case: Case, earliest: float | None, latest: float | None) -> str:
    """`~12:03:41–12:04:17`; `from 12:03:41` or `by 12:04:17` where only one end is known."""
    guess = sign(case)

    if earliest is None or latest is None:
        word = "from" if latest is None else "by"
        return f"{word} {guess}{case.say.time(earliest if latest is None else latest)}"

    return f"{guess}{case.say.span(earliest, latest)}"


def sign(case: Case) -> str:
    """`~` before a forecast that is a guess."""
    return "~" if case.is_set("takeover_is_guess") else ""


def joined(*parts: str) -> str:
    """Parts of a sentence, without those that have nothing to say."""
    return "; ".join(part for part in parts if part)
