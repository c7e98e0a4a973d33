"""`ehtui why`: the ordered checks behind a partition, a process, an owner or a group."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import add_settings_flags, resolve_args, seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.why import Why

# Rates and stuck handlers cannot be judged from one look.
WATCH_S = 10.0
READABLE_COLUMNS = 100


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "why",
        help="why a partition, process, owner or group is as it is",
        description="Go through the checks that decide whether events arrive, with a tick or a "
        "cross each, what they rest on, and the next step.",
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
        help="watch that long first (default: 10s)",
    )
    parser.add_argument("--json", action="store_true", help="the checks as JSON")
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Explain it.

    Raises:
        ConfigError: The target names nothing that is known.
    """
    from ehtui.cli.compose import first_group, look  # noqa: PLC0415
    from ehtui.cli.output_format import print_document  # noqa: PLC0415
    from ehtui.domain.why import why  # noqa: PLC0415
    from ehtui.views.why import document  # noqa: PLC0415

    settings = resolve_args(args).settings
    group = first_group(settings)
    snapshot = look(settings, watch_s=args.watch_s)
    asked = why(snapshot, _subject(snapshot, args.target or group, group))

    if args.json:
        print_document({"schema": "ehtui.why/1", **document(asked)})
    else:
        print("\n".join(_lines(snapshot, asked, group)))

    return 0


def _subject(snapshot: Snapshot, target: str, group: str) -> Any:
    from ehtui.domain.why import subjects_of  # noqa: PLC0415

    # People write P2, as the screen does.
    names = (target, target[1:]) if target[:1] in {"P", "p"} else (target,)
    found = next((s for name in names if (s := subjects_of(snapshot, name, group))), ())

    if not found:
        raise ConfigError(
            f"'{target}' is no partition, pid, consumer, owner or group that is known here.",
            "'ehtui status' shows what is; an owner may be shortened to its first letters.",
        )

    return found[0]


def _lines(snapshot: Snapshot, asked: Why, group: str) -> Iterator[str]:
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.views.phrasing import Phrasing  # noqa: PLC0415
    from ehtui.views.why import explain, explanation_lines  # noqa: PLC0415

    sheet = output_format()
    told = explain(asked, Phrasing(snapshot, sheet.clock, group), glyphs=sheet.glyphs)
    columns = min(sheet.cells or READABLE_COLUMNS, READABLE_COLUMNS)

    for line in explanation_lines(told):
        yield from _wrapped(line, columns) if sys.stdout.isatty() else (line,)


def _wrapped(line: str, columns: int) -> list[str]:
    """Whole words; a literal command is broken nowhere else."""
    indent = " " * (len(line) - len(line.lstrip())) or "  "
    return textwrap.wrap(
        line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    ) or [""]
