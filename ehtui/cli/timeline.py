"""`ehtui timeline`: what happened, and with `--follow` what happens."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import add_settings_flags, resolve_args, seconds
from ehtui.cli.outputs import Format, Result, Writer, add_output_flags
from ehtui.cli.paging import add_pager_flag, print_long
from ehtui.cli.scope import add_scope_flags, check_scope, scope_of, shown_groups

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ehtui.config.settings import Settings
    from ehtui.domain.snapshot import Snapshot, TimelineEvent
    from ehtui.views.narrowing import Scope
    from ehtui.views.speech import Telling

WATCH_S = 30.0
POLL_S = 0.25


def add_timeline(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "timeline",
        help="what happened, and what happens: claims, takeovers, findings, ends of consumers",
        description="Watch for a while, then tell what happened, oldest first: what logs and "
        "records tell of before, and what was seen meanwhile. With --follow tell each event when "
        "it happens.",
    )
    add_output_flags(parser, "the document ehtui.timeline/1; with --follow an event a line")
    parser.add_argument(
        "--for",
        dest="watch_s",
        type=seconds,
        metavar="30s",
        help="watch this long (default: 30s; with --follow until Ctrl-C)",
    )
    parser.add_argument(
        "-f", "--follow", action="store_true", help="tell each event when it happens"
    )
    add_pager_flag(parser)
    add_scope_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_timeline)


def run_timeline(args: argparse.Namespace) -> int:
    """Tell it.

    Raises:
        ConfigError: No hub is configured, or it has nothing of what is asked for.
    """
    settings, scope = resolve_args(args).settings, scope_of(args)
    return (_follow if args.follow else _collect)(settings, args, scope)


def _collect(settings: Settings, args: argparse.Namespace, scope: Scope) -> int:
    from ehtui.cli.awhile import watched_for  # noqa: PLC0415
    from ehtui.cli.compose import watching  # noqa: PLC0415
    from ehtui.views.narrowing import narrowed  # noqa: PLC0415

    with watching(settings) as monitor:
        check_scope(monitor.snapshot, scope)
        watched = watched_for(monitor, WATCH_S if args.watch_s is None else args.watch_s)
        snapshot = narrowed(monitor.snapshot, scope)

    writer = Writer(args.output, is_ascii=settings.ui.ascii)
    result = _result(snapshot, settings, scope, watched.for_s)

    if writer.format is Format.TABLE:
        print_long(result.text(), is_off=args.no_pager, is_ascii=settings.ui.ascii)
    else:
        writer.write(result)

    return watched.code(snapshot)


def _result(snapshot: Snapshot, settings: Settings, scope: Scope, watched_s: float) -> Result:
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.views.export import everything  # noqa: PLC0415
    from ehtui.views.markdown import timeline_page  # noqa: PLC0415
    from ehtui.views.status import timeline_document  # noqa: PLC0415

    group = shown_groups(settings, scope)[0]
    clock = output_format(language=settings.ui.lang).clock

    def text() -> str:
        lines = _telling(settings, scope).changes(snapshot)
        return "".join(f"{line}\n" for line in lines) or "Nothing happened while it was watched.\n"

    return Result(
        text=text,
        document=lambda: timeline_document(snapshot, watched_s),
        data=lambda: everything(snapshot, group, "timeline"),
        markdown=lambda: timeline_page(snapshot, group, clock),
    )


def _telling(settings: Settings, scope: Scope) -> Telling:
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.views.speech import Telling  # noqa: PLC0415

    sheet = output_format(is_ascii=settings.ui.ascii, language=settings.ui.lang)
    group = shown_groups(settings, scope)[0]
    return Telling(group, sheet.clock, sheet.glyphs, sheet.colour, cells=sheet.cells)


def _follow(settings: Settings, args: argparse.Namespace, scope: Scope) -> int:
    from ehtui.cli.awhile import Watched, watch_for  # noqa: PLC0415
    from ehtui.cli.compose import watching  # noqa: PLC0415
    from ehtui.views.narrowing import narrowed  # noqa: PLC0415

    if sys.stderr.isatty():
        print("ehtui: each event is told when it happens; Ctrl-C ends it.", file=sys.stderr)

    with watching(settings) as monitor:
        check_scope(monitor.snapshot, scope)
        teller = _Teller(settings, scope, args.output)
        teller.tell(narrowed(monitor.snapshot, scope))
        began = time.monotonic()

        while not args.watch_s or time.monotonic() - began < args.watch_s:
            teller.tell(narrowed(watch_for(monitor, POLL_S), scope))

        return Watched(args.watch_s).code(monitor.snapshot)


class _Teller:
    """Tells each event once, in whichever format."""

    def __init__(self, settings: Settings, scope: Scope, output: str) -> None:
        from ehtui.cli.output_format import output_format  # noqa: PLC0415

        self._is_ascii = settings.ui.ascii
        self._clock = output_format(language=settings.ui.lang).clock
        self._group = shown_groups(settings, scope)[0]
        self._telling = _telling(settings, scope)
        self._writer = Writer(output, is_stream=True, is_ascii=self._is_ascii)
        self._told = -1  # the number of the newest event that was told

    def tell(self, snapshot: Snapshot) -> None:
        """Whatever is new in it."""
        news = tuple(event for event in snapshot.timeline if event.number > self._told)

        if not news:
            return

        self._told = max(event.number for event in news)

        if self._writer.format in {Format.JSON, Format.YAML}:
            for event in news:  # a document each
                self._writer.write(self._result(snapshot, (event,)))
        else:
            self._writer.write(self._result(snapshot, news))

    def _result(self, snapshot: Snapshot, news: Sequence[TimelineEvent]) -> Result:
        from ehtui.views.export import export  # noqa: PLC0415
        from ehtui.views.keys import event_key  # noqa: PLC0415
        from ehtui.views.markdown import event_rows  # noqa: PLC0415
        from ehtui.views.phrasing import Phrasing  # noqa: PLC0415
        from ehtui.views.status import event_document  # noqa: PLC0415

        say = Phrasing(snapshot, self._clock, self._group)
        keys = [*map(event_key, news)]
        return Result(
            text=lambda: "".join(f"{line}\n" for line in self._telling.changes(snapshot)),
            document=lambda: event_document(news[0], Phrasing(snapshot)),
            data=lambda: export(snapshot, self._group, "timeline", keys).whole,
            markdown=lambda: event_rows(news, say, has_header=self._writer.is_first),
        )
