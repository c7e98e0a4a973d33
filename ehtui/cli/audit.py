"""`ehtui audit`: what was done with ehtui on this host, by whom, and how it ended."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, seconds

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
    parser.add_argument("--json", action="store_true", help="the document ehtui.audit/1")
    parser.add_argument("--since", type=seconds, metavar="2h", help="begun in this last time only")
    parser.add_argument(
        "--failed", action="store_true", help="failed, refused or without an end only"
    )
    parser.add_argument(
        "--follow",
        action="store_true",
        help="go on with what is done from now on, until Ctrl-C; with --json one line each",
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

    if told or not args.follow:
        _print(told, args)

    if args.follow:
        with suppress(KeyboardInterrupt):
            _follow(path, args, told)

    return ExitCode.OK


def _chosen(path: Path, args: argparse.Namespace) -> Sequence[AuditEntry]:
    from ehtui.actions.audit import read  # noqa: PLC0415

    oldest_at = 0.0 if args.since is None else time.time() - args.since

    return [
        entry for entry in read(path) if entry.at >= oldest_at and (entry.is_bad or not args.failed)
    ]


def _print(entries: Sequence[AuditEntry], args: argparse.Namespace) -> None:
    from ehtui.cli.output_format import output_format, print_document, print_text  # noqa: PLC0415
    from ehtui.views.audit import audit_document, audit_table, entry_document  # noqa: PLC0415
    from ehtui.views.report import table_lines  # noqa: PLC0415

    if args.json and args.follow:
        for entry in entries:
            print_document(entry_document(entry), indent=None)
    elif args.json:
        print_document(audit_document(entries))
    else:
        sheet = output_format()
        table = audit_table(entries, sheet.clock)
        print_text("\n".join(table_lines(table, sheet.cells, colour=sheet.colour)))

    sys.stdout.flush()


def _follow(path: Path, args: argparse.Namespace, told: Sequence[AuditEntry]) -> None:
    """What is begun and what ends; each line once."""
    known = {(entry.id, entry.state) for entry in told}

    while True:
        time.sleep(LOOK_EVERY_S)
        now: Sequence[AuditEntry] = ()

        with suppress(OSError):  # just set aside: it is there in a moment
            now = _chosen(path, args)

        newer = [each for each in now if (each.id, each.state) not in known]
        known |= {(entry.id, entry.state) for entry in newer}

        if newer:
            _print(newer, args)
