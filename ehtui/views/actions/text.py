"""What is said of one action: before it, after it, and when somebody leaves on the way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from ehtui.domain.outcomes import Outcome
from ehtui.domain.plans import BasePlan
from ehtui.views.phrasing import Phrasing

P = TypeVar("P", bound=BasePlan)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A plan in words. A step is a literal command, or a line of what is sent."""

    heading: str
    steps: tuple[str, ...]
    costs: tuple[str, ...]
    verb: str  # on the button that does it
    is_grave: bool = False  # costs somebody something that does not come back at once


@dataclass(frozen=True, slots=True)
class ActionText(Generic[P]):
    """The words of one kind of plan."""

    plan: type[P]
    confirmation: Callable[[P, Phrasing], Confirmation]
    step: Callable[[P], str]  # what is not done in a dry run: "restart 51257"
    done: Callable[[P, Outcome], str]
    leaving: Callable[[P], tuple[str, str]] | None = (
        None  # what is under way, and what becomes of it
    )
    by_hand: Callable[[P], str] | None = None  # how to start what is down
