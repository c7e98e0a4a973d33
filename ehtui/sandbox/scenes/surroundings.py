"""Scenes about what is around a group: the stream, this host's processes, other SDKs and names."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ehtui.domain.progress.lag import CLOCKS_S
from ehtui.domain.snapshot import ConsumerRole, Health, Severity
from ehtui.sandbox.sandbox import PRODUCER
from ehtui.sandbox.scenes.scene import Expected, Scene, entering
from ehtui.sandbox.scenes.stage import QUICK, Setting

if TYPE_CHECKING:
    from ehtui.sandbox.scenes.stage import Stage

NEVER_STARTED = "reports"
KEPT = 220  # events of a partition
MORE = 40  # events of a new stream beyond the old checkpoints
SLOW = replace(QUICK, work_s=0.25)  # at most 4 events a second and partition
IN_SMALL_BITES = "--batch=2"
AUDIT = "audit"
BETWEEN_RESTARTS_S = 20.0
OWNER = ConsumerRole.OWNER


def _retention(stage: Stage) -> None:
    stage.control("PATCH", retention={"max_events": KEPT})
    stage.start("alpha", pace=QUICK, owners=1)
    stage.pause(5)
    stage.cue()
    stage.ask_to_end("alpha")
    stage.await_end("alpha")
    stage.start("beta", switches=IN_SMALL_BITES, owners=1)


def _recreated(stage: Stage) -> None:
    stage.start("alpha", owners=1)
    stage.wait(lambda: len(stage.checkpoints()) == stage.setting.partitions, "all are read")
    stage.pause(3)
    stage.cue()
    stage.control("PUT", partitions=stage.setting.partitions)


def _recreated_unseen(stage: Stage) -> None:
    stage.start("alpha", owners=1)
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

    stage.start("beta", switches="--no-checkpoint", owners=1)


def _never_started(stage: Stage) -> None:
    stage.cue()
    stage.start("alpha", owners=1)


STREAMS = (
    Scene(
        "behind",
        "A group reads slower than events arrive",
        "One slow consumer gets through 4 events a second and partition; 8 arrive.",
        entering("alpha", switches=IN_SMALL_BITES),
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
        entering("alpha", "beta"),
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


def _restarts(stage: Stage) -> None:
    stage.start("alpha", owners=1)
    stage.pause(2)  # so that the log itself tells who is who, at first
    stage.start("beta", owners=2)
    stage.pause(6)
    stage.cue()

    for name in ("alpha", "beta"):
        stage.ask_to_end(name)
        stage.await_end(name)
        stage.start(name, owners=2)
        stage.pause(BETWEEN_RESTARTS_S)


def _other_group(stage: Stage) -> None:
    stage.start("alpha", "beta", owners=2)
    stage.cue()
    stage.start("gamma", group=AUDIT, switches="--silent", owners=1)


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
        entering("alpha", switches="--silent"),
        health=Health.OK,
        setting=Setting(shows_producer=True),
        roles={"alpha": OWNER, PRODUCER: ConsumerRole.PRODUCER},
        watch_s=32,
    ),
    Scene(
        "silent",
        "The consumer of the README, which logs nothing",
        "One owner in the store, one client on this host: that is it, as a guess.",
        entering("alpha", switches="--silent"),
        health=Health.OK,
        roles={"alpha": OWNER},
        watch_s=10,
    ),
)


def _mixed(stage: Stage) -> None:
    stage.start_javascript("kappa")
    stage.start("alpha", "beta", "gamma", owners=4)
    stage.cue()


def _two_names(stage: Stage) -> None:
    stage.start("alpha", owners=1)
    stage.pause(3)
    stage.cue()
    stage.start_javascript("kappa")


def _other_name(stage: Stage) -> None:
    stage.cue()
    stage.start("alpha", "beta", address="localhost")


MIXED = (
    Scene(
        "mixed",
        "JavaScript and Python share a group",
        "Three Python consumers and a JavaScript one write the same names and share four "
        "partitions; each process is tied to its owner by what its log says.",
        _mixed,
        health=Health.OK,
        setting=Setting(has_port=False),
        needs_node=True,
        watch_s=12,
    ),
    Scene(
        "other-name",
        "The consumers know the namespace by another name",
        "Their Endpoint says localhost, ours 127.0.0.1: one machine, two names in the store. They "
        "live and read, and under our name there is nothing.",
        _other_name,
        expects=(Expected("store.other_name", Severity.WARNING, within=75),),
        watch_s=34,
    ),
    Scene(
        "two-names",
        "JavaScript and Python do not see each other",
        "The Endpoint names a port: Python writes it into the store, JavaScript does not. Each "
        "believes to be alone, and they take each other's links for ever.",
        _two_names,
        expects=(Expected("store.two_names", Severity.WARNING, within=20),),
        needs_node=True,
        watch_s=14,
    ),
)
