"""`ehtui wait`: until a group is owned, drained or healthy; for deployments."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from ehtui.cli.acting import looking
from ehtui.cli.exit_codes import ExitCode
from ehtui.cli.flags import add_settings_flags, resolve_args, seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ehtui.domain.snapshot import Snapshot

POLL_S = 0.25


def add_parser(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "wait",
        help="until a group is owned, drained or healthy (for deployments)",
        description="Wait until every partition of the group is owned, its lag is zero, or its "
        "health is ok. Exit code 0 once it is, 1 at the timeout, 3 if then the hub or the store "
        "cannot be read.",
    )
    parser.add_argument("--until", choices=("owned", "drained", "healthy"), default="healthy")
    parser.add_argument("--timeout", type=seconds, default=300.0, metavar="5m", help="default: 5m")
    parser.add_argument("--json", action="store_true", help="the result as JSON")
    add_settings_flags(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Wait for it.

    Raises:
        ConfigError: There is no checkpoint store, and so nothing to wait for.
    """
    from ehtui.views.pending import Goal, unmet  # noqa: PLC0415

    settings = resolve_args(args).settings

    if not settings.checkpoint_store.is_configured:
        raise ConfigError(
            "Without a checkpoint store nobody can tell what is owned or how far it is read.",
            "Set AZURE_STORAGE_CONNECTION_STRING and CHECKPOINT_CONTAINER, or use --pid.",
        )

    group, goal = settings.eventhub.consumer_group, Goal(args.until)
    began = time.monotonic()

    with looking(settings) as backend:
        while missing := unmet(backend.snapshot, group, goal):
            if time.monotonic() - began >= args.timeout:
                return _tell(args, backend.snapshot, missing, began)

            time.sleep(POLL_S)

        return _tell(args, backend.snapshot, (), began)


def _tell(
    args: argparse.Namespace, snapshot: Snapshot, missing: tuple[str, ...], began: float
) -> int:
    from ehtui.domain.snapshot import SourceStatus  # noqa: PLC0415
    from ehtui.views.pending import Goal, reserved  # noqa: PLC0415

    group = snapshot.policy.default_group
    waited_s = round(time.monotonic() - began, 1)

    if args.json:
        from ehtui.cli.output_format import print_document  # noqa: PLC0415

        result = {"until": args.until, "group": group, "met": not missing, "waited_s": waited_s}
        print_document({"schema": "ehtui.wait/1", **result, "missing": missing}, indent=None)
    elif missing:
        print(f"Not {args.until} after {waited_s:g} s: {'; '.join(missing)}", file=sys.stderr)
    else:
        remark = reserved(snapshot, group, Goal(args.until))
        print(f"{group} is {args.until}, after {waited_s:g} s{f': {remark}' if remark else ''}.")

    if not missing:
        return ExitCode.OK

    # Without the hub or the store nothing can be told of owners: that is another trouble.
    unread = {s.name for s in snapshot.sources if s.status is not SourceStatus.OK}

    return ExitCode.UNREADABLE if unread & {"hub", "store"} else ExitCode.WARNING
