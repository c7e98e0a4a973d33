"""`ehtui doctor`: a set-up looked at step by step, each failure with its fix."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, add_settings_flags, resolve_args
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ehtui.config.settings import Settings
    from ehtui.domain.diagnosis import Check

READABLE_COLUMNS = 110
_EPILOG = """\
It writes nothing, reads no event, and disturbs no consumer: the group is tried by one attach
without an owner level, which takes nothing.
"""


def add_doctor(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "doctor",
        help="check configuration, network, rights and clock, each with its fix",
        description="Check step by step what ehtui needs: configuration, name, port, TLS, "
        "credential, event hub, groups, containers, rights, clock, and whose records there are.",
        epilog=_EPILOG,
    )
    parser.add_argument("--json", action="store_true", help="the document ehtui.doctor/1")
    add_settings_flags(parser)
    parser.set_defaults(run=run_doctor)


def run_doctor(args: argparse.Namespace) -> int:
    """Check, and tell each result as it is known."""
    from ehtui.cli.output_format import print_document  # noqa: PLC0415
    from ehtui.domain.diagnosis import is_healthy  # noqa: PLC0415
    from ehtui.views.doctor import document  # noqa: PLC0415

    tell: Callable[[Check], None] = (lambda _: None) if args.json else _tell
    configured, settings = _configured(args)
    tell(configured)
    checks = [configured]

    if settings is not None:
        checks += asyncio.run(_examined(settings, tell))

    if args.json:
        print_document(document(checks))
    else:
        _conclude(checks)

    return ExitCode.OK if is_healthy(checks) else ExitCode.UNREADABLE


def _configured(args: argparse.Namespace) -> tuple[Check, Settings | None]:
    """Whether the settings can be used; and they, if so."""
    from ehtui.domain.diagnosis import Check, Verdict  # noqa: PLC0415
    from ehtui.domain.text import safe  # noqa: PLC0415

    try:
        resolved = resolve_args(args)
    except ConfigError as error:
        return Check("configuration", Verdict.FAILED, error.summary, error.advice), None

    read = ", ".join(resolved.read)
    told = f"Read from {safe(read)} and the environment." if read else "Read from the environment."
    check = Check("configuration", Verdict.OK, told, "; ".join(resolved.notes))

    return check, resolved.settings


async def _examined(settings: Settings, tell: Callable[[Check], None]) -> list[Check]:
    from ehtui.sources.doctor import Doctor  # noqa: PLC0415 - every wire comes with it

    checks = []

    async for check in Doctor(settings).checks():
        checks.append(check)
        tell(check)

    return checks


def _tell(check: Check) -> None:
    from ehtui.cli.output_format import output_format, print_text  # noqa: PLC0415
    from ehtui.views.doctor import lines_of  # noqa: PLC0415
    from ehtui.views.report import painted  # noqa: PLC0415

    sheet = output_format()
    cells = min(sheet.cells or READABLE_COLUMNS, READABLE_COLUMNS)

    for line, tone in lines_of(check, cells):
        print_text(painted(line, tone, colour=sheet.colour))


def _conclude(checks: list[Check]) -> None:
    from ehtui.cli.output_format import print_text  # noqa: PLC0415
    from ehtui.views.doctor import summary  # noqa: PLC0415

    print_text(f"\n{summary(checks)}")
