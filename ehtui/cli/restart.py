"""`ehtui restart`: stop a consumer and start it again as it was started."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ehtui.cli.acting import act, add_acting_flags, chosen, looking
from ehtui.cli.durations import seconds
from ehtui.cli.flags import add_settings_flags, resolve_args
from ehtui.cli.stopwatch import add_follow_flag, following

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "restart",
        help="stop a consumer and start it again as it was started",
        description="Signal a consumer, wait for its exit, start it again with the same command, "
        "folder, environment and user, detached, its output in a log file whose path is shown. "
        "One that a supervisor runs is restarted by that one's own command, or not at all.",
    )
    parser.add_argument(
        "target", metavar="PID|OWNER|NAME", help="a pid, an owner's first letters or a name"
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
    add_follow_flag(parser)
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Restart it.

    Raises:
        ConfigError: The target names no consumer, or several.
    """
    with looking(resolve_args(args).settings, dry_run=args.dry_run) as (monitor, session):
        (process,) = chosen(session.snapshot, [args.target])
        plan = session.plan_restart(
            process,
            args.signal,
            kill_after_s=args.then_kill,
            rehearsal=asyncio.run(session.rehearse(process)),
        )

        return act(session, plan, args, following(monitor, args))
