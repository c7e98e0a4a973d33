"""Polls sources on a thread and loop of its own, folds what they tell, publishes the newest."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import Future, wait
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from ehtui.clock import host_ahead_s, steady
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.reduce import reduce
from ehtui.domain.snapshot import SourceStatus
from ehtui.domain.state import State
from ehtui.domain.updates import HostClockSet, PaceSet, SourceFailed, StoreRead, Tick, Update
from ehtui.monitor.paces import Paces
from ehtui.monitor.poller import Poller, Scheduled, own_fault
from ehtui.monitor.shared import MonitorThread, keep_logs_off_the_terminal, new_loop
from ehtui.monitor.urgency import FULL, Attention, silent_sources

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from ehtui.domain.snapshot import Snapshot

T = TypeVar("T")

PUBLISH_EVERY_S = 0.25
TOGETHER_S = 0.15
TICK_AFTER_S = 1.0
HOLD_S = 2.0  # so long a store's listing waits for the hub that is read with it
CLOCK_WAS_SET_S = 1.0  # by less, it is slewed

_LOG = logging.getLogger(__name__)


class Monitor:
    """The one owner of the newest snapshot.

    Every method may be called from any thread. Callbacks come on the monitor's thread, at most
    four times a second and with the newest snapshot only; they must not block. What a source tells
    first waits for nothing: somebody looks at an empty picture.
    """

    def __init__(
        self,
        open_sources: Callable[[], Awaitable[Sequence[Scheduled]]],
        snapshot: Snapshot,
        *,
        clock: Callable[[], float] = steady,
        reduce: Callable[[State, Update], State] = reduce,
        host_ahead: Callable[[], float] = host_ahead_s,
        shared: MonitorThread | None = None,
    ) -> None:
        self._open_sources = open_sources
        self._state = State(snapshot)
        self._clock = clock
        self._reduce = reduce
        self._host_ahead = host_ahead
        self._shared = shared  # None: a thread of its own
        self._host_ahead_s = 0.0
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._on_shared: Future[None] | None = None
        self._is_stopping = False
        self._is_paused = False
        self._stop_s = 1.0
        self._subscribers: tuple[Callable[[Snapshot], None], ...] = ()
        self._submitted: set[Future[Any]] = set()
        # Below: the monitor's loop only.
        self._paces = Paces()
        self._held: StoreRead | None = None
        self._folded_at = 0.0
        self._news = asyncio.Event()
        self._first_news = asyncio.Event()  # of a source that had told nothing yet
        self._stopped = asyncio.Event()

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot."""
        return self._state.snapshot

    @property
    def is_paused(self) -> bool:
        """Whether reading waits for `pause(False)`."""
        return self._is_paused

    def start(self) -> None:
        """Begin on a thread of its own; returns at once. Does nothing once begun or stopped."""
        if self._loop is not None or self._is_stopping:
            return

        if self._shared is not None:
            self._loop = self._shared.loop
            self._on_shared = self._shared.run(self._main())
            return

        self._loop = new_loop()
        self._thread = threading.Thread(target=self._run, name="ehtui-monitor", daemon=True)
        self._thread.start()

    def stop(self, timeout_s: float = 1.0) -> None:
        """End everything within `timeout_s`, also while a read hangs; may be called twice.

        Not from the thread that it shares with others: it would wait for itself.
        """
        with self._lock:
            self._is_stopping = True
            self._stop_s = timeout_s
            self._call(self._stopped.set)

        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

        if self._on_shared is not None:
            wait([self._on_shared], timeout_s)
            self._on_shared.cancel()  # over time
            self._give_back()

    def subscribe(self, callback: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `callback` with every published snapshot, until the returned function is called."""
        with self._lock:
            self._subscribers = (*self._subscribers, callback)

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(c for c in self._subscribers if c is not callback)

        return unsubscribe

    def refresh(self, source: str | None = None) -> None:
        """Read one source, or all, now."""
        self._post(self._paces.refresh, source)

    def read_every(self, every_s: float) -> None:
        """Read hub, store and processes so often from now on; a limiter may still slow them."""
        self._post(self._read_every, every_s)

    def attend(self, attention: Attention) -> None:
        """Look as closely as that from now on; more closely than before: at once."""
        if self._loop is None:
            self._attend(attention)
        else:
            self._post(self._attend, attention)

    async def look_again(self, source: str, within_s: float) -> bool:
        """Read one source now and wait so long for it, on this monitor's own loop (`submit`).

        Returns whether what it told is in the snapshot by now.
        """
        pollers = [poller for poller in self._paces.pollers if poller.name == source]
        looks = [await poller.read_again(within_s) for poller in pollers]

        if self._held is not None:  # whoever asks for it now needs no hub beside it
            self._let_go(self._held)

        return bool(looks) and all(looks)

    def pause(self, paused: bool) -> None:  # noqa: FBT001 - the name of the call says it
        """Stop or resume reading; a read in flight still counts."""
        self._is_paused = paused
        self._post(self._retime)

    def tell(self, update: Update) -> None:
        """Fold an update that no source read: an action's outcome, a recording."""
        if self._loop is None:
            self._fold(update)
        else:
            self._post(self._fold, update)

    def submit(self, run: Callable[[], Coroutine[Any, Any, T]]) -> Future[T]:
        """Run a coroutine function on the monitor's loop; cancelled when the monitor stops."""
        with self._lock:
            if self._loop is None or self._is_stopping:
                refused: Future[T] = Future()
                refused.set_exception(ProblemError(_NOT_RUNNING))
                return refused

            future = asyncio.run_coroutine_threadsafe(run(), self._loop)
            self._submitted.add(future)

        future.add_done_callback(self._submitted.discard)
        return future

    def _post(self, call: Callable[..., None], *args: object) -> None:
        with self._lock:
            if not self._is_stopping:
                self._call(call, *args)

    def _call(self, call: Callable[..., None], *args: object) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # closed: nothing is left to tell
                self._loop.call_soon_threadsafe(call, *args)

    # On the monitor's thread.

    def _run(self) -> None:
        keep_logs_off_the_terminal()

        try:
            with asyncio.Runner(loop_factory=self._own_loop) as runner:
                runner.run(self._main())
        finally:
            self._give_back()

    def _give_back(self) -> None:
        """Nobody is to wait for what was submitted."""
        for future in tuple(self._submitted):
            future.cancel()

    def _own_loop(self) -> asyncio.AbstractEventLoop:
        assert self._loop is not None
        return self._loop

    async def _main(self) -> None:
        sources: list[Scheduled] = []
        work = [
            asyncio.create_task(self._poll(sources), name="poll"),
            asyncio.create_task(self._publish(), name="publish"),
            asyncio.create_task(self._tick(), name="tick"),
        ]
        await self._stopped.wait()

        for task in work:
            task.cancel()

        await asyncio.wait(work, timeout=self._stop_s / 4)
        closing = [asyncio.create_task(s.source.close()) for s in sources]

        if closing:
            await asyncio.wait(closing, timeout=self._stop_s / 2)

    async def _poll(self, sources: list[Scheduled]) -> None:
        try:
            sources += await self._open_sources()
        except ProblemError as error:
            self._fail_all(error.problem)
            return
        except Exception as error:
            self._fail_all(own_fault("Opening the sources", error))
            return

        self._paces.begin(self._pollers_of(sources))

        if self._paces.attention != FULL:
            self._fold(self._paces.told(self._clock(), self.snapshot))

        self._retime()

        async with asyncio.TaskGroup() as group:
            for poller in self._paces.pollers:
                group.create_task(poller.run(), name=f"poll {poller.name}")

    def _pollers_of(self, sources: Sequence[Scheduled]) -> list[Poller]:
        """Pollers of one beat, in the order of the sources; the hub is asked after its store."""
        began = asyncio.get_running_loop().time()
        made: dict[str, Poller] = {}

        for scheduled in sorted(sources, key=lambda each: each.source.name == "hub"):
            name = scheduled.source.name
            first = made.get("store") if name == "hub" else None
            made[name] = Poller(
                scheduled, self._take, clock=self._clock, first_beat=began, follows=first
            )

        return [made[scheduled.source.name] for scheduled in sources]

    def _take(self, update: Update) -> None:
        """Fold what a source told; of a hub and a store that were read together the hub first.

        So a lag is judged once, from both. No store waits for long, and none that is new.
        """
        if isinstance(update, StoreRead) and self._is_hub_coming():
            self._held = update
            asyncio.get_running_loop().call_later(HOLD_S, self._let_go, update)
            return

        self._fold(update)

        if self._held is not None and getattr(update, "source", "") == "hub":
            self._let_go(self._held)

    def _let_go(self, held: StoreRead) -> None:
        if self._held is held:
            self._held = None
            self._fold(held)

    def _is_hub_coming(self) -> bool:
        states = {s.name: s.status for s in self.snapshot.sources}
        both = (states.get("hub"), states.get("store"))
        return all(status is SourceStatus.OK for status in both) and any(
            poller.name == "hub" and poller.is_reading for poller in self._paces.pollers
        )

    def _fail_all(self, problem: Problem) -> None:
        for name in [source.name for source in self.snapshot.sources] or ["monitor"]:
            self._fold(SourceFailed(self._clock(), name, problem))

    def _read_every(self, every_s: float) -> None:
        self._paces.read_every(every_s)
        self._fold(PaceSet(self._clock(), every_s))

    def _attend(self, attention: Attention) -> None:
        if self._paces.attend(attention) and self._paces.pollers:
            self._fold(self._paces.told(self._clock(), self.snapshot))

    def _retime(self) -> None:
        self._paces.retime(self.snapshot, self._clock(), is_paused=self._is_paused)

    def _fold(self, update: Update) -> None:
        """Fold one update; a fault in the rules becomes a failed source, not a dead thread."""
        ahead_s = self._host_ahead()

        if abs(ahead_s - self._host_ahead_s) > CLOCK_WAS_SET_S:
            self._host_ahead_s = ahead_s
            self._fold_one(HostClockSet(self._clock(), ahead_s))

        silent = silent_sources(self.snapshot)
        self._fold_one(update)
        self._folded_at = time.monotonic()
        self._news.set()

        if len(silent_sources(self.snapshot)) < len(silent):
            self._first_news.set()

    def _fold_one(self, update: Update) -> None:
        try:
            self._state = self._reduce(self._state, update)
            self._retime()
        except Exception as error:
            _LOG.debug("folding %s failed", type(update).__name__, exc_info=True)
            self._fold_fault(getattr(update, "source", "monitor"), error)

    def _fold_fault(self, source: str, error: Exception) -> None:
        problem = own_fault(f"Judging what the {source} told", error)

        try:
            self._state = self._reduce(self._state, SourceFailed(self._clock(), source, problem))
        except Exception:
            _LOG.debug("folding the fault failed too", exc_info=True)

    async def _publish(self) -> None:
        while True:
            await self._news.wait()
            await self._gather()
            self._news.clear()
            self._first_news.clear()

            for callback in self._subscribers:
                try:
                    callback(self.snapshot)
                except Exception:
                    _LOG.debug("a subscriber failed", exc_info=True)

            with suppress(TimeoutError):
                async with asyncio.timeout(PUBLISH_EVERY_S):
                    await self._first_news.wait()

    async def _gather(self) -> None:
        """Wait a little for reads that are under way: a hub and its store make one picture.

        Apart, a lag would rise with the hub's read and fall with the store's. First pictures wait
        for nothing.
        """
        resting = {poller.name for poller in self._paces.pollers if poller.is_resting}

        if silent_sources(self.snapshot) - resting:
            return

        with suppress(TimeoutError):
            async with asyncio.timeout(TOGETHER_S):
                while any(poller.is_reading for poller in self._paces.pollers):
                    self._news.clear()
                    await self._news.wait()

    async def _tick(self) -> None:
        looked_at = 0.0

        while True:
            due_at = max(self._folded_at, looked_at) + TICK_AFTER_S
            await asyncio.sleep(max(0.0, due_at - time.monotonic()))
            looked_at = time.monotonic()
            is_quiet = looked_at - self._folded_at >= TICK_AFTER_S

            if (
                is_quiet
                and not self._is_paused
                and self._paces.changes_with_time(self.snapshot, self._clock())
            ):
                self._fold(Tick(self._clock()))


_NOT_RUNNING = Problem(
    ProblemKind.INTERNAL, "The monitor is not running.", "Start ehtui again to do this."
)
