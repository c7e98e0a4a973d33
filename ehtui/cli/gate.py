"""`ehtui gate begin` and `gate end`: was the deployment between them a good one?"""

from __future__ import annotations

import os
import sys
import time
import uuid
from typing import TYPE_CHECKING, Any

from ehtui.cli.common_flags import add_colour_flag, add_language_flag, add_log_flags
from ehtui.cli.flags import (
    ExitCode,
    add_settings_flags,
    flag_words,
    resolve_args,
    seconds,
)
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ehtui.cli.gate_watcher import Asked, GateFolder, Told
    from ehtui.config.settings import Settings

BASELINE_S = 15.0  # a lag is a saw: its highest tooth is the baseline
KEEP_S = 7200.0
POLL_S = 0.2
STARTS_WITHIN_S = 330.0  # a hub of 1,024 partitions is read whole in over a minute


def add_gate(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "gate",
        help="was a deployment a good one: begin before it, end after it",
        description="'begin' takes down how the group stands and leaves a process behind that "
        "watches it. 'end' waits until the group is as it was, and says whether it is: everything "
        "owned again by owners that have renewed, as many as before; lag back at its baseline and "
        "checkpoints that move; no new finding; duplicates and time without a reader within what "
        "is allowed. It prints one page of Markdown.",
    )
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="what")
    _add_begin(kinds)
    _add_end(kinds)
    _add_watch(kinds)

    for kind in kinds.choices.values():
        add_colour_flag(kind)
        add_language_flag(kind)
        add_log_flags(kind)


def _add_begin(kinds: Any) -> None:
    parser = kinds.add_parser(
        "begin",
        help="before the deployment: take down how the group stands, and watch it",
        description="Watch for a while, take down how the group stands, and go on watching in "
        "another process until 'gate end', or for two hours.",
    )
    _add_watching(parser)
    parser.add_argument(
        "--anew", action="store_true", help="even if a gate was begun: leave that one"
    )
    add_settings_flags(parser)
    parser.set_defaults(run=run_begin)


def _add_watching(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--for",
        dest="watch_s",
        type=seconds,
        default=BASELINE_S,
        metavar="15s",
        help="take the highest lag of so long a time, longer than checkpoints are apart (default: "
        "15s)",
    )
    parser.add_argument(
        "--keep",
        dest="keep_s",
        type=seconds,
        default=KEEP_S,
        metavar="2h",
        help="watch at most so long (default: 2h)",
    )


def _add_end(kinds: Any) -> None:
    parser = kinds.add_parser(
        "end",
        help="after the deployment: wait until the group is as it was, and say whether it is",
        description="Wait until every check holds for a while, or the time is up, and print one "
        "page of Markdown. Ctrl-C ends the waiting alone: the gate goes on, and can be ended "
        "again.",
    )
    parser.add_argument(
        "--timeout", type=seconds, default=600.0, metavar="10m", help="default: 10m"
    )
    parser.add_argument(
        "--steady",
        type=seconds,
        default=30.0,
        metavar="30s",
        help="everything has to hold for so long, and for two looks at hub and store at least "
        "(default: 30s)",
    )
    parser.add_argument(
        "--duplicates",
        type=_count,
        metavar="N",
        help="events that may be read twice, all takeovers together (default: no limit)",
    )
    parser.add_argument(
        "--downtime",
        type=seconds,
        metavar="60s",
        help="how long each partition may be without a reader (default: no limit)",
    )
    parser.add_argument(
        "--lag-more",
        type=_count,
        default=0,
        metavar="N",
        help="events that each partition's lag may be above its baseline (default: 0)",
    )
    parser.add_argument(
        "--owners", type=_count, metavar="N", help="owners there must be (default: as before)"
    )
    parser.add_argument(
        "--all-new",
        action="store_true",
        help="nobody who owned something before may any more: a rollout that replaces everybody",
    )
    parser.add_argument("--json", action="store_true", help="the document ehtui.gate/1")
    add_settings_flags(parser)
    parser.set_defaults(run=run_end)


def _add_watch(kinds: Any) -> None:
    """What `begin` leaves behind; nobody types it."""
    parser = kinds.add_parser(
        "watch",
        help="what 'begin' leaves behind",
        description="The process that 'begin' leaves behind. Nobody has to run it by hand.",
    )
    _add_watching(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_watch)


def _count(text: str) -> int:
    import argparse  # noqa: PLC0415

    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"'{text}' is not a number of 0 or more")

    return int(text)


def run_begin(args: argparse.Namespace) -> int:
    """Begin a gate.

    Raises:
        ConfigError: There is no store to watch, or a gate has begun already.
    """
    from ehtui.cli.gate_watcher import start_watcher  # noqa: PLC0415

    settings = resolve_args(args).settings
    folder = _folder_of(settings)
    _make_room(folder, settings, is_anew=args.anew)
    group = ("--group", settings.eventhub.consumer_group)
    spans = ("--for", f"{args.watch_s:g}s", "--keep", f"{args.keep_s:g}s")
    pace = ("--refresh", f"{args.refresh:g}s") if "refresh" in args else ()
    watcher = start_watcher(folder, (*spans, *pace, *flag_words(args), *group))
    deadline = time.monotonic() + args.watch_s + STARTS_WITHIN_S

    try:
        # What another one began beside it is not this one's.
        while (begun := folder.read("begun")) is None or begun["pid"] != watcher.pid:
            if watcher.returncode is not None or time.monotonic() > deadline:
                watcher.terminate()
                return _not_begun(folder, watcher.returncode)

            time.sleep(POLL_S)
    except KeyboardInterrupt:
        watcher.terminate()
        raise

    print(_begun_words(settings, begun))

    return ExitCode.OK


def _make_room(folder: GateFolder, settings: Settings, *, is_anew: bool) -> None:
    """An empty folder that nobody watches.

    Raises:
        ConfigError: Somebody does, or it cannot be made.
    """
    group = settings.eventhub.consumer_group

    if folder.is_watched:
        if not is_anew:
            raise ConfigError(
                f"A gate of {group} has begun already.",
                "End it with 'ehtui gate end', or begin anew with --anew.",
            )

        if not folder.leave():
            raise ConfigError(
                f"Who watches the gate of {group} does not end.",
                f"It is the process 'ehtui gate watch' of {folder.path}.",
            )

    try:
        folder.clear()
    except OSError as error:
        raise ConfigError(f"{folder.path} cannot be written: {error.strerror}.") from None


def _not_begun(folder: GateFolder, code: int | None) -> int:
    log = (folder.path / "log").read_text(encoding="utf-8", errors="replace").strip()
    why = log.removeprefix("ehtui: ") or "hub and store did not answer in time."
    print(f"ehtui: no gate has begun: {why}", file=sys.stderr)

    return ExitCode.WARNING if code == ExitCode.WARNING else ExitCode.UNREADABLE


def _begun_words(settings: Settings, begun: dict[str, Any]) -> str:
    from ehtui.cli.compose import namespace_of  # noqa: PLC0415
    from ehtui.views.formats import count, duration, listed, plural  # noqa: PLC0415
    from ehtui.views.phrasing import hub_words  # noqa: PLC0415

    findings = f"; findings: {listed(begun['findings'])}" if begun["findings"] else ""
    hub = settings.eventhub
    place = hub_words(namespace_of(settings), hub.name or "", settings.profile, hub.production)
    return (
        f"Hub: {place}\n"
        f"Baseline of {settings.eventhub.consumer_group}: {begun['owned']} of "
        f"{plural(begun['partitions'], 'partition')} owned by "
        f"{plural(begun['owners'], 'owner')}, lag {count(begun['lag'])}{findings}.\n"
        f"Process {begun['pid']} watches for up to {duration(begun['keep_s'])}. Deploy, and then: "
        "ehtui gate end"
    )


def run_end(args: argparse.Namespace) -> int:
    """End it: wait, and tell.

    Raises:
        ConfigError: No gate has begun.
    """
    from ehtui.cli.gate_watcher import Asked  # noqa: PLC0415
    from ehtui.domain.gate.checks import Terms  # noqa: PLC0415
    from ehtui.views.formats import duration  # noqa: PLC0415

    settings = resolve_args(args).settings
    folder = _folder_of(settings)
    begun = folder.read("begun")

    if begun is None:
        raise ConfigError(
            f"No gate of {settings.eventhub.consumer_group} has begun on this host.",
            "Run 'ehtui gate begin' before a deployment.",
        )

    terms = Terms(args.lag_more, args.duplicates, args.downtime, args.owners, args.all_new)
    asked = Asked(uuid.uuid4().hex, terms, args.timeout, args.steady)
    told = _waited_for(folder, asked)

    if told is None:
        print(
            "ehtui: nobody watches that gate any more, so the deployment cannot be judged. It has "
            f"been ended, or its time was up ({duration(begun['keep_s'])}), or its process was "
            "killed. Begin one before the next deployment.",
            file=sys.stderr,
        )
        return ExitCode.UNREADABLE

    return _tell(told, is_json=args.json)


def _waited_for(folder: GateFolder, asked: Asked) -> Told | None:
    """What the watcher says at last; None where it has gone, or answers no more.

    Raises:
        ConfigError: Somebody else has ended the gate meanwhile.
    """
    from ehtui.cli.gate_watcher import LATEST_S  # noqa: PLC0415

    if not folder.is_watched:
        return None

    folder.ask(asked)
    shown: list[str] = []
    deadline = time.monotonic() + asked.timeout_s + asked.steady_s + 2 * LATEST_S

    while time.monotonic() < deadline:
        is_watched = folder.is_watched  # asked first: it may end right after it told
        told, newest = folder.told, folder.asked

        if told is not None and told.id == asked.id:
            _show(shown, told)

            if told.verdict is not None:
                return told
        elif newest is not None and newest.id != asked.id:
            raise ConfigError("Another 'ehtui gate end' has asked since, and gets the answer.")

        if not is_watched:
            return None

        time.sleep(POLL_S)

    return None


def _show(shown: list[str], told: Told) -> None:
    """Lines that changed, on standard error: how it gets on."""
    new = [line for line in told.lines if line not in shown]
    shown[:] = told.lines

    if sys.stderr.isatty():
        for line in new:
            print(f"  {line}", file=sys.stderr)


def _tell(told: Told, *, is_json: bool) -> int:
    from ehtui.cli.output_format import print_document, print_text  # noqa: PLC0415
    from ehtui.domain.gate.checks import Verdict  # noqa: PLC0415

    if is_json:
        print_document(told.document)
    else:
        print_text(told.page, end="")

    codes = {Verdict.PASSED: ExitCode.OK, Verdict.FAILED: ExitCode.WARNING}
    return codes.get(told.verdict or Verdict.NOT_JUDGED, ExitCode.UNREADABLE)


def run_watch(args: argparse.Namespace) -> int:
    """Watch, and judge when it is asked for; not begun is 1, or 3 where something is not read."""
    from ehtui.cli.compose import watching  # noqa: PLC0415
    from ehtui.cli.gate_watcher import Watcher  # noqa: PLC0415
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.domain.gate.watched import unread  # noqa: PLC0415

    settings = resolve_args(args).settings
    folder = _folder_of(settings)
    clock = output_format(language=settings.ui.lang).clock

    lock = _locked(folder)

    if lock is None:
        print("ehtui: another one has just begun.", file=sys.stderr)
        return ExitCode.WARNING

    try:
        with watching(settings) as monitor:
            watcher = Watcher(monitor, folder, settings.eventhub.consumer_group, clock)
            why_not = watcher.run(baseline_s=args.watch_s, keep_s=args.keep_s)
            is_unread = bool(unread(monitor.snapshot))
    finally:
        os.close(lock)

    if why_not is None:
        return ExitCode.OK

    print(f"ehtui: {why_not}", file=sys.stderr)

    return ExitCode.UNREADABLE if is_unread else ExitCode.WARNING


def _locked(folder: GateFolder) -> int | None:
    """The lock of who watches. Whoever only looks whether somebody does has it for a moment."""
    for _ in range(5):
        try:
            return folder.lock()
        except BlockingIOError:
            time.sleep(POLL_S)

    return None


def _folder_of(settings: Settings) -> GateFolder:
    from ehtui.cli.compose import namespace_of  # noqa: PLC0415
    from ehtui.cli.gate_watcher import GateFolder  # noqa: PLC0415

    namespace = namespace_of(settings)

    if not settings.checkpoint_store.is_configured:
        raise ConfigError(
            "Without a checkpoint store, owners and progress cannot be known.",
            "Set AZURE_STORAGE_CONNECTION_STRING and CHECKPOINT_CONTAINER, or use --pid.",
        )

    return GateFolder(namespace, settings.eventhub.name or "", settings.eventhub.consumer_group)
