"""Flags that every command has, before or after its name, beside those of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse


def add_colour_flag(parser: argparse.ArgumentParser) -> None:
    """`--color`, which every command understands, before or after its name."""
    import argparse  # noqa: PLC0415

    parser.add_argument(
        "--color",
        choices=("auto", "always", "never"),
        default=argparse.SUPPRESS,
        help="colour the output: auto (a terminal, unless NO_COLOR says no), always, never",
    )


def add_language_flag(parser: argparse.ArgumentParser) -> None:
    """`--lang`, which every command understands, before or after its name."""
    import argparse  # noqa: PLC0415

    parser.add_argument(
        "--lang",
        choices=("en", "ko"),
        default=argparse.SUPPRESS,
        help="language of findings, Why? and explain: English or Korean (한국어)",
    )


def add_log_flags(parser: argparse.ArgumentParser) -> None:
    """`--log-file` and `-v`, which every command understands, before or after its name."""
    import argparse  # noqa: PLC0415

    parser.add_argument(
        "--log-file",
        metavar="FILE",
        default=argparse.SUPPRESS,
        help="write what ehtui does there: reads, retries, errors, actions; no secrets, and never "
        "more than 8 MB",
    )
    parser.add_argument(
        "-v",
        "--verbose",
        action="count",
        default=argparse.SUPPRESS,
        help="tell the same on standard error, or in the log file each read with its time; twice "
        "for more",
    )
