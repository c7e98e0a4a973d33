"""Many hubs at once, on one thread: begun one by one, read seldom unless there is a reason.

Files that change are read again, and a hub whose settings changed is opened anew.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from ehtui.cli import compose
from ehtui.cli.hub_backend import HubBackend
from ehtui.cli.hub_slot import SELDOM, Slot, problem_of, wants_a_closer_look
from ehtui.cli.last_hub import read_last_hub, write_last_hub
from ehtui.clock import steady
from ehtui.config.errors import ConfigError
from ehtui.config.resolve import require_hub
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.monitor.poller import own_fault
from ehtui.monitor.shared import MonitorThread
from ehtui.monitor.urgency import Attention

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.cli.works import Works
    from ehtui.config.changes import Configuration
    from ehtui.config.found import ConfiguredHub
    from ehtui.config.settings import Settings
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.hubs import WatchedHub
    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor.backend import Backend
    from ehtui.wire.reading import Limiter

_LOG = logging.getLogger(__name__)

STAGGER_S = 0.2  # between the beginnings of two hubs
PUBLISH_EVERY_S = 0.25
FILES_EVERY_S = 2.0  # between looks at configuration files
SETTLE_S = 0.3  # a file that changed is read once it has stayed the same for so long
LINGER_S = 60.0  # a finding that is over keeps a hub at its own pace for so long
TROUBLED = Attention(None, reads_host=False)


class WatchedHubs:
    """The one implementation of `monitor.hubs.Hubs`, over what a configuration names.

    Nothing is opened before somebody subscribes, to all of them or to one.
    """

    def __init__(
        self,
        configured: Sequence[ConfiguredHub],
        configuration: Configuration | None = None,
        *,
        only: HubBackend | None = None,
        told: Callable[[Problem | None], None] = lambda _: None,
        unwatched: Attention = SELDOM,
        clock: Callable[[], float] = steady,
    ) -> None:
        """`only` is behind the first, where it was made before; `told` hears of its problem."""
        self._configuration = configuration
        self._told = told
        self._clock = clock
        self._unwatched = unwatched
        self._thread = MonitorThread()
        self._limiters: dict[str, Limiter] = {}
        self._lock = threading.RLock()
        self._is_only = only is not None
        self._slots = [self._slot(each, only) for each in configured]
        self._subscribers: tuple[Callable[[Sequence[WatchedHub]], None], ...] = ()
        self._is_begun = self._is_closed = self._is_publishing = False
        self._follows_files = False
        self._is_postponed = False  # whether new settings wait for an action's end
        self._last: str | None = None
        self._problem: Problem | None = None  # of the first, as it was told last

    # What screens and commands ask.

    @property
    def watched(self) -> Sequence[WatchedHub]:
        """See `Hubs`."""
        return tuple(slot.watched() for slot in self._slots)

    @property
    def last(self) -> str | None:
        """See `Hubs`."""
        return self._last or read_last_hub()

    def subscribe(self, callback: Callable[[Sequence[WatchedHub]], None]) -> Callable[[], None]:
        """See `Hubs`."""
        with self._lock:
            self._subscribers = (*self._subscribers, callback)

            if not self._is_begun and not self._is_closed:
                self._is_begun = True
                self._thread.run(self._begin_all())

        def unsubscribe() -> None:
            with self._lock:
                self._subscribers = tuple(c for c in self._subscribers if c is not callback)

        return unsubscribe

    def backend(self, key: str) -> Backend:
        """See `Hubs`."""
        slot = next((slot for slot in self._slots if slot.key == key), None)

        if slot is None:
            raise KeyError(key)

        if slot.backend is None:
            raise ProblemError(slot.problem or problem_of(ConfigError("It cannot be opened.")))

        return slot.backend

    def refresh(self) -> None:
        """See `Hubs`."""
        for slot in self._slots:
            if slot.backend is not None and slot.backend.is_open:
                slot.backend.refresh()

        if self._configuration is not None and self._follows_files:
            self._thread.run(self._look_at_files())

    def close(self) -> Sequence[Outcome]:
        """See `Hubs`."""
        with self._lock:
            self._is_closed = True

        opened = [slot.backend for slot in self._slots if slot.backend and slot.backend.is_open]

        # Each waits for its own connections to be let go.
        with ThreadPoolExecutor(max(1, len(opened))) as pool:
            ended = [outcome for each in pool.map(HubBackend.close, opened) for outcome in each]

        self._thread.stop()
        return ended

    # On the monitors' thread.

    async def _begin_all(self) -> None:
        for slot in tuple(self._slots):
            self._begin(slot)
            await asyncio.sleep(STAGGER_S)

        await self._follow_files()

    def _begin(self, slot: Slot) -> None:
        if slot.backend is None or self._is_closed:
            return

        try:
            slot.stop_following = slot.backend.follow(partial(self._take, slot))
        except Exception as error:  # the others are watched all the same
            _LOG.debug("opening %s failed", slot.key, exc_info=True)
            slot.problem = own_fault(f"Opening {slot.key}", error)
            self._publish_soon()

    def _take(self, slot: Slot, snapshot: Snapshot) -> None:
        """A new picture: look more closely where something is found in it."""
        slot.snapshot = snapshot
        now = self._clock()

        if wants_a_closer_look(snapshot):
            slot.found_at = now

        attention = TROUBLED if now - slot.found_at < LINGER_S else self._unwatched

        if attention != slot.attention:
            slot.attention = attention

            if slot.backend is not None:
                slot.backend.attend()

        self._publish_soon()

    def _publish_soon(self) -> None:
        self._thread.loop.call_soon_threadsafe(self._publish_later)

    def _publish_later(self) -> None:
        if not self._is_publishing:
            self._is_publishing = True
            self._thread.loop.call_later(PUBLISH_EVERY_S, self._publish)

    def _publish(self) -> None:
        self._is_publishing = False
        problem = self._slots[0].problem if self._slots else None

        if problem != self._problem:
            self._problem = problem
            self._told(problem)

        watched = self.watched

        for callback in self._subscribers:
            with suppress(Exception):  # the others are to hear of it all the same
                callback(watched)

    async def _follow_files(self) -> None:
        if self._follows_files:
            return

        self._follows_files = True

        while self._configuration is not None:
            await asyncio.sleep(FILES_EVERY_S)

            try:
                await self._look_at_files()
            except Exception:  # it is looked again
                _LOG.debug("reading changed files failed", exc_info=True)

    async def _look_at_files(self) -> None:
        configuration = self._configuration

        if configuration is None:
            return

        stamps = await asyncio.to_thread(configuration.stamps)

        if stamps == configuration.read_stamps and not self._is_postponed:
            return

        await asyncio.sleep(SETTLE_S)

        if await asyncio.to_thread(configuration.stamps) != stamps:
            return  # somebody still writes: at the next look

        self._is_postponed = False

        try:
            found = await asyncio.to_thread(configuration.read)
        except ConfigError as error:
            for slot in self._slots:
                slot.stays(error)
        else:
            await asyncio.to_thread(self._adopt, found)

        self._publish_soon()

    # Blocking.

    def _adopt(self, found: Sequence[ConfiguredHub]) -> None:
        """Take what changed over: hubs that came, went, or have other settings."""
        if self._is_only:
            self._adopt_only(self._slots[0], found)
            return

        known = {slot.key: slot for slot in self._slots}
        slots: list[Slot] = []

        for each in found:
            slot = known.pop(each.key, None)
            same = [slot for slot in known.values() if slot.configured.profile == each.profile]

            if slot is not None:
                self._renew(slot, each)
                slots.append(slot)
            elif isinstance(each.found, ConfigError) and not each.hub and same:
                # A whole profile that cannot be used any more: its hubs go on as they were.
                slots += [known.pop(slot.key) for slot in same]

                for slot in same:
                    slot.stays(each.found)
            else:
                slots.append(self._slot(each))
                self._begin(slots[-1])

        for slot in known.values():
            if slot.is_viewed:
                slot.stays(ConfigError("This hub is no longer configured."))
                slots.append(slot)
            else:
                self._end(slot)

        with self._lock:
            self._slots = slots

    def _adopt_only(self, slot: Slot, found: Sequence[ConfiguredHub]) -> None:
        """A screen of one hub shows the one that is configured by now, whatever its name."""
        if len(found) == 1:
            self._renew(slot, found[0])
        else:
            advice = "Start ehtui again to see all of them."
            slot.stays(ConfigError(f"{len(found)} hubs are configured by now.", advice))

    def _renew(self, slot: Slot, configured: ConfiguredHub) -> None:
        if isinstance(configured.found, ConfigError):
            slot.stays(configured.found)
            return

        settings, backend = configured.found.settings, slot.backend

        if backend is not None and backend.settings == settings:
            slot.configured, slot.problem = configured, None
            return

        fresh = self._slot(configured)
        closes: Callable[[], None] | None = None

        if backend is not None and fresh.problem is None:
            opener, first = self.opener(settings), compose.first_picture(settings)
            closes = backend.reopen(opener, settings, first)

            if closes is None:  # what is under way ends as it began
                slot.problem, self._is_postponed = _POSTPONED, True
                return

        slot.configured, slot.problem = configured, fresh.problem

        if backend is None:
            slot.backend = fresh.backend and self._backend(slot, settings)
            self._begin(slot)
        elif closes is not None:
            slot.snapshot, slot.found_at = None, float("-inf")
            closes()

    def _end(self, slot: Slot) -> None:
        slot.stop_following()

        if slot.backend is not None:
            slot.backend.close()

    # Making them.

    def _slot(self, configured: ConfiguredHub, known: HubBackend | None = None) -> Slot:
        slot = Slot(configured)
        slot.attention = self._unwatched

        try:
            if isinstance(configured.found, ConfigError):
                raise configured.found

            settings = configured.found.settings
            require_hub(settings)
            slot.backend = known or self._backend(slot, settings)
        except ConfigError as error:
            slot.problem = problem_of(error)

        return slot

    def _backend(self, slot: Slot, settings: Settings) -> HubBackend:
        return HubBackend(
            self.opener(settings),
            settings,
            compose.first_picture(settings, clock=self._clock),
            attention=slot.wanted,
            on_viewed=partial(self.viewed, slot.key),
            clock=self._clock,
        )

    def opener(self, settings: Settings) -> Callable[[], Works]:
        """What opens a hub with these settings, on the thread that all share."""
        return lambda: compose.make_works(
            settings,
            clock=self._clock,
            limiter=self.limiter_of(settings),
            shared=self._thread,
        )

    def limiter_of(self, settings: Settings) -> Limiter:
        """The one of its namespace, whichever hub is read."""
        from ehtui.wire.reading import Limiter  # noqa: PLC0415 - not before something is opened

        with self._lock:
            name = compose.namespace_of(settings).lower()
            return self._limiters.setdefault(name, Limiter())

    def viewed(self, key: str) -> None:
        """Somebody began to look at a hub: remember it, and read files that change again."""
        self._last = key
        self._thread.run(self._remember(key))

    async def _remember(self, key: str) -> None:
        await asyncio.to_thread(write_last_hub, key)
        await self._follow_files()


_POSTPONED = Problem(
    ProblemKind.CONFLICT,
    "Its settings have changed while an action is under way.",
    "They are taken over once that has ended.",
)
