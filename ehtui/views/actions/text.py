"""What is said of one action: before it, after it, and when somebody leaves on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from msgspec.structs import replace

from ehtui.domain.actions.base import BasePlan
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.views.phrasing import Phrasing

P = TypeVar("P", bound=BasePlan)


class Confirmation(Value, frozen=True):
    """A plan in words. A step is a literal command, or a line of what is sent."""

    heading: str
    steps: tuple[str, ...]
    costs: tuple[str, ...]
    verb: str  # on the button that does it
    is_grave: bool = False  # costs somebody something that does not come back at once
    command: str = ""  # that does the same without the screen; empty where there is none
    typed_name: str | None = None  # has to be typed before it is done
    where: str = ""  # whose hub it is about, told once at the top; empty where the heading says it

    def with_steps(self, steps: Iterable[str]) -> Confirmation:
        """The same plan, its steps told in other lines."""
        return replace(self, steps=tuple(steps))


class ActionText(Value, Generic[P], frozen=True):
    """The words of one kind of plan."""

    plan: type[P]
    confirmation: Callable[[P, Phrasing], Confirmation]
    step: Callable[[P], str]  # what is not done in a dry run: "restart 51257"
    done: Callable[[P, Outcome], str]
    # The same for ehtui's own command line, without `ehtui`; no words where it has none.
    words: Callable[[P], tuple[str, ...]] = lambda _: ()
    leaving: Callable[[P], tuple[str, str]] | None = (
        None  # what is under way, and what becomes of it
    )
    # What takes it back once it is done, for ehtui's own command line as `words` are.
    undo: Callable[[Outcome], tuple[str, ...]] = lambda _: ()
    by_hand: Callable[[P], str] | None = None  # how to start what is down


def action_command(
    name: str, *arguments: str, options: Iterable[tuple[str, object | None]] = ()
) -> tuple[str, ...]:
    """Words of `ehtui NAME …` that do it unasked; an option of None is left out."""
    words: list[str] = []

    for option, value in options:
        if value is not None:
            # What begins like an option would be taken for one.
            is_odd = str(value).startswith("-")
            words += [f"{option}={value}"] if is_odd else [option, str(value)]

    words.append("--yes")

    if any(argument.startswith("-") for argument in arguments):
        return (name, *words, "--", *arguments)

    return (name, *arguments, *words)


def seconds(length: float | None) -> str | None:
    """A length of time as an option takes it: `10s`."""
    return None if length is None else f"{length:g}s"
