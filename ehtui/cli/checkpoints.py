"""`ehtui checkpoint list|plan|apply|undo|copy`: where groups stand, and moving them, plan first."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from ehtui.cli import exit_codes
from ehtui.cli.acting import Afterwards, act, add_acting_flags, looking
from ehtui.cli.checkpoint_flags import add_force, add_partitions, add_strategies, request_of
from ehtui.cli.common_flags import add_colour_flag, add_language_flag, add_log_flags
from ehtui.cli.flags import (
    ExitCode,
    add_settings_flags,
    resolve_args,
)
from ehtui.cli.outputs import Result, Writer, add_output_flags
from ehtui.cli.scope import add_scope_flags, check_partitions, scope_of
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse

    from ehtui.actions.checkpoint_backups import Backup
    from ehtui.cli.backend import MonitorBackend
    from ehtui.domain.actions.checkpoint_plan import CheckpointPlan, Strategy
    from ehtui.domain.actions.outcomes import Outcome, Refusal


def add_checkpoint(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "checkpoint",
        help="show and move checkpoints of a consumer group",
        description="A checkpoint is the last event that is done: the first one delivered "
        "afterwards is the next. 'plan' shows what would be written and writes nothing.",
    )
    kinds = parser.add_subparsers(title="commands", metavar="COMMAND", required=True, dest="what")
    _add_list(kinds)
    _add_plan(kinds)
    _add_apply(kinds)
    _add_undo(kinds)
    _add_copy(kinds)

    for name, kind in kinds.choices.items():
        add_colour_flag(kind)
        add_language_flag(kind)
        add_log_flags(kind)
        kind.epilog = exit_codes.sentence(f"checkpoint {name}")


def _add_list(kinds: Any) -> None:
    parser = kinds.add_parser(
        "list", help="where groups stand", description="Where each partition's checkpoint stands."
    )
    add_output_flags(parser, "the document ehtui.checkpoints/1")
    add_scope_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_list)


def _add_plan(kinds: Any) -> None:
    parser = kinds.add_parser(
        "plan",
        help="what moving checkpoints would write; nothing is written",
        description="Show for each partition where its checkpoint stands, where it would stand, "
        "and how many events that delivers again or leaves out.",
    )
    add_strategies(parser)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as JSON; --from-file reads it again")
    form.add_argument("--csv", action="store_true", help="as CSV; --from-file reads it again")
    add_settings_flags(parser)
    parser.set_defaults(run=run_plan, force=False, recheck=0.0, dry_run=True)


def _add_apply(kinds: Any) -> None:
    parser = kinds.add_parser(
        "apply",
        help="move checkpoints, after showing the plan",
        description="Write the plan: each blob only if it is still as the plan saw it, what stood "
        "there kept in a backup, what was written read back. Refused while the group has live "
        "owners.",
    )
    add_strategies(parser)
    add_force(parser)
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_apply)


def _add_undo(kinds: Any) -> None:
    parser = kinds.add_parser(
        "undo",
        help="put back what an apply wrote over",
        description="Restore checkpoints from a backup, under the same checks as 'apply': one that "
        "was written since is left as it is, one that did not exist before is deleted.",
    )
    parser.add_argument(
        "backup", nargs="?", metavar="FILE", help="default: the newest of the group, undos left out"
    )
    parser.add_argument("--list", action="store_true", help="list the backups; nothing is undone")
    add_partitions(parser)
    add_force(parser)
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_undo)


def _add_copy(kinds: Any) -> None:
    parser = kinds.add_parser(
        "copy",
        help="start one group where another stands",
        description="Write the checkpoints of one group as those of another, where that one stands "
        "now; a group without records gets its own, spelled as the other's.",
    )
    parser.add_argument(
        "--from", dest="source", required=True, metavar="GROUP", help="the group that stands there"
    )
    parser.add_argument(
        "--to", dest="target", required=True, metavar="GROUP", help="the group that is to start"
    )
    add_partitions(parser)
    add_force(parser)
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_copy)


def run_list(args: argparse.Namespace) -> int:
    """Tell where groups stand.

    Raises:
        ConfigError: There is no partition of that name.
    """
    from ehtui.cli.output_format import tell_unread, tell_unread_sources  # noqa: PLC0415
    from ehtui.views import checkpoints as views  # noqa: PLC0415
    from ehtui.views.narrowing import narrowed  # noqa: PLC0415

    scope = scope_of(args)

    with looking(resolve_args(args).settings) as backend:
        snapshot = backend.snapshot

    check_partitions(snapshot, scope)
    snapshot = narrowed(snapshot, scope)
    groups = snapshot.groups

    def text() -> str:
        lines = [line for group in groups for line in (*views.group_lines(snapshot, group), "")]
        return ("\n".join(lines).rstrip() or "No group has checkpoints here.") + "\n"

    result = Result(
        text=text,
        document=lambda: views.groups_document(snapshot, groups),
        data=lambda: views.groups_data(groups),
        markdown=lambda: views.groups_page(snapshot, groups),
    )
    Writer(args.output).write(result)
    tell_unread(snapshot)

    if code := tell_unread_sources(snapshot, {"hub", "store"}):
        return code

    return ExitCode.OK if groups else ExitCode.WARNING


def run_plan(args: argparse.Namespace) -> int:
    """Show what would be written.

    Raises:
        ConfigError: The flags, or the file that they name, cannot be understood.
    """
    from ehtui.cli.output_format import print_document, print_text  # noqa: PLC0415
    from ehtui.domain.actions.checkpoint_files import csv_of  # noqa: PLC0415
    from ehtui.domain.actions.checkpoints import refusal_of  # noqa: PLC0415
    from ehtui.domain.actions.outcomes import Refusal  # noqa: PLC0415
    from ehtui.views.checkpoints import plan_document, plan_lines  # noqa: PLC0415

    with looking(resolve_args(args).settings) as backend:
        plan = _planned(backend, args)

        if isinstance(plan, Refusal):
            args.yes, args.confirm = True, None
            return act(backend, plan, args)

    refusal = refusal_of(plan)

    if args.json:
        print_document(plan_document(plan, refusal))
    elif args.csv:
        print(csv_of(plan), end="")
    else:
        print_text("\n".join(plan_lines(plan, backend.snapshot.policy.profile)))
        _print_more(plan, refusal)
        print_text("\nNothing was written: 'ehtui checkpoint apply' with the same flags does it.")

    return ExitCode.WARNING if _is_partial(plan) or _is_owned(plan) else ExitCode.OK


def run_apply(args: argparse.Namespace) -> int:
    """Write it.

    Raises:
        ConfigError: The flags, or the file that they name, cannot be understood.
    """
    with looking(resolve_args(args).settings, dry_run=args.dry_run) as backend:
        return _carried_out(backend, _planned(backend, args), args)


def run_undo(args: argparse.Namespace) -> int:
    """Put it back, or list what could be.

    Raises:
        ConfigError: There is no backup, or it cannot be read.
    """
    if args.list:
        return _list_backups(args)

    from ehtui.domain.actions.checkpoint_plan import Undo  # noqa: PLC0415

    with looking(resolve_args(args).settings, dry_run=args.dry_run) as backend:
        path, group = _backup(backend, args)
        return _carried_out(backend, _planned(backend, args, Undo(path), group), args)


def run_copy(args: argparse.Namespace) -> int:
    """Write one group's checkpoints as another's."""
    from ehtui.domain.actions.checkpoint_plan import LikeGroup  # noqa: PLC0415

    with looking(resolve_args(args).settings, dry_run=args.dry_run) as backend:
        strategy = LikeGroup(args.source)
        return _carried_out(backend, _planned(backend, args, strategy, args.target), args)


def _planned(
    backend: MonitorBackend,
    args: argparse.Namespace,
    strategy: Strategy | None = None,
    group: str | None = None,
) -> CheckpointPlan | Refusal:
    from ehtui.domain.actions.checkpoint_plan import CheckpointPlan  # noqa: PLC0415
    from ehtui.domain.actions.outcomes import Refusal  # noqa: PLC0415

    request = asyncio.run(backend.rehearse(request_of(backend, args, strategy, group)))

    plan = backend.plan(request)
    assert isinstance(plan, CheckpointPlan | Refusal)  # what such a request plans

    return plan


def _carried_out(
    backend: MonitorBackend, plan: CheckpointPlan | Refusal, args: argparse.Namespace
) -> int:
    """As every action; a refusal is shown with the whole plan, and what can be done about it."""
    from ehtui.cli.output_format import print_document, print_text  # noqa: PLC0415
    from ehtui.domain.actions.checkpoints import refusal_of  # noqa: PLC0415
    from ehtui.domain.actions.outcomes import Refusal, RefusalReason  # noqa: PLC0415
    from ehtui.views.checkpoints import plan_document, plan_lines  # noqa: PLC0415

    if backend.read_only and not isinstance(plan, Refusal):
        plan = Refusal(RefusalReason.READ_ONLY, plan.kind)

    refusal = plan if isinstance(plan, Refusal) else refusal_of(plan)

    if isinstance(plan, Refusal) or refusal is None:
        code = act(backend, plan, args, lambda outcome: Afterwards(_report(outcome, args)))
        is_left = code == ExitCode.OK and not isinstance(plan, Refusal) and _is_partial(plan)
        return ExitCode.WARNING if is_left else code

    if args.json:
        print_document(plan_document(plan, refusal))
    else:
        print_text("\n".join(plan_lines(plan, backend.snapshot.policy.profile)))
        _print_more(plan, refusal)

    return ExitCode.WARNING if _is_partial(plan) or _is_owned(plan) else ExitCode.OK


def _report(outcome: Outcome, args: argparse.Namespace) -> dict[str, Any]:
    """How each partition ended; for JSON the outcome has it."""
    from ehtui.cli.output_format import print_text  # noqa: PLC0415
    from ehtui.views.actions.checkpoints import results_words  # noqa: PLC0415

    if not args.json:
        for words in results_words(outcome.changes):
            print_text(f"  {words}")

    return {}


def _print_more(plan: CheckpointPlan, refusal: Refusal | None) -> None:
    from ehtui.cli.output_format import print_text  # noqa: PLC0415
    from ehtui.domain.actions.checkpoint_plan import Unwritten  # noqa: PLC0415
    from ehtui.views.checkpoints import owner_lines, peek_group_lines  # noqa: PLC0415
    from ehtui.views.outcomes import refusal_sentence  # noqa: PLC0415

    lines = [] if refusal is None else [refusal_sentence(refusal)]
    lines += owner_lines(plan.owners)

    if any(change.unwritten is Unwritten.NO_PEEK_GROUP for change in plan.changes):
        lines += peek_group_lines(plan)

    if lines:
        print_text("\n".join(["", *lines]))


def _is_owned(plan: CheckpointPlan) -> bool:
    """Whether live owners are in the way, or may be."""
    return bool(plan.owners) or not plan.owners_are_known


def _is_partial(plan: CheckpointPlan) -> bool:
    """Whether something that was asked for would not be done."""
    from ehtui.domain.actions.checkpoint_plan import Unwritten  # noqa: PLC0415

    fine = {None, Unwritten.SAME, Unwritten.NOT_IN_BACKUP}

    return any(change.unwritten not in fine for change in plan.changes)


def _backup(backend: MonitorBackend, args: argparse.Namespace) -> tuple[str, str]:
    """The file that is named, or the group's newest, and its group.

    Raises:
        ConfigError: There is none, or it cannot be read.
    """
    from ehtui.actions.checkpoint_backups import (  # noqa: PLC0415
        default_backup_folder,
        list_backups,
        read_backup,
    )
    from ehtui.domain.actions.checkpoint_plan import Undo  # noqa: PLC0415

    if args.backup is not None:
        try:
            return args.backup, read_backup(args.backup).group
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"The backup {args.backup} can't be used: {error}.",
                "'ehtui checkpoint undo --list' lists them.",
            ) from None

    snapshot = backend.snapshot
    group, hub = snapshot.policy.default_group, snapshot.hub
    found = [
        backup
        for backup in list_backups(default_backup_folder())
        if backup.strategy != Undo.__name__
        and backup.group.lower() == group.lower()
        and (hub is None or backup.is_of(hub, snapshot.policy.aliases))
    ]

    if not found:
        raise ConfigError(
            f"There is no backup of group {group}.", "'ehtui checkpoint undo --list' lists them."
        )

    return str(found[0].path), found[0].group


def _list_backups(args: argparse.Namespace) -> int:
    from ehtui.actions.checkpoint_backups import (  # noqa: PLC0415
        default_backup_folder,
        list_backups,
    )
    from ehtui.cli.output_format import print_document, print_text  # noqa: PLC0415

    found = list_backups(default_backup_folder())

    if args.json:
        print_document({"schema": "ehtui.checkpoint-backups/1", "backups": [*map(_told, found)]})
    else:
        lines = [
            f"{b.path}  {b.hub} {b.group}: {b.written} of {len(b.blobs)} written, {b.strategy}"
            for b in found
        ]
        print_text("\n".join(lines) or f"There are no backups in {default_backup_folder()}.")

    return ExitCode.OK


def _told(backup: Backup) -> dict[str, object]:
    return {
        "path": str(backup.path),
        "at": backup.at,
        "namespace": backup.namespace,
        "hub": backup.hub,
        "group": backup.group,
        "strategy": backup.strategy,
        "partitions": [kept.partition for kept in backup.blobs],
        "written": backup.written,
    }
