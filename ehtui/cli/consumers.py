"""`ehtui consumers`: this host's consumers and which owner each is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import add_settings_flags, resolve_args

if TYPE_CHECKING:
    import argparse


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "consumers",
        help="this host's consumers, and which owner each is",
        description="List the consumers of this host with what they own and what that rests on.",
    )
    parser.add_argument("--json", action="store_true", help="the consumers of ehtui.status/1")
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List them."""
    from ehtui.cli.compose import first_group, look  # noqa: PLC0415
    from ehtui.cli.paper import paper  # noqa: PLC0415
    from ehtui.views.report import consumers_report  # noqa: PLC0415
    from ehtui.views.status import document  # noqa: PLC0415

    settings = resolve_args(args).settings
    snapshot = look(settings)

    if args.json:
        print(json.dumps(document(snapshot)["consumers"], ensure_ascii=False, indent=2))
    else:
        print(consumers_report(snapshot, first_group(settings), paper()), end="")

    return 0
