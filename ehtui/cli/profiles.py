"""`ehtui profiles`: which hubs are configured, in which profile, and where that stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.cli.flags import ExitCode, add_settings_flags, configuration_of
from ehtui.cli.outputs import Result, Writer, add_output_flags
from ehtui.config.errors import ConfigError
from ehtui.domain.text import safe

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence

    from ehtui.config.found import ConfiguredHub
    from ehtui.views.data_table import DataTable, Record

# Each column of CSV and what it means.
DATA_COLUMNS: Mapping[str, str] = {
    "profile": "its name",
    "colour": "as the header shows it",
    "is_production": "whether it is one for production",
    "is_read_only": "whether every action is refused",
    "hub": "its name",
    "namespace": "of the hub, fully qualified",
    "group": "consumer group",
    "containers": "of the checkpoints, blanks between them",
    "configured_at": "file and line",
    "problem": "why it cannot be used",
}
_TITLES = ("PROFILE", "COLOUR", "MODE", "HUB", "NAMESPACE", "GROUP", "CONTAINERS", "CONFIGURED")


def add_profiles(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "profiles",
        help="the profiles that are configured, and their hubs",
        description="List every profile with its hubs, and where each is configured. Nothing is "
        "connected to. 'ehtui --profile NAME --hub NAME' opens one of them.",
    )
    add_output_flags(parser, "the document ehtui.profiles/1")
    add_settings_flags(parser)
    parser.set_defaults(run=run_profiles)


def run_profiles(args: argparse.Namespace) -> int:
    """List them; what is wrong with one is told beside it.

    Raises:
        ConfigError: The configuration cannot be used at all.
    """
    args.every_profile = True
    records = [_record(each) for each in configuration_of(args).read()]
    Writer(args.output).write(
        Result(
            text=lambda: _text(records),
            document=lambda: {"schema": "ehtui.profiles/1", "hubs": records},
            data=lambda: _table(records),
            markdown=lambda: _markdown(records),
        )
    )
    return ExitCode.USAGE if any(record["problem"] for record in records) else ExitCode.OK


def profiles_text(hubs: Sequence[ConfiguredHub]) -> str:
    """The same for `ehtui config`, where several hubs are meant."""
    return _text([_record(each) for each in hubs])


def _record(hub: ConfiguredHub) -> Record:
    found = hub.found
    known: Record = {
        "profile": safe(hub.profile),
        "colour": hub.colour,
        "is_production": hub.is_production,
        "is_read_only": None,
        "hub": safe(hub.hub),
        "namespace": None,
        "group": None,
        "containers": None,
        "configured_at": None,
        "problem": None,
    }

    if isinstance(found, ConfigError):
        return {**known, "problem": f"{found.summary} {found.advice}".strip()}

    eventhub, origin = found.settings.eventhub, found.origins.get("eventhub.name")
    problem = _missing(hub)
    return {
        **known,
        "is_read_only": found.settings.read_only,
        "namespace": safe(eventhub.address.namespace) if eventhub.address else None,
        "group": safe(eventhub.consumer_group),
        "containers": safe(",".join(found.settings.checkpoint_store.containers)),
        "configured_at": safe(str(origin)) if origin else None,
        "problem": problem,
    }


def _missing(hub: ConfiguredHub) -> str | None:
    from ehtui.config.resolve import require_hub  # noqa: PLC0415

    assert not isinstance(hub.found, ConfigError)

    try:
        require_hub(hub.found.settings)
    except ConfigError as error:
        return error.summary

    return None


def _table(records: Sequence[Record]) -> DataTable:
    from ehtui.views.data_table import DataTable  # noqa: PLC0415

    return DataTable.of(DATA_COLUMNS, records)


def _rows(records: Sequence[Record]) -> list[tuple[str, ...]]:
    return [
        (
            *(str(record[key] or "–") for key in ("profile", "colour")),
            _mode(record),
            *(
                str(record[key] or "–")
                for key in ("hub", "namespace", "group", "containers", "configured_at")
            ),
        )
        for record in records
    ]


def _mode(record: Record) -> str:
    words = ["production"] if record["is_production"] else []
    words += ["read-only"] if record["is_read_only"] else []
    return ", ".join(words) or "–"


def _text(records: Sequence[Record]) -> str:
    from ehtui.views.width import pad, width  # noqa: PLC0415

    rows = [_TITLES, *_rows(records)]
    widths = [max(width(row[at]) for row in rows) for at in range(len(_TITLES))]
    lines: list[str] = []

    for row, record in zip(rows, [None, *records], strict=True):
        cells = (pad(cell, wide) for cell, wide in zip(row, widths, strict=True))
        lines.append("  ".join(cells).rstrip())

        if record is not None and record["problem"]:
            lines.append(f"  {record['problem']}")

    return "\n".join(lines) + "\n"


def _markdown(records: Sequence[Record]) -> str:
    from ehtui.views.data_table import DataTable, markdown_text  # noqa: PLC0415

    rows = zip(_rows(records), records, strict=True)
    cells = tuple((*row, str(record["problem"] or "")) for row, record in rows)
    return markdown_text(DataTable((*_TITLES, "PROBLEM"), cells))
