"""Scenes about the stream: too much of it, gone from it, or none of it read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.progress.lag import CLOCKS_S
from ehtui.domain.snapshot import Health, Severity
from ehtui.sandbox.scenes.scene import Expected, Scene
from ehtui.sandbox.scenes.setting import QUICK, Setting

if TYPE_CHECKING:
    from ehtui.sandbox.scenes.stage import Stage

NEVER_STARTED = "reports"
KEPT = 220  # events of a partition
MORE = 40  # events of a new stream beyond the old checkpoints
SLOW = replace(QUICK, work_s=0.25)  # at most 4 events a second and partition
IN_SMALL_BITES = "--batch=2"


def _behind(stage: Stage) -> None:
    stage.start("alpha", switches=IN_SMALL_BITES)
    stage.settle(1)
    stage.cue()


def _retention(stage: Stage) -> None:
    stage.control("PATCH", retention={"max_events": KEPT})
    stage.start("alpha", pace=QUICK)
    stage.settle(1)
    stage.pause(5)
    stage.cue()
    stage.ask_to_end("alpha")
    stage.await_end("alpha")
    stage.start("beta", switches=IN_SMALL_BITES)
    stage.settle(1)


def _recreated(stage: Stage) -> None:
    stage.start("alpha")
    stage.settle(1)
    stage.wait(lambda: len(stage.checkpoints()) == stage.setting.partitions, "all are read")
    stage.pause(3)
    stage.cue()
    stage.control("PUT", partitions=stage.setting.partitions)


def _recreated_unseen(stage: Stage) -> None:
    stage.start("alpha")
    stage.settle(1)
    stage.wait(lambda: len(stage.checkpoints()) == stage.setting.partitions, "all are read")
    stage.ask_to_end("alpha")
    stage.await_end("alpha")
    stage.pause(CLOCKS_S + 1)
    furthest = max(stage.checkpoints().values())
    stage.cue()
    stage.control("PUT", partitions=stage.setting.partitions)
    stage.pause(1)

    for partition in range(stage.setting.partitions):
        bodies = ["{}"] * (furthest + MORE)
        stage.control("POST", "events", bodies=bodies, partition=str(partition))

    stage.start("beta", switches="--no-checkpoint")
    stage.settle(1)


def _uneven(stage: Stage) -> None:
    stage.start("alpha", "beta")
    stage.settle(2)
    stage.cue()


def _never_started(stage: Stage) -> None:
    stage.cue()
    stage.start("alpha")
    stage.settle(1)


STREAMS = (
    Scene(
        "behind",
        "A group reads slower than events arrive",
        "One slow consumer gets through 4 events a second and partition; 8 arrive.",
        _behind,
        expects=(Expected("group.behind", Severity.WARNING, within=40),),
        health=Health.BEHIND,
        setting=Setting(partitions=2, traffic=2.0, pace=SLOW),
        watch_s=16,
    ),
    Scene(
        "retention",
        "Retention removes events before they are read",
        f"The hub keeps {KEPT} events a partition. A slower release takes the place of a consumer "
        "that kept up, and falls further behind than that.",
        _retention,
        expects=(
            Expected("retention.risk", Severity.CRITICAL, within=55, times=2),
            Expected("events.lost", Severity.CRITICAL, within=85),
        ),
        passing={"group.behind": "beside the loss: what is lost is no longer at risk"},
        health=Health.BEHIND,
        setting=Setting(partitions=2, backlog=1400, traffic=3.0, pace=SLOW),
        watch_s=33,
    ),
    Scene(
        "recreated",
        "The hub is deleted and created anew",
        "Sequence numbers begin again, the checkpoints stay: nothing is delivered until the new "
        "stream reaches them.",
        _recreated,
        expects=(Expected("hub.recreated", Severity.CRITICAL, within=12),),
        health=Health.AHEAD,
        setting=Setting(backlog=1200),
    ),
    Scene(
        "recreated-unseen",
        "The hub was created anew, and its new stream is longer than the old checkpoints",
        "The numbers of the old checkpoints lie within the new stream, by chance: they are of "
        "other events, and whoever starts there skips what came before.",
        _recreated_unseen,
        expects=(Expected("hub.recreated", Severity.CRITICAL, within=12),),
        passing={"partition.unowned": "between alpha's release and beta's first round"},
        health=Health.UNKNOWN,
        setting=Setting(backlog=40, traffic=0.5),
    ),
    Scene(
        "uneven",
        "One partition gets most of the input",
        "A poor partition key: partition 0 gets 24 events a second, the others one.",
        _uneven,
        expects=(Expected("partition.hot", Severity.INFO, within=70, partition="0"),),
        setting=Setting(shape="hot"),
        watch_s=30,
    ),
    Scene(
        "never-started",
        "A group that was never started",
        "Consumers run in $Default; nobody ever started one in reports.",
        _never_started,
        expects=(Expected("store.not_visible", Severity.WARNING, within=75),),
        setting=Setting(groups=("$Default", NEVER_STARTED)),
        group=NEVER_STARTED,
        watch_s=32,
    ),
)
