"""Scenes about a group's consumers: in order, where any word is a false alarm, and at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Health, Severity
from ehtui.sandbox.options import Pace
from ehtui.sandbox.scenes.scene import Expected, Scene, entering
from ehtui.sandbox.scenes.stage import Setting

if TYPE_CHECKING:
    from ehtui.sandbox.scenes.stage import Stage

SECOND_GROUP = "analytics"
CRASHES = 4
# A lease that lapses before it is renewed: everybody takes from everybody.
TOO_SHORT = Pace(interval_s=2.0, expiry_s=1.0, work_s=0.005, checkpoint_s=0.5)


def _standby(stage: Stage) -> None:
    stage.cue()
    stage.start("alpha", "beta", "gamma", "delta", "epsilon", owners=3)


def _graceful(stage: Stage) -> None:
    stage.start("alpha", "beta", "gamma", owners=3)
    stage.pause(4)
    stage.cue()
    stage.ask_to_end("beta")
    stage.settle(2)


def _two_groups(stage: Stage) -> None:
    stage.start("alpha", "beta", owners=2)
    stage.start("gamma", group=SECOND_GROUP, owners=1)
    stage.cue()


def _newcomer(stage: Stage) -> None:
    stage.start("alpha", "beta", owners=2)
    stage.pause(9)  # several rounds: whoever is there is settled
    stage.cue()
    stage.start("gamma", owners=3)


CALM = (
    Scene(
        "alone",
        "One consumer for all partitions",
        "A single consumer holds all four partitions and keeps up. Nothing to say.",
        entering("alpha"),
        health=Health.OK,
        watch_s=12,
    ),
    Scene(
        "one-each",
        "One consumer for each partition",
        "Three consumers start together and share three partitions within a few rounds.",
        entering("alpha", "beta", "gamma"),
        health=Health.OK,
        setting=Setting(partitions=3),
        watch_s=12,
    ),
    Scene(
        "standby",
        "Five consumers for three partitions",
        "Two of five own nothing, by design: a partition has one owner in a group.",
        _standby,
        expects=(Expected("consumer.standby", Severity.INFO, within=30, times=2),),
        health=Health.OK,
        setting=Setting(partitions=3),
    ),
    Scene(
        "graceful",
        "A consumer stops in good order",
        "SIGTERM: it releases its partitions, and the others take them in their next round.",
        _graceful,
        health=Health.OK,
    ),
    Scene(
        "newcomer",
        "A local run joins a production group",
        "Two consumers share a hub marked production; a third joins from this host and takes "
        "partitions from them.",
        _newcomer,
        expects=(Expected("group.newcomer", Severity.WARNING, within=20, about="gamma"),),
        passing={
            "group.single_host": "all owners of a production hub are processes of this one host"
        },
        health=Health.OK,
        is_production=True,
    ),
    Scene(
        "two-groups",
        "Two independent groups",
        "Two consumers in $Default, one in analytics: each group has its own leases and lag.",
        _two_groups,
        health=Health.OK,
        setting=Setting(groups=("$Default", SECOND_GROUP)),
        watch_s=12,
    ),
)


def _crash(stage: Stage) -> None:
    stage.start("alpha", "beta", "gamma", owners=3)
    stage.pause(5)
    stage.cue()
    stage.kill("beta")
    stage.settle(2)


def _stuck(stage: Stage) -> None:
    stage.start("alpha", "beta", switches="--poison=hang", owners=2)
    stage.pause(6)
    stage.cue()
    stage.poison("0")


def _poison(stage: Stage) -> None:
    stage.start("alpha", switches="--poison=die", owners=1)
    stage.pause(3)
    stage.cue()
    stage.poison("0")

    for _ in range(CRASHES):
        stage.await_end("alpha")
        stage.start("alpha", switches="--poison=die")


def _raising(stage: Stage) -> None:
    stage.start("alpha", "beta", switches="--poison=raise", owners=2)
    stage.pause(3)
    stage.cue()
    stage.poison("0")


def _churn(stage: Stage) -> None:
    stage.cue()
    stage.start("alpha", "beta", "gamma", pace=TOO_SHORT)


FAULTS = (
    Scene(
        "crash",
        "A consumer crashes",
        "kill -9: its leases stay until they expire, then a survivor takes its partitions.",
        _crash,
        expects=(Expected("lease.overdue", Severity.WARNING, within=14, about="beta"),),
        passing={"lease.expired": "between the lapse and the survivors' next round"},
    ),
    Scene(
        "stuck",
        "A handler hangs",
        "The handler of partition 0 waits for an answer that never comes. The lease is renewed "
        "all the same: only progress tells.",
        _stuck,
        expects=(Expected("handler.stuck", Severity.CRITICAL, within=40, partition="0"),),
        health=Health.STOPPED,
        watch_s=14,
    ),
    Scene(
        "no-checkpoint",
        "Nobody writes checkpoints",
        "Events are read and no checkpoint is ever written: a restart begins anew.",
        entering("alpha", switches="--no-checkpoint"),
        expects=(Expected("checkpoint.never", Severity.WARNING, within=60),),
        watch_s=30,
    ),
    Scene(
        "poison",
        "An event kills its reader, again and again",
        "The process dies at one event of partition 0; a supervisor restarts it, and it dies there "
        "again.",
        _poison,
        expects=(Expected("owner.crash_loop", Severity.CRITICAL, within=70),),
        passing={
            "lease.overdue": "the first crashes are not a loop yet",
            "lease.expired": "the first crashes are not a loop yet",
        },
        watch_s=3,
    ),
    Scene(
        "raising",
        "An event makes the handler raise, again and again",
        "The SDK closes partition 0 at each exception and claims it again in its next round; the "
        "process lives on.",
        _raising,
        expects=(Expected("owner.crash_loop", Severity.CRITICAL, within=30, partition="0"),),
        watch_s=14,
    ),
    Scene(
        "churn",
        "Leases shorter than their renewals",
        "Three consumers with an expiry below their interval take partitions from each other for "
        "ever.",
        _churn,
        expects=(Expected("group.leases_too_short", Severity.WARNING, within=60),),
        passing={
            "partition.pingpong": "two of them swap one partition",
            "group.churn": "some take no more than their share yet",
        },
        setting=Setting(pace=TOO_SHORT),
        watch_s=22,
    ),
)
