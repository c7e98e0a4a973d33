"""Scenes about which process is which owner: shared logs, silent ones, other groups, producers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import ConsumerRole, Health
from ehtui.sandbox.sandbox import PRODUCER
from ehtui.sandbox.scenes.scene import Scene
from ehtui.sandbox.scenes.setting import Setting

if TYPE_CHECKING:
    from ehtui.sandbox.scenes.stage import Stage

AUDIT = "audit"
BETWEEN_RESTARTS_S = 20.0
OWNER = ConsumerRole.OWNER


def _restarts(stage: Stage) -> None:
    stage.start("alpha")
    stage.settle(1)
    stage.pause(2)  # so that the log itself tells who is who, at first
    stage.start("beta")
    stage.settle(2)
    stage.pause(6)
    stage.cue()

    for name in ("alpha", "beta"):
        stage.ask_to_end(name)
        stage.await_end(name)
        stage.start(name)
        stage.settle(2)
        stage.pause(BETWEEN_RESTARTS_S)


def _other_group(stage: Stage) -> None:
    stage.start("alpha", "beta")
    stage.settle(2)
    stage.cue()
    stage.start("gamma", group=AUDIT, switches="--silent")
    stage.settle(1, AUDIT)


def _silent(stage: Stage) -> None:
    stage.start("alpha", switches="--silent")
    stage.settle(1)
    stage.cue()


PROCESSES = (
    Scene(
        "shared-log",
        "Two consumers log into one file, and are restarted one after the other",
        "No line names a pid. Each new owner is the new process's, who died renews nothing, and no "
        "lease is taken for shorter than it is.",
        _restarts,
        passing={"group.newcomer": "whoever is restarted takes its share again, with a new id"},
        health=Health.OK,
        setting=Setting(shared_log="shared"),
        roles={"alpha": OWNER, "beta": OWNER},
    ),
    Scene(
        "other-group",
        "A consumer was started in another group",
        "Gamma owns all of audit and logs nothing; the screen is on $Default, where it lacks "
        "nothing.",
        _other_group,
        health=Health.OK,
        setting=Setting(groups=("$Default", AUDIT)),
        roles={"alpha": OWNER, "beta": OWNER, "gamma": OWNER},
        watch_s=20,
    ),
    Scene(
        "producer",
        "A producer runs beside a silent consumer",
        "Both are connected to the namespace and neither logs who it is. One only sends: the other "
        "one is the owner.",
        _silent,
        health=Health.OK,
        setting=Setting(shows_producer=True),
        roles={"alpha": OWNER, PRODUCER: ConsumerRole.PRODUCER},
        watch_s=32,
    ),
    Scene(
        "silent",
        "The consumer of the README, which logs nothing",
        "One owner in the store, one client on this host: that is it, as a guess.",
        _silent,
        health=Health.OK,
        roles={"alpha": OWNER},
        watch_s=10,
    ),
)
