"""Kills consumers of one group, one after the other, as somebody at the screen would.

`python -m tests.forecasts.world SETTING CONNECTIONS` (JSON each) prints one JSON line a kill.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

from ehtui.cli.compose import make_backend
from ehtui.config.secret import Secret
from ehtui.config.settings import (
    CheckpointStoreSettings,
    ConsumerSettings,
    EventHubSettings,
    PollSettings,
    Settings,
)
from ehtui.domain.actions.base import OwnedPartition
from ehtui.domain.actions.plans import SignalPlan
from ehtui.domain.actions.signal import SignalRequest
from ehtui.domain.evidence import facts
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.process import ProcessId
from ehtui.monitor.backend import Backend
from ehtui.sandbox.options import Connections
from tests.forecasts.group import Group, log_folder, of_its_own
from tests.forecasts.settings import PARTITIONS, Setting
from tests.forecasts.watch import Watch

SLIPPED_S = 1.0  # beyond its rest: a round's own work, and how often it is looked
READING_S = (0.5, 8.0)  # a confirmation, before it is answered
TOLD_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class Window:
    """What was forecast for one partition, and what came; seconds from the signal."""

    setting: str
    kill: int
    partition: str
    earliest_s: float
    latest_s: float | None
    shown_s: tuple[float, float | None]  # the window that stood in the confirmation last
    taken_s: float
    is_guess: bool
    basis: str
    is_kept: bool | None  # what ehtui's own stopwatch says
    measured_s: float | None  # and by when
    load: float
    timed_s: float  # from ehtui's start until every owner's renewals were timed
    slipped_s: float  # by which a survivor rested longer than its SDK lets it

    @property
    def is_inside(self) -> bool:
        """Strictly: not a tenth of a second outside."""
        return self.latest_s is not None and self.earliest_s <= self.taken_s <= self.latest_s


class World:
    """One group, one ehtui, one look at the store that is independent of it."""

    def __init__(self, setting: Setting, connections: Connections) -> None:
        self.setting = setting
        own = of_its_own(connections, setting.name)
        self.watch = Watch(own.storage, own.container)
        self.group = Group(setting, own, self.watch)
        self.random = random.Random(setting.name)
        self.timed_s = 0.0
        self._settings = settings_of(setting, own)

    def run(self) -> Iterator[Window]:
        """Every window of every kill."""
        self.watch.start()
        self.group.start(self.setting.owners)

        try:
            self.group.await_settled()

            with self._opened() as backend:
                started = time.monotonic()
                self.group.wait(lambda: self._is_timed(backend.snapshot), "renewals are timed")
                self.timed_s = time.monotonic() - started

                for number in range(self.setting.kills):
                    yield from self._kill(backend, number)
                    self.group.start(1)
                    self.group.await_settled()
                    time.sleep(self.random.uniform(0.0, 1.5 * self.setting.interval_s))
        finally:
            self.watch.stop()
            self.group.stop()

    @contextmanager
    def _opened(self) -> Iterator[Backend]:
        backend = make_backend(self._settings)
        backend.monitor.start()

        try:
            yield backend
        finally:
            backend.close()

    def _is_timed(self, snapshot: Snapshot) -> bool:
        group = snapshot.group(self.setting.name)
        leases = [p.lease for p in group.partitions] if group is not None else []
        return len(leases) == PARTITIONS and all(
            lease.period_basis is TimingBasis.OBSERVED for lease in leases
        )

    def _kill(self, backend: Backend, number: int) -> Iterator[Window]:
        process = self._victim(backend)
        backend.refresh()  # as the confirmation does when it opens
        shown = self._read(backend, process)
        before = self.watch.claims()
        load = os.getloadavg()[0]
        self.watch.look_closely(is_close=True)
        outcome = asyncio.run(backend.execute(shown))
        plan = outcome.plan
        assert isinstance(plan, SignalPlan), plan
        self.group.killed(process.pid)
        owned, signalled_at = plan.targets[0].owns, outcome.at
        # The plan's times are local to ehtui; those of its windows are the store's, as the watch's.
        signalled_at += backend.snapshot.clock_offset_s or 0.0
        victim = plan.targets[0].owner
        lost = [pid for pid, claim in before.items() if claim.owner == victim]
        assert sorted(o.partition for o in owned) == sorted(lost), (owned, before)
        self.group.wait(lambda: self._are_taken(lost, victim), f"{lost} are taken over")
        self.watch.look_closely(is_close=False)
        windows = {o.partition: o.takeover for o in shown.targets[0].owns}
        told = {pid: self._told(backend, pid, signalled_at) for pid in lost}

        for each in owned:
            yield self._window(number, each, windows[each.partition], signalled_at, told, load)

    def _victim(self, backend: Backend) -> ProcessId:
        """Somebody who owns something, by what ehtui says."""

        def owners() -> list[ProcessId]:
            return [
                c.process.id
                for c in backend.snapshot.consumers
                if c.process.id.pid in self.group.alive and c.owns
            ]

        self.group.wait(lambda: len(owners()) == self.setting.owners, "ehtui knows who is who")
        return self.random.choice(sorted(owners(), key=lambda p: p.pid))

    def _read(self, backend: Backend, process: ProcessId) -> SignalPlan:
        """What stands in the confirmation when it is answered: it is planned anew meanwhile."""
        until = time.monotonic() + self.random.uniform(*READING_S)
        request = SignalRequest((process,), self.setting.signal)
        shown = backend.plan(request)

        while time.monotonic() < until:
            time.sleep(0.5)
            shown = backend.plan(request)

        assert isinstance(shown, SignalPlan), shown
        return shown

    def _are_taken(self, lost: Sequence[str], victim: str | None) -> bool:
        claims = self.watch.claims()
        return all(pid in claims and claims[pid].owner != victim for pid in lost)

    def _told(
        self, backend: Backend, partition: str, since: float
    ) -> tuple[bool | None, float | None]:
        """What ehtui's own stopwatch says of it."""
        deadline = time.monotonic() + TOLD_WITHIN_S

        while time.monotonic() < deadline:
            for event in backend.snapshot.timeline:
                at = facts(event.details).get("signalled_at")
                is_it = event.kind == "takeover.measured" and event.subject.partition == partition

                if is_it and isinstance(at, float) and at > since - 10.0:
                    kept, gap_s = (
                        facts(event.details)["is_inside_forecast"],
                        facts(event.details)["gap_s"],
                    )
                    assert kept is None or isinstance(kept, bool)
                    assert isinstance(gap_s, float)
                    return kept, gap_s

            time.sleep(0.2)

        return None, None

    def _window(
        self,
        number: int,
        owned: OwnedPartition,
        shown: object,
        signalled_at: float,
        told: dict[str, tuple[bool | None, float | None]],
        load: float,
    ) -> Window:
        window, partition = owned.takeover, owned.partition
        claim = self.watch.claims()[partition]
        assert window.earliest_at is not None
        earliest_at = getattr(shown, "earliest_at", None)
        latest_at = getattr(shown, "latest_at", None)
        kept, gap_s = told[partition]

        return Window(
            self.setting.name,
            number,
            partition,
            window.earliest_at - signalled_at,
            None if window.latest_at is None else window.latest_at - signalled_at,
            (
                (earliest_at or 0.0) - signalled_at,
                None if latest_at is None else latest_at - signalled_at,
            ),
            claim.at - signalled_at,
            window.is_guess,
            window.basis,
            kept,
            gap_s,
            load,
            self.timed_s,
            self._slipped_s(signalled_at, claim.at),
        )

    def _slipped_s(self, since: float, until: float) -> float:
        """A machine that is too busy lets rounds slip, and takeovers with them."""
        owners = {claim.owner for claim in self.watch.claims().values()}
        rest_s = self.watch.longest_rest_s(owners, since, until)
        return max(0.0, rest_s - self.setting.longest_round_s - SLIPPED_S)


def settings_of(setting: Setting, connections: Connections) -> Settings:
    """What ehtui is told: where to look and how often, and nothing of leases."""
    return Settings(
        eventhub=EventHubSettings(
            connection_string=Secret(connections.eventhub),
            name=connections.hub,
            consumer_group=connections.group,
        ),
        checkpoint_store=CheckpointStoreSettings(
            connection_string=Secret(connections.storage), containers=(connections.container,)
        ),
        consumers={
            "tried": ConsumerSettings(match=re.escape(f"--name={setting.name}-")),
        },
        poll=PollSettings(store_s=setting.store_s),
    )


def _end_with_parent() -> None:
    """Its end closes our standard input; consumers hang on our own lifeline."""
    sys.stdin.read()
    os._exit(1)


def main() -> int:
    """Run one setting; standard output is for its parent."""
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    setting = Setting.from_json(sys.argv[1])
    connections = Connections(**json.loads(sys.argv[2]))

    with tempfile.TemporaryDirectory(prefix="ehtui-forecasts-") as folder:
        os.environ["XDG_STATE_HOME"] = str(log_folder(folder))

        for window in World(setting, connections).run():
            sys.stdout.write(json.dumps(asdict(window)) + "\n")
            sys.stdout.flush()

    return 0


if __name__ == "__main__":
    sys.exit(main())
