"""`ehtui audit`: what was done with ehtui on this host, by whom, and how it ended."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, seconds
from ehtui.cli.outputs import Format, Result, Writer, add_output_flags

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from ehtui.domain.actions.audited import AuditEntry

LOOK_EVERY_S = 0.5


def add_audit(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "audit",
        help="what was done with ehtui on this host",
        description="Every action of this user: who, where, when, what, by which identity, how it "
        "ended and how long it took. An action without an end was interrupted, or is under way.",
    )
    add_output_flags(parser, "the document ehtui.audit/1; with --follow an action a line")
    parser.add_argument("--since", type=seconds, metavar="2h", help="begun in this last time only")
    parser.add_argument(
        "--failed", action="store_true", help="failed, refused or without an end only"
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="go on with what is done from now on, until Ctrl-C",
    )
    parser.set_defaults(run=run_audit)


def run_audit(args: argparse.Namespace) -> int:
    """Print it; 1 where the file cannot be read."""
    from ehtui.actions.state_files import default_audit_path  # noqa: PLC0415 - not for --help

    path = default_audit_path()

    try:
        told = _chosen(path, args)
    except OSError as error:
        print(f"ehtui: {path} can't be read: {error.strerror or error}.", file=sys.stderr)
        return ExitCode.WARNING

    writer = Writer(args.output, is_stream=args.follow)

    if told or not args.follow:
        _print(told, writer)

    if args.follow:
        with suppress(KeyboardInterrupt):
            _follow(path, args, told, writer)

    return ExitCode.OK


def _chosen(path: Path, args: argparse.Namespace) -> Sequence[AuditEntry]:
    from ehtui.actions.audit import read  # noqa: PLC0415

    oldest_at = 0.0 if args.since is None else time.time() - args.since

    return [
        entry for entry in read(path) if entry.at >= oldest_at and (entry.is_bad or not args.failed)
    ]


def _print(entries: Sequence[AuditEntry], writer: Writer) -> None:
    """All of them at once; of a stream each is a document of its own."""
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.views.audit import (  # noqa: PLC0415
        audit_data,
        audit_document,
        audit_table,
        entry_document,
    )
    from ehtui.views.data_table import markdown_text, readable  # noqa: PLC0415
    from ehtui.views.report import table_lines  # noqa: PLC0415

    sheet = output_format()
    table = audit_table(entries, sheet.clock)

    def lines() -> str:
        return "\n".join(table_lines(table, sheet.cells, colour=sheet.colour)) + "\n"

    def page() -> str:
        return markdown_text(readable(table), has_header=writer.is_first)

    if writer.is_stream and writer.format in {Format.JSON, Format.YAML}:
        for entry in entries:
            document = partial(entry_document, entry)
            writer.write(Result(lines, document, partial(audit_data, entries), page))
    else:
        document = partial(audit_document, entries)
        writer.write(Result(lines, document, partial(audit_data, entries), page))


def _follow(
    path: Path, args: argparse.Namespace, told: Sequence[AuditEntry], writer: Writer
) -> None:
    """What is begun and what ends; each line once."""
    from ehtui.cli.awhile import notice_reader  # noqa: PLC0415

    known = {(entry.id, entry.state) for entry in told}

    while True:
        time.sleep(LOOK_EVERY_S)
        notice_reader()
        now: Sequence[AuditEntry] = ()

        with suppress(OSError):  # just set aside: it is there in a moment
            now = _chosen(path, args)

        newer = [each for each in now if (each.id, each.state) not in known]
        known |= {(entry.id, entry.state) for entry in newer}

        if newer:
            _print(newer, writer)
