"""Scenes in which nothing is wrong: what ehtui says of them is a false alarm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Health, Severity
from ehtui.sandbox.scenes.scene import Expected, Scene
from ehtui.sandbox.scenes.setting import Setting

if TYPE_CHECKING:
    from ehtui.sandbox.scenes.stage import Stage

SECOND_GROUP = "analytics"


def _alone(stage: Stage) -> None:
    stage.start("alpha")
    stage.settle(1)
    stage.cue()


def _one_each(stage: Stage) -> None:
    stage.start("alpha", "beta", "gamma")
    stage.settle(3)
    stage.cue()


def _standby(stage: Stage) -> None:
    stage.cue()
    stage.start("alpha", "beta", "gamma", "delta", "epsilon")
    stage.settle(3)


def _graceful(stage: Stage) -> None:
    stage.start("alpha", "beta", "gamma")
    stage.settle(3)
    stage.pause(4)
    stage.cue()
    stage.ask_to_end("beta")
    stage.settle(2)


def _two_groups(stage: Stage) -> None:
    stage.start("alpha", "beta")
    stage.start("gamma", group=SECOND_GROUP)
    stage.settle(2)
    stage.settle(1, SECOND_GROUP)
    stage.cue()


def _newcomer(stage: Stage) -> None:
    stage.start("alpha", "beta")
    stage.settle(2)
    stage.pause(9)  # several rounds: whoever is there is settled
    stage.cue()
    stage.start("gamma")
    stage.settle(3)


CALM = (
    Scene(
        "alone",
        "One consumer for all partitions",
        "A single consumer holds all four partitions and keeps up. Nothing to say.",
        _alone,
        health=Health.OK,
        watch_s=12,
    ),
    Scene(
        "one-each",
        "One consumer for each partition",
        "Three consumers start together and share three partitions within a few rounds.",
        _one_each,
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
