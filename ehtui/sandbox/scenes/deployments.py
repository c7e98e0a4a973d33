"""Deployments as scenes: a group in order, a new version of it, and the verdict that is right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from ehtui.domain.gate.checks import (
    AllOwned,
    CheckEvidence,
    DowntimeWithin,
    DuplicatesWithin,
    LagBack,
    OwnersBack,
    Terms,
    Verdict,
)
from ehtui.sandbox.options import DEFAULT_GROUP
from ehtui.sandbox.scenes.stage import Setting, Stage

OLD = ("alpha", "beta")
NEW = ("gamma", "delta")
OTHER_GROUP = "audit"
CRASHES = 4
LATE_S = 13.0  # over two leases of six seconds: what is not there by then does not come
COUNTED_S = 80.0  # a takeover by who wrote no checkpoint is counted after a minute
_DEFAULT = Setting()
_NO_LIMITS = Terms()


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment, and what a gate around it must say.

    `before` plays the old version, `deploy` the new one. It is out as `deploy` ends, or says so.
    """

    name: str
    title: str
    deploy: Callable[[Stage], None]
    verdict: Verdict
    by: tuple[type[CheckEvidence], ...] = ()  # checks that must not hold in the end
    terms: Terms = _NO_LIMITS
    setting: Setting = _DEFAULT
    late_s: float = LATE_S  # after its end, a gate's time is up

    @staticmethod
    def before(stage: Stage) -> None:
        """Two consumers share everything, and are settled."""
        stage.start(*OLD, owners=2)
        setting = stage.setting

        def is_read() -> bool:
            done = stage.checkpoints().values()
            read = sum(sequence + 1 for sequence in done)
            return len(done) == setting.partitions and read > setting.backlog

        stage.wait(is_read, "the old version has read what there was")
        stage.pause(1)


def _rolling(stage: Stage) -> None:
    for old, new in zip(OLD, NEW, strict=True):
        stage.ask_to_end(old)
        stage.await_end(old)
        stage.start(new, owners=2)


def _end_old(stage: Stage) -> None:
    for old in OLD:
        stage.ask_to_end(old)

    for old in OLD:
        stage.await_end(old)


def _at_once(stage: Stage, switches: str = "") -> None:
    _end_old(stage)
    stage.start(*NEW, switches=switches, owners=2)


def _killed(stage: Stage) -> None:
    stage.kill("beta")
    stage.await_end("beta")
    stage.start("gamma", owners=2)


def _scaled_up(stage: Stage) -> None:
    stage.start("gamma", owners=3)


def _with(switches: str) -> Callable[[Stage], None]:
    """Everybody is replaced by a version with that fault."""

    def deploy(stage: Stage) -> None:
        _end_old(stage)
        stage.start(*NEW, switches=switches)

    return deploy


def _hangs_at_one_event(stage: Stage) -> None:
    _at_once(stage, "--poison=hang")
    stage.poison("0")


def _hangs_late(stage: Stage) -> None:
    """It reads, and writes checkpoints; and soon after it is said to be out, it hangs."""
    _at_once(stage, "--poison=hang")
    stage.pause(2)
    stage.deployed()
    stage.pause(0.8)
    stage.poison("0")


def _crash_loop(stage: Stage) -> None:
    _end_old(stage)

    for partition in range(stage.setting.partitions):
        stage.poison(str(partition))

    stage.start("gamma", switches="--poison=die")
    stage.deployed()

    for _ in range(CRASHES):
        stage.await_end("gamma")
        stage.start("gamma", switches="--poison=die")


def _other_group(stage: Stage) -> None:
    _end_old(stage)
    stage.start(*NEW, group=OTHER_GROUP, owners=2)


def _one_missing(stage: Stage) -> None:
    _end_old(stage)
    stage.start("gamma", owners=1)


def _rewound(stage: Stage) -> None:
    _end_old(stage)
    stage.rewind()
    stage.start(*NEW, owners=2)


def _forgotten(stage: Stage) -> None:
    _end_old(stage)
    stage.forget_checkpoints()
    stage.start(*NEW, owners=2)


def _nobody_takes_one(stage: Stage) -> None:
    _end_old(stage)
    stage.lock_ownership("3")
    stage.start(*NEW)


_TWO_GROUPS = replace(_DEFAULT, groups=(DEFAULT_GROUP, OTHER_GROUP))
_BACKLOG = replace(_DEFAULT, backlog=800)
# A checkpoint each half second, and what an SDK had fetched ahead: some twenty events a takeover.
_BUDGET = Terms(duplicates=200)

_GOOD = (
    Deployment(
        "rolling",
        "One replica after the other",
        _rolling,
        Verdict.PASSED,
        terms=Terms(downtime_s=20),
    ),
    Deployment(
        "at-once",
        "All replicas stop in good order, then the new ones start",
        _at_once,
        Verdict.PASSED,
        terms=Terms(downtime_s=20),
    ),
    Deployment(
        "killed",
        "A replica is killed; another one takes over its leases as they lapse",
        _killed,
        Verdict.PASSED,
        terms=_BUDGET,
        late_s=COUNTED_S,
    ),
    Deployment(
        "scaled-up",
        "One replica more",
        _scaled_up,
        Verdict.PASSED,
        terms=Terms(owners=3),
    ),
)
_BAD = (
    Deployment(
        "hangs",
        "The new version hangs at its first event",
        _with("--work=600"),
        Verdict.FAILED,
        (LagBack,),
    ),
    Deployment(
        "hangs-in-one",
        "The new version hangs at one event of partition 0, and reads the others",
        _hangs_at_one_event,
        Verdict.FAILED,
        (LagBack,),
    ),
    Deployment(
        "hangs-late",
        "The new version reads, and hangs in partition 0 while the gate still waits",
        _hangs_late,
        Verdict.FAILED,
        (LagBack,),
    ),
    Deployment(
        "killed-too-long",
        "A replica is killed, and a lease takes longer to lapse than a partition may wait",
        _killed,
        Verdict.FAILED,
        (DowntimeWithin,),
        terms=Terms(downtime_s=3),
    ),
    Deployment(
        "crash-loop",
        "The new version dies at its first event, and is started again, and again",
        _crash_loop,
        Verdict.FAILED,
        (LagBack,),
    ),
    Deployment(
        "wrong-group",
        "The new version reads in another group, by mistake",
        _other_group,
        Verdict.FAILED,
        (AllOwned, OwnersBack),
        setting=_TWO_GROUPS,
    ),
    Deployment(
        "no-checkpoints",
        "The new version never writes a checkpoint",
        _with("--no-checkpoint"),
        Verdict.FAILED,
        (LagBack,),
    ),
    Deployment(
        "one-missing",
        "One of two replicas does not come back; the other one reads everything",
        _one_missing,
        Verdict.FAILED,
        (OwnersBack,),
    ),
    Deployment(
        "rewound",
        "Checkpoints are set back to the beginning in between",
        _rewound,
        Verdict.FAILED,
        (DuplicatesWithin,),
        terms=_BUDGET,
        setting=_BACKLOG,
    ),
    Deployment(
        "forgotten",
        "Checkpoints are deleted in between, and everything is read anew",
        _forgotten,
        Verdict.FAILED,
        (DuplicatesWithin,),
        terms=_BUDGET,
        setting=_BACKLOG,
    ),
    Deployment(
        "not-taken",
        "One partition's record is locked: nobody can claim it",
        _nobody_takes_one,
        Verdict.FAILED,
        (AllOwned,),
    ),
)
DEPLOYMENTS = {deployment.name: deployment for deployment in (*_GOOD, *_BAD)}
