"""Commands that act, and what each asks for; `acting` is the way that all of them go."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Any

from ehtui.cli.acting import add_acting_flags, run_action
from ehtui.cli.flags import ExitCode, add_settings_flags, resolve_args, seconds
from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ehtui.domain.actions.requests import Request
    from ehtui.domain.snapshot import Snapshot
    from ehtui.domain.world.process import ProcessId
    from ehtui.domain.world.restarts import Ended
    from ehtui.monitor.backend import Backend


def add_signal(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "signal",
        help="signal consumers, after showing what it costs",
        description="Send a signal to consumers on this host. The plan shows every target, what "
        "it owns and when another consumer can take that; nothing is done until you agree.",
    )
    _add_targets(parser, "*")
    parser.add_argument("--match", metavar="REGEX", help="every consumer whose command matches")
    parser.add_argument("--signal", default="TERM", metavar="NAME", help="default: TERM")
    parser.add_argument(
        "--then-kill",
        type=seconds,
        metavar="10s",
        help="send SIGKILL to any still running after this long",
    )
    add_acting_flags(parser, ends_consumers=True)
    add_settings_flags(parser)
    parser.set_defaults(run=run_signal)


def run_signal(args: argparse.Namespace) -> int:
    """Signal them.

    Raises:
        ConfigError: A target names no consumer, or several.
    """
    return run_action(args, lambda backend: signal_request(backend, args))


def signal_request(backend: Backend, args: argparse.Namespace) -> Request:
    """What the arguments ask for.

    Raises:
        ConfigError: A target names no consumer, or several.
    """
    from ehtui.domain.actions.signal import SignalRequest  # noqa: PLC0415 - not for --help

    targets = tuple(targets_of(backend.snapshot, args))

    return SignalRequest(targets, args.signal, args.then_kill)


def _add_targets(parser: argparse.ArgumentParser, number: str) -> None:
    parser.add_argument(
        "target",
        nargs=number,
        metavar="PID|OWNER|NAME",
        help="a pid, an owner's first letters or a name",
    )


def targets_of(snapshot: Snapshot, args: argparse.Namespace) -> list[ProcessId]:
    """Whom the arguments mean, each once.

    Raises:
        ConfigError: Nobody was named, or a name or expression fits no consumer.
    """
    # An empty expression, as of a shell variable that is not set, would mean everybody.
    if not args.target and not args.match:
        raise ConfigError("No target was given.", "Name pids or owner ids, or use --match.")

    targets = chosen(snapshot, args.target)

    if args.match:
        try:
            expression = re.compile(args.match)
        except re.error as error:
            raise ConfigError(f"--match is not a regular expression: {error}.") from error

        targets += [
            c.process.id
            for c in snapshot.consumers
            if expression.search(c.process.command) and not c.is_mere_producer
        ]

    if not targets:
        raise ConfigError(
            f"No consumer's command line matches '{args.match}'.", "See 'ehtui consumers'."
        )

    return list(dict.fromkeys(targets))


def chosen(snapshot: Snapshot, wanted: list[str]) -> list[ProcessId]:
    """The consumers that pids and owner prefixes name, each once, in the order named.

    Raises:
        ConfigError: A name fits no consumer, or the first letters of an owner fit several.
    """
    return list(dict.fromkeys(_chosen(snapshot, name) for name in wanted))


def _chosen(snapshot: Snapshot, name: str) -> ProcessId:
    """Pid, owner id, name of the configuration, owner's beginning; never more than one is meant."""
    by_pid = [c.process.id for c in snapshot.consumers if str(c.process.id.pid) == name]
    named = [c.process.id for c in snapshot.consumers if name == c.process.consumer_name]
    owners = [(owner, c.process.id) for c in snapshot.consumers for owner in c.owners]
    exact = [process for owner, process in owners if owner == name]
    begun = dict.fromkeys(p for owner, p in owners if name and owner.startswith(name))
    matches = by_pid or exact or named or list(begun)

    if not matches:
        _refuse_untouchable(name)
        raise ConfigError(
            f"There is no consumer '{name}' on this host, by pid, owner id or name.",
            "'ehtui consumers' lists them; name yours under consumers: in config.yaml.",
        )

    if len(matches) > 1:
        raise ConfigError(
            f"'{name}' matches {len(matches)} consumers.",
            f"Name one by its pid: {', '.join(str(process.pid) for process in matches)}.",
        )

    return matches[0]


def _refuse_untouchable(name: str) -> None:
    """Who could never be signalled is told so, rather than that it is no consumer."""
    from ehtui.domain.actions.outcomes import Refusal, RefusalReason  # noqa: PLC0415
    from ehtui.sources.process_facts import is_kernel_thread, own_line  # noqa: PLC0415 - psutil
    from ehtui.views.outcomes import refusal_sentence  # noqa: PLC0415

    pid = int(name) if name.isascii() and name.isdecimal() else 0
    reason = None

    if pid == 1:
        reason = RefusalReason.INIT
    elif pid in own_line():
        reason = RefusalReason.SELF_OR_ANCESTOR
    elif is_kernel_thread(pid):
        reason = RefusalReason.KERNEL_THREAD

    if reason is not None:
        raise ConfigError(refusal_sentence(Refusal(reason, name)))


def add_restart(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "restart",
        help="stop consumers and start them again as they were started",
        description="Signal a consumer, wait for its end, start it again with the same command, "
        "folder, environment, user and limits, detached, with its output in a log file whose path "
        "is shown. Its start is rehearsed first: what could not be started again is not stopped. "
        "Several are restarted one after the other, each once the previous one owns partitions "
        "again; if one does not, the rest are left alone. A consumer run by a supervisor is "
        "restarted by the supervisor's own command, or not at all. A restart that was left half "
        "done is finished.",
    )
    _add_targets(parser, "+")
    parser.add_argument(
        "--signal", default="TERM", metavar="NAME", help="default: TERM; a supervisor sends its own"
    )
    parser.add_argument(
        "--then-kill",
        type=seconds,
        metavar="60s",
        help="send SIGKILL if it is still running after this long; default: wait for it to end",
    )
    parser.add_argument(
        "--forget",
        action="store_true",
        help="forget half-done restarts of these pids; nothing is started",
    )
    add_acting_flags(parser, ends_consumers=True)
    add_settings_flags(parser)
    parser.set_defaults(run=run_restart)


def run_restart(args: argparse.Namespace) -> int:
    """Restart them.

    Raises:
        ConfigError: A target names no consumer, or several.
    """
    if args.forget:
        return _forget(args)

    return run_action(args, lambda backend: restart_request(backend, args))


def restart_request(backend: Backend, args: argparse.Namespace) -> Request:
    """What the arguments ask for, not rehearsed yet.

    Raises:
        ConfigError: A target names no consumer, or several.
    """
    from ehtui.domain.actions.start import RestartRequest, StartAgainRequest  # noqa: PLC0415

    half_done = _half_done(backend, args.target)

    if half_done is not None:
        return StartAgainRequest(half_done)

    return RestartRequest(tuple(chosen(backend.snapshot, args.target)), args.signal, args.then_kill)


def _half_done(backend: Backend, wanted: Sequence[str]) -> Ended | None:
    """A consumer that was stopped to be restarted, and was not: only its record knows it.

    Raises:
        ConfigError: It was restarted meanwhile; or it stands among others.
    """
    ended = [each for each in backend.ended if each.record is not None]
    named = {each.consumer: each for each in reversed(ended) if not _runs(backend, each.consumer)}
    down = named | {str(each.process.pid): each for each in ended}

    if len(wanted) > 1 and (among := down.keys() & set(wanted)):
        raise ConfigError(
            f"{', '.join(sorted(among))} was stopped to be restarted, and is down.",
            "Start it alone first; then restart the others.",
        )

    if len(wanted) == 1 and wanted[0] in down:
        return down[wanted[0]]

    _refuse_restarted(backend, wanted)

    return None


def _runs(backend: Backend, name: str) -> bool:
    return any(name == c.process.consumer_name for c in backend.snapshot.consumers)


def _refuse_restarted(backend: Backend, wanted: Sequence[str]) -> None:
    """Whoever comes second is told who runs in its place, rather than that it is no consumer."""
    from ehtui.actions.state_files import default_records_folder  # noqa: PLC0415
    from ehtui.sources.restarts import restarted_as  # noqa: PLC0415

    running = {str(consumer.process.id.pid) for consumer in backend.snapshot.consumers}

    for name in wanted:
        new_pid = restarted_as(default_records_folder(), name) if name not in running else None

        if new_pid is not None:
            raise ConfigError(
                f"{name} has been restarted: {new_pid} runs in its place.",
                f"To restart that one: ehtui restart {new_pid}",
            )


def _forget(args: argparse.Namespace) -> int:
    """Take away what ehtui noted of restarts that stayed half done; no consumer is touched."""
    from ehtui.actions.restart_locks import forget  # noqa: PLC0415
    from ehtui.actions.state_files import default_records_folder  # noqa: PLC0415
    from ehtui.cli.output_format import print_document  # noqa: PLC0415
    from ehtui.domain.actions.outcomes import Refusal, RefusalReason  # noqa: PLC0415
    from ehtui.views.outcomes import refusal_sentence  # noqa: PLC0415

    if resolve_args(args).settings.read_only:
        refusal = refusal_sentence(Refusal(RefusalReason.READ_ONLY, "restart"))
        print(f"ehtui: {refusal}", file=sys.stderr)
        return ExitCode.WARNING

    ends = {
        name: forget(default_records_folder(), name, dry_run=args.dry_run) for name in args.target
    }
    done = "would be forgotten: this was a dry run" if args.dry_run else "is forgotten"

    if args.json:
        told = [{"target": name, "refused": end} for name, end in ends.items()]
        print_document({"schema": "ehtui.forget/1", "dry_run": args.dry_run, "targets": told})

    for name, end in ends.items():
        if end is not None:
            print(f"ehtui: {end}", file=sys.stderr)
        elif not args.json:
            print(f"The restart of {name} {done}.")

    return ExitCode.OK if not any(ends.values()) else ExitCode.WARNING


def add_start(subparsers: Any) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "start",
        help="start a configured consumer, also into another group",
        description="Start a consumer of the configuration (consumers.NAME.command), detached. "
        "With --group it reads in that group beside production: every {group} in its command and "
        "env_file, and EVENTHUB_CONSUMER_GROUP, become that name.",
    )
    parser.add_argument("name", metavar="NAME", help="its name under consumers:")
    add_acting_flags(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=run_start)


def run_start(args: argparse.Namespace) -> int:
    """Start it."""
    return run_action(args, lambda backend: start_request(backend, args))


def start_request(backend: Backend, args: argparse.Namespace) -> Request:
    """What the arguments ask for."""
    from ehtui.domain.actions.start import StartRequest  # noqa: PLC0415 - not for --help

    return StartRequest(args.name, backend.snapshot.policy.default_group)
