"""Lengths of time as people type them."""

from __future__ import annotations

import argparse
import re

_DURATION = re.compile(r"(?P<number>\d+(?:\.\d+)?|\.\d+)(?P<unit>ms|s|m|h)?")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, None: 1.0}
LONGEST_S = 86_400.0


def seconds(text: str) -> float:
    """`15`, `15s`, `1.5m`, `200ms` in seconds; an argparse type."""
    match = _DURATION.fullmatch(text.strip().lower())

    if not match:
        raise argparse.ArgumentTypeError(f"'{text}' is no length of time such as 15s or 2m")

    length = float(match["number"]) * _SECONDS[match["unit"]]

    if length > LONGEST_S:
        raise argparse.ArgumentTypeError(f"'{text}' is longer than a day")

    return length
