"""`ehtui start`: start a configured consumer, also into another consumer group."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.cli.acting import act, add_acting_flags, looking
from ehtui.cli.flags import add_settings_flags, resolve_args

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "start",
        help="start a configured consumer, also into another group",
        description="Start a consumer of the configuration (consumers.NAME.command), detached. "
        "With --group it reads in that group beside production: every {group} in its command and "
        "env_file, and EVENTHUB_CONSUMER_GROUP, become that name.",
    )
    parser.add_argument("name", metavar="NAME", help="its name under consumers:")
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Start it."""
    from ehtui.domain.planners.start import StartRequest  # noqa: PLC0415 - not for --help

    settings = resolve_args(args).settings

    with looking(settings, dry_run=args.dry_run) as backend:
        request = StartRequest(args.name, settings.eventhub.consumer_group)
        return act(backend, backend.plan(request), args)
