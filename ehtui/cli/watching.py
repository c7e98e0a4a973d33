"""`ehtui watch`: a line for each change, and a program run for each new finding."""

from __future__ import annotations

import re
import time
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, add_settings_flags, resolve_args, seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from contextlib import AbstractContextManager

    from ehtui.cli.hooks import Allowance, Hooks
    from ehtui.config.settings import Settings
    from ehtui.domain.snapshot import Snapshot

POLL_S = 0.25
_EXEC_ONLY = ("on_clear", "also_now", "shell", "at_most", "exec_from", "exec_timeout")
_AT_MOST = "10/1m"
_TIMEOUT_S = 30.0
_EPILOG = """\
--exec runs CMD with one line of JSON on its standard input: the finding as in ehtui.status/1, with
schema (ehtui.finding/1), state (began or ended), namespace, hub, group, ended_at and lasted_s. It
has ehtui's own environment and working folder; what it prints is shown only if it fails.

  ehtui watch --exec 'logger -t ehtui'
  ehtui watch --exec ./page-me.sh --exec-from critical --on-clear --at-most 5/10m
  ehtui watch --shell --exec 'curl -sf -d @- https://hooks.example/ehtui >/dev/null'
"""


def add_watch(subparsers: Any) -> None:
    """Add the command."""
    import argparse  # noqa: PLC0415

    parser = subparsers.add_parser(
        "watch",
        help="one line for each change; --speak for screen readers, --exec for alerts",
        description="Say how things are, then print one line for each change until Ctrl-C. Nothing "
        "is drawn again, so it also goes into a file or a chat.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
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
    parser.add_argument(
        "--fail-on",
        choices=("warning", "critical", "never"),
        default="never",
        help="which findings that are there at its end make the exit code 1 or 2 (default: never)",
    )
    _add_exec_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_watch)


def _add_exec_flags(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("a program for each new finding")
    group.add_argument(
        "--exec", dest="exec_", metavar="CMD", help="run CMD with each new finding as JSON on stdin"
    )
    group.add_argument(
        "--exec-from",
        choices=("info", "warning", "critical"),
        help="only of findings as bad as that, or worse (default: warning)",
    )
    group.add_argument("--on-clear", action="store_true", help="run CMD when a finding ends, too")
    group.add_argument(
        "--also-now", action="store_true", help="run CMD for what is there at the start, too"
    )
    group.add_argument(
        "--at-most",
        type=_allowance,
        metavar="N/1m",
        help=f"no more than N runs within so long; what waits comes later, and what ends before "
        f"its turn is not told (default: {_AT_MOST})",
    )
    group.add_argument(
        "--exec-timeout",
        type=seconds,
        metavar="30s",
        help="end CMD after so long (default: 30s)",
    )
    group.add_argument(
        "--shell", action="store_true", help="let a shell understand CMD; else its words are taken"
    )


def _allowance(text: str) -> Allowance:
    import argparse  # noqa: PLC0415

    from ehtui.cli.hooks import Allowance  # noqa: PLC0415

    match = re.fullmatch(r"([1-9]\d{0,5})/(.+)", text.strip())

    if match is None:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of runs such as 5/10m")

    return Allowance(int(match[1]), seconds(match[2]))


def run_watch(args: argparse.Namespace) -> int:
    """Tell what happens, until it is over.

    Raises:
        ConfigError: The program cannot be run, or flags do not go together.
    """
    from ehtui.cli.compose import first_group, first_look, make_monitor  # noqa: PLC0415
    from ehtui.cli.output_format import output_format, print_text  # noqa: PLC0415
    from ehtui.monitor import watch  # noqa: PLC0415
    from ehtui.views.speech import Telling  # noqa: PLC0415

    settings = resolve_args(args).settings
    sheet = output_format(is_ascii=settings.ui.ascii, language=settings.ui.lang)
    telling = Telling(
        first_group(settings),
        sheet.clock,
        sheet.glyphs,
        sheet.colour,
        is_spoken=args.speak,
        cells=sheet.cells,
    )

    with _alerts(args, settings) as alerts:
        monitor = make_monitor(settings)
        monitor.start()
        began = time.monotonic()

        try:
            snapshot = first_look(monitor)
            print_text(telling.state(snapshot), is_ascii=settings.ui.ascii)

            while not args.watch_s or time.monotonic() - began < args.watch_s:
                if alerts is not None:
                    alerts.tell(snapshot)

                snapshot = watch(monitor, POLL_S)

                for line in telling.changes(snapshot):
                    print_text(line, is_ascii=settings.ui.ascii)

            if alerts is not None:
                alerts.tell(snapshot)
        finally:
            monitor.stop()

    return _code(snapshot, args.fail_on)


def _code(snapshot: Snapshot, fail_on: str) -> int:
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415
    from ehtui.views.status import FailOn, exit_code  # noqa: PLC0415

    if fail_on != FailOn.NEVER:
        return exit_code(snapshot, FailOn(fail_on))

    unread = {s.name for s in snapshot.sources if s.status is SourceStatus.FAILED}
    return ExitCode.UNREADABLE if unread & {"hub", "store"} else ExitCode.OK


class Alerts:
    """Tells a program of findings as snapshots come."""

    def __init__(self, hooks: Hooks, place: tuple[str, str], least: str, *, also_now: bool) -> None:
        from ehtui.domain.snapshot import Severity  # noqa: PLC0415

        self._hooks = hooks
        self._place = place
        self._least = Severity(least)
        self._also_now = also_now
        self._told: int | None = None  # the number of the last event that was looked at

    def tell(self, snapshot: Snapshot) -> None:
        """What is new since the last snapshot; of the first one only what `also_now` asks for."""
        from ehtui.views.finding_news import last_number, news_since, present  # noqa: PLC0415

        if self._told is not None:
            self._hooks.offer(news_since(snapshot, self._told, self._place, self._least))
        elif self._also_now:
            self._hooks.offer(present(snapshot, self._place, self._least))

        self._told = last_number(snapshot)

    def close(self) -> None:
        """Tell no more."""
        self._hooks.close()


def _alerts(args: argparse.Namespace, settings: Settings) -> AbstractContextManager[Alerts | None]:
    if args.exec_ is None:
        if given := [name for name in _EXEC_ONLY if getattr(args, name) not in {None, False}]:
            raise ConfigError(f"--{given[0].replace('_', '-')} goes with --exec CMD.")

        return nullcontext()

    from ehtui.cli.compose import namespace_of  # noqa: PLC0415
    from ehtui.cli.hook_command import HookCommand  # noqa: PLC0415
    from ehtui.cli.hooks import Hooks  # noqa: PLC0415

    timeout_s = _TIMEOUT_S if args.exec_timeout is None else args.exec_timeout
    command = HookCommand(args.exec_, uses_shell=args.shell, timeout_s=timeout_s)
    place = (namespace_of(settings), settings.eventhub.name or "")
    hooks = Hooks(command, args.at_most or _allowance(_AT_MOST), on_clear=args.on_clear)

    return closing(Alerts(hooks, place, args.exec_from or "warning", also_now=args.also_now))
