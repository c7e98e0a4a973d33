"""`ehtui signal`: signal consumers, told beforehand what it costs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from ehtui.cli.acting import act, add_acting_flags, add_follow_flag, chosen, following, looking
from ehtui.cli.flags import add_settings_flags, resolve_args, seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.process import ProcessId


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "signal",
        help="signal consumers, told beforehand what it costs",
        description="Send a signal to consumers of this host. The plan names every target, what "
        "it owns and when somebody else can take it; nothing is done before it is agreed to.",
    )
    parser.add_argument(
        "target",
        nargs="*",
        metavar="PID|OWNER|NAME",
        help="a pid, an owner's first letters or a name",
    )
    parser.add_argument("--match", metavar="REGEX", help="every consumer whose command matches")
    parser.add_argument("--signal", default="TERM", metavar="NAME", help="default: TERM")
    parser.add_argument(
        "--then-kill",
        type=seconds,
        metavar="10s",
        help="KILL whoever is still there after that long",
    )
    add_follow_flag(parser)
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Signal them.

    Raises:
        ConfigError: A target names no consumer, or several.
    """
    from ehtui.domain.planners.signal import SignalRequest  # noqa: PLC0415 - not for --help

    with looking(resolve_args(args).settings, dry_run=args.dry_run) as backend:
        targets = tuple(targets_of(backend.snapshot, args))
        plan = backend.plan(SignalRequest(targets, args.signal, args.then_kill))
        return act(backend, plan, args, following(backend, args))


def targets_of(snapshot: Snapshot, args: argparse.Namespace) -> list[ProcessId]:
    """Whom the arguments mean, each once.

    Raises:
        ConfigError: Nobody was named, or a name or expression fits no consumer.
    """
    # An empty expression, as of a shell variable that is not set, would mean everybody.
    if not args.target and not args.match:
        raise ConfigError("No target was named.", "Name pids or owner ids, or use --match.")

    targets = chosen(snapshot, args.target)

    if args.match:
        try:
            expression = re.compile(args.match)
        except re.error as error:
            raise ConfigError(f"--match is no regular expression: {error}.") from error

        targets += [
            c.process.id
            for c in snapshot.consumers
            if expression.search(c.process.command) and not c.is_mere_producer
        ]

    if not targets:
        raise ConfigError(
            f"No consumer's command line matches '{args.match}'.", "See 'ehtui consumers'."
        )

    return list(dict.fromkeys(targets))
