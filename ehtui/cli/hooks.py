"""`ehtui watch --exec`: findings are told to a program, one run at a time, and not too often.

The lines of `watch` never wait for it: runs have a thread and a bounded queue of their own.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from ehtui.cli.output_format import text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ehtui.cli.hook_command import HookCommand
    from ehtui.domain.snapshot import Subject
    from ehtui.views.finding_news import FindingNews

_LOG = logging.getLogger(__name__)
MOST_WAITING = 100
_MOST_LOST = 10_000  # findings whose beginning was pushed out and whose end is still to come
LAST_RUN_S = 5.0  # so long the one that runs may go on when `watch` ends


class Allowance(NamedTuple):
    """So many runs within so long."""

    runs: int
    within_s: float


class Throttle:
    """When the next run may begin: never more than allowed within any stretch of that length."""

    def __init__(self, allowance: Allowance) -> None:
        self._within_s = allowance.within_s
        self._began: deque[float] = deque(maxlen=allowance.runs)

    def wait_s(self, now: float) -> float:
        """How long a run has to wait; 0 if it need not."""
        if len(self._began) < (self._began.maxlen or 0):
            return 0.0

        return max(0.0, self._began[0] + self._within_s - now)

    def note(self, now: float) -> None:
        """A run begins."""
        self._began.append(now)


class Waiting:
    """What is still to be told, the oldest first; bounded.

    What came and went before its turn is not told at all, ends only where `tells_ends`, and what
    does not fit pushes out the oldest. Nor is the end told of what was pushed out.
    """

    def __init__(self, *, tells_ends: bool, most: int = MOST_WAITING) -> None:
        self._tells_ends = tells_ends
        self._most = most
        self._news: deque[FindingNews] = deque()
        self._lost: dict[tuple[str, Subject], None] = {}  # whose beginning nobody was told
        self.untold = 0  # that was pushed out

    def __len__(self) -> int:
        return len(self._news)

    def add(self, news: FindingNews) -> None:
        """One more."""
        begun = next((each for each in self._news if _is_end_of(news, each)), None)

        if begun is not None:
            self._news.remove(begun)
            return

        if self._is_lost(news) or (news.is_over and not self._tells_ends):
            return

        if len(self._news) >= self._most:
            self._lose(self._news.popleft())

        self._news.append(news)

    def _is_lost(self, news: FindingNews) -> bool:
        """Whether it is the end of one whose beginning was pushed out; then that is over too."""
        key = news.finding.key
        was_lost = key in self._lost
        self._lost.pop(key, None)
        return news.is_over and was_lost

    def _lose(self, news: FindingNews) -> None:
        self.untold += 1

        if not news.is_over:
            self._lost[news.finding.key] = None

            if len(self._lost) > _MOST_LOST:
                del self._lost[next(iter(self._lost))]

    def take(self) -> FindingNews:
        """The next one."""
        return self._news.popleft()


def _is_end_of(news: FindingNews, other: FindingNews) -> bool:
    return news.is_over and not other.is_over and news.finding.key == other.finding.key


class Hooks:
    """Tells a program of findings, on a thread of its own, until closed."""

    def __init__(
        self,
        command: HookCommand,
        allowance: Allowance,
        *,
        on_clear: bool = False,
        say: Callable[[str], None] = lambda words: print(f"ehtui: {words}", file=sys.stderr),
    ) -> None:
        self._command = command
        self._throttle = Throttle(allowance)
        self._say = say
        self._waiting = Waiting(tells_ends=on_clear)
        self._changed = threading.Condition()
        self._is_closing = False
        self._thread = threading.Thread(target=self._run, name="ehtui-exec", daemon=True)
        self._thread.start()

    def offer(self, news: Iterable[FindingNews]) -> None:
        """Tell of these in their turn; returns at once."""
        with self._changed:
            for each in news:
                self._waiting.add(each)

            self._changed.notify()

    def close(self) -> None:
        """Let the run that is under way end, for a while; what waits is not told any more."""
        with self._changed:
            self._is_closing = True
            left = len(self._waiting)
            self._changed.notify()

        self._thread.join(LAST_RUN_S)

        if self._thread.is_alive():
            self._command.end()
            self._thread.join()

        if untold := left + self._waiting.untold:
            self._say(f"{untold} findings were not told to {self._command.name}.")

    def _run(self) -> None:
        while (news := self._next()) is not None:
            self._throttle.note(time.monotonic())
            document = text_of(news.document, indent=None, is_ascii=True)
            ended = self._command.run(f"{document}\n".encode())

            _LOG.info("%s for %s: %s", self._command.name, news.finding.id, ended.trouble or "ok")

            if ended.trouble is not None:
                self._say(f"{self._command.name} for {news.finding.id}: {ended.trouble}")

    def _next(self) -> FindingNews | None:
        """The next one, when it may be told; None once closed."""
        with self._changed:
            while not self._is_closing:
                wait_s = self._throttle.wait_s(time.monotonic())

                if self._waiting and not wait_s:
                    return self._waiting.take()

                self._changed.wait(wait_s if self._waiting else None)

        return None
