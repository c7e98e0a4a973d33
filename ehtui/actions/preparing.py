"""Opens everything that a start takes, and has it rehearsed, before anything is stopped."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass, field, replace
from errno import ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ehtui import system
from ehtui.actions.blueprint import Blueprint, Input, blueprint_of
from ehtui.actions.confinement import InheritedLock, confinement_of, inherited_locks, open_again
from ehtui.actions.launch import Guard, Prepared, new_log
from ehtui.actions.restart_locks import lock_process, open_record, prune, record_path
from ehtui.actions.state_files import open_records, write_record
from ehtui.actions.targets import CannotStartError, check_identity, pinned
from ehtui.domain.text import safe
from ehtui.domain.world.restarts import Loss, LossKind, Rehearsal, StartObstacle
from ehtui.sources.restarts import (
    children_of,
    keeper_of,
    may_end_its_namespace,
    time_limit_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.world.process import ProcessId

RESERVED_BYTES = 64 * 1024  # that much of a log must fit on its disk

Json = dict[str, Any]

if sys.platform == "win32":
    _FOLDER = os.O_RDONLY
else:
    _FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


@dataclass(frozen=True, slots=True)
class Places:
    """Where what outlives ehtui is written."""

    log: Path  # of what is started; another name where that one is taken
    records: Path  # the folder of restarts that are under way
    audit: Path


@dataclass(slots=True)
class _Opened:
    """Descriptors for the process that carries the task out; closed here in any case."""

    stack: ExitStack
    by_name: dict[str, int] = field(default_factory=dict)
    namespaces: dict[str, int] = field(default_factory=dict)
    cgroups: dict[str, int] = field(default_factory=dict)
    inherited: dict[str, int] = field(default_factory=dict)  # locks, by their file
    locks: list[InheritedLock] = field(default_factory=list)
    losses: list[Loss] = field(default_factory=list)

    def hold(self, descriptor: int, name: str, among: dict[str, int] | None = None) -> int:
        """Keep one open."""
        self.stack.callback(os.close, descriptor)
        (self.by_name if among is None else among)[name] = descriptor

        return descriptor

    @property
    def all(self) -> tuple[int, ...]:
        """Every one."""
        several = (self.by_name, self.namespaces, self.cgroups, self.inherited)

        return tuple(descriptor for each in several for descriptor in each.values())


def prepare_restart(
    process: ProcessId, places: Places, named: Mapping[str, str | None] | None = None
) -> Prepared:
    """Rehearse the start of a running process, everything held open. Blocking.

    `named` is what else its record shall tell: consumer_name, group.

    Raises:
        CannotStartError: It could not be started again as it was.
        BeingRestartedError: Somebody else is about it.
        ProcessGoneError, IdentityChangedError, ProgramChangedError, PermissionError: As they say.
    """
    _check_system()

    with ExitStack() as stack:
        opened = _Opened(stack)

        if (descriptor := pinned(process)) is not None:
            opened.hold(descriptor, "process")

        check_identity(process)

        if (lock := lock_process(process, places.records)) is not None:
            opened.hold(lock, "lock")

        blueprint = blueprint_of(process)
        proc = Path(system.PROC, str(process.pid)) if system.LINUX else None
        _open_input(opened, blueprint, str(proc / "fd" / "0") if proc else blueprint.input_path)
        _open_folders(opened, blueprint, proc)
        _open_confinement(opened, blueprint, proc)
        _open_locks(opened, process)

        if (limit := time_limit_of(process)) is not None:
            opened.losses.append(Loss(LossKind.TIME_LIMIT, limit))

        return _rehearsed(opened, blueprint, places, named, is_running=True)


def prepare_again(
    blueprint: Blueprint, places: Places, named: Mapping[str, str | None] | None = None
) -> Prepared:
    """The same for a process that has ended, of which only the blueprint is left.

    Raises:
        CannotStartError: It could not be started again as it was.
        BeingRestartedError: Somebody else is about it.
    """
    _check_system()

    with ExitStack() as stack:
        opened = _Opened(stack)
        blueprint = _without_what_others_lay_there(blueprint)
        _open_input(opened, blueprint, blueprint.input_path)
        _open_folders(opened, blueprint, None)
        _open_confinement(opened, blueprint, None)

        return _rehearsed(opened, blueprint, places, named, is_running=False)


def _check_system() -> None:
    """A restart needs a child that becomes what the other was before it is the program: fork(2)."""
    if not hasattr(os, "fork"):
        raise CannotStartError(StartObstacle.SYSTEM)


def _without_what_others_lay_there(blueprint: Blueprint) -> Blueprint:
    """Paths are the user's to change once nobody runs: root opens no input by them."""
    confinement = blueprint.confinement

    if confinement is None or confinement.users[1] == system.user_id():
        return blueprint

    is_file = blueprint.input in {Input.FILE, Input.PIPE}

    return replace(blueprint, input=Input.OTHER if is_file else blueprint.input)


def _open_input(opened: _Opened, blueprint: Blueprint, path: str) -> None:
    """A file from its beginning, a pipe as it stands; what cannot be given back is nothing."""
    wanted = blueprint.input

    if wanted in {Input.FILE, Input.PIPE} and sys.platform != "win32":
        with suppress(OSError):
            descriptor = os.open(path, os.O_RDONLY | system.QUIETLY)
            os.set_blocking(descriptor, True)
            opened.hold(descriptor, "input")
            return

    opened.hold(os.open(os.devnull, os.O_RDONLY | system.OPENED), "input")

    if wanted is not Input.NOTHING:
        opened.losses.append(Loss(LossKind.INPUT, wanted.value))


def _open_folders(opened: _Opened, blueprint: Blueprint, proc: Path | None) -> None:
    """By what the process has open where it still runs: paths may have been given to others."""
    folder = str(proc / "cwd") if proc and proc.exists() else blueprint.folder

    try:
        opened.hold(os.open(folder, _FOLDER), "folder")
    except OSError as error:
        obstacle = StartObstacle.FOLDER_CLOSED
        obstacle = StartObstacle.FOLDER_GONE if isinstance(error, FileNotFoundError) else obstacle
        raise CannotStartError(obstacle, safe(blueprint.folder)) from error

    root = str(proc / "root") if proc and proc.exists() else "/"
    opened.hold(os.open(root, _FOLDER), "root")

    if proc is not None and sys.platform == "linux":
        with suppress(OSError):
            opened.hold(os.open(proc / "exe", os.O_PATH | system.OPENED), "program")


def _open_confinement(opened: _Opened, blueprint: Blueprint, proc: Path | None) -> None:
    """Namespaces and cgroups that ehtui is not in itself."""
    wanted = blueprint.confinement

    if wanted is None:
        return

    own = confinement_of(os.getpid())

    for name, number in wanted.namespaces.items():
        if number != own.namespaces.get(name):
            if name == "pid" and may_end_its_namespace(blueprint.process):
                raise CannotStartError(StartObstacle.NAMESPACE, name)

            opened.hold(_namespace(name, proc), name, opened.namespaces)

    for folder in (folder for folder in wanted.cgroups if folder not in own.cgroups):
        try:
            descriptor = os.open(Path(folder) / "cgroup.procs", os.O_WRONLY | system.OPENED)
            opened.hold(descriptor, folder, opened.cgroups)
        except OSError:
            opened.losses.append(Loss(LossKind.CGROUP, safe(folder)))


def _open_locks(opened: _Opened, process: ProcessId) -> None:
    """What whoever started it took for it: the next one shall hold it, and nobody beside it."""
    keeper = keeper_of(process)
    parents = [pid for pid in keeper.line if _is_flock(pid)] if keeper is not None else []

    for lock in inherited_locks(process.pid, parents):
        try:
            opened.hold(open_again(lock), lock.key, opened.inherited)
            opened.locks.append(lock)
        except OSError:
            opened.losses.append(Loss(LossKind.LOCK, safe(lock.path)))


def _is_flock(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"{system.PROC}/{pid}/comm").read_bytes() == b"flock\n"

    return False


def _namespace(name: str, proc: Path | None) -> int:
    """One that has no process any more cannot be found again."""
    if proc is None:
        raise CannotStartError(StartObstacle.NAMESPACE, name)

    try:
        return os.open(proc / "ns" / name, os.O_RDONLY | system.OPENED)
    except OSError as error:
        raise CannotStartError(StartObstacle.NAMESPACE, name) from error


def _rehearsed(
    opened: _Opened,
    blueprint: Blueprint,
    places: Places,
    named: Mapping[str, str | None] | None,
    *,
    is_running: bool,
) -> Prepared:
    """Outputs last: they are taken away again where something else stands in the way."""
    process = blueprint.process

    with ExitStack() as undo:
        prune(places.records)
        path = record_path(places.records, process)
        descriptor = opened.hold(open_record(path), "record")
        is_new_record = os.fstat(descriptor).st_size == 0

        if is_new_record:
            undo.callback(path.unlink, missing_ok=True)

        log_path = _open_log(opened, places.log)
        undo.callback(log_path.unlink, missing_ok=True)
        record = _record(blueprint, log_path) | dict(named or {})

        try:
            opened.hold(open_records(places.audit), "audit")

            if is_new_record:  # its room is taken before anything is stopped
                write_record(descriptor, record | {"stage": "rehearsed"})
        except OSError as error:
            told = safe(f"{error.filename or path}: {error.strerror}")
            raise CannotStartError(StartObstacle.RECORD_UNWRITABLE, told) from error

        guard = Guard(_task(opened, blueprint, is_running=is_running), opened.all)
        undo.callback(guard.leave)
        rehearsal = _rehearsal(opened, blueprint, guard)
        undo.pop_all()

    return Prepared(
        process=process,
        rehearsal=rehearsal,
        log_path=log_path,
        is_running=is_running,
        record=record,
        record_path=path if is_new_record else None,
        guard=guard,
    )


def _open_log(opened: _Opened, wanted: Path) -> Path:
    """A new file with room in it."""
    try:
        path, descriptor = new_log(wanted)
    except OSError as error:
        told = safe(f"{error.filename or wanted}: {error.strerror}")
        raise CannotStartError(StartObstacle.LOG_UNWRITABLE, told) from error

    opened.hold(descriptor, "log")

    try:
        _reserve(descriptor)
        os.ftruncate(descriptor, 0)
    except OSError as error:
        if error.errno == ENOSPC:
            path.unlink(missing_ok=True)
            told = safe(f"{path}: {error.strerror}")
            raise CannotStartError(StartObstacle.LOG_UNWRITABLE, told) from error

    return path


def _reserve(descriptor: int) -> None:
    """Raises OSError where the disk has no room."""
    if sys.platform == "linux" and system.LINUX:
        os.posix_fallocate(descriptor, 0, RESERVED_BYTES)
    elif os.write(descriptor, bytes(RESERVED_BYTES)) < RESERVED_BYTES:
        raise OSError(ENOSPC, os.strerror(ENOSPC))


def _record(blueprint: Blueprint, log_path: Path) -> Json:
    """What it says of itself. Names of the environment, never values; no arguments with secrets."""
    confinement = blueprint.confinement

    return {
        "pid": blueprint.process.pid,
        "started_at": blueprint.process.started_at,
        "command": list(blueprint.command),
        "arguments": None if blueprint.holds_secrets else list(blueprint.arguments),
        "folder": blueprint.folder,
        "program": blueprint.link,
        "log": str(log_path),
        "variables": sorted(blueprint.variables),
        "input": blueprint.input.value,
        "input_path": blueprint.input_path,
        "confinement": asdict(confinement) if confinement is not None else None,
        "ehtui_pid": os.getpid(),
    }


def _task(opened: _Opened, blueprint: Blueprint, *, is_running: bool) -> Json:
    confinement = blueprint.confinement

    return {
        "pid": blueprint.process.pid if is_running else None,
        "arguments": blueprint.arguments,
        "variables": dict(blueprint.variables),
        "link": blueprint.link,
        "file": blueprint.file,
        "takes_input": blueprint.input is Input.FILE,
        "enters": None if is_running else blueprint.folder,
        "confinement": asdict(confinement) if confinement is not None else None,
        "descriptors": opened.by_name,
        "namespaces": opened.namespaces,
        "cgroups": opened.cgroups,
        "locks": [
            {
                "descriptor": opened.inherited[lock.key],
                "key": lock.key,
                "was_taken_by": lock.taken_by,
                "is_shared": lock.is_shared,
                "path": lock.path,
            }
            for lock in opened.locks
        ],
    }


def _rehearsal(opened: _Opened, blueprint: Blueprint, guard: Guard) -> Rehearsal:
    told = next(guard.answers(), {}).get("rehearsal", {"obstacle": "not_rehearsed", "detail": ""})

    if "obstacle" in told:
        raise CannotStartError(StartObstacle(told["obstacle"]), safe(told["detail"]))

    found = told["found"]
    entered = (Loss(LossKind(kind), safe(was)) for kind, was in told["losses"])

    return Rehearsal(
        command=blueprint.command,
        folder=safe(found["folder"] or blueprint.folder),
        program=safe(found["program"]),
        is_new_program=found["is_new"],
        locks=tuple(safe(lock.path) for lock in opened.locks),
        losses=tuple(sorted({*opened.losses, *entered})),
        keeper=keeper_of(blueprint.process),
        children=children_of(blueprint.process),
    )
