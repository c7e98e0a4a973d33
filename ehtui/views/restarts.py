"""What stands in the way of a start, what a new process lacks, who else starts one: in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.targets import Halt
from ehtui.domain.text import safe
from ehtui.domain.world.restarts import LossKind, StartObstacle
from ehtui.views import formats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ehtui.domain.world.restarts import Keeper, Loss, Rehearsal

_OBSTACLES: Mapping[StartObstacle, str] = {
    StartObstacle.CLOSED: "how it was started is not for this user to read",
    StartObstacle.FOLDER_GONE: "its working folder {} was deleted",
    StartObstacle.FOLDER_CLOSED: "its user can't enter its working folder {}",
    StartObstacle.PROGRAM_GONE: "“{}”, its command's first word, is not there or not what it runs",
    StartObstacle.SCRIPT_GONE: "its script {} is not there, or not for its user to read",
    StartObstacle.MODULE_GONE: "its Python finds no module {}",
    StartObstacle.VENV_GONE: "its virtual environment is gone: {}",
    StartObstacle.INPUT_CONSUMED: "its program came through a pipe, which gives it once",
    StartObstacle.FILE_HANDED: "the shell that started it gave it {}, once",
    StartObstacle.WORKER: "it is a worker of {}, and only that one can start another",
    StartObstacle.COMMAND_OVERWRITTEN: "it wrote “{}” over its command line",
    StartObstacle.ARGUMENT_BLANKED: "it blanked an argument, which reads {} now",
    StartObstacle.ENVIRONMENT_OVERWRITTEN: "it wrote a title over its environment",
    StartObstacle.LOG_UNWRITABLE: "its output has no place: {}",
    StartObstacle.RECORD_UNWRITABLE: "the restart can't be recorded: {}",
    StartObstacle.NAMESPACE: "it runs in a {} namespace that can't be entered from here",
    StartObstacle.ROOT_FOLDER: "it runs in another root folder: {}",
    StartObstacle.SYSTEM_CALLS: "it runs under a system call filter (seccomp) of its own",
    StartObstacle.LABEL: "its security label {} can't be given to another process",
    StartObstacle.RIGHTS: "the new process would have more rights: {}",
    StartObstacle.LOCK_TAKEN: "the lock {}, under which it ran, is somebody else's by now",
    StartObstacle.SECRETS_GONE: "its arguments held secrets, which are kept nowhere",
    StartObstacle.LEFT_ALONE: "whoever carried the restart out was ended on the way",
    StartObstacle.NOT_REHEARSED: "its start was tried and failed: {}",
}
_LOSSES: Mapping[LossKind, str] = {
    LossKind.INPUT: "The new process reads nothing from standard input: it was {}.",
    LossKind.CGROUP: "It leaves the cgroup {}: that one's limits do not hold for the new process.",
    LossKind.NICE: "Its nice value {} can't be given back.",
    LossKind.SCHEDULER: "Its scheduling policy and priority {} can't be given back.",
    LossKind.LIMIT: "Its limit {} can't be given back.",
    LossKind.OOM: "Its oom_score_adj {} can't be given back.",
    LossKind.AFFINITY: "Its CPUs {} can't be given back: it may run on others.",
    LossKind.IO_PRIORITY: "Its I/O priority {} can't be given back.",
    LossKind.PERSONALITY: "Its personality {} (setarch) can't be given back.",
    LossKind.LOCK: "The new process does not hold the lock {}: others may start one beside it.",
    LossKind.GROUPS: "Its groups {} can't be given back.",
    LossKind.CAPABILITIES: "The new process lacks capabilities that this one has: {}.",
    LossKind.LABEL: "Its security label {} can't be given back.",
    LossKind.TIME_LIMIT: "`{}` ends this one in time: the new process has no such limit.",
}
_INPUTS: Mapping[str, str] = {
    "file": "a file that can't be opened again",
    "pipe": "a pipe that can't be taken over",
    "terminal": "a terminal",
    "other": "nothing that can be opened again",
}
HALTED: Mapping[Halt, str] = {
    Halt.STOP: "is stopped (SIGSTOP)",
    Halt.DEBUGGER: "is held by a debugger",
}


def obstacle_words(obstacle: StartObstacle, detail: str) -> str:
    """Why it can't be started again, as the end of a sentence."""
    return _OBSTACLES[obstacle].format(safe(detail)).rstrip(": ")


def by_hand(folder: str | None, command: Sequence[str]) -> str:
    """What somebody would type to start it; secrets are masked."""
    words = formats.command(*map(safe, command))

    return f"{formats.command('cd', safe(folder))} && {words}" if folder else words


def rehearsal_notes(rehearsal: Rehearsal) -> Iterator[str]:
    """What the new process is not, in sentences."""
    if rehearsal.is_new_program:
        yield f"{safe(rehearsal.program or '')} was replaced since: the new file is started."

    if rehearsal.children:
        has = formats.plural(rehearsal.children, "child process", "child processes")
        yield f"It has {has}: whatever does not end with it goes on beside the new one."

    for path in rehearsal.locks:
        yield (
            f"It holds the lock {safe(path)}, taken by whoever started it: the new process takes "
            "it, and none is started where somebody else has it by then."
        )

    yield from (loss_words(loss) for loss in rehearsal.losses)


def loss_words(loss: Loss) -> str:
    """What the new process lacks."""
    was = _INPUTS.get(loss.was, loss.was) if loss.kind is LossKind.INPUT else loss.was

    return _LOSSES[loss.kind].format(safe(was))


def keeper_step(keeper: Keeper) -> str:
    """What is looked for before one is started."""
    what = "a loop" if keeper.is_loop else "its parent"

    return (
        f"look for {formats.duration(keeper.look_s)} whether {what}, {keeper.pid} "
        f"`{safe(keeper.command)}`, starts another one: then ehtui starts none"
    )


def keeper_note(keeper: Keeper) -> str:
    """And afterwards."""
    return (
        f"If {keeper.pid} starts one within {formats.duration(keeper.watch_s)} after that, ehtui "
        "ends its own again."
    )
