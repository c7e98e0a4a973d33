"""How one kind of timeline event is told, and the words that several share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic

from ehtui.domain.actions.outcomes import OutcomeState
from ehtui.domain.evidence import E, EventKind
from ehtui.domain.values import Value
from ehtui.views import formats
from ehtui.views.phrasing import Phrasing, partition
from ehtui.views.takeovers import basis

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.domain.actions.events import Forecast


class EventText(Value, Generic[E], frozen=True):
    """How one kind of event is told; a sentence takes no other details than its kind has."""

    kind: EventKind[E]
    sentence: Callable[[E, Phrasing], str]
    words: Callable[[E], tuple[str, ...]] = lambda _: ()  # of an action, for ehtui's command line


def owned_words(names: tuple[str, ...], say: Phrasing) -> str:
    """`group/partition` names in a sentence: `P0, P2 and P1 of analytics`."""
    words = []

    for name in names:
        group, _, number = name.rpartition("/")
        words.append(partition(number) + say.of_group(group or None))

    return formats.listed(words)


def takeover_words(found: Forecast, say: Phrasing) -> str:
    """When somebody was to take over, as it was forecast."""
    earliest, latest = found.earliest_at, found.latest_at
    code = formats.text(found.basis)

    if earliest is None and latest is None:
        return "nobody is left to take over" if code == "no-survivor" else ""

    rests_on = f" ({basis(code)})" if code else ""

    if earliest is None or latest is None:
        word = "by" if earliest is None else "from"
        return f"takeover {word} {guess(found)}{say.time(earliest or latest)}{rests_on}"

    return f"takeover {guess(found)}{say.span(earliest, latest)}{rests_on}"


def guess(found: Forecast) -> str:
    """`~` before a forecast that rests on an SDK's defaults."""
    return "~" if found.is_assumed else ""


def action_words(state: OutcomeState, error: str | None, what: str, done: str) -> str:
    """How an action ended: `done`, or why it was not."""
    if state is OutcomeState.DRY_RUN:
        return f"{what}: dry run, nothing was done"

    if state is OutcomeState.REFUSED and error is not None and error.isidentifier():
        error = error.replace("_", " ")  # a reason's code

    if state in {OutcomeState.FAILED, OutcomeState.REFUSED}:
        return f"{what} {state}: {formats.text(error) or 'no reason given'}".rstrip(".")

    return f"{what}: {done}"
