"""Commands that look and tell: `consumers`, `why`, and `wait` for deployments."""

from __future__ import annotations

import sys
import textwrap
import time
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, add_settings_flags, resolve_args, seconds
from ehtui.cli.judging import add_fail_on
from ehtui.cli.outputs import Result, Writer, add_output_flags
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.why.checks import Why
    from ehtui.views.cells import Tone
    from ehtui.views.formats import Language
    from ehtui.views.why import Explanation

# Without the hub it is known all the same who owns what.
RESTS_ON = frozenset({"processes", "logs", "store"})
HUB_AND_STORE = frozenset({"hub", "store"})


def add_consumers(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "consumers",
        help="this host's consumers, and which owner each is",
        description="List the consumers on this host, what they own, and how that is known.",
    )
    add_output_flags(parser, "the consumers of ehtui.status/1")
    add_settings_flags(parser)
    parser.set_defaults(run=run_consumers)


def run_consumers(args: argparse.Namespace) -> int:
    """List them."""
    from ehtui.cli.compose import first_group, look  # noqa: PLC0415
    from ehtui.cli.output_format import output_format, tell_unread_sources  # noqa: PLC0415
    from ehtui.views.data_table import markdown_text, readable  # noqa: PLC0415
    from ehtui.views.export import everything  # noqa: PLC0415
    from ehtui.views.report import consumers_report  # noqa: PLC0415
    from ehtui.views.status import document  # noqa: PLC0415
    from ehtui.views.tables import consumers_table  # noqa: PLC0415

    settings = resolve_args(args).settings
    snapshot, group = look(settings), first_group(settings)
    result = Result(
        text=lambda: consumers_report(snapshot, group, output_format()),
        document=lambda: document(snapshot)["consumers"],
        data=lambda: everything(snapshot, group, "consumers"),
        markdown=lambda: markdown_text(readable(consumers_table(snapshot, group))),
    )
    Writer(args.output).write(result)

    return tell_unread_sources(snapshot, RESTS_ON)


# Rates and stuck handlers cannot be judged from one look.
WATCH_S = 10.0
READABLE_COLUMNS = 100


def add_why(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "why",
        help="why a partition, process, owner or group is as it is",
        description="Go through the checks that decide whether events are read, each with a tick "
        "or a cross and its evidence, and say what to do.",
    )
    parser.add_argument(
        "target", nargs="?", metavar="PARTITION|PID|NAME|OWNER|GROUP", help="default: the group"
    )
    parser.add_argument(
        "--for",
        dest="watch_s",
        type=seconds,
        default=WATCH_S,
        metavar="10s",
        help="watch this long first (default: 10s)",
    )
    parser.add_argument("--json", action="store_true", help="the checks as JSON")
    add_settings_flags(parser)
    parser.set_defaults(run=run_why)


def run_why(args: argparse.Namespace) -> int:
    """Explain it.

    Raises:
        ConfigError: The target names nothing that is known.
    """
    from ehtui.cli.compose import first_group, look  # noqa: PLC0415
    from ehtui.cli.output_format import (  # noqa: PLC0415
        print_document,
        print_text,
        tell_unread_sources,
    )
    from ehtui.domain.why import why  # noqa: PLC0415
    from ehtui.views.why import document  # noqa: PLC0415

    settings = resolve_args(args).settings
    group = first_group(settings)
    snapshot = look(settings, watch_s=args.watch_s)
    asked = why(snapshot, _subject(snapshot, args.target or group, group))

    if args.json:
        print_document({"schema": "ehtui.why/1", **document(asked)})
    else:
        print_text("\n".join(_lines(snapshot, asked, group, settings.ui.lang)))

    return tell_unread_sources(snapshot, HUB_AND_STORE)


def _subject(snapshot: Snapshot, target: str, group: str) -> Any:
    from ehtui.domain.why import subjects_of  # noqa: PLC0415

    # People write P2, as the screen does.
    names = (target, target[1:]) if target[:1] in {"P", "p"} else (target,)
    found = next((s for name in names if (s := subjects_of(snapshot, name, group))), ())

    if not found:
        raise ConfigError(
            f"No partition, pid, consumer, owner or group '{target}' is known here.",
            "'ehtui status' shows them; an owner may be shortened to its first letters.",
        )

    return found[0]


def _lines(snapshot: Snapshot, asked: Why, group: str, language: Language) -> Iterator[str]:
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.views.phrasing import Phrasing  # noqa: PLC0415
    from ehtui.views.report import painted  # noqa: PLC0415
    from ehtui.views.why import explain, explanation_lines  # noqa: PLC0415

    sheet = output_format(language=language)
    told = explain(asked, Phrasing(snapshot, sheet.clock, group), glyphs=sheet.glyphs)
    columns = min(sheet.cells or READABLE_COLUMNS, READABLE_COLUMNS)

    for number, line in enumerate(explanation_lines(told)):
        lines = _wrapped(line, columns) if sys.stdout.isatty() else [line]
        tone = told.tone if not number else _tone_of(line, told)
        yield from (painted(each, tone, colour=sheet.colour) for each in lines)


def _tone_of(line: str, told: Explanation) -> Tone:
    """A check's own; everything else is plain."""
    from ehtui.views.cells import Tone  # noqa: PLC0415

    marked = {f"{answer.mark} {answer.text}": answer.tone for answer in told.answers}
    return marked.get(line, Tone.PLAIN)


def _wrapped(line: str, columns: int) -> list[str]:
    """Whole words; a literal command is broken nowhere else."""
    indent = " " * (len(line) - len(line.lstrip())) or "  "
    return textwrap.wrap(
        line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]


POLL_S = 0.25


def add_wait(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "wait",
        help="wait until a group is owned, drained or healthy (for deployments)",
        description="Wait until every partition of the group is owned, its lag is zero, or its "
        "health is ok. With --fail-on the findings of the group count too, once it is.",
    )
    parser.add_argument(
        "--until",
        choices=("owned", "drained", "healthy"),
        default="healthy",
        help="every partition has a live owner; the lag is zero; the health is ok (default)",
    )
    parser.add_argument("--timeout", type=seconds, default=300.0, metavar="5m", help="default: 5m")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    add_fail_on(parser, "never")
    add_settings_flags(parser)
    parser.set_defaults(run=run_wait)


def run_wait(args: argparse.Namespace) -> int:
    """Wait for it.

    Raises:
        ConfigError: There is no checkpoint store, and so nothing to wait for.
    """
    from ehtui.cli.acting import looking  # noqa: PLC0415 - a probe's `status` needs none of it
    from ehtui.views.pending import Goal, unmet  # noqa: PLC0415

    settings = resolve_args(args).settings

    if not settings.checkpoint_store.is_configured:
        raise ConfigError(
            "Without a checkpoint store, owners and progress cannot be known.",
            "Set AZURE_STORAGE_CONNECTION_STRING and CHECKPOINT_CONTAINER, or use --pid.",
        )

    group, goal = settings.eventhub.consumer_group, Goal(args.until)
    began = time.monotonic()

    with looking(settings) as backend:
        while missing := unmet(backend.snapshot, group, goal):
            if time.monotonic() - began >= args.timeout:
                return _tell_waited(args, backend.snapshot, missing, began)

            time.sleep(POLL_S)

        return _tell_waited(args, backend.snapshot, (), began)


def _judged(snapshot: Snapshot, group: str, fail_on: str) -> int:
    """Of what was reached, whether something about it is wrong all the same; says what."""
    from ehtui.views import findings  # noqa: PLC0415
    from ehtui.views.narrowing import Scope, narrowed  # noqa: PLC0415
    from ehtui.views.phrasing import Phrasing  # noqa: PLC0415
    from ehtui.views.status import FailOn, finding_code  # noqa: PLC0415

    found, say = narrowed(snapshot, Scope((group,))).findings, Phrasing(snapshot, group=group)
    code = finding_code(found, FailOn(fail_on))

    for finding in found:
        if finding_code((finding,), FailOn(fail_on)):
            word = findings.SEVERITY_WORDS[finding.severity]
            print(f"ehtui: {word}: {findings.sentence(finding, say)}.", file=sys.stderr)

    return code


def _tell_waited(
    args: argparse.Namespace, snapshot: Snapshot, missing: tuple[str, ...], began: float
) -> int:
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415
    from ehtui.views.pending import Goal, reserved  # noqa: PLC0415

    group = snapshot.policy.default_group
    waited_s = round(time.monotonic() - began, 1)

    if args.json:
        from ehtui.cli.output_format import print_document  # noqa: PLC0415

        result = {"until": args.until, "group": group, "met": not missing, "waited_s": waited_s}
        print_document({"schema": "ehtui.wait/1", **result, "missing": missing}, indent=None)
    elif missing:
        print(f"Not {args.until} after {waited_s:g} s: {'; '.join(missing)}", file=sys.stderr)
    else:
        remark = reserved(snapshot, group, Goal(args.until))
        print(f"{group} is {args.until}, after {waited_s:g} s{f': {remark}' if remark else ''}.")

    if not missing:
        return _judged(snapshot, group, args.fail_on)

    # Without the hub or the store nothing can be told of owners: that is another trouble.
    unread = {s.name for s in snapshot.sources if s.status is not SourceStatus.OK}

    return ExitCode.UNREADABLE if unread & {"hub", "store"} else ExitCode.WARNING
