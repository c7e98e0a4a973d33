"""`ehtui events`: look at events, from anywhere, of some partitions or all, as they come."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TextIO

from ehtui.cli.flags import ExitCode, add_settings_flags, resolve_args
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ehtui.cli.event_choice import Wanted
    from ehtui.config.settings import Settings
    from ehtui.domain.world.events import Event, EventStream, Position
    from ehtui.wire.event_reader import EventReader

WAIT_S = 1.0
AT_ONCE = 500
_EPILOG = """\
POSITION is earliest, latest, checkpoint (of --group), a sequence number such as 920, a time such as
12:03, 2026-11-26T12:03Z or 10m (ago), or -N: the last N of each partition. Events are read in the
peek group alone (eventhub.peek_group), never with an owner level: consumers notice nothing.
Examples: ehtui events --follow; ehtui events -p 2 --from checkpoint --count 1 --pretty;
ehtui events --from 10m --grep MINUTES_FINALIZED --json.
"""


def add_events(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "events",
        help="look at events: from anywhere, filtered, followed",
        description="Print events of the hub, merged over partitions by the time when they were "
        "enqueued. Without --from it prints the last ten of each partition; with --follow, what "
        "comes from now on.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    add("-p", "--partition", action="append", metavar="ID", help="only this one; may be repeated")
    add("--from", dest="begin", metavar="POSITION", help="where to begin (see below)")
    add("--around", metavar="POSITION", help="some events before a position, and some after")
    add("--until", metavar="TIME", help="leave out what was enqueued later")
    add("-n", "--count", type=_count, metavar="N", help="stop after so many (--around: 20)")
    add("-f", "--follow", action="store_true", help="go on with what comes, until Ctrl-C")
    add("--grep", metavar="TEXT", help="only bodies with this text, or matching /expression/")
    add("--key", metavar="KEY", help="only events with this partition key")
    add("--property", action="append", metavar="NAME[=VALUE]", help="only events that have it")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="a line of JSON for each event")
    shown.add_argument("--raw", action="store_true", help="bodies alone, as they were sent")
    shown.add_argument("--pretty", action="store_true", help="properties and whole bodies")
    add("--save", metavar="FILE", help="also write lines of JSON into a new file")
    add_settings_flags(parser)
    parser.set_defaults(run=run_events)


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of events")

    return int(text)


def run_events(args: argparse.Namespace) -> int:
    """Print events until there are no more, or as many as were asked for.

    Raises:
        ConfigError: Something that was asked for cannot be.
        ProblemError: Events cannot be read.
    """
    from ehtui.cli.event_choice import Wanted  # noqa: PLC0415 - after the parser

    if args.begin and args.around:
        raise ConfigError("--from and --around are two places to begin.", "Choose one of them.")

    settings = resolve_args(args).settings
    wanted = Wanted(args.grep, args.key, args.property)
    show = _shown_by(args, settings)
    saved = _opened(args.save) if args.save else None

    try:
        asyncio.run(_Showing(args, settings, wanted, show, saved).run())
    finally:
        if saved is not None:
            saved.close()

    return ExitCode.OK


def _opened(path: str) -> TextIO:
    """A new file, for its owner alone: bodies may hold anything."""
    try:
        return os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", 1, "utf-8"
        )
    except FileExistsError:
        raise ConfigError(f"{path} is there already.", "Name a new file.") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror}.") from None


def _shown_by(args: argparse.Namespace, settings: Settings) -> Callable[[Event], None]:
    from ehtui.cli.event_choice import moment_now  # noqa: PLC0415
    from ehtui.cli.output_format import output_format, print_bytes, print_text  # noqa: PLC0415
    from ehtui.views.events.export import json_line  # noqa: PLC0415
    from ehtui.views.events.plain import event_block, event_line  # noqa: PLC0415

    sheet, is_ascii = output_format(is_ascii=settings.ui.ascii), settings.ui.ascii

    def as_json(event: Event) -> None:
        print(json_line(event))

    def raw(event: Event) -> None:
        print_bytes(event.body + b"\n")

    def pretty(event: Event) -> None:
        for line in event_block(event, sheet.clock, moment_now(), sheet.cells or 100):
            print_text(line, is_ascii=is_ascii)

    def plain(event: Event) -> None:
        print_text(event_line(event, sheet.clock, moment_now()), is_ascii=is_ascii)

    return as_json if args.json else raw if args.raw else pretty if args.pretty else plain


class _Showing:
    """One run of the command."""

    def __init__(
        self,
        args: argparse.Namespace,
        settings: Settings,
        wanted: Wanted,
        show: Callable[[Event], None],
        saved: TextIO | None,
    ) -> None:
        self._args = args
        self._settings = settings
        self._wanted = wanted
        self._show = show
        self._saved = saved
        self._shown = 0
        self._trouble: object = None
        self._left: dict[str, int] = {}  # with --around: how many each partition still shows
        self._ends: dict[str, int] = {}  # of the last ones: what has come since is not one of them

    async def run(self) -> None:
        from ehtui.domain.world.events import EventQuery  # noqa: PLC0415
        from ehtui.wire.event_reader import EventReader  # noqa: PLC0415

        reader = EventReader(self._settings.eventhub)

        try:
            positions = await self._positions(reader)
            query = EventQuery(positions, follow=self._args.follow, until_at=self._until())
            await self._print(await reader.open(query))
        finally:
            await reader.close()

    async def _positions(self, reader: EventReader) -> Mapping[str, Position]:
        from ehtui.cli import event_choice  # noqa: PLC0415
        from ehtui.cli.output_format import utc_offset_s  # noqa: PLC0415

        args, now = self._args, event_choice.moment_now()
        text = args.around or args.begin or ("latest" if args.follow else "-10")
        beginning = event_choice.beginning_of(text, now, utc_offset_s())
        names = args.partition or await reader.partitions()
        needs_ends = args.around or isinstance(beginning, event_choice.LastOnes)
        samples = await reader.ends(names) if needs_ends else {}
        group = None

        if beginning is None:
            from ehtui.cli import compose  # noqa: PLC0415 - the whole monitor

            snapshot = await asyncio.to_thread(compose.look, self._settings)
            group = snapshot.group(compose.first_group(self._settings))

        if isinstance(beginning, event_choice.LastOnes) and not args.follow:
            self._ends = {name: sample.last_sequence for name, sample in samples.items()}

        positions = event_choice.positions_from(beginning, names, samples, group)

        if not args.around:
            return positions

        count = args.count or event_choice.AROUND
        self._left = dict.fromkeys(positions, count)
        return await event_choice.positions_around(positions, samples, count // 2, reader)

    def _until(self) -> float | None:
        from ehtui.cli.event_choice import moment_now  # noqa: PLC0415
        from ehtui.cli.output_format import utc_offset_s  # noqa: PLC0415
        from ehtui.views.moments import moment_of  # noqa: PLC0415

        if self._args.until is None:
            return None

        at = moment_of(self._args.until, moment_now(), utc_offset_s())

        if at is None:
            raise ConfigError(
                f"--until {self._args.until} is not a time.",
                "Write 12:03, 5m or 2026-11-26T12:03Z.",
            )

        return at

    async def _print(self, stream: EventStream) -> None:
        while not (stream.is_at_end or self._has_enough()):
            for event in await stream.next_batch(WAIT_S, AT_ONCE):
                if not self._has_enough() and self._takes(event):
                    self._tell(event)

            sys.stdout.flush()
            self._tell_trouble(stream)

        self._conclude(stream)

    def _has_enough(self) -> bool:
        if self._left:
            return not any(self._left.values())

        count: int | None = self._args.count
        return count is not None and self._shown >= count

    def _takes(self, event: Event) -> bool:
        if event.sequence > self._ends.get(event.partition, event.sequence):
            return False

        if self._left:
            left = self._left[event.partition]
            self._left[event.partition] = max(left - 1, 0)
            return left > 0 and self._wanted.matches(event)

        return self._wanted.matches(event)

    def _tell(self, event: Event) -> None:
        from ehtui.views.events.export import json_line  # noqa: PLC0415

        self._shown += 1
        self._show(event)

        if self._saved is not None:
            self._saved.write(json_line(event) + "\n")

    def _tell_trouble(self, stream: EventStream) -> None:
        problem = stream.trouble

        if problem != self._trouble:
            self._trouble = problem
            _note("Reading again." if problem is None else f"{problem.summary} Reconnecting.")

    def _conclude(self, stream: EventStream) -> None:
        if stream.unreadable:
            _note(f"{stream.unreadable:,} messages were left out: they are of no known event.")

        if not self._shown and not self._has_enough():
            _note("No such event.")


def _note(text: str) -> None:
    with suppress(OSError):
        print(f"ehtui: {text}", file=sys.stderr, flush=True)
