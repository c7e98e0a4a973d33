"""Writes docs/output.md: formats, columns, exit codes (`make output`); a test holds it current."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ehtui.cli import profiles
from ehtui.cli.exit_codes import MEANINGS, OF_COMMAND
from ehtui.views import audit, checkpoints, export

PAGE = Path(__file__).parent.parent / "docs" / "output.md"
_HEAD = """\
# Output for programs

`status`, `hubs`, `profiles`, `findings`, `timeline`, `consumers`, `audit` and `checkpoint list`
take `-o table|json|csv|markdown|yaml`; `--json` is `-o json`. Made by `make output`.

```
ehtui status -o csv > status.csv                          # a row a group and partition
ehtui status --watch 10s --json | jq -c '.groups[].lag'   # a document a line (NDJSON)
ehtui status -g '$Default' -p 0,4-7 --fail-on warning     # of these alone, exit code and all
ehtui findings -o markdown                                # what is wrong, for an issue
ehtui timeline --follow --json >> events.ndjson           # an event a line, when it happens
ehtui report --for 1m --save incident.md                  # one page for a ticket
```

- **json** is everything; `status` has its fields in `ehtui/views/status.schema.json`, and parts of
  them are what the others print. **yaml** is the same.
  With `--watch` or `--follow` JSON is a document a line, YAML one behind each `---`, CSV has one
  header. Each is written whole before the next is made; a reader that goes ends the command (141).
- **csv** is UTF-8, quoted as RFC 4180 has it, with a line feed at the end of a line. Numbers are as
  JSON has them, moments ISO 8601 in UTC, and what is unknown is empty: never 0. Control characters
  are written as escapes such as `\\x1b`, so that a row is always a line. A text that a spreadsheet
  would run as a formula (it begins with `=`, `+`, `-` or `@`) has an apostrophe before it; JSON has
  it as it is.
- **markdown** is what people read: numbers with commas, owners shortened. Whatever somebody else
  wrote is escaped, so that it is no table cell, no link and no HTML.
- A hub or a store that cannot be read leaves the rest in its place, and the exit code is 3.
"""
_TABLES: Mapping[str, Mapping[str, str]] = {
    "ehtui status": {**export.ABOUT, **export.COLUMNS["partitions"]},
    "ehtui findings": {**export.ABOUT, **export.COLUMNS["findings"]},
    "ehtui timeline": {**export.ABOUT, **export.COLUMNS["timeline"]},
    "ehtui consumers": {**export.ABOUT, **export.COLUMNS["consumers"]},
    "ehtui hubs": {**export.ABOUT, **export.COLUMNS["hubs"]},
    "ehtui profiles": profiles.DATA_COLUMNS,
    "ehtui audit": audit.DATA_COLUMNS,
    "ehtui checkpoint list": checkpoints.DATA_COLUMNS,
}


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(f"{line}\n" for line in (*_columns(), *_codes()))


def _columns() -> Iterator[str]:
    yield ""
    yield "## Columns of CSV"

    for name, columns in _TABLES.items():
        yield from ("", f"### `{name}`", "", "| column | what it is |", "|---|---|")
        yield from (f"| `{column}` | {meaning} |" for column, meaning in columns.items())


def _codes() -> Iterator[str]:
    yield from ("", "## Exit codes", "", "| code | what it means |", "|---|---|")
    yield from (f"| {code.value} | {meaning} |" for code, meaning in MEANINGS.items())
    yield from ("", "What a command means by its own, where it is more than that:", "")
    yield from ("| command | code | what it means |", "|---|---|---|")

    for name, codes in OF_COMMAND.items():
        for code, meaning in codes.items():
            yield f"| `{name}` | {code.value} | {meaning} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
