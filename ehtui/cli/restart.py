"""`ehtui restart`: stop a consumer and start it again as it was started."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.cli.acting import act, add_acting_flags, chosen, looking
from ehtui.cli.flags import add_settings_flags, resolve_args

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "restart",
        help="stop a consumer and start it again as it was started",
        description="Signal a consumer, wait for its exit, start it again with the same command, "
        "folder, environment and user, detached, its output in a log file whose path is shown.",
    )
    parser.add_argument("target", metavar="PID|OWNER", help="a pid or an owner's first letters")
    parser.add_argument("--signal", default="TERM", metavar="NAME", help="default: TERM")
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Restart it.

    Raises:
        ConfigError: The target names no consumer, or several.
    """
    with looking(resolve_args(args).settings, dry_run=args.dry_run) as (_, session):
        (process,) = chosen(session.snapshot, [args.target])
        return act(session, session.plan_restart(process, args.signal), args)
