"""`ehtui status`: one report, for people, scripts and probes."""

from __future__ import annotations

import argparse
from typing import Any

from ehtui.cli.config import pid_report
from ehtui.cli.flags import add_settings_flags, resolve_args, seconds

_EPILOG = """\
exit codes:
  0  ok
  1  a warning (only with --fail-on warning)
  2  a critical finding (not with --fail-on never)
  3  a source could not be read, or a hub not whole
  64 usage or configuration
  70 a fault of ehtui itself
  74 standard output is closed, or full
"""


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "status",
        help="print one report and exit; --json for scripts",
        description="Read everything once, print a report and exit.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="the document ehtui.status/1")
    parser.add_argument(
        "--for",
        dest="watch_s",
        type=seconds,
        default=0.0,
        metavar="15s",
        help="watch that long first: what one look cannot judge (rates, stuck handlers) needs it",
    )
    parser.add_argument(
        "--fail-on",
        choices=("warning", "critical", "never"),
        default="critical",
        help="which findings make the exit code 1 or 2 (default: critical)",
    )
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Report once."""
    from ehtui.cli.compose import run_report  # noqa: PLC0415 - every room below comes with it

    resolved = resolve_args(args)

    if not args.json:
        pid_report(resolved)

    return run_report(resolved.settings, json=args.json, watch_s=args.watch_s, fail_on=args.fail_on)
