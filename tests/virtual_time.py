"""A loop whose clock goes on only where everybody waits: hours of polling in no time, exactly."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from typing_extensions import override

if TYPE_CHECKING:
    from _typeshed import FileDescriptorLike

T = TypeVar("T")


class _Selector(selectors.BaseSelector):
    """Never waits: says how long it would have."""

    def __init__(self) -> None:
        self._real = selectors.DefaultSelector()
        self.slept: Callable[[float], None] = lambda _: None

    @override
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = self._real.select(0)

        if not ready and timeout:
            self.slept(timeout)

        return ready

    @override
    def register(
        self, fileobj: FileDescriptorLike, events: int, data: Any = None
    ) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    @override
    def unregister(self, fileobj: FileDescriptorLike) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    @override
    def close(self) -> None:
        self._real.close()

    @override
    def get_map(self) -> Mapping[FileDescriptorLike, selectors.SelectorKey]:
        return self._real.get_map()


class VirtualLoop(asyncio.SelectorEventLoop):
    """No threads and no sockets beside it: nobody would wait for them."""

    def __init__(self) -> None:
        selector = _Selector()
        super().__init__(selector)
        selector.slept = self._pass
        self._now = 1000.0

    @override
    def time(self) -> float:
        return self._now

    def _pass(self, seconds: float) -> None:
        self._now += seconds


def run_virtually(work: Coroutine[Any, Any, T]) -> T:
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(work)
