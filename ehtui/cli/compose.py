"""Puts the rooms together: settings become a policy, sources, a monitor, a report, a screen."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from msgspec.structs import asdict, replace

from ehtui import lazy
from ehtui.cli.policy import policy_of
from ehtui.clock import steady
from ehtui.config.errors import ConfigError
from ehtui.config.resolve import require_hub
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import Snapshot, SourceState

if TYPE_CHECKING:
    from ehtui.actions.executor import Executor
    from ehtui.cli.backend import MonitorBackend
    from ehtui.cli.works import Works
    from ehtui.config.settings import Settings
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.monitor import Monitor, Scheduled
    from ehtui.monitor.shared import MonitorThread
    from ehtui.sources.store import StoreSource
    from ehtui.sources.store_writer import RecordWriter
    from ehtui.tui.options import UiOptions
    from ehtui.wire.reading import Limiter

Clock = Callable[[], float]

# How long one read may take before it counts as failed, in seconds.
STORE_TIMEOUT_S = 30.0
LOCAL_TIMEOUT_S = 10.0
LOGS_EVERY_S = 2.0
# A report waits so long for its first reads; a slow source is shown as not read yet.
FIRST_READS_S = 40.0
WHOLE_HUB_S = 300.0  # and for a hub of which more comes in: 1,024 partitions take over a minute
SECOND_LOOK_S = 3.0


def namespace_of(settings: Settings) -> str:
    """The namespace as checkpoint stores write it: with the port where the endpoint names one.

    Raises:
        ConfigError: There is none, or the connection string is malformed.
    """
    require_hub(settings)
    address = settings.eventhub.address
    return address.namespace if address else ""


def sources_of(
    settings: Settings,
    *,
    clock: Clock = steady,
    adopted: Sequence[int] = (),
    limiter: Limiter | None = None,
) -> Callable[[], Awaitable[Sequence[Scheduled]]]:
    """What opens every configured source, on the loop that will read them.

    `adopted` is looked at again at every scan: a screen adds to it what somebody chose by hand.
    `limiter` is of everybody here who reads the namespace.
    """

    async def open_sources() -> Sequence[Scheduled]:
        try:
            return _open_sources(settings, clock, adopted, limiter)
        finally:
            lazy.settle_garbage()

    return open_sources


def _open_sources(
    settings: Settings, clock: Clock, adopted: Sequence[int], limiter: Limiter | None
) -> Sequence[Scheduled]:
    # Azure libraries, aiohttp and psutil: loaded on the monitor's thread, after first paint.
    from ehtui.actions.state_files import default_records_folder  # noqa: PLC0415
    from ehtui.monitor import Scheduled  # noqa: PLC0415
    from ehtui.sources import group_list  # noqa: PLC0415
    from ehtui.sources.hub import TIMEOUT_S, HubSource  # noqa: PLC0415
    from ehtui.sources.logs import LogSource  # noqa: PLC0415
    from ehtui.sources.processes import ProcessSource  # noqa: PLC0415
    from ehtui.wire.reading import Limiter  # noqa: PLC0415

    hub = HubSource(settings.eventhub, limiter or Limiter(), clock)
    namespace, poll = namespace_of(settings), settings.poll
    processes = ProcessSource(
        consumers=settings.consumers,
        namespace=namespace,
        aliases=settings.eventhub.aliases,
        endpoint=settings.eventhub.own_endpoint,
        manual_pids=adopted,
        clock=clock,
        restarts_in=default_records_folder(),
    )
    logs = LogSource(lambda: processes.latest, clock=clock)
    opened = [
        Scheduled(hub, poll.hub_s, TIMEOUT_S),
        Scheduled(processes, poll.processes_s, LOCAL_TIMEOUT_S),
        Scheduled(logs, LOGS_EVERY_S, LOCAL_TIMEOUT_S),
    ]

    if settings.checkpoint_store.is_configured:
        store = store_source(settings, namespace, clock=clock)
        opened.append(Scheduled(store, poll.store_s, STORE_TIMEOUT_S))

        if (groups := group_list.group_list(settings.eventhub, clock)) is not None:
            opened.append(Scheduled(groups, group_list.EVERY_S, group_list.TIMEOUT_S))

    return opened


def store_source(settings: Settings, namespace: str, *, clock: Clock) -> StoreSource:
    """The checkpoint store, on a connection of its own."""
    from ehtui.sources.store import StoreSource  # noqa: PLC0415

    return StoreSource(
        settings.checkpoint_store,
        namespace=namespace,
        hub=settings.eventhub.name or "",
        group=settings.eventhub.consumer_group,
        aliases=settings.eventhub.aliases,
        clock=clock,
    )


def store_writer(settings: Settings, *, clock: Clock) -> RecordWriter | None:
    """What writes single records; None where no checkpoint store is configured."""
    if not settings.checkpoint_store.is_configured or settings.eventhub.name is None:
        return None

    from ehtui.sources.store_writer import RecordWriter  # noqa: PLC0415

    return RecordWriter(store_source(settings, namespace_of(settings), clock=clock))


def adopted_pids(settings: Settings) -> list[int]:
    """Processes that are consumers because somebody says so; a screen adds to them."""
    return [] if settings.pid is None else [settings.pid]


def make_monitor(
    settings: Settings,
    *,
    clock: Clock = steady,
    adopted: Sequence[int] | None = None,
    limiter: Limiter | None = None,
    shared: MonitorThread | None = None,
) -> Monitor:
    """A monitor of everything that is configured; not started yet.

    Raises:
        ConfigError: No hub is configured.
    """
    from ehtui.domain.updates import SourceOff  # noqa: PLC0415 - `run_ui` paints first
    from ehtui.monitor import Monitor  # noqa: PLC0415

    require_hub(settings)
    pids = adopted_pids(settings) if adopted is None else adopted
    sources = sources_of(settings, clock=clock, adopted=pids, limiter=limiter)
    first = first_picture(settings, clock=clock)
    monitor = Monitor(sources, first, clock=clock, shared=shared)

    if not settings.checkpoint_store.is_configured:
        monitor.tell(SourceOff(clock(), "store", _NO_STORE))

    return monitor


def first_picture(settings: Settings, *, clock: Clock = steady) -> Snapshot:
    """What is known before anything was read."""
    return Snapshot(
        taken_at=clock(),
        policy=policy_of(settings),
        sources=tuple(SourceState(name) for name in ("hub", "store", "processes", "logs")),
    )


_NO_STORE = Problem(
    ProblemKind.NOT_FOUND,
    "No checkpoint store is configured, so owners, checkpoints and lag are unknown.",
    "Set AZURE_STORAGE_CONNECTION_STRING and CHECKPOINT_CONTAINER, or use --pid.",
)


def look(settings: Settings, *, watch_s: float = 0.0, exact: bool = False) -> Snapshot:
    """Run a monitor until every source has answered or failed, and then for `watch_s`.

    `exact` reads the next unread event of every partition, for its age.

    Raises:
        ConfigError: No hub is configured.
    """
    from ehtui.monitor import watch  # noqa: PLC0415

    with watching(settings) as monitor:
        snapshot = watch(monitor, watch_s) if watch_s else monitor.snapshot

        if exact:
            from ehtui.cli.reading import measured_behind  # noqa: PLC0415

            return measured_behind(monitor, settings)

        return snapshot


@contextmanager
def watching(settings: Settings) -> Iterator[Monitor]:
    """A monitor of which every source has answered or failed; it goes on until the block ends.

    Raises:
        ConfigError: No hub is configured.
    """
    lazy.hold_garbage()  # until the sources are open

    from ehtui.cli.output_format import Progress  # noqa: PLC0415

    monitor = make_monitor(settings)
    monitor.start()

    try:
        with Progress() as progress:
            first_look(monitor, whole_hub_s=WHOLE_HUB_S, tell=progress.tell)

        yield monitor
    finally:
        monitor.stop()


def first_look(
    monitor: Monitor,
    *,
    whole_hub_s: float = 0.0,
    tell: Callable[[int, int], None] = lambda *_: None,
) -> Snapshot:
    """What a started monitor knows once every source has answered or failed.

    A hub that takes several reads is waited for no longer than other sources, or `whole_hub_s`.
    """
    from ehtui.monitor import wait_for_first  # noqa: PLC0415

    names = [source.name for source in monitor.snapshot.sources]
    snapshot = wait_for_first(monitor, names, FIRST_READS_S, whole_hub_s=whole_hub_s, tell=tell)

    if is_hub_to_be_asked_again(snapshot):
        monitor.submit(lambda: monitor.look_again("hub", SECOND_LOOK_S)).result()

    if snapshot.consumers:
        # Processes and logs were first read side by side; a second look ties them together.
        monitor.submit(lambda: monitor.look_again("logs", SECOND_LOOK_S)).result()

    return monitor.snapshot


def is_hub_to_be_asked_again(snapshot: Snapshot) -> bool:
    """Whether a second look at the hub has to tell if some checkpoint is beyond the stream."""
    from ehtui.domain.progress.lag import is_undecided  # noqa: PLC0415 - no screen needs it

    samples = {partition.id: partition.sample for partition in snapshot.partitions}

    return any(
        is_undecided(samples.get(each.id), each.checkpoint, each.ahead, each.lag_reason)
        for group in snapshot.groups
        for each in group.partitions
    )


def first_group(settings: Settings) -> str:
    """The group that is shown first."""
    return settings.ui.start_group or settings.eventhub.consumer_group


def make_backend(
    settings: Settings, *, clock: Clock = steady, dry_run: bool = False
) -> MonitorBackend:
    """What the screen and the commands work with; nothing is opened yet.

    Raises:
        ConfigError: No hub is configured.
    """
    from ehtui.cli.backend import MonitorBackend  # noqa: PLC0415

    require_hub(settings)

    def open_works() -> Works:
        return make_works(settings, clock=clock, dry_run=dry_run)

    return MonitorBackend(open_works, settings, first_picture(settings, clock=clock), clock=clock)


def make_works(
    settings: Settings,
    *,
    clock: Clock = steady,
    dry_run: bool = False,
    limiter: Limiter | None = None,
    shared: MonitorThread | None = None,
) -> Works:
    """What a backend works with; the monitor is not started yet."""
    from ehtui.cli.reading import carried_reader  # noqa: PLC0415
    from ehtui.cli.works import Works  # noqa: PLC0415
    from ehtui.wire.reading import Limiter  # noqa: PLC0415

    adopted, limiter = adopted_pids(settings), limiter or Limiter()
    monitor = make_monitor(settings, clock=clock, adopted=adopted, limiter=limiter, shared=shared)
    executor = make_executor(settings, dry_run=dry_run, clock=clock)
    return Works(monitor, executor, adopted, carried_reader(settings, monitor, limiter, clock))


def make_executor(settings: Settings, *, dry_run: bool = False, clock: Clock = steady) -> Executor:
    """What acts, with real hands, and notes what it does in the audit log."""
    from ehtui.actions.audit import AuditLog  # noqa: PLC0415
    from ehtui.actions.executor import Executor  # noqa: PLC0415
    from ehtui.actions.process_control import LocalControl  # noqa: PLC0415
    from ehtui.actions.state_files import default_audit_path  # noqa: PLC0415
    from ehtui.config.identity import identity_of, place_of  # noqa: PLC0415
    from ehtui.wire.sender import HubSender  # noqa: PLC0415

    namespace = None

    with suppress(ConfigError):  # a consumer can be started without a hub to watch
        namespace = namespace_of(settings)

    return Executor(
        sender=HubSender(settings.eventhub),
        hands=LocalControl(settings.consumers, namespace=namespace, hub=settings.eventhub.name),
        audit=AuditLog(default_audit_path(), identity_of(settings)),
        clock=clock,
        store=store_writer(settings, clock=clock),
        read_only=settings.read_only,
        dry_run=dry_run,
        place=place_of(settings),
    )


def run_ui(
    settings: Settings,
    *,
    banner: str | None = None,
    started_with: tuple[str, ...] = (),
    at: str | None = None,
) -> int:
    """Open the screen, at a place; returns when it is left.

    Commands that it shows have `started_with` too.

    Raises:
        ConfigError: No hub is configured.
    """
    lazy.hold_garbage()  # until the sources are open

    from ehtui.tui import run  # noqa: PLC0415 - Textual
    from ehtui.tui.setting_names import check_names  # noqa: PLC0415

    backend = make_backend(settings)
    check_names(settings.ui)

    try:
        return run(backend, replace(ui_options(settings, banner, started_with), at=at))
    finally:
        tell_ends(backend.close(), started_with)


def tell_ends(outcomes: Sequence[Outcome], started_with: tuple[str, ...]) -> None:
    """What ended after the screen was left; nobody reads it where the terminal has gone."""
    from ehtui.views.outcomes import outcome_sentence  # noqa: PLC0415 - rarely

    with suppress(OSError):
        for outcome in outcomes:
            told = outcome_sentence(outcome, started_with)
            print(f"ehtui: {told}", file=sys.stderr, flush=True)


def ui_options(settings: Settings, banner: str | None, started_with: tuple[str, ...]) -> UiOptions:
    """How the screen of a hub looks and begins."""
    from ehtui.cli.output_format import draws_ascii, sayable, utc_offset_s, wants_colour  # noqa: PLC0415
    from ehtui.tui.options import UiOptions  # noqa: PLC0415

    ui = settings.ui
    decided = {
        "ascii": draws_ascii() if ui.ascii is None else ui.ascii,
        "lang": sayable(ui.lang),
        "mono": ui.mono or not wants_colour(),
    }
    return UiOptions(
        **{**asdict(ui), **decided},
        group=first_group(settings),
        profile=settings.profile,
        colour=settings.colour,
        banner=banner,
        started_with=started_with,
        utc_offset_s=utc_offset_s(),
    )
