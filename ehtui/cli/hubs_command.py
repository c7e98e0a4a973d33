"""`ehtui hubs`, `ehtui status --all`: every hub and group of every profile, the worst first."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import add_settings_flags, configuration_of, seconds
from ehtui.cli.judging import add_fail_on, every
from ehtui.cli.outputs import Format, Result, Writer, add_output_flags

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from ehtui.cli.hubs import WatchedHubs
    from ehtui.config.settings import Settings
    from ehtui.domain.hubs import WatchedHub
    from ehtui.views.hubs import HubRow

FIRST_READS_S = 40.0  # a slow hub is shown as not read yet
LOOKS_EVERY_S = 1.0


def add_hubs(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "hubs",
        help="all hubs and groups of all profiles, worst first",
        description="Read every hub of every profile, or of one, once, and print a line for each "
        "consumer group, the worst first. Processes on this host are not looked at.",
    )
    add_output_flags(parser, "the document ehtui.hubs/1; with --watch one a line")
    parser.add_argument(
        "--for",
        dest="watch_s",
        type=seconds,
        default=0.0,
        metavar="15s",
        help="watch this long first: rates cannot be told from one read; with --watch, stop after "
        "so long",
    )
    parser.add_argument(
        "--watch",
        type=every,
        metavar="30s",
        help="print it so often until Ctrl-C, and read so often",
    )
    add_fail_on(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_hubs)


def report_hubs(args: argparse.Namespace | None) -> int:
    """The same without any of its flags: what `ehtui` prints into a pipe.

    Raises:
        ConfigError: As `run_hubs`.
    """
    import argparse  # noqa: PLC0415 - of `--help`

    own = {"output": Format.TABLE, "watch": None, "watch_s": 0.0, "fail_on": "critical"}
    return run_hubs(argparse.Namespace(**vars(args) if args else {}, **own))


def run_hubs(args: argparse.Namespace) -> int:
    """Tell of them once, or until it is over; the worst of them makes the exit code.

    Raises:
        ConfigError: The configuration cannot be used at all.
    """
    from ehtui.cli.hub_slot import SELDOM  # noqa: PLC0415
    from ehtui.cli.hubs import WatchedHubs  # noqa: PLC0415 - every room below comes with it
    from ehtui.cli.screen import screen_settings  # noqa: PLC0415
    from ehtui.monitor.hubs import UNWATCHED_EVERY_S  # noqa: PLC0415

    args.every_profile = True
    configured = configuration_of(args).read()
    # Who waits for it looks at all of them.
    pace_s = args.watch or (args.watch_s / 3 if args.watch_s else UNWATCHED_EVERY_S)
    unwatched = SELDOM._replace(seldom_s=pace_s)
    hubs, settings = WatchedHubs(configured, unwatched=unwatched), screen_settings(configured)
    writer = Writer(args.output, is_stream=bool(args.watch), is_ascii=settings.ui.ascii)
    code = 0

    try:
        for rows in _looks(hubs, args):
            if not writer.is_first and writer.format in {Format.TABLE, Format.MARKDOWN}:
                print()

            writer.write(_result(rows, settings))
            code = _code(hubs.watched, args.fail_on)
    finally:
        hubs.close()

    return code


def _looks(hubs: WatchedHubs, args: argparse.Namespace) -> Iterator[Sequence[HubRow]]:
    """What the rows are once all were read, and again as often as is asked for."""
    from ehtui.cli.awhile import notice_reader  # noqa: PLC0415
    from ehtui.clock import steady  # noqa: PLC0415
    from ehtui.views.hubs import hub_rows  # noqa: PLC0415

    began = time.monotonic()
    _wait_until_read(hubs)
    due = time.monotonic() + (0.0 if args.watch else args.watch_s)

    while True:
        while (left_s := due - time.monotonic()) > 0:
            time.sleep(min(left_s, LOOKS_EVERY_S))
            notice_reader()

        yield hub_rows(hubs.watched, steady())

        if not args.watch:
            return

        due += args.watch

        if args.watch_s and due - began > args.watch_s:
            return


def _wait_until_read(hubs: WatchedHubs) -> None:
    """Until hub and store of each have answered, or failed; not for ever."""
    import threading  # noqa: PLC0415

    news = threading.Event()
    hubs.subscribe(lambda _: news.set())
    ends_at = time.monotonic() + FIRST_READS_S

    while not all(map(_is_read, hubs.watched)) and time.monotonic() < ends_at:
        news.wait(LOOKS_EVERY_S)
        news.clear()


def _is_read(watched: WatchedHub) -> bool:
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415

    if watched.snapshot is None:
        return watched.problem is not None

    return all(
        source.status is not SourceStatus.STARTING
        for source in watched.snapshot.sources
        if source.name in {"hub", "store"}
    )


def _result(rows: Sequence[HubRow], settings: Settings) -> Result:
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.clock import steady  # noqa: PLC0415
    from ehtui.views.data_table import markdown_text, readable  # noqa: PLC0415
    from ehtui.views.hubs_export import export_hubs  # noqa: PLC0415
    from ehtui.views.hubs_report import hubs_report  # noqa: PLC0415
    from ehtui.views.tables.hubs import hubs_table  # noqa: PLC0415

    exported = export_hubs(rows, steady())
    sheet = output_format(is_ascii=settings.ui.ascii, language=settings.ui.lang)
    return Result(
        text=lambda: hubs_report(rows, sheet),
        document=lambda: {
            "schema": "ehtui.hubs/1",
            "taken_at": exported.taken_at,
            "hubs": list(exported.rows),
        },
        data=lambda: exported.whole,
        markdown=lambda: markdown_text(readable(hubs_table(rows), without=("trend",))),
    )


def _code(watched: Sequence[WatchedHub], fail_on: str) -> int:
    """As of `status`, over all hubs; what could not be read comes first."""
    from ehtui.cli.flags import ExitCode  # noqa: PLC0415
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415
    from ehtui.views.pending import unread_partitions  # noqa: PLC0415
    from ehtui.views.status import FailOn, finding_code  # noqa: PLC0415

    snapshots = [each.snapshot for each in watched if each.snapshot is not None]
    is_read = len(snapshots) == len(watched) and all(map(_is_read, watched))
    has_failed = any(
        source.status is SourceStatus.FAILED for each in snapshots for source in each.sources
    )

    if not is_read or has_failed or any(map(unread_partitions, snapshots)):
        return ExitCode.UNREADABLE

    return finding_code([f for each in snapshots for f in each.findings], FailOn(fail_on))
