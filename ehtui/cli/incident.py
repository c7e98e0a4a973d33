"""`ehtui report`: one Markdown page about what is wrong, for a ticket."""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import ehtui
from ehtui.cli.flags import add_settings_flags, resolve_args, seconds
from ehtui.cli.judging import add_fail_on
from ehtui.cli.paging import add_pager_flag, print_long
from ehtui.cli.scope import add_scope_flags, check_scope, scope_of, shown_groups
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ehtui.cli.awhile import Watched
    from ehtui.config.settings import Settings
    from ehtui.views.incident import Reading
    from ehtui.views.narrowing import Scope

WATCH_S = 30.0


def add_report(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "report",
        help="one Markdown page about an incident, to paste into a ticket",
        description="Watch for a while, then write one page: what is wrong and since when, the "
        "evidence with its figures, what happened, what was done, what takeovers cost, and how it "
        "was read. Ctrl-C ends the watching, and the page comes at once. It holds no secret.",
    )
    parser.add_argument(
        "--for",
        dest="watch_s",
        type=seconds,
        default=WATCH_S,
        metavar="30s",
        help="watch this long first: rates and stuck handlers cannot be judged from one read "
        "(default: 30s; 0 for one look)",
    )
    parser.add_argument("--save", metavar="FILE", help="write it into a new file")
    add_fail_on(parser, "never")
    add_pager_flag(parser)
    add_scope_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_report)


def run_report(args: argparse.Namespace) -> int:
    """Write it; the exit code is that of `status` with `--fail-on never`.

    Raises:
        ConfigError: No hub is configured, or the page cannot be saved where it should.
    """
    settings, scope = resolve_args(args).settings, scope_of(args)
    file = _opened(args.save) if args.save else None

    try:
        return _written(settings, args, scope, file)
    except BaseException:
        if file is not None:
            Path(args.save).unlink(missing_ok=True)  # no half page stays

        raise
    finally:
        if file is not None:
            file.close()


def _written(
    settings: Settings, args: argparse.Namespace, scope: Scope, file: TextIO | None
) -> int:
    """The page is on standard output, or in the file."""
    from ehtui.cli.awhile import watched_for  # noqa: PLC0415
    from ehtui.cli.compose import watching  # noqa: PLC0415
    from ehtui.cli.output_format import output_format, tell_unread  # noqa: PLC0415
    from ehtui.views.incident import incident_page  # noqa: PLC0415
    from ehtui.views.narrowing import narrowed  # noqa: PLC0415
    from ehtui.views.status import FailOn, exit_code  # noqa: PLC0415

    with watching(settings) as monitor:
        check_scope(monitor.snapshot, scope)
        watched = watched_for(monitor, args.watch_s)
        snapshot = narrowed(monitor.snapshot, scope)

    groups = shown_groups(settings, scope)
    page = incident_page(
        snapshot, groups, _reading(watched), output_format(language=settings.ui.lang).clock
    )

    if file is None:
        print_long(page, is_off=args.no_pager, is_ascii=settings.ui.ascii)
    else:
        file.write(page)
        file.flush()
        print(f"ehtui: the report is in {args.save}.", file=sys.stderr)

    tell_unread(snapshot)

    if watched.is_interrupted:
        return watched.code(snapshot)

    return exit_code(snapshot, FailOn(args.fail_on))


def _opened(path: str) -> TextIO:
    """A new file for its owner alone, before anything is watched for."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return os.fdopen(descriptor, "w", encoding="utf-8")
    except FileExistsError:
        raise ConfigError(f"{path} is there already.", "Name a new file.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None


def _reading(watched: Watched) -> Reading:
    from ehtui.actions.audit import read  # noqa: PLC0415
    from ehtui.actions.state_files import default_audit_path  # noqa: PLC0415
    from ehtui.views.incident import Reading  # noqa: PLC0415

    path = default_audit_path()
    system = f"Python {platform.python_version()}, {platform.system()} {platform.release()}"

    try:
        actions, trouble = read(path), ""
    except OSError as error:
        actions, trouble = (), f"{path}: {error.strerror or error}"

    return Reading(ehtui.__version__, system, watched.for_s, actions, trouble)
