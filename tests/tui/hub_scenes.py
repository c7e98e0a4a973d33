"""Several hubs at once: ten on two namespaces, one unreachable, one without a store; and a fake."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from ehtui.domain.actions.outcomes import Outcome
from ehtui.domain.hubs import WatchedHub
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import Snapshot, SourceState, SourceStatus
from tests.tui.fakes import FakeBackend
from tests.tui.scenes import NOW, group, healthy, many, overdue, source, source_down

COLOURS = {"orders": "#3cb371", "payments": "tomato"}
NAMESPACES = {"orders": "contoso-orders", "payments": "contoso-pay"}


def watched(key: str, snapshot: Snapshot | None) -> WatchedHub:
    """A hub as it is known; its picture is of that hub."""
    profile, _, hub = key.partition("/")
    namespace = f"{NAMESPACES.get(profile, 'hgzero')}.servicebus.windows.net"

    if snapshot is not None and snapshot.hub is not None:
        own = replace(snapshot.hub, namespace=namespace, name=hub)
        snapshot = replace(snapshot, hub=own)

    return WatchedHub(
        key=key,
        profile=profile,
        namespace=namespace,
        hub=hub,
        colour=COLOURS.get(profile),
        is_production=profile == "payments",
        snapshot=snapshot,
    )


def unreadable() -> Snapshot:
    """A hub that was never reached."""
    problem = Problem(
        ProblemKind.UNREACHABLE,
        "contoso-pay.servicebus.windows.net does not answer on port 5671.",
        "Check the network; eventhub.transport: websocket goes over 443.",
    )
    down = SourceState(
        "hub", SourceStatus.FAILED, problem=problem, failing_since=NOW - 90, retry_at=NOW + 8
    )
    return Snapshot(taken_at=NOW, sources=(down, source("processes"), source("logs")))


def without_store() -> Snapshot:
    """A hub that is read, without a store that would tell owners."""
    calm = healthy()
    problem = Problem(
        ProblemKind.NOT_FOUND,
        "No checkpoint store is configured, so owners, checkpoints and lag are unknown.",
        "Set AZURE_STORAGE_CONNECTION_STRING and CHECKPOINT_CONTAINER, or use --pid.",
    )
    off = SourceState("store", SourceStatus.OFF, problem=problem)
    return replace(
        calm,
        policy=replace(calm.policy, has_store=False),
        groups=(),
        findings=(),
        consumers=(),
        sources=(source("hub"), off, source("processes"), source("logs")),
    )


def calm(groups: int = 1) -> Snapshot:
    """All is well, for so many groups."""
    every = healthy()
    states = every.groups[0].partitions
    names = ("$Default", "analytics", "billing")[:groups]
    return replace(every, groups=tuple(group(*states, name=name) for name in names))


def ten() -> list[WatchedHub]:
    """Ten hubs on two namespaces: what an operator may wake up to."""
    old = replace(calm(), taken_at=NOW - 200, sources=_read_at(NOW - 200))
    pictures: Mapping[str, Snapshot | None] = {
        "orders/created": calm(2),
        "orders/shipped": overdue(),
        "orders/returns": calm(),
        "orders/telemetry": many(),
        "orders/audit": without_store(),
        "payments/captured": calm(3),
        "payments/refunds": source_down(),
        "payments/chargebacks": unreadable(),
        "payments/ledger": old,
        "payments/archive": None,
    }
    return [watched(key, snapshot) for key, snapshot in pictures.items()]


def _read_at(at: float) -> tuple[SourceState, ...]:
    return tuple(source(name, read_at=at) for name in ("hub", "store", "processes", "logs"))


class FakeHubs:
    """Implements `monitor.hubs.Hubs`: pictures are published by hand."""

    def __init__(self, watched: Sequence[WatchedHub]) -> None:
        self.watched: Sequence[WatchedHub] = watched
        self.last: str | None = None
        self.callbacks: list[Callable[[Sequence[WatchedHub]], None]] = []
        self.backends = {each.key: FakeBackend(each.snapshot or Snapshot()) for each in watched}
        self.refreshed = 0
        self.opened: list[str] = []
        self.is_closed = False

    def publish(self, *changed: WatchedHub) -> None:
        """These as they are known now."""
        by_key = {each.key: each for each in changed}
        self.watched = [by_key.get(each.key, each) for each in self.watched]

        for callback in self.callbacks:
            callback(self.watched)

    def subscribe(self, callback: Callable[[Sequence[WatchedHub]], None]) -> Callable[[], None]:
        self.callbacks.append(callback)

        return lambda: self.callbacks.remove(callback)

    def backend(self, key: str) -> FakeBackend:
        self.opened.append(key)

        return self.backends[key]

    def refresh(self) -> None:
        self.refreshed += 1

    def close(self) -> Sequence[Outcome]:
        self.is_closed = True

        return ()
