"""`-o/--output`: what a command tells in the format that is asked for, once or again and again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.views.data_table import DataTable

if TYPE_CHECKING:
    import argparse


class Format(StrEnum):
    """How a command writes what it tells."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"
    YAML = "yaml"


def add_output_flags(parser: argparse.ArgumentParser, document: str) -> None:
    """`-o/--output`, and `--json` as every command has it; `document` names what JSON is."""
    parser.add_argument(
        "-o",
        "--output",
        choices=[*Format],
        type=str,
        default=Format.TABLE,
        metavar="FORMAT",
        help="table (for people, the default); json or yaml (everything); csv (rows for programs "
        "and spreadsheets); markdown (for an issue or a chat)",
    )
    parser.add_argument(
        "--json", dest="output", action="store_const", const=Format.JSON, help=document
    )


@dataclass(frozen=True, slots=True)
class Result:
    """What a command tells, in every form; only the one that is asked for is made."""

    text: Callable[[], str]  # for people, whole lines
    document: Callable[[], object]  # for JSON and YAML
    data: Callable[[], DataTable]  # for CSV
    markdown: Callable[[], str]


class Writer:
    """Writes results in one format; of a stream each is there at once, and can be told apart.

    JSON is a document a line then (NDJSON), YAML a document behind `---`, CSV has one header.
    """

    def __init__(
        self, output: str, *, is_stream: bool = False, is_ascii: bool | None = None
    ) -> None:
        self.format = Format(output)
        self.is_stream = is_stream
        self.is_first = True
        self._is_ascii = is_ascii

    def write(self, result: Result) -> None:
        """Write one, all of it, before this returns."""
        from ehtui.cli.output_format import plain, print_document, print_text  # noqa: PLC0415

        match self.format:
            case Format.JSON:
                print_document(result.document(), indent=None if self.is_stream else 2)
            case Format.YAML:
                from ehtui.views.data_table import yaml_text  # noqa: PLC0415

                begin = "---\n" if self.is_stream else ""
                encoding = (sys.stdout.encoding or "").lower()
                is_unicode = encoding.startswith("utf")
                print(begin + yaml_text(plain(result.document()), is_unicode=is_unicode), end="")
            case Format.CSV:
                from ehtui.views.data_table import csv_text  # noqa: PLC0415

                print(csv_text(result.data(), has_header=self.is_first), end="")
            case Format.MARKDOWN:
                print_text(result.markdown(), is_ascii=self._is_ascii, end="")
            case Format.TABLE:
                print_text(result.text(), is_ascii=self._is_ascii, end="")

        sys.stdout.flush()
        self.is_first = False
