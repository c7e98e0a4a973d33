"""Commands that tell a person in words: `explain` what is on the screen, `watch` what happens."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, add_settings_flags, resolve_args, seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

READABLE_COLUMNS = 100
POLL_S = 0.25


def add_explain(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "explain",
        help="what a sign, state, column or finding means",
        description="Say what a word or sign of the screen means; of a finding also why it "
        "happens, what to do, and what it rests on. Without a name, list everything.",
        epilog="Examples: ehtui explain overdue; ehtui explain 'wait 3/10'; ehtui explain "
        "lease.expired. Exit code: 0, or 64 for a name that there is not.",
    )
    parser.add_argument(
        "name", nargs="*", metavar="NAME", help="as the screen writes it; default: list all"
    )
    parser.set_defaults(run=run_explain)


def run_explain(args: argparse.Namespace) -> int:
    """Explain it; needs no hub.

    Raises:
        ConfigError: There is nothing of that name.
    """
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.views import legend  # noqa: PLC0415

    cells = min(output_format().cells or READABLE_COLUMNS, READABLE_COLUMNS)
    wanted = " ".join(args.name)

    if not wanted:
        _print_headed(legend.listing(cells))
        return ExitCode.OK

    found = legend.explained(wanted)

    if not found:
        near = legend.nearest(wanted)
        guess = f"; did you mean '{near}'?" if near else "."
        raise ConfigError(f"There is no '{wanted}' to explain{guess}", "ehtui explain lists all.")

    for number, entry in enumerate(found):
        _print_headed([*([""] if number else []), *legend.lines(entry, cells)])

    return ExitCode.OK


def _print_headed(lines: Iterable[str]) -> None:
    """Lines, those that are headings in colour where there is any."""
    from ehtui.cli.output_format import print_text, wants_colour  # noqa: PLC0415
    from ehtui.views.cells import Tone  # noqa: PLC0415
    from ehtui.views.report import painted  # noqa: PLC0415

    colour = wants_colour()

    for line in lines:
        is_heading = bool(line) and not line.startswith(" ")
        print_text(painted(line, Tone.INFO, colour=colour) if is_heading else line)


def add_watch(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "watch",
        help="one line for each change; --speak for screen readers",
        description="Say how things are, then print one line for each change until Ctrl-C. Nothing "
        "is drawn again, so it also goes into a file or a chat.",
        epilog="Exit code: 0 after --for, 130 on Ctrl-C, 3 if the hub or the store cannot be read "
        "at its end.",
    )
    parser.add_argument(
        "--speak",
        action="store_true",
        help="whole sentences without signs, as a screen reader says them",
    )
    parser.add_argument(
        "--for",
        dest="watch_s",
        type=seconds,
        default=0.0,
        metavar="10m",
        help="stop after this long (default: at Ctrl-C)",
    )
    add_settings_flags(parser)
    parser.set_defaults(run=run_watch)


def run_watch(args: argparse.Namespace) -> int:
    """Tell what happens, until it is over."""
    from ehtui.cli.compose import first_group, first_look, make_monitor  # noqa: PLC0415
    from ehtui.cli.output_format import output_format, print_text  # noqa: PLC0415
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415
    from ehtui.monitor import watch  # noqa: PLC0415
    from ehtui.views.speech import Telling  # noqa: PLC0415

    settings = resolve_args(args).settings
    sheet = output_format(is_ascii=settings.ui.ascii, language=settings.ui.lang)
    telling = Telling(
        first_group(settings), sheet.clock, sheet.glyphs, sheet.colour, is_spoken=args.speak
    )
    monitor = make_monitor(settings)
    monitor.start()
    began = time.monotonic()

    try:
        snapshot = first_look(monitor)
        print_text(telling.state(snapshot), is_ascii=settings.ui.ascii)

        while not args.watch_s or time.monotonic() - began < args.watch_s:
            snapshot = watch(monitor, POLL_S)

            for line in telling.changes(snapshot):
                print_text(line, is_ascii=settings.ui.ascii)
    finally:
        monitor.stop()

    unread = {s.name for s in snapshot.sources if s.status is SourceStatus.FAILED}
    return ExitCode.UNREADABLE if unread & {"hub", "store"} else ExitCode.OK
