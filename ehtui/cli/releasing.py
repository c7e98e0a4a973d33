"""`ehtui release`: give ownerships up for owners that are gone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ehtui.cli.acting import add_acting_flags, run_action
from ehtui.cli.flags import add_settings_flags
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ehtui.domain.actions.requests import Request
    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor.backend import Backend


def add_release(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "release",
        help="give partitions up for an owner that is gone",
        description="Write an empty owner into the ownership of partitions, on the condition that "
        "their records are still as they were looked at; nothing is deleted. Survivors then take "
        "them in their next round instead of waiting for the lease to expire. An owner that still "
        "renews may take them back: the plan says so.",
    )
    parser.add_argument("partition", nargs="*", metavar="PARTITION", help="such as 2 or P2")
    parser.add_argument(
        "--owner", metavar="ID", help="all that this owner holds; its first letters are enough"
    )
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_release)


def run_release(args: argparse.Namespace) -> int:
    """Release them.

    Raises:
        ConfigError: Nothing is named, or an owner that is not there.
    """
    return run_action(args, lambda backend: release_request(backend, args))


def release_request(backend: Backend, args: argparse.Namespace) -> Request:
    """What the arguments ask for.

    Raises:
        ConfigError: Nothing is named, or an owner that is not there.
    """
    from ehtui.domain.actions.release import ReleaseRequest  # noqa: PLC0415 - not for --help

    if not args.partition and args.owner is None:
        raise ConfigError("No partition was given.", "Name partitions, or use --owner.")

    snapshot = backend.snapshot
    group = snapshot.policy.default_group
    known = {each.id for each in snapshot.partitions}
    names = tuple(name if name in known else name.removeprefix("P") for name in args.partition)
    owner = None if args.owner is None else _owner(snapshot, group, args.owner)

    return ReleaseRequest(group, names, owner)


def _owner(snapshot: Snapshot, name: str, begun: str) -> str:
    group = snapshot.group(name)
    leases = [each.lease for each in group.partitions] if group is not None else []
    owners = {each.owner for each in leases if each.owner is not None}
    found = [owner for owner in owners if owner == begun] or [
        owner for owner in owners if begun and owner.startswith(begun)
    ]

    if len(found) != 1:
        there = ", ".join(sorted(owner[:8] for owner in owners)) or "none"
        raise ConfigError(
            f"'{begun}' names {len(found)} owners of {name}.", f"Owners there: {there}."
        )

    return found[0]
