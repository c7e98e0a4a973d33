"""`ehtui config`: every setting, and where it came from; and the same of what `--pid` took."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import add_settings_flags, configuration_of, resolve_args
from ehtui.config.errors import SeveralHubsError
from ehtui.config.secret import Secret, masked
from ehtui.domain.text import MASK, mask_arguments, safe, safe_value, visible

if TYPE_CHECKING:
    import argparse

    from ehtui.config.found import Resolved

_VALUE_CELLS = 60
_LONGEST = 160


def add_config(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "config",
        help="every setting and where it came from",
        description="Print every setting and where it came from. Secrets are masked.",
    )
    add_settings_flags(parser)
    parser.set_defaults(run=run_config)


def run_config(args: argparse.Namespace) -> int:
    """Print the settings.

    Raises:
        ConfigError: One of them cannot be used.
    """
    try:
        resolved = resolve_args(args)
    except SeveralHubsError as error:
        from ehtui.cli.profiles import profiles_text  # noqa: PLC0415 - where there are any

        print(profiles_text(configuration_of(args).read()))
        print(f"{error.summary} Every setting of one: ehtui config --profile NAME --hub NAME.")
        return 0

    if any(key.startswith("ui.") for key in resolved.origins):
        from ehtui.tui.setting_names import check_names  # noqa: PLC0415 - Textual

        check_names(resolved.settings.ui)

    for line in lines(resolved):
        print(line)

    return 0


def lines(resolved: Resolved) -> list[str]:
    """The listing: keys, values and origins in columns, then what was left aside."""
    rows = [
        (safe(key), _cut(shown(value, key)), str(resolved.origins.get(key, "default")))
        for key, value in flatten(resolved.settings)
    ]
    key_cells = max(len(key) for key, _, _ in rows)
    value_cells = min(_VALUE_CELLS, max(len(value) for _, value, _ in rows))
    listing = [f"{k:<{key_cells}}  {v:<{value_cells}}  {o}".rstrip() for k, v, o in rows]
    remarks = [f"read: {safe(', '.join(resolved.read)) or 'no file'}"]

    if resolved.ignored_sections:
        remarks.append(f"ignored sections: {', '.join(resolved.ignored_sections)}")

    remarks += [f"note: {note}" for note in resolved.notes]

    return [*listing, "", *remarks]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def pid_report(resolved: Resolved) -> None:
    """Say on standard error what was taken from the process of `--pid`, and where it stood."""
    if resolved.settings.pid is None:
        return

    for line in pid_lines(resolved):
        print(safe(line), file=sys.stderr)


def pid_lines(resolved: Resolved) -> list[str]:
    """Every setting that came from the process, and the notes of the search."""
    from msgspec.structs import replace  # noqa: PLC0415 - the settings have loaded it

    pid = resolved.settings.pid
    found = [
        f"  {key} = {shown(value)}, {replace(origin, pid=None)}"
        for key, value in flatten(resolved.settings)
        if (origin := resolved.origins.get(key)) is not None and origin.pid == pid
    ]
    return [f"ehtui: process {pid} uses", *found, *(f"  note: {note}" for note in resolved.notes)]


_PROPERTIES = ".properties."


def flatten(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Every single value of nested settings, as ("eventhub.name", …)."""
    # Parts of the tree, known without loading what they are made of: `--help` comes by here.
    if (names := getattr(value, "__struct_fields__", None)) is not None:
        for name in names:
            yield from flatten(getattr(value, name), _joined(key, name))
    elif isinstance(value, Mapping) and (value or key.count(".") > 1):
        # An empty mapping deep inside says nothing: an event's properties.
        for name, part in value.items():
            yield from flatten(part, _joined(key, str(name)))
    else:
        yield key, value


def shown(value: object, key: str = "") -> str:
    """A value on one line, without secrets and control characters; – is unset.

    A test event's property whose name says that it is a secret is one.
    """
    if value is None or value in ((), {}):
        return "–"

    if isinstance(value, Secret):
        return _shown_secret(value.reveal())

    if isinstance(value, bool):
        return "true" if value else "false"

    if isinstance(value, tuple):
        return visible(shlex.join(mask_arguments(value)).replace(f"'{MASK}'", MASK))

    if isinstance(value, float):
        return f"{value:g}"

    _, is_property, name = key.partition(_PROPERTIES)

    return safe_value(name, str(value)) if is_property else safe(str(value))


def _shown_secret(text: str) -> str:
    if text.startswith(("http://", "https://")):
        address, question, _ = text.partition("?")
        return safe(address.rpartition("@")[2]) + (f"?{MASK}" if question else "")

    return masked(text)


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
