"""What every acting command does: look, plan, show, ask, act, tell, follow.

Who interrupts an action learns what the world was left as.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import time
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO

from ehtui.cli.asking import agreed, unnamed
from ehtui.cli.carrying_out import carry_out
from ehtui.cli.flags import ExitCode, flag_words, resolve_args, seconds

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from ehtui.cli.backend import MonitorBackend
    from ehtui.config.settings import Settings
    from ehtui.domain.actions.outcomes import MeasuredTakeover, Outcome, Refusal
    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.actions.requests import Request
    from ehtui.domain.world.process import ProcessId
    from ehtui.monitor.backend import Backend
    from ehtui.views.action_document import OutcomeDocument
    from ehtui.views.phrasing import Phrasing

REFUSED = ExitCode.WARNING
FAILED = ExitCode.CRITICAL


def add_acting_flags(parser: argparse.ArgumentParser, *, ends_consumers: bool = False) -> None:
    """`--yes`, `--dry-run` and `--json` for every command that acts; `--follow` for some."""
    parser.set_defaults(follow=0.0)

    if ends_consumers:
        parser.add_argument(
            "--follow",
            type=seconds,
            metavar="5m",
            help="afterwards wait up to this long until its partitions are owned again and "
            "their checkpoints move, and print the gap",
        )

    parser.add_argument(
        "--yes", action="store_true", help="do not ask; required without a terminal"
    )
    parser.add_argument(
        "--confirm",
        metavar="NAME",
        help="the name that a plan asks for before it is done, such as that of a production hub; "
        "with --yes required where a plan asks for one",
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="show the plan, look whether it could be done now, and do nothing",
    )
    parser.add_argument("--json", action="store_true", help="plan and outcome as JSON")


@contextmanager
def looking(settings: Settings, *, dry_run: bool = False) -> Iterator[MonitorBackend]:
    """A monitor that has read everything once, and the right to act on it."""
    from ehtui.cli.compose import first_look, make_backend  # noqa: PLC0415

    backend = make_backend(settings, dry_run=dry_run)
    backend.monitor.start()

    try:
        first_look(backend.monitor)
        yield backend
    finally:
        backend.close()


class Afterwards(NamedTuple):
    """What was seen after it was done: for the one JSON document, and the exit code it makes."""

    document: dict[str, Any]
    code: ExitCode | None = None  # None: as the action itself ended


def run_action(
    args: argparse.Namespace,
    request_of: Callable[[MonitorBackend], Request],
    follow_it: Callable[[MonitorBackend, Outcome], Afterwards] | None = None,
) -> int:
    """The way of every command: look, try and plan what is asked for, act, follow."""
    with looking(resolve_args(args).settings, dry_run=args.dry_run) as backend:
        request = asyncio.run(backend.rehearse(request_of(backend)))
        takeovers = partial(follow, timeout_s=args.follow, is_json=args.json)
        afterwards = partial(follow_it or takeovers, backend)

        return act(backend, backend.plan(request), args, afterwards if args.follow else None)


def act(
    backend: Backend,
    plan: Plan | Refusal,
    args: argparse.Namespace,
    afterwards: Callable[[Outcome], Afterwards] | None = None,
) -> int:
    """Show the plan, ask, act, tell; the exit code is 0 done, 1 refused, 2 failed, 4 down.

    Whoever interrupts gets 128 and the signal's number. `afterwards` follows what was done; what
    it returns joins the one JSON document.
    """
    from ehtui.domain.actions.base import Risk  # noqa: PLC0415
    from ehtui.domain.actions.outcomes import Refusal  # noqa: PLC0415
    from ehtui.views.action_document import outcome_document  # noqa: PLC0415
    from ehtui.views.outcomes import outcome_sentence, refusal_sentence  # noqa: PLC0415

    if not isinstance(plan, Refusal):
        plan = unnamed(plan, args) or plan

    if isinstance(plan, Refusal):
        _tell(args, {"refused": _plain(plan), "sentence": refusal_sentence(plan)})
        print(f"ehtui: {refusal_sentence(plan)}", file=sys.stderr)
        return REFUSED

    # With --json, standard output is the document's alone; who is asked still sees the plan.
    people = sys.stderr if args.json else sys.stdout
    is_asked = not (args.dry_run or args.yes or plan.risk is Risk.READ)

    if is_asked or not args.json:
        _show(backend, plan, people)

    if is_asked and not agreed(people, plan.typed_name if args.confirm is None else None):
        print("Nothing was done.", file=people)
        return REFUSED

    outcome, interrupted = carry_out(backend, plan)

    if outcome is None:
        print("ehtui: interrupted; how it ended is not known.", file=sys.stderr)
        return interrupted or ExitCode.INTERRUPTED

    if not args.json:
        _say_to(sys.stdout, outcome_sentence(outcome, flag_words(args)))
        _print_last_lines(outcome)

    is_followed = not (args.dry_run or interrupted)
    more = afterwards(outcome) if afterwards is not None and is_followed else Afterwards({})
    told = outcome_document(outcome)
    _tell(args, {"plan": _plain(plan.as_told()), "outcome": _plain(told), **more.document})

    return interrupted or (more.code if more.code is not None else _code(outcome))


def _print_last_lines(outcome: Outcome) -> None:
    """What was said by who died at once, or by a supervisor."""
    from ehtui.domain.text import safe  # noqa: PLC0415

    for line in outcome.last_lines:
        print(f"  | {safe(line)}", flush=True)


def _code(outcome: Outcome) -> int:
    from ehtui.domain.actions.outcomes import OutcomeState  # noqa: PLC0415

    if outcome.is_down:
        return ExitCode.DOWN

    if outcome.state is OutcomeState.DRY_RUN:  # what it would end with
        return REFUSED if outcome.refusal is not None else FAILED if outcome.error else ExitCode.OK

    return {OutcomeState.FAILED: FAILED, OutcomeState.REFUSED: REFUSED}.get(
        outcome.state, ExitCode.OK
    )


def phrasing(backend: Backend) -> Phrasing:
    """What sentences for people need."""
    from ehtui.cli.output_format import utc_offset_s  # noqa: PLC0415
    from ehtui.views.formats import Clock  # noqa: PLC0415
    from ehtui.views.phrasing import Phrasing  # noqa: PLC0415

    return Phrasing(backend.snapshot, Clock(utc_offset_s()))


def _show(backend: Backend, plan: Plan, people: TextIO) -> None:
    from ehtui.views.actions import confirmation  # noqa: PLC0415

    words = confirmation(plan, phrasing(backend))
    if words.where:
        _say_to(people, words.where)

    _say_to(people, words.heading.replace("?", ":", 1))

    for line in words.steps:  # to be copied: broken nowhere
        print(f"  {line}", file=people)

    for line in words.costs:
        _say_to(people, line, indent="  → ", tone="critical" if words.is_grave else "warning")


def _say_to(people: TextIO, words: str, *, indent: str = "", tone: str = "plain") -> None:
    """Words for a person: broken at spaces, coloured and in signs as their terminal takes them."""
    from ehtui.cli.output_format import draws_ascii, wants_colour  # noqa: PLC0415
    from ehtui.views.cells import Tone  # noqa: PLC0415
    from ehtui.views.glyphs import in_ascii  # noqa: PLC0415
    from ehtui.views.report import painted  # noqa: PLC0415
    from ehtui.views.width import wrap  # noqa: PLC0415

    cells = max(40, shutil.get_terminal_size().columns) if people.isatty() else None
    lines = [words] if cells is None else wrap(words, cells - len(indent))
    is_coloured = people is sys.stdout and wants_colour()

    for number, line in enumerate(lines):
        shown = painted(line, Tone(tone), colour=is_coloured)
        told = (" " * len(indent) if number else indent) + shown
        print(in_ascii(told) if draws_ascii() else told, file=people, flush=True)


def _tell(args: argparse.Namespace, document: dict[str, Any]) -> None:
    if args.json:
        from ehtui.cli.output_format import print_document  # noqa: PLC0415

        told = {"schema": "ehtui.action/1", "at": time.time(), **document}
        print_document(told)


def _plain(value: Plan | Refusal | OutcomeDocument) -> object:
    import msgspec  # noqa: PLC0415

    return msgspec.to_builtins(value, builtin_types=())


POLL_S = 0.25
SETTLED_S = 10.0  # whoever dies of a bad setting, once it is connected, has died by then


def follow(backend: Backend, outcome: Outcome, timeout_s: float, *, is_json: bool) -> Afterwards:
    """Wait, tell each partition's gap beside its forecast, and return it for JSON.

    Ctrl-C ends the wait, not the telling: what is known by then is told.
    """
    from ehtui.domain.folds.actions import (  # noqa: PLC0415 - not for --help
        advance,
        are_counted,
        is_over,
        start,
    )

    takeovers = start(outcome, backend.snapshot)
    began = time.monotonic()
    running = outcome.new_processes
    over_s: float | None = None  # since then only costs are waited for

    with suppress(KeyboardInterrupt):
        while (waited_s := time.monotonic() - began) < timeout_s and not _ended(running):
            # Whoever starts on what it will own is not known yet: it has to live on at least.
            if is_over(takeovers) and (takeovers or not running or waited_s >= SETTLED_S):
                over_s = waited_s if over_s is None else over_s

                if are_counted(takeovers, backend.snapshot) or waited_s - over_s >= SETTLED_S:
                    break

            time.sleep(POLL_S)
            takeovers = advance(takeovers, backend.snapshot)

    ended = _ended(running)

    if not is_json:
        _tell_laps(takeovers, backend)

        for process in ended:
            print(f"{process.pid}, which was started, has ended.")

    from ehtui.views.takeovers import takeover_document  # noqa: PLC0415

    document = {
        "laps": [takeover_document(measured) for measured in takeovers],
        "ended": [process.pid for process in ended],
    }

    return Afterwards(document, ExitCode.DOWN if ended else None)


def _ended(running: Sequence[ProcessId]) -> list[ProcessId]:
    from ehtui.sources.process_facts import is_alive  # noqa: PLC0415

    return [process for process in running if not is_alive(process)]


def _tell_laps(takeovers: tuple[MeasuredTakeover, ...], backend: Backend) -> None:
    from ehtui.views.takeovers import takeover_sentence  # noqa: PLC0415

    say = phrasing(backend)

    for measured in takeovers:
        print(takeover_sentence(measured, say))

    if not takeovers:
        print("As far as is known it owned nothing: there is nothing to wait for.")
