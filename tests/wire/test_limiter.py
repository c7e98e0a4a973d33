from __future__ import annotations

import asyncio

import pytest

from ehtui.wire.reading import BURST, RATE_PER_S, Limiter


class Time:
    """A clock that sleeping moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        self._yield = asyncio.sleep
        monkeypatch.setattr("ehtui.wire.reading.asyncio.sleep", self.sleep)

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await self._yield(0)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


async def test_a_small_hub_goes_in_one_burst(clock: Time) -> None:
    assert await Limiter(clock=clock).take(33) == 33
    assert clock.now == 100.0


async def test_no_second_sees_what_the_service_allows_in_all(clock: Time) -> None:
    """50 a second is everybody's; ehtui alone must never fill it."""
    limiter, taken = Limiter(clock=clock), list[tuple[float, int]]()

    while clock.now < 130:
        taken.append((clock.now, await limiter.take(1024)))

    for start, _ in taken:
        assert sum(n for at, n in taken if start <= at < start + 1.0) < 50

    sustained = sum(n for at, n in taken) / 30
    assert RATE_PER_S <= sustained <= RATE_PER_S + BURST / 30 + 1


async def test_an_empty_bucket_is_waited_for_by_the_handful(clock: Time) -> None:
    limiter = Limiter(16, 32, clock=clock)
    await limiter.take(32)

    assert await limiter.take(100) == 4
    assert clock.now == pytest.approx(100.25)
    assert await limiter.take(1) == 1


async def test_a_bucket_smaller_than_a_handful_still_gives(clock: Time) -> None:
    limiter = Limiter(200, 4, clock=clock)

    assert [await limiter.take(8) for _ in range(3)] == [4, 4, 4]


async def test_two_readers_share_in_turn() -> None:
    limiter = Limiter()

    assert list(await asyncio.gather(limiter.take(20), limiter.take(20))) == [20, 13]


async def test_backing_off_holds_everybody(clock: Time) -> None:
    limiter = Limiter(16, 32, clock=clock)
    limiter.back_off(4.0)
    await limiter.take(1)

    assert clock.now >= 104.0


async def test_off_means_off(clock: Time) -> None:
    limiter = Limiter(None, clock=clock)
    limiter.back_off(4.0)

    assert await limiter.take(5000) == 5000
    assert clock.now == 100.0
