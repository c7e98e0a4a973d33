"""Flags of the checkpoint commands: where to, which partitions, by force; files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.cli.flags import seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable

    from ehtui.domain.actions.checkpoint_plan import FileEntry, Strategy
    from ehtui.domain.actions.checkpoints import CheckpointRequest
    from ehtui.monitor.backend import Backend

_MOST_BYTES = 32 << 20
_RANGE = re.compile(r"([0-9]{1,5})-([0-9]{1,5})")
_ISO_LENGTH = re.compile(
    r"P(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,8})M)?(?:(\d{1,9}(?:\.\d+)?)S)?)?", re.I
)
_LENGTH = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)([smhd]?)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def add_strategies(parser: argparse.ArgumentParser) -> None:
    """Exactly one says where to."""
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--to-earliest", action="store_true", help="before the first event retained")
    where.add_argument("--to-latest", action="store_true", help="at the last event of now")
    where.add_argument(
        "--to-sequence", type=int, metavar="N", help="N counts as done; N+1 is delivered first"
    )
    where.add_argument(
        "--to-datetime",
        type=_moment,
        metavar="TIME",
        help="the first event delivered was enqueued at this time or later: "
        "2026-11-26T08:30:00Z, or 14:30; without a zone in this host's",
    )
    where.add_argument(
        "--by-duration", type=_length, metavar="6h", help="the same, so far back from now"
    )
    where.add_argument("--shift-by", type=int, metavar="±N", help="so many events on, or back")
    where.add_argument(
        "--from-file", metavar="FILE", help="CSV or JSON of a plan, or partition,new_sequence"
    )
    add_partitions(parser)


def add_partitions(parser: argparse.ArgumentParser) -> None:
    """Which ones."""
    parser.add_argument(
        "--partitions", type=_partitions, default=(), metavar="0,2,5-7", help="default: all"
    )


def add_force(parser: argparse.ArgumentParser) -> None:
    """Under live owners."""
    parser.add_argument(
        "--force",
        action="store_true",
        help="write though the group has live owners, which go on from their own position and "
        "write over it; with undo also what was written since",
    )
    parser.add_argument(
        "--recheck",
        type=seconds,
        default=10.0,
        metavar="10s",
        help="with --force: look so long afterwards whether an owner wrote over it",
    )


def _partitions(text: str) -> tuple[str, ...]:
    names: list[str] = []

    for part in filter(None, (each.strip() for each in text.split(","))):
        match = _RANGE.fullmatch(part)
        names += map(str, range(int(match[1]), int(match[2]) + 1)) if match else [part]

    return tuple(dict.fromkeys(names))


def _moment(text: str) -> float:
    import argparse  # noqa: PLC0415
    import time  # noqa: PLC0415

    from ehtui.cli.output_format import utc_offset_s  # noqa: PLC0415
    from ehtui.views.moments import moment_of  # noqa: PLC0415

    moment = moment_of(text, time.time(), utc_offset_s())

    if moment is None:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a time such as 2026-11-26T08:30:00Z or 14:30"
        )

    return moment


def _length(text: str) -> float:
    """`6h`, `7d`, or as ISO 8601 and Kafka have it: `P1DT12H`."""
    import argparse  # noqa: PLC0415

    if (plain := _LENGTH.fullmatch(text.strip().lower())) is not None:
        return float(plain[1]) * _UNITS[plain[2] or "s"]

    match = _ISO_LENGTH.fullmatch(text.strip())

    if match is not None and any(match.groups()):
        parts = [float(part or 0) for part in match.groups()]
        return parts[0] * 86_400 + parts[1] * 3_600 + parts[2] * 60 + parts[3]

    raise argparse.ArgumentTypeError(f"'{text}' is not a length of time such as 6h, 7d or PT90M")


def request_of(
    backend: Backend,
    args: argparse.Namespace,
    strategy: Strategy | None = None,
    group: str | None = None,
) -> CheckpointRequest:
    """What the arguments ask for, nothing looked at yet.

    Raises:
        ConfigError: A file that they name cannot be understood.
    """
    from ehtui.domain.actions.checkpoints import CheckpointRequest  # noqa: PLC0415

    group = group or backend.snapshot.policy.default_group

    return CheckpointRequest(
        strategy=strategy or strategy_of(args, group),
        group=group,
        partitions=args.partitions,
        is_forced=args.force,
        recheck_s=args.recheck,
    )


def strategy_of(args: argparse.Namespace, group: str) -> Strategy:
    """The one that a flag names.

    Raises:
        ConfigError: The file cannot be read or understood.
    """
    from ehtui.domain.actions import checkpoint_plan as ways  # noqa: PLC0415

    given: Iterable[tuple[object, Strategy]] = (
        (args.to_sequence, ways.ToSequence(args.to_sequence or 0)),
        (args.to_datetime, ways.ToTime(args.to_datetime or 0.0)),
        (args.by_duration, ways.ByDuration(args.by_duration or 0.0)),
        (args.shift_by, ways.ShiftBy(args.shift_by or 0)),
        (args.to_latest or None, ways.ToLatest()),
        (args.to_earliest or None, ways.ToEarliest()),
    )

    if args.from_file is not None:
        return ways.FromFile(args.from_file, _entries(args.from_file, group))

    return next(strategy for value, strategy in given if value is not None)


def _entries(name: str, group: str) -> tuple[FileEntry, ...]:
    from ehtui.domain.actions.checkpoint_files import entries_of  # noqa: PLC0415

    try:
        with Path(name).expanduser().open(encoding="utf-8-sig", newline="") as file:
            return entries_of(file.read(_MOST_BYTES), group)
    except OSError as error:
        raise ConfigError(f"{name} can't be read: {error.strerror or error}.") from None
    except ValueError as error:
        raise ConfigError(
            f"{name} is not a plan for checkpoints: {error}.",
            "See what 'ehtui checkpoint plan --csv' writes.",
        ) from None
