"""What starting a process again takes: what stands in the way, what it loses, who else starts it.

Found by a rehearsal before anything is stopped; texts are safe to show.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.world.process import ProcessId, ProcessSample


class StartObstacle(StrEnum):
    """Why a process could not be started again as it was: it is not stopped then."""

    CLOSED = "closed"  # how it was started is not for this user to read, though it is theirs
    FOLDER_GONE = "folder_gone"  # its working folder was deleted
    FOLDER_CLOSED = "folder_closed"  # its user may not enter it any more
    PROGRAM_GONE = "program_gone"
    SCRIPT_GONE = "script_gone"  # or not to be read by its user
    MODULE_GONE = "module_gone"  # `python -m NAME`
    VENV_GONE = "venv_gone"  # the virtual environment, or the Python that it stands on
    INPUT_CONSUMED = "input_consumed"  # its program came through a pipe, once
    FILE_HANDED = "file_handed"  # /dev/fd/63, from a shell that gave it once
    WORKER = "worker"  # forked, or handed what only its parent has
    COMMAND_OVERWRITTEN = "command_overwritten"  # by a title
    ARGUMENT_BLANKED = "argument_blanked"  # by itself, to hide a secret
    ENVIRONMENT_OVERWRITTEN = "environment_overwritten"
    LOG_UNWRITABLE = "log_unwritable"
    RECORD_UNWRITABLE = "record_unwritable"
    NAMESPACE = "namespace"  # one of its own, that this user cannot enter
    ROOT_FOLDER = "root_folder"  # chroot
    SYSTEM_CALLS = "system_calls"  # a seccomp filter, which nobody can copy
    LABEL = "label"  # of SELinux or AppArmor
    RIGHTS = "rights"  # the new one would have more
    LOCK_TAKEN = "lock_taken"  # one that whoever started it had taken for it
    SECRETS_GONE = "secrets_gone"  # its arguments held some, and those are kept nowhere
    SYSTEM = "system"  # Windows: nothing there becomes what another process was
    NOT_REHEARSED = "not_rehearsed"  # the process that would start it failed
    LEFT_ALONE = "left_alone"  # whoever carried the restart out was ended on the way


class LossKind(StrEnum):
    """What a started process does not have that the one before had."""

    INPUT = "input"  # its standard input: a terminal, a socket
    CGROUP = "cgroup"
    NICE = "nice"
    SCHEDULER = "scheduler"
    LIMIT = "limit"
    OOM = "oom"
    AFFINITY = "affinity"
    IO_PRIORITY = "io_priority"
    PERSONALITY = "personality"  # setarch
    LOCK = "lock"  # that whoever started it took for it
    GROUPS = "groups"
    CAPABILITIES = "capabilities"
    LABEL = "label"
    TIME_LIMIT = "time_limit"  # `timeout 1h` ran it


class Loss(Value, frozen=True, order=True):
    """Something that cannot be given back."""

    kind: LossKind
    was: str  # safe to show


class Keeper(Value, frozen=True):
    """A parent that may live on when its child ends, and then start another one."""

    pid: int
    command: str  # safe to show
    line: tuple[int, ...]  # it and whoever else stands between the child and the host
    is_loop: bool = False  # a shell whose script has a loop
    look_s: float = 3.0  # for so long its replacement is awaited before another one is started
    watch_s: float = 120.0  # and for so long afterwards: of two, the one that ehtui started ends


class Rehearsal(Value, frozen=True):
    """What a rehearsal of the start found, everything held open and nothing stopped."""

    command: tuple[str, ...] = ()  # masked, safe to show
    folder: str | None = None  # where it is started
    program: str | None = None  # the file that is run
    is_new_program: bool = False  # another file lies there than the one that runs
    losses: tuple[Loss, ...] = ()
    locks: tuple[str, ...] = ()  # files whose locks it got from whoever started it
    keeper: Keeper | None = None
    children: int = 0  # processes that it has started: they may outlive it

    def holds(self, now: Rehearsal) -> bool:
        """Whether a later one finds nothing that this one has not said."""
        return (
            (now.command, now.folder, now.program, now.is_new_program)
            == (self.command, self.folder, self.program, self.is_new_program)
            and set(now.losses) <= set(self.losses)
            and (now.keeper is None or self.keeper is not None)
        )


NOT_REHEARSED = Rehearsal()


class RestartStage(StrEnum):
    """How far a restart came. A record of it outlives ehtui."""

    STOPPING = "stopping"  # asked to end
    ENDED = "ended"  # and not started yet
    REPLACED = "replaced"  # its parent started another one
    STARTED = "started"
    FAILED = "failed"  # not started, or ended at once


class RestartRecord(Value, frozen=True):
    """A restart that has not come to its end, as its record tells. Local times."""

    process: ProcessId
    stage: RestartStage
    at: float  # of that stage
    asked_at: float  # when it was asked to end
    signal: str
    command: tuple[str, ...]  # masked
    folder: str
    log_path: str
    variables: tuple[str, ...]  # names of its environment; their values are kept nowhere
    is_carried: bool  # somebody is about it right now
    consumer_name: str | None = None
    group: str | None = None
    obstacle: StartObstacle | None = None  # why it was not started
    detail: str = ""  # safe to show
    exit_code: int | None = None  # of one that was started and ended at once
    new_pid: int | None = None

    def runs_again(self, process: ProcessSample) -> bool:
        """Whether a process is what somebody has started in its place since."""
        return (process.command, process.cwd) == (" ".join(self.command), self.folder) and (
            process.id.started_at >= self.asked_at
        )

    @property
    def is_down(self) -> bool:
        """Whether it was stopped, and nobody is about to start it."""
        return not self.is_carried and self.stage in {
            RestartStage.STOPPING,
            RestartStage.ENDED,
            RestartStage.FAILED,
        }


class Ended(Value, frozen=True):
    """A consumer that runs no more. Local times."""

    process: ProcessId
    command: str  # safe to show
    folder: str | None
    group: str | None
    consumer: str  # its name in the configuration, or its program's
    ended_at: float | None = None  # None: it runs
    record: RestartRecord | None = None  # it was stopped to be restarted, and was not
