"""What a plan costs: who loses which partition and for how long, what a new process lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.actions.base import Halt, OwnedPartition, SignalEffect, SignalTarget
from ehtui.domain.text import safe
from ehtui.domain.world.restarts import LossKind, StartObstacle
from ehtui.views import formats
from ehtui.views.phrasing import Phrasing, it, partitions
from ehtui.views.takeovers import DOUBTS, basis

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ehtui.domain.evidence import TakeoverWindow
    from ehtui.domain.world.restarts import Keeper, Loss, Rehearsal


def is_grave(target: SignalTarget) -> bool:
    """Whether partitions stay unread for longer than a round, or nobody can tell."""
    if target.effect is SignalEffect.IGNORED:
        return False

    if target.owner is None:
        return target.effect is not SignalEffect.RELEASES

    return any(
        target.effect is not SignalEffect.RELEASES or owned.takeover.earliest_at is None
        for owned in target.owns
    )


def target_cost(target: SignalTarget, signal: str, say: Phrasing) -> str:
    """What one process loses, in a sentence or two."""
    if target.halted_by is not None and signal not in {"KILL", "CONT", "STOP"}:
        halted = f"{target.process.pid} {HALTED[target.halted_by]}"
        return f"{halted}: SIG{signal} takes effect once it resumes. {_cost(target, signal, say)}"

    return _cost(target, signal, say)


def _cost(target: SignalTarget, signal: str, say: Phrasing) -> str:
    pid = str(target.process.pid)

    if target.effect is SignalEffect.IGNORED:
        goes_on = f"SIG{signal} resumes {pid}" if signal == "CONT" else f"{pid} ignores SIG{signal}"
        return f"{goes_on}: no partition is lost."

    if target.owner is None:
        return (
            f"It is not known which owner {pid} is: whatever it owns is unread until its leases "
            "expire or it closes its client."
        )

    if not target.owns:
        return f"{pid} owns nothing: no partition is lost."

    return " ".join(f"{pid} {_loss(owned, target, signal, say)}" for owned in _alike(target.owns))


def _alike(owns: Sequence[OwnedPartition]) -> list[list[OwnedPartition]]:
    """Partitions that come back together, told together."""
    alike: dict[tuple[str, TakeoverWindow], list[OwnedPartition]] = {}

    for owned in owns:
        alike.setdefault((owned.group, owned.takeover), []).append(owned)

    return list(alike.values())


def _loss(owned: Sequence[OwnedPartition], target: SignalTarget, signal: str, say: Phrasing) -> str:
    names = [each.partition for each in owned]
    where = f"{partitions(names)}{say.of_group(owned[0].group)}"
    window = owned[0].takeover

    if window.earliest_at is None and window.latest_at is None:
        return (
            f"owns {where}, and nobody is left to take {it(names)}: unread until a consumer starts."
        )

    when = back(window, say)

    if target.effect is SignalEffect.RELEASES:
        return (
            f"handles SIG{signal} and can close its client: it releases {where} at once, and a "
            f"survivor takes {it(names)} {when}."
        )

    if target.effect is SignalEffect.DIES:
        return f"dies without releasing {where}: unread until a survivor takes {it(names)} {when}."

    if signal == "STOP":
        return f"freezes and still owns {where}: unread until a survivor takes {it(names)} {when}."

    return (
        f"may release {where} at once, or leave {it(names)} unread: "
        f"a survivor then takes {it(names)} {when}."
    )


def back(window: TakeoverWindow, say: Phrasing) -> str:
    """`12:03:41–12:04:17 (up to 1m17s; Python 180/30 s)`; `~` where it is assumed."""
    if window.earliest_at is None and window.latest_at is None:
        return "when its host next looks for free leases"

    last = window.latest_at if window.latest_at is not None else window.earliest_at
    longest = formats.duration(max(0.0, last - say.now)) if last is not None else formats.UNKNOWN
    guess = "~" if window.is_guess else ""
    rests_on = f"{basis(window.basis)}{DOUBTS.get(window.doubt, '')}"

    if window.earliest_at is None or window.latest_at is None:
        word = "by" if window.earliest_at is None else "from"
        return f"{word} {guess}{say.time(last)} on ({rests_on})"

    when = say.span(window.earliest_at, window.latest_at)
    return f"{guess}{when} (up to {guess}{longest}; {rests_on})"


def joining(group: str, say: Phrasing) -> str:
    """What one more consumer of a group will get."""
    state = say.snapshot.group(group)
    name = safe(group)

    if state is None or not any(p.checkpoint or p.lease.owner for p in state.partitions):
        return (
            f"{name} has no records yet: it starts where the program says, usually at the latest."
        )

    owners = sum(1 for owner in state.owners if owner.partitions)
    count = formats.plural(len(state.partitions), "partition")

    if not owners:
        return f"{name} has no live owner: it takes all {count}, from their checkpoints."

    if owners >= len(state.partitions):
        return f"{name} has {formats.plural(owners, 'owner')} for {count}: it will be on standby."

    held = formats.plural(owners, "owner")
    return f"{name} has {held} for {count}: it takes its share from them, or free partitions."


_OBSTACLES: Mapping[StartObstacle, str] = {
    StartObstacle.CLOSED: "this user may not read how it was started",
    StartObstacle.FOLDER_GONE: "its working folder {} was deleted",
    StartObstacle.FOLDER_CLOSED: "its user can't enter its working folder {}",
    StartObstacle.PROGRAM_GONE: "“{}”, the first word of its command, is missing or not what it "
    "runs",
    StartObstacle.SCRIPT_GONE: "its script {} is missing, or its user may not read it",
    StartObstacle.MODULE_GONE: "its Python finds no module {}",
    StartObstacle.VENV_GONE: "its virtual environment is gone: {}",
    StartObstacle.INPUT_CONSUMED: "its program came through a pipe, which can be read only once",
    StartObstacle.FILE_HANDED: "the shell that started it handed it {}, which exists only once",
    StartObstacle.WORKER: "it is a worker of {}, and only its parent can start another",
    StartObstacle.COMMAND_OVERWRITTEN: "it overwrote its command line with “{}”",
    StartObstacle.ARGUMENT_BLANKED: "it blanked an argument, which now reads {}",
    StartObstacle.ENVIRONMENT_OVERWRITTEN: "it overwrote its environment with a title",
    StartObstacle.LOG_UNWRITABLE: "its output can't be written: {}",
    StartObstacle.RECORD_UNWRITABLE: "the restart can't be recorded: {}",
    StartObstacle.NAMESPACE: "it runs in a {} namespace that can't be entered from here",
    StartObstacle.ROOT_FOLDER: "it runs in another root folder: {}",
    StartObstacle.SYSTEM_CALLS: "it runs under its own system call filter (seccomp)",
    StartObstacle.LABEL: "its security label {} can't be given to another process",
    StartObstacle.RIGHTS: "the new process would have more rights: {}",
    StartObstacle.LOCK_TAKEN: "the lock {} that it ran under is held by another process now",
    StartObstacle.SECRETS_GONE: "its arguments held secrets, which ehtui does not keep",
    StartObstacle.SYSTEM: "Windows can't start a program as another process was started; end it, "
    "and start it as you started it",
    StartObstacle.LEFT_ALONE: "the process that carried out the restart was ended halfway",
    StartObstacle.NOT_REHEARSED: "a trial start failed: {}",
}
_LOSSES: Mapping[LossKind, str] = {
    LossKind.INPUT: "The new process has no standard input: it was {}.",
    LossKind.CGROUP: "The new process is outside the cgroup {}: its limits no longer apply.",
    LossKind.NICE: "Its nice value {} can't be restored.",
    LossKind.SCHEDULER: "Its scheduling policy and priority {} can't be restored.",
    LossKind.LIMIT: "Its limit {} can't be restored.",
    LossKind.OOM: "Its oom_score_adj {} can't be restored.",
    LossKind.AFFINITY: "Its CPU affinity {} can't be restored: it may run on other CPUs.",
    LossKind.IO_PRIORITY: "Its I/O priority {} can't be restored.",
    LossKind.PERSONALITY: "Its personality {} (setarch) can't be restored.",
    LossKind.LOCK: "The new process does not hold the lock {}: another one may start beside it.",
    LossKind.GROUPS: "Its groups {} can't be restored.",
    LossKind.CAPABILITIES: "The new process lacks capabilities that this one has: {}.",
    LossKind.LABEL: "Its security label {} can't be restored.",
    LossKind.TIME_LIMIT: "`{}` limits how long this one runs: the new process has no such limit.",
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
        yield f"{safe(rehearsal.program or '')} was replaced meanwhile: the new file is started."

    if rehearsal.children:
        has = formats.plural(rehearsal.children, "child process", "child processes")
        yield f"It has {has}: any that do not end with it keep running beside the new one."

    for path in rehearsal.locks:
        yield (
            f"It holds the lock {safe(path)}, taken when it was started: the new process takes it. "
            "If another process has the lock by then, none is started."
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
        f"wait {formats.duration(keeper.look_s)} to see whether {what}, {keeper.pid} "
        f"`{safe(keeper.command)}`, starts another one: then ehtui starts none"
    )


def keeper_note(keeper: Keeper) -> str:
    """And afterwards."""
    return (
        f"If {keeper.pid} starts one within the next {formats.duration(keeper.watch_s)}, ehtui "
        "ends its own again."
    )
