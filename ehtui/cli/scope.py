"""`--group` and `--partition` of commands that tell: what of the picture is asked for."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ehtui.config.settings import Settings
    from ehtui.domain.snapshot import Snapshot
    from ehtui.views.narrowing import Scope

_RANGE = re.compile(r"[Pp]?(\d{1,5})-[Pp]?(\d{1,5})")
_NUMBER = re.compile(r"[Pp](\d+)")  # people write P2, as the screen does


def add_scope_flags(parser: argparse.ArgumentParser) -> None:
    """`-p/--partition`; `-g/--group` is there with the settings, and narrows what is told too."""
    parser.add_argument(
        "-p",
        "--partition",
        type=partitions,
        action="extend",
        default=[],
        metavar="ID",
        help="only these, as 2 or 0,4-7; may be repeated, and so may --group, which leaves out "
        "the other groups",
    )


def partitions(text: str) -> tuple[str, ...]:
    """`0,P2,5-7` as ids; an argparse type."""
    names: list[str] = []

    for part in filter(None, (each.strip() for each in text.split(","))):
        span, number = _RANGE.fullmatch(part), _NUMBER.fullmatch(part)

        if span is not None:
            names += map(str, range(int(span[1]), int(span[2]) + 1))
        else:
            names.append(number[1] if number is not None else part)

    return tuple(dict.fromkeys(names))


def scope_of(args: argparse.Namespace) -> Scope:
    """What the flags ask for. A group that a file or the environment names leaves out nothing."""
    from ehtui.views.narrowing import Scope  # noqa: PLC0415 - not for --help

    groups = {name.lower(): name for name in reversed(getattr(args, "groups", ()))}
    return Scope(tuple(reversed(groups.values())), tuple(dict.fromkeys(args.partition)))


def shown_groups(settings: Settings, scope: Scope) -> tuple[str, ...]:
    """Groups whose partitions are shown, the one that goes without saying first."""
    from ehtui.cli.compose import first_group  # noqa: PLC0415

    return scope.groups or (first_group(settings),)


def check_scope(snapshot: Snapshot, scope: Scope) -> None:
    """Nobody means what there is not.

    Raises:
        ConfigError: Hub and store were read, and have no such group or partition.
    """
    if scope.is_all:
        return

    from ehtui.domain.text import safe  # noqa: PLC0415
    from ehtui.views.formats import listed  # noqa: PLC0415
    from ehtui.views.narrowing import unknown_in  # noqa: PLC0415

    check_partitions(snapshot, scope)
    groups, _ = unknown_in(snapshot, scope)

    if groups and _is_read(snapshot, "store"):
        there = listed([safe(group.name) for group in snapshot.groups])
        raise ConfigError(
            f"The checkpoint store has no records of group {listed([*map(safe, groups)])}.",
            f"It has records of {there}." if there else "It has none of any group.",
        )

    for name in groups:
        print(f"ehtui: nothing is known of group {safe(name)}.", file=sys.stderr)


def check_partitions(snapshot: Snapshot, scope: Scope) -> None:
    """Of partitions alone: a group without records is an answer.

    Raises:
        ConfigError: The hub was read, and has no such partition.
    """
    from ehtui.domain.text import safe  # noqa: PLC0415
    from ehtui.views.formats import listed, number_ranges  # noqa: PLC0415
    from ehtui.views.narrowing import unknown_in  # noqa: PLC0415

    _, names = unknown_in(snapshot, scope)

    if names and _is_read(snapshot, "hub"):
        known = number_ranges(partition.id for partition in snapshot.partitions)
        raise ConfigError(
            f"There is no partition {listed([*map(safe, names)])} here.", f"The hub has {known}."
        )


def _is_read(snapshot: Snapshot, name: str) -> bool:
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415

    return any(s.name == name and s.status is SourceStatus.OK for s in snapshot.sources)
