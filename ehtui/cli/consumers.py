"""`ehtui consumers`: this host's consumers and which owner each is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ehtui.cli.exit_codes import ExitCode
from ehtui.cli.flags import add_settings_flags, resolve_args

if TYPE_CHECKING:
    import argparse

    from ehtui.domain.snapshot import Snapshot

# Without the hub it is known all the same who owns what.
RESTS_ON = frozenset({"processes", "logs", "store"})


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "consumers",
        help="this host's consumers, and which owner each is",
        description="List the consumers of this host with what they own and what that rests on. "
        "Exit code 3 if the processes, their logs or the store could not be read.",
    )
    parser.add_argument("--json", action="store_true", help="the consumers of ehtui.status/1")
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List them."""
    from ehtui.cli.compose import first_group, look  # noqa: PLC0415
    from ehtui.cli.output_format import output_format, print_document  # noqa: PLC0415
    from ehtui.views.report import consumers_report  # noqa: PLC0415
    from ehtui.views.status import document  # noqa: PLC0415

    settings = resolve_args(args).settings
    snapshot = look(settings)

    if args.json:
        print_document(document(snapshot)["consumers"])
    else:
        print(consumers_report(snapshot, first_group(settings), output_format()), end="")

    return _unread(snapshot)


def _unread(snapshot: Snapshot) -> int:
    """Say what the list cannot know; the exit code that tells it too."""
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415
    from ehtui.views.sources import problem_line  # noqa: PLC0415

    unread = [
        source
        for source in snapshot.sources
        if source.name in RESTS_ON and source.status in {SourceStatus.FAILED, SourceStatus.STARTING}
    ]

    for source in unread:
        told = problem_line(source.problem) if source.problem else "no answer yet"
        print(f"ehtui: the {source.name} could not be read: {told}", file=sys.stderr)

    return ExitCode.UNREADABLE if unread else ExitCode.OK
