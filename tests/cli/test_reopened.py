"""What was planned on one hub is done on no other, though settings change while it is read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec.structs import replace
from typing_extensions import override

from ehtui.actions.audit import AuditLog
from ehtui.actions.executor import Executor
from ehtui.cli.compose import first_picture
from ehtui.cli.hub_backend import HubBackend
from ehtui.cli.reading import carried_reader
from ehtui.cli.works import Works
from ehtui.config.identity import place_of
from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings, EventHubSettings, Settings
from ehtui.domain.actions.base import Place
from ehtui.domain.actions.checkpoint_plan import CheckpointPlan, ToLatest
from ehtui.domain.actions.outcomes import OutcomeState, Refusal, RefusalReason
from ehtui.domain.actions.plans import Plan, RollingPlan, StartPlan, SupervisedPlan
from ehtui.domain.actions.release_plan import ReleasePlan
from ehtui.domain.actions.requests import PlanningContext, Request
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.state import State
from ehtui.domain.updates import ProcessesRead, Update
from ehtui.domain.world.process import Supervisor
from ehtui.monitor import Monitor, Scheduled
from ehtui.monitor.urgency import FULL
from tests.actions.recording import (
    RecordingHands,
    RecordingSender,
    SlowHands,
    restart_plan,
    send_plan,
    signal_plan,
)
from tests.config.conftest import HUB, STORE
from tests.tui.scenes import healthy
from tests.waiting import wait_until

A = Settings(
    eventhub=EventHubSettings(connection_string=Secret(HUB), name="orders"),
    checkpoint_store=CheckpointStoreSettings(Secret(STORE), containers=("one",)),
)
RESTART = restart_plan()
SYSTEMD = Supervisor("systemd", "c.service", ("systemctl", "restart", "c.service"))
PLANS: Sequence[Plan] = [
    send_plan(),
    signal_plan(7),
    RESTART,
    RollingPlan((RESTART, RESTART), 9.0, 1.0),
    SupervisedPlan(SYSTEMD, "TERM", RESTART.target, (), 9.0, 1.0),
    StartPlan("c", ("c",), None, "g", (), "c.log", 1.0),
    ReleasePlan("g", "ns", "orders", (), (), 1.0),
    CheckpointPlan("g", "ns", "orders", ToLatest(), (), (), 1.0),
]
OTHERS = {
    "another hub": replace(A, eventhub=replace(A.eventhub, name="payments")),
    "another store": replace(A, checkpoint_store=replace(A.checkpoint_store, containers=("two",))),
    "production": replace(A, eventhub=replace(A.eventhub, production=True)),
}


class Asked(Request, frozen=True):
    """A request that amounts to a plan that is known."""

    what: Plan

    @override
    def plan(self, context: PlanningContext) -> Plan:
        return self.what


@dataclass
class Bench:
    """A backend that can be opened anew; what its hands do is remembered, whatever is open."""

    folder: Path
    sender: RecordingSender = field(default_factory=RecordingSender)
    hands: RecordingHands = field(default_factory=RecordingHands)
    settings: Settings = A
    picture: Snapshot = field(default_factory=Snapshot)
    shown: int = 0  # pictures

    def __post_init__(self) -> None:
        self.backend = HubBackend(
            self._works, A, first_picture(A), attention=lambda: FULL, clock=lambda: 1.0
        )

    def reopen(self, settings: Settings) -> None:
        self.settings = settings
        closes = self.backend.reopen(self._works, settings, first_picture(settings))
        assert closes is not None
        closes()

    def planned(self, plan: Plan) -> Plan:
        made = self.backend.plan(Asked(plan))
        assert not isinstance(made, Refusal)
        return made

    def show(self, picture: Snapshot) -> None:
        """Have it be the newest picture."""
        self.picture = picture
        before = self.shown
        self.backend.monitor.tell(ProcessesRead(1.0, "processes", (), 0.0))
        wait_until(lambda: self.shown > before)

    def see(self, snapshot: Snapshot) -> None:
        self.shown += snapshot is self.picture

    def _reduced(self, state: State, update: Update) -> State:
        del update
        return replace(state, snapshot=self.picture)

    def audited(self) -> list[dict[str, object]]:
        path = self.folder / "audit.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()]

    def _works(self) -> Works:
        settings = self.settings
        monitor = Monitor(_no_sources, first_picture(settings), reduce=self._reduced)
        monitor.start()
        executor = Executor(
            sender=self.sender,
            hands=self.hands,
            audit=AuditLog(self.folder / "audit.jsonl"),
            clock=lambda: 50.0,
            place=place_of(settings),
        )
        return Works(monitor, executor, [], carried_reader(settings, monitor))


async def _no_sources() -> Sequence[Scheduled]:
    return []


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.backend.close()


@pytest.mark.parametrize("plan", PLANS, ids=lambda plan: plan.kind)
async def test_a_plan_of_a_hub_is_not_done_once_another_is_open(bench: Bench, plan: Plan) -> None:
    made = bench.planned(plan)
    assert made.place is not None
    assert made.place.name == "hgzero.servicebus.windows.net/orders"
    bench.reopen(OTHERS["another hub"])

    tried, outcome = await bench.backend.try_out(made), await bench.backend.execute(made)

    for each in (tried, outcome):
        assert each.state is OutcomeState.REFUSED
        assert each.refusal is not None
        assert each.refusal.reason is RefusalReason.OTHER_HUB
        assert each.refusal.subject == "hgzero.servicebus.windows.net/orders"
        assert "payments is open" in each.refusal.detail

    assert bench.sender.sent == []
    assert bench.hands.done == []
    begun, ended = bench.audited()
    assert (begun["event"], ended["event"]) == ("intent", "outcome")
    assert str(ended["refused"]).startswith("other_hub")
    told = ended["plan"]
    assert isinstance(told, dict)
    assert "orders" in told["hub"] or told["hub"].startswith("ns/")


@pytest.mark.parametrize("settings", OTHERS.values(), ids=OTHERS)
async def test_where_it_is_planned_anew_it_is_done(bench: Bench, settings: Settings) -> None:
    made = bench.planned(send_plan())
    bench.reopen(settings)
    refused = await bench.backend.execute(made)
    assert refused.state is OutcomeState.REFUSED

    done = await bench.backend.execute(bench.planned(send_plan()))
    assert done.state is OutcomeState.DONE


async def test_settings_that_lead_to_the_same_hub_leave_a_plan_as_it_is(bench: Bench) -> None:
    made = bench.planned(send_plan())
    bench.reopen(replace(A, poll=replace(A.poll, hub_s=9.0)))

    assert (await bench.backend.execute(made)).state is OutcomeState.DONE


async def test_a_plan_that_does_not_say_what_for_is_not_done(bench: Bench) -> None:
    outcome = await bench.backend.execute(send_plan())

    assert outcome.refusal is not None
    assert outcome.refusal.reason is RefusalReason.OTHER_HUB


async def test_what_was_asked_for_or_tried_on_a_hub_is_planned_on_no_other(bench: Bench) -> None:
    asked = Asked(send_plan(), place=bench.backend.place)
    tried = await bench.backend.rehearse(Asked(send_plan()))
    assert isinstance(bench.backend.plan(tried), type(send_plan()))
    bench.reopen(OTHERS["another hub"])

    for each in (asked, tried, await bench.backend.rehearse(asked)):
        refusal = bench.backend.plan(each)
        assert isinstance(refusal, Refusal)
        assert refusal.reason is RefusalReason.OTHER_HUB


async def test_nothing_is_opened_anew_while_an_action_is_under_way(tmp_path: Path) -> None:
    hands = SlowHands()
    bench = Bench(tmp_path, hands=hands)
    future = bench.backend.begin(bench.planned(RESTART))

    try:
        assert bench.backend.reopen(lambda: pytest.fail("opened"), A, Snapshot()) is None
    finally:
        hands.may_end.set()
        await asyncio.wrap_future(future)
        bench.backend.close()


async def test_who_ended_on_a_hub_is_not_offered_for_a_start_on_another(bench: Bench) -> None:
    bench.backend.subscribe(bench.see)
    bench.show(healthy())
    bench.show(replace(healthy(), consumers=()))
    assert bench.backend.ended

    bench.reopen(OTHERS["another hub"])
    bench.show(Snapshot())
    assert bench.backend.ended == ()


def test_no_secret_is_in_a_place() -> None:
    place = place_of(
        replace(
            A,
            checkpoint_store=CheckpointStoreSettings(
                account_url=Secret("https://a.blob.core.windows.net/?sig=hidden")
            ),
        )
    )
    assert place == Place(
        "hgzero.servicebus.windows.net", "orders", store="https://a.blob.core.windows.net/"
    )
