"""`ehtui findings`: what is wrong now, since when, and what to do about it."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import add_settings_flags, resolve_args, seconds
from ehtui.cli.judging import add_fail_on
from ehtui.cli.outputs import Result, Writer, add_output_flags
from ehtui.cli.scope import add_scope_flags, check_scope, scope_of, shown_groups
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    from ehtui.domain.snapshot import Snapshot
    from ehtui.views.report import OutputFormat


def add_findings(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "findings",
        help="what is wrong now, since when, and what to do",
        description="Read everything once and tell each fault: how bad it is, its id, since when, "
        "and what to do about it.",
    )
    add_output_flags(parser, "the document ehtui.findings/1")
    parser.add_argument(
        "--for",
        dest="watch_s",
        type=seconds,
        default=0.0,
        metavar="15s",
        help="watch this long first: stuck handlers cannot be told from one read",
    )
    parser.add_argument(
        "--remarks", action="store_true", help="also remarks (info), which are not faults"
    )
    # Elsewhere it is every hub, which one page of findings cannot be.
    parser.add_argument("--all", action="store_true", help=argparse.SUPPRESS)
    add_fail_on(parser)
    add_scope_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_findings)


def run_findings(args: argparse.Namespace) -> int:
    """Tell them; the exit code is that of `status`.

    Raises:
        ConfigError: All hubs are asked for, none is configured, or it has nothing of the scope.
    """
    from ehtui.cli.compose import look  # noqa: PLC0415
    from ehtui.cli.output_format import output_format, tell_unread  # noqa: PLC0415
    from ehtui.views.incident import wrong_in  # noqa: PLC0415
    from ehtui.views.narrowing import narrowed  # noqa: PLC0415
    from ehtui.views.status import FailOn, exit_code  # noqa: PLC0415

    if args.all:
        raise ConfigError(
            "'ehtui findings' tells of one hub, so there is no --all.",
            "'ehtui status --all' has the worst finding of every hub; --remarks tells remarks too.",
        )

    settings, scope = resolve_args(args).settings, scope_of(args)
    whole = look(settings, watch_s=args.watch_s)
    check_scope(whole, scope)
    snapshot = narrowed(whole, scope)
    told = snapshot if args.remarks else wrong_in(snapshot)
    writer = Writer(args.output, is_ascii=settings.ui.ascii)
    sheet = output_format(is_ascii=settings.ui.ascii, language=settings.ui.lang)
    writer.write(_result(told, shown_groups(settings, scope)[0], sheet))
    tell_unread(snapshot)

    return exit_code(snapshot, FailOn(args.fail_on))


def _result(snapshot: Snapshot, group: str, sheet: OutputFormat) -> Result:
    from ehtui.views.export import everything  # noqa: PLC0415
    from ehtui.views.markdown import findings_page  # noqa: PLC0415
    from ehtui.views.report import findings_report  # noqa: PLC0415
    from ehtui.views.status import findings_document  # noqa: PLC0415

    return Result(
        text=lambda: findings_report(snapshot, group, sheet),
        document=lambda: findings_document(snapshot),
        data=lambda: everything(snapshot, group, "findings"),
        markdown=lambda: findings_page(snapshot, group, sheet.clock),
    )
