"""What every acting command does: look, plan, show, ask, act, tell, follow."""

from __future__ import annotations

import sys
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TextIO

from ehtui.cli.exit_codes import ExitCode
from ehtui.cli.flags import seconds
from ehtui.cli.interruption import carry_out
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator, Sequence

    from ehtui.cli.backend import MonitorBackend
    from ehtui.config.settings import Settings
    from ehtui.domain.outcomes import Outcome, Refusal
    from ehtui.domain.ownership.measured_takeovers import MeasuredTakeover
    from ehtui.domain.plans import Plan
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.process import ProcessId
    from ehtui.monitor.backend import Backend
    from ehtui.views.action_document import OutcomeDocument
REFUSED = ExitCode.WARNING
FAILED = ExitCode.CRITICAL


def add_acting_flags(parser: argparse.ArgumentParser) -> None:
    """`--yes`, `--dry-run` and `--json`, the same for every command that acts."""
    parser.add_argument("--yes", action="store_true", help="do not ask; needed without a terminal")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and do nothing")
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


def chosen(snapshot: Snapshot, wanted: list[str]) -> list[ProcessId]:
    """The consumers that pids and owner prefixes name, each once, in the order named.

    Raises:
        ConfigError: A name fits no consumer, or the first letters of an owner fit several.
    """
    return list(dict.fromkeys(_chosen(snapshot, name) for name in wanted))


def _chosen(snapshot: Snapshot, name: str) -> ProcessId:
    """Pid, owner id, name of the configuration, owner's beginning; never more than one is meant."""
    by_pid = [c.process.id for c in snapshot.consumers if str(c.process.id.pid) == name]
    named = [c.process.id for c in snapshot.consumers if name == c.process.consumer_name]
    owners = [(owner, c.process.id) for c in snapshot.consumers for owner in c.owners]
    exact = [process for owner, process in owners if owner == name]
    begun = dict.fromkeys(p for owner, p in owners if name and owner.startswith(name))
    matches = by_pid or exact or named or list(begun)

    if not matches:
        _refuse_untouchable(name)
        raise ConfigError(
            f"'{name}' is no pid, owner id or name of a consumer on this host.",
            "'ehtui consumers' lists them; name yours under consumers: in config.yaml.",
        )

    if len(matches) > 1:
        raise ConfigError(
            f"'{name}' fits {len(matches)} consumers.",
            f"Name one by its pid: {', '.join(str(process.pid) for process in matches)}.",
        )

    return matches[0]


def _refuse_untouchable(name: str) -> None:
    """Who could never be signalled is told so, rather than that it is no consumer."""
    from ehtui.domain.outcomes import Refusal, RefusalReason  # noqa: PLC0415
    from ehtui.sources.process_facts import is_kernel_thread  # noqa: PLC0415 - psutil
    from ehtui.sources.processes import own_line  # noqa: PLC0415
    from ehtui.views.outcomes import refusal_sentence  # noqa: PLC0415

    pid = int(name) if name.isascii() and name.isdecimal() else 0
    reason = None

    if pid == 1:
        reason = RefusalReason.INIT
    elif pid in own_line():
        reason = RefusalReason.SELF_OR_ANCESTOR
    elif is_kernel_thread(pid):
        reason = RefusalReason.KERNEL_THREAD

    if reason is not None:
        raise ConfigError(refusal_sentence(Refusal(reason, name)))


def act(
    backend: Backend,
    plan: Plan | Refusal,
    args: argparse.Namespace,
    afterwards: Callable[[Outcome], dict[str, Any]] | None = None,
) -> int:
    """Show the plan, ask, act, tell; the exit code is 0 done, 1 refused, 2 failed, 4 down.

    Whoever interrupts gets 128 and the signal's number. `afterwards` follows what was done; what
    it returns joins the one JSON document.
    """
    from ehtui.domain.outcomes import Refusal  # noqa: PLC0415
    from ehtui.views.action_document import outcome_document  # noqa: PLC0415
    from ehtui.views.outcomes import outcome_sentence, refusal_sentence  # noqa: PLC0415

    if isinstance(plan, Refusal):
        _tell(args, {"refused": _plain(plan), "sentence": refusal_sentence(plan)})
        print(f"ehtui: {refusal_sentence(plan)}", file=sys.stderr)
        return REFUSED

    # With --json, standard output is the document's alone; who is asked still sees the plan.
    people = sys.stderr if args.json else sys.stdout
    is_asked = not (args.dry_run or args.yes)

    if is_asked or not args.json:
        _show(backend, plan, people)

    if is_asked and not _agreed(people):
        print("Nothing was done.", file=people)
        return REFUSED

    outcome, interrupted = carry_out(backend, plan)

    if outcome is None:
        print("ehtui: interrupted; how it ended is not known.", file=sys.stderr)
        return interrupted or ExitCode.INTERRUPTED

    if not args.json:
        print(outcome_sentence(outcome), flush=True)
        _print_last_lines(outcome)

    is_followed = afterwards is not None and not (args.dry_run or interrupted)
    more = afterwards(outcome) if afterwards is not None and is_followed else {}
    _tell(args, {"plan": _plain(plan), "outcome": _plain(outcome_document(outcome)), **more})

    return interrupted or (ExitCode.DOWN if more.get("ended") else _code(outcome))


def _print_last_lines(outcome: Outcome) -> None:
    """What was said by who died at once, or by a supervisor."""
    from ehtui.domain.text import safe  # noqa: PLC0415

    for line in outcome.last_lines:
        print(f"  | {safe(line)}", flush=True)


def _code(outcome: Outcome) -> int:
    from ehtui.domain.outcomes import OutcomeState  # noqa: PLC0415

    if outcome.is_down:
        return ExitCode.DOWN

    return {OutcomeState.FAILED: FAILED, OutcomeState.REFUSED: REFUSED}.get(
        outcome.state, ExitCode.OK
    )


def _show(backend: Backend, plan: Plan, people: TextIO) -> None:
    from ehtui.cli.output_format import utc_offset_s  # noqa: PLC0415
    from ehtui.views.actions import confirmation  # noqa: PLC0415
    from ehtui.views.formats import Clock  # noqa: PLC0415
    from ehtui.views.phrasing import Phrasing  # noqa: PLC0415

    words = confirmation(plan, Phrasing(backend.snapshot, Clock(utc_offset_s())))
    print(words.heading.replace("?", ":", 1), file=people)

    for line in words.steps:
        print(f"  {line}", file=people)

    for line in words.costs:
        print(f"  → {line}", file=people)


def _agreed(people: TextIO) -> bool:
    """A person typed yes; without a terminal nobody can."""
    if not sys.stdin.isatty():
        print("ehtui: no terminal to ask on; add --yes, or --dry-run to look.", file=sys.stderr)
        return False

    print("Do it? [y/N] ", end="", file=people, flush=True)

    try:
        return sys.stdin.readline().strip().lower() in {"y", "yes"}
    except KeyboardInterrupt:
        print("\nNothing was done.", file=people)
        raise


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


def add_follow_flag(parser: argparse.ArgumentParser) -> None:
    """`--follow`, for whatever ends a consumer."""
    parser.add_argument(
        "--follow",
        type=seconds,
        default=0.0,
        metavar="5m",
        help="wait that long at most until its partitions are owned again and their checkpoints "
        "move, and tell the gap",
    )


def following(
    backend: Backend, args: argparse.Namespace
) -> Callable[[Outcome], dict[str, Any]] | None:
    """What follows an outcome, where the arguments ask for it."""
    if not args.follow:
        return None

    return lambda outcome: follow(backend, outcome, args.follow, is_json=args.json)


def follow(
    backend: Backend, outcome: Outcome, timeout_s: float, *, is_json: bool
) -> dict[str, Any]:
    """Wait, tell each partition's gap beside its forecast, and return it for JSON.

    Ctrl-C ends the wait, not the telling: what is known by then is told.
    """
    from ehtui.domain.ownership.measured_takeovers import advance, is_over, start  # noqa: PLC0415 - not for --help

    takeovers = start(outcome, backend.snapshot)
    began = time.monotonic()
    running = outcome.new_processes

    with suppress(KeyboardInterrupt):
        while (waited_s := time.monotonic() - began) < timeout_s and not _ended(running):
            # Whoever starts on what it will own is not known yet: it has to live on at least.
            if is_over(takeovers) and (takeovers or not running or waited_s >= SETTLED_S):
                break

            time.sleep(POLL_S)
            takeovers = advance(takeovers, backend.snapshot)

    ended = _ended(running)

    if not is_json:
        _tell_laps(takeovers, backend)

        for process in ended:
            print(f"{process.pid}, which was started, has ended.")

    from ehtui.views.takeovers import takeover_document  # noqa: PLC0415

    return {
        "laps": [takeover_document(measured) for measured in takeovers],
        "ended": [process.pid for process in ended],
    }


def _ended(running: Sequence[ProcessId]) -> list[ProcessId]:
    from ehtui.sources.process_facts import is_alive  # noqa: PLC0415

    return [process for process in running if not is_alive(process)]


def _tell_laps(takeovers: tuple[MeasuredTakeover, ...], backend: Backend) -> None:
    from ehtui.cli.output_format import utc_offset_s  # noqa: PLC0415
    from ehtui.views.formats import Clock  # noqa: PLC0415
    from ehtui.views.phrasing import Phrasing  # noqa: PLC0415
    from ehtui.views.takeovers import takeover_sentence  # noqa: PLC0415

    say = Phrasing(backend.snapshot, Clock(utc_offset_s()))

    for measured in takeovers:
        print(takeover_sentence(measured, say))

    if not takeovers:
        print("It is not known to have owned anything: there is nothing to wait for.")
