"""`ehtui explain`: what is on the screen, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, language_of, resolve_args
from ehtui.cli.paging import add_pager_flag
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from ehtui.views.formats import Language

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
        "lease.expired.",
    )
    parser.add_argument(
        "name", nargs="*", metavar="NAME", help="as the screen writes it; default: list all"
    )
    add_pager_flag(parser)
    parser.set_defaults(run=run_explain)


def run_explain(args: argparse.Namespace) -> int:
    """Explain it; needs no hub.

    Raises:
        ConfigError: There is nothing of that name.
    """
    from ehtui.cli.output_format import output_format  # noqa: PLC0415
    from ehtui.views import legend  # noqa: PLC0415

    cells = min(output_format().cells or READABLE_COLUMNS, READABLE_COLUMNS)
    language = _language(args)
    wanted = " ".join(args.name)

    if not wanted:
        _print_headed(legend.listing(cells, language), is_paged=not args.no_pager)
        return ExitCode.OK

    found = legend.explained(wanted, language)

    if not found:
        near = legend.nearest(wanted, language)
        guess = f"; did you mean '{near}'?" if near else "."
        raise ConfigError(f"There is no '{wanted}' to explain{guess}", "ehtui explain lists all.")

    told = [
        line
        for number, entry in enumerate(found)
        for line in (*([""] if number else []), *legend.lines(entry, cells))
    ]
    _print_headed(told, is_paged=not args.no_pager)

    return ExitCode.OK


def _language(args: argparse.Namespace) -> Language:
    """As it is configured, where that can be read: what is wrong with it is no matter here."""
    from ehtui.cli.output_format import sayable  # noqa: PLC0415

    try:
        return sayable(resolve_args(args).settings.ui.lang)
    except ConfigError:
        return sayable(language_of(args))


def _print_headed(lines: Iterable[str], *, is_paged: bool) -> None:
    """Lines, those that are headings in colour where there is any."""
    from ehtui.cli.output_format import wants_colour  # noqa: PLC0415
    from ehtui.cli.paging import print_long  # noqa: PLC0415
    from ehtui.views.cells import Tone  # noqa: PLC0415
    from ehtui.views.report import painted  # noqa: PLC0415

    colour = wants_colour()
    told = [
        painted(line, Tone.INFO, colour=colour) if line and not line.startswith(" ") else line
        for line in lines
    ]
    print_long("".join(f"{line}\n" for line in told), is_off=not is_paged)
