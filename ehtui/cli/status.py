"""`ehtui status`: one report, or one every few seconds, in whichever format is asked for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, add_settings_flags, resolve_args, seconds
from ehtui.cli.judging import add_fail_on, every
from ehtui.cli.outputs import Format, Result, Writer, add_output_flags
from ehtui.cli.scope import add_scope_flags, check_scope, scope_of, shown_groups
from ehtui.cli.screen_flags import add_every_profile
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ehtui.config.settings import Settings
    from ehtui.domain.snapshot import Snapshot
    from ehtui.views.data_table import DataTable
    from ehtui.views.narrowing import Scope


def add_status(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "status",
        help="print one report and exit, or one every few seconds; --json for scripts",
        description="Read everything once, print a report and exit. With --watch it goes on, and "
        "prints a report every so often, one below the other.",
    )
    add_output_flags(parser, "the document ehtui.status/1; with --watch one a line")
    parser.add_argument(
        "--for",
        dest="watch_s",
        type=seconds,
        default=0.0,
        metavar="15s",
        help="watch this long first: rates and stuck handlers cannot be judged from one read; "
        "with --watch, stop after so long",
    )
    parser.add_argument(
        "--watch",
        type=every,
        metavar="5s",
        help="print a report so often until Ctrl-C, and read at least so often",
    )
    add_fail_on(parser)
    add_every_profile(parser, "a line for each group of every hub of every profile (ehtui hubs)")
    parser.add_argument(
        "--exact",
        action="store_true",
        help="read each next unread event in the peek group: how old it is, not about how old",
    )
    add_scope_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_status)


def run_status(args: argparse.Namespace) -> int:
    """Report once, or until it is over.

    Raises:
        ConfigError: Flags that do not go together, or a group or partition that there is not.
    """
    if getattr(args, "every_profile", False):
        from ehtui.cli.hubs_command import run_hubs  # noqa: PLC0415

        return run_hubs(args)

    if args.exact and args.watch:
        raise ConfigError("--exact reads once.", "Leave out --watch, or --exact.")

    resolved = resolve_args(args)

    if args.output == Format.TABLE:
        from ehtui.cli.config import pid_report  # noqa: PLC0415

        pid_report(resolved)

    scope = scope_of(args)

    if args.watch:
        return _watch(resolved.settings, args, scope)

    return run_report(
        resolved.settings,
        scope,
        output=args.output,
        watch_s=args.watch_s,
        fail_on=args.fail_on,
        exact=args.exact,
    )


def run_report(
    settings: Settings,
    scope: Scope | None = None,
    *,
    output: str = Format.TABLE,
    watch_s: float = 0.0,
    fail_on: str = "critical",
    exact: bool = False,
) -> int:
    """Read everything, watch for `watch_s`, print a report; the result is the exit code.

    `exact` reads the next unread event of every partition, for its age.

    Raises:
        ConfigError: No hub is configured, or it has nothing of the scope.
    """
    from ehtui.cli.compose import look  # noqa: PLC0415 - every room below comes with it
    from ehtui.cli.output_format import tell_unread  # noqa: PLC0415
    from ehtui.views.narrowing import EVERYTHING, narrowed  # noqa: PLC0415

    scope = scope or EVERYTHING
    whole = look(settings, watch_s=watch_s, exact=exact)
    check_scope(whole, scope)
    snapshot = narrowed(whole, scope)
    writer = Writer(output, is_ascii=settings.ui.ascii)
    writer.write(_result(snapshot, settings, scope))
    tell_unread(snapshot)

    return _code(snapshot, fail_on)


def _watch(settings: Settings, args: argparse.Namespace, scope: Scope) -> int:
    """A report now, and then one every `--watch` seconds; the last one makes the exit code."""
    from ehtui.views.narrowing import narrowed  # noqa: PLC0415

    writer = Writer(args.output, is_stream=True, is_ascii=settings.ui.ascii)
    code: int = ExitCode.OK

    for whole in _pictures(settings, args.watch, args.watch_s):
        if writer.is_first:
            check_scope(whole, scope)
        elif writer.format in {Format.TABLE, Format.MARKDOWN}:
            print()

        snapshot = narrowed(whole, scope)
        writer.write(_result(snapshot, settings, scope))
        code = _code(snapshot, args.fail_on)

    return code


def _pictures(settings: Settings, every_s: float, for_s: float) -> Iterator[Snapshot]:
    """One at once and then one so often, until nobody reads them, or for so long."""
    from ehtui.cli.awhile import watch_for  # noqa: PLC0415
    from ehtui.cli.compose import watching  # noqa: PLC0415

    with watching(paced(settings, every_s)) as monitor:
        began = time.monotonic()
        due_s = 0.0

        while True:
            yield monitor.snapshot
            due_s += every_s

            if for_s and due_s > for_s:
                return

            watch_for(monitor, began + due_s - time.monotonic())


def paced(settings: Settings, every_s: float) -> Settings:
    """The same, with nothing that is shown read less often than it is printed."""
    from msgspec.structs import replace  # noqa: PLC0415

    poll = settings.poll
    return replace(
        settings,
        poll=replace(
            poll,
            hub_s=min(poll.hub_s, every_s),
            store_s=min(poll.store_s, every_s),
            processes_s=min(poll.processes_s, every_s),
        ),
    )


def _result(snapshot: Snapshot, settings: Settings, scope: Scope) -> Result:
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.views.status import document  # noqa: PLC0415

    group, *more = shown_groups(settings, scope)

    def text() -> str:
        from ehtui.views.report import report  # noqa: PLC0415

        sheet = output_format(is_ascii=settings.ui.ascii, language=settings.ui.lang)
        return report(snapshot, group, sheet, *more)

    def markdown() -> str:
        from ehtui.views.markdown import status_page  # noqa: PLC0415

        return status_page(snapshot, (group, *more), output_format(language=settings.ui.lang).clock)

    def data() -> DataTable:
        from ehtui.views.export import everything  # noqa: PLC0415

        return everything(snapshot, group, "partitions")

    return Result(text, lambda: document(snapshot), data, markdown)


def _code(snapshot: Snapshot, fail_on: str) -> int:
    from ehtui.views.status import FailOn, exit_code  # noqa: PLC0415

    return exit_code(snapshot, FailOn(fail_on))
