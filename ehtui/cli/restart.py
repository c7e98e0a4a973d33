"""`ehtui restart`: stop consumers and start them again as they were started."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, Any

from ehtui.cli.acting import act, add_acting_flags, add_follow_flag, chosen, following, looking
from ehtui.cli.exit_codes import ExitCode
from ehtui.cli.flags import add_settings_flags, resolve_args, seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ehtui.domain.planners.context import Request
    from ehtui.domain.world.restarts import Ended
    from ehtui.monitor.backend import Backend


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "restart",
        help="stop consumers and start them again as they were started",
        description="Signal a consumer, wait for its end, start it again with the same command, "
        "folder, environment, user and limits, detached, its output in a log file whose path is "
        "shown. Its start is rehearsed first: what could not be started again is not stopped. "
        "Several are restarted one after the other, each once the one before owns again; at the "
        "first that does not, it stops. One that a supervisor runs is restarted by that one's own "
        "command, or not at all. A restart that was left half done is finished.",
        epilog="Exit code: 0 done, 1 refused, 2 failed, 4 a consumer is down.",
    )
    parser.add_argument(
        "target",
        nargs="+",
        metavar="PID|OWNER|NAME",
        help="a pid, an owner's first letters or a name",
    )
    parser.add_argument(
        "--signal", default="TERM", metavar="NAME", help="default: TERM; a supervisor sends its own"
    )
    parser.add_argument(
        "--then-kill",
        type=seconds,
        metavar="60s",
        help="KILL it if it is still there after that long; default: wait for its end",
    )
    parser.add_argument(
        "--forget",
        action="store_true",
        help="forget restarts of these pids that were left half done; nothing is started",
    )
    add_follow_flag(parser)
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Restart them.

    Raises:
        ConfigError: A target names no consumer, or several.
    """
    if args.forget:
        return _forget(args.target)

    with looking(resolve_args(args).settings, dry_run=args.dry_run) as backend:
        request = asyncio.run(backend.rehearse(_request(backend, args)))
        return act(backend, backend.plan(request), args, following(backend, args))


def _request(backend: Backend, args: argparse.Namespace) -> Request:
    from ehtui.domain.planners.start import RestartRequest, StartAgainRequest  # noqa: PLC0415

    half_done = _half_done(backend, args.target)

    if half_done is not None:
        return StartAgainRequest(half_done)

    return RestartRequest(tuple(chosen(backend.snapshot, args.target)), args.signal, args.then_kill)


def _half_done(backend: Backend, wanted: Sequence[str]) -> Ended | None:
    """A consumer that was stopped to be restarted, and was not: only its record knows it.

    Raises:
        ConfigError: It was restarted meanwhile; or it stands among others.
    """
    ended = [each for each in backend.ended if each.record is not None]
    named = {each.consumer: each for each in reversed(ended) if not _runs(backend, each.consumer)}
    down = named | {str(each.process.pid): each for each in ended}

    if len(wanted) > 1 and (among := down.keys() & set(wanted)):
        raise ConfigError(
            f"{', '.join(sorted(among))} was stopped to be restarted, and is down.",
            "Start it alone first; then restart the others.",
        )

    if len(wanted) == 1 and wanted[0] in down:
        return down[wanted[0]]

    _refuse_restarted(backend, wanted)

    return None


def _runs(backend: Backend, name: str) -> bool:
    return any(name == c.process.consumer_name for c in backend.snapshot.consumers)


def _refuse_restarted(backend: Backend, wanted: Sequence[str]) -> None:
    """Whoever comes second is told who runs in its place, rather than that it is no consumer."""
    from ehtui.actions.state_files import default_records_folder  # noqa: PLC0415
    from ehtui.sources.restart_records import restarted_as  # noqa: PLC0415

    running = {str(consumer.process.id.pid) for consumer in backend.snapshot.consumers}

    for name in wanted:
        new_pid = restarted_as(default_records_folder(), name) if name not in running else None

        if new_pid is not None:
            raise ConfigError(
                f"{name} has been restarted: {new_pid} runs in its place.",
                f"To restart that one: ehtui restart {new_pid}",
            )


def _forget(wanted: Sequence[str]) -> int:
    from ehtui.actions.restart_locks import forget  # noqa: PLC0415
    from ehtui.actions.state_files import default_records_folder  # noqa: PLC0415

    code = ExitCode.OK

    for name in wanted:
        told = forget(default_records_folder(), name)

        if told is None:
            print(f"Forgot the restart of {name}.")
        else:
            print(f"ehtui: {told}", file=sys.stderr)
            code = ExitCode.WARNING

    return code
