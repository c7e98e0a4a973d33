"""Asking whether to do it: a yes, or the name that a plan asks for."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    import argparse

    from ehtui.domain.actions.outcomes import Refusal
    from ehtui.domain.actions.plans import Plan


def unnamed(plan: Plan, args: argparse.Namespace) -> Refusal | None:
    """Why it is not done unasked, or at all: a name has to be given, and this one was not."""
    from ehtui.domain.actions.outcomes import Refusal, RefusalReason  # noqa: PLC0415

    name, given = plan.typed_name, args.confirm

    if name is None or args.dry_run or given == name or (given is None and not args.yes):
        return None

    return Refusal(RefusalReason.NOT_CONFIRMED, name, f"not {given}" if given is not None else "")


def agreed(people: TextIO, name: str | None) -> bool:
    """A person typed yes, or the name that is asked for; without a terminal nobody can."""
    from ehtui.domain.text import safe  # noqa: PLC0415

    if not sys.stdin.isatty():
        print("ehtui: no terminal to ask on; add --yes, or --dry-run to look.", file=sys.stderr)
        return False

    question = "Do it? [y/N] " if name is None else f"To do it, type {safe(name)}: "
    print(question, end="", file=people, flush=True)

    try:
        answer = sys.stdin.readline().strip()
        return answer.lower() in {"y", "yes"} if name is None else answer == name
    except KeyboardInterrupt:
        print("\nNothing was done.", file=people)
        raise
