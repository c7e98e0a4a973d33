"""`ehtui config`: every setting, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import add_settings_flags, resolve_args
from ehtui.domain.text import safe

if TYPE_CHECKING:
    import argparse

    from ehtui.config.resolve import Resolved

_VALUE_CELLS = 60
_LONGEST = 160


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "config",
        help="every setting and where it came from",
        description="Print every setting and where it came from. Secrets are masked.",
    )
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the settings."""
    for line in lines(resolve_args(args)):
        print(line)

    return 0


def lines(resolved: Resolved) -> list[str]:
    """The listing: keys, values and origins in columns, then what was left aside."""
    from ehtui.config.leaves import leaves, shown  # noqa: PLC0415

    rows = [
        (safe(key), _cut(shown(value, key)), str(resolved.origins.get(key, "default")))
        for key, value in leaves(resolved.settings)
    ]
    key_cells = max(len(key) for key, _, _ in rows)
    value_cells = min(_VALUE_CELLS, max(len(value) for _, value, _ in rows))
    listing = [f"{k:<{key_cells}}  {v:<{value_cells}}  {o}".rstrip() for k, v, o in rows]
    remarks = [f"read: {', '.join(resolved.files) or 'no file'}"]

    if resolved.ignored_sections:
        remarks.append(f"ignored sections: {', '.join(resolved.ignored_sections)}")

    remarks += [f"note: {note}" for note in resolved.notes]

    return [*listing, "", *remarks]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
