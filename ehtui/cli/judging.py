"""Flags of commands that judge, once or again and again."""

from __future__ import annotations

import argparse

from ehtui.cli.flags import seconds


def add_fail_on(parser: argparse.ArgumentParser, default: str = "critical") -> None:
    """`--fail-on`, which says of every command that judges when its exit code tells of findings."""
    parser.add_argument(
        "--fail-on",
        choices=("warning", "critical", "never"),
        default=default,
        help=f"which findings make the exit code 1 or 2 (default: {default})",
    )


MOST_OFTEN_S = 0.2  # as `poll` in a file


def every(text: str) -> float:
    """A length of time between two reports; an argparse type."""
    length_s = seconds(text)

    if length_s < MOST_OFTEN_S:
        raise argparse.ArgumentTypeError(f"'{text}' is too often: 200ms or more")

    return length_s
