"""`make recordings`: plays the scenes that the screenshots show, and writes them down."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from ehtui.domain.actions.signal import SignalRequest
from ehtui.domain.snapshot import ConsumerRole, LeaseState, Snapshot, SourceStatus
from ehtui.sandbox.options import DEFAULT_GROUP, Pace
from ehtui.sandbox.scenes import Setting
from tests.recordings.play import Director, play
from tests.recordings.recording import FOLDER

ANALYTICS = "analytics"
DEMO = Setting(groups=(DEFAULT_GROUP, ANALYTICS), backlog=600, pace=Pace())
TRIO = ("alpha", "beta", "gamma")
FOREIGN = ("회의록_처리기", "[red]빨강[b]🚀", "gamma\x1b[31m")
STUCK = "7"  # of 32 partitions
HISTORY_S = 75.0  # enough for a chart


def crash(on: Director) -> None:
    """The demo; one of three is killed by hand, and a survivor takes what it had."""
    open_demo(on, TRIO)
    on.watch(HISTORY_S)
    on.mark("healthy")
    victim = next(c for c in on.snapshot.consumers if len(c.owns) > 1)
    lost = {partition for group, partition in victim.owns if group == DEFAULT_GROUP}
    on.act(SignalRequest((victim.process.id,), "KILL"))
    on.until(lambda now: has(now, "lease.overdue"), "an overdue lease")
    on.watch(2.0)
    on.mark("overdue")
    owner = victim.link.owner if victim.link else None
    on.until(lambda now: not lost & held_by(now, owner) and is_held(now), "a takeover")
    on.watch(5.0)
    on.mark("taken-over")


def standby(on: Director) -> None:
    """Five consumers, three partitions."""
    on.stage.start(*TRIO, "delta", "epsilon")
    on.until(lambda now: roles(now).count(ConsumerRole.STANDBY) == 2, "two on standby")
    on.watch(HISTORY_S / 2)
    on.mark("standby")


def store_down(on: Director) -> None:
    """The checkpoint store refuses connections; the hub answers."""
    open_demo(on, TRIO)
    on.watch(HISTORY_S / 3)
    on.stage.control("PATCH", "/faults/blobs", drops=True)
    on.until(
        lambda now: any(s.status is SourceStatus.FAILED for s in now.sources), "a failed source"
    )
    on.watch(20.0)
    on.mark("store-down")


def names(on: Director) -> None:
    """Korean, an emoji, brackets and an escape sequence where names come from outside."""
    open_demo(on, FOREIGN)
    on.watch(HISTORY_S / 3)
    on.mark("names")


def many(on: Director) -> None:
    """32 partitions, four consumers; a handler hangs, and then a consumer crashes."""
    on.stage.start("alpha", "beta", "gamma", "delta", switches="--poison=hang")
    on.until(lambda now: is_held(now) and len(owners(now)) == 4, "four owners")
    on.watch(HISTORY_S / 3)
    on.stage.poison(STUCK)
    on.until(lambda now: has(now, "handler.stuck"), "a stuck handler")
    on.watch(HISTORY_S / 3)
    on.mark("stuck")
    stuck = next(p.lease.owner for p in on.snapshot.groups[0].partitions if p.id == STUCK)
    victim = next(c for c in on.snapshot.consumers if c.link and c.link.owner != stuck)
    on.act(SignalRequest((victim.process.id,), "KILL"))
    on.until(lambda now: has(now, "lease.overdue"), "overdue leases")
    on.watch(2.0)
    on.mark("overdue")


@dataclass(frozen=True, slots=True)
class Story:
    """What is told, where, and by whom."""

    tell: Callable[[Director], None]
    setting: Setting = DEMO
    names: tuple[str, ...] = (*TRIO, "delta", "epsilon")


STORIES = {
    "crash": Story(crash),
    "standby": Story(standby, Setting(partitions=3, pace=Pace())),
    "store-down": Story(store_down),
    "names": Story(names, names=(*FOREIGN, "delta")),
    "many": Story(many, Setting(partitions=32, traffic=2.0, pace=Pace())),
}


def open_demo(on: Director, players: tuple[str, ...]) -> None:
    """As `ehtui demo` begins: three consumers in one group, a slow one in another."""
    on.stage.start(*players)
    on.stage.start("delta", group=ANALYTICS, pace=Pace(work_s=0.1))
    on.until(lambda now: is_held(now) and len(owners(now)) == len(players), "three owners")


def has(now: Snapshot, finding: str) -> bool:
    """Whether it is found."""
    return any(each.id == finding for each in now.findings)


def is_held(now: Snapshot) -> bool:
    """Whether every partition of the first group has a live owner."""
    states = [p.lease.state for group in now.groups[:1] for p in group.partitions]
    return bool(states) and set(states) == {LeaseState.HELD}


def owners(now: Snapshot) -> set[str | None]:
    """Who holds partitions of the first group."""
    return {p.lease.owner for group in now.groups[:1] for p in group.partitions}


def held_by(now: Snapshot, owner: str | None) -> set[str]:
    """What somebody has of the first group."""
    return {p.id for p in now.groups[0].partitions if p.lease.owner == owner}


def roles(now: Snapshot) -> list[ConsumerRole]:
    """Of this host's consumers."""
    return [each.role for each in now.consumers]


def main() -> None:
    """Play them, or those that are named."""
    parser = argparse.ArgumentParser(prog="python -m tests.recordings", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(STORIES)} (default: all)")
    chosen = parser.parse_args().names or list(STORIES)
    os.environ.update(no_proxy="*", NO_PROXY="*")

    for name in chosen:
        story = STORIES[name]
        text = play(story.setting, story.names, story.tell)
        (FOLDER / f"{name}.jsonl").write_text(text, encoding="utf-8")
        sys.stdout.write(f"{name}: {len(text.splitlines()) - 1} updates, {len(text) >> 10} KiB\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
