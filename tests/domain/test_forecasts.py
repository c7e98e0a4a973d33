"""Windows of plans against what processors then do: real rounds, jitter and clocks, simulated."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.domain.processors import Processor, Takeover, Working

SETTLED_S = 40.0
KILLS = 6


@dataclass(frozen=True, slots=True)
class Setting:
    """How a group is configured, and how often its store is looked at."""

    interval_s: float
    expiry_s: float
    store_s: float = 5.0
    is_greedy: bool = True
    jitter: float = 0.2  # 0: JavaScript
    partitions: int = 4
    owners: int = 4

    @property
    def like(self) -> Processor:
        return Processor("", self.interval_s, self.expiry_s, self.is_greedy, self.jitter)

    @property
    def width_s(self) -> float:
        """One renewal and one round, and what clocks and Last-Modified leave open."""
        longest_s = self.interval_s * (1 + self.jitter)
        return 2 * longest_s + 1.5 + 4


def kills(setting: Setting, seed: int, count: int = KILLS) -> list[Takeover]:
    """Kill one owner after the other, each replaced by a newcomer once its leases are taken."""
    working = Working(setting.partitions, setting.store_s, seed)
    working.join(*(f"owner-{n}" for n in range(setting.owners)), like=setting.like)
    working.run(SETTLED_S)
    found: list[Takeover] = []

    for n in range(count):
        holders = [o for o, p in working.processors.items() if p.is_alive and working.owned_by(o)]
        victim = working.random.choice(holders)
        found += working.killed(victim, reads_s=working.random.uniform(0.0, 8.0))
        working.join(f"newcomer-{n}", like=setting.like)
        working.run(SETTLED_S + working.random.uniform(0.0, 5.0))

    return found


@pytest.mark.parametrize(
    "setting",
    [
        Setting(2.0, 12.0),  # 0 of 8 windows contained the takeover
        Setting(3.0, 18.0),  # 7 of 14
        Setting(1.0, 6.0),
        Setting(5.0, 30.0, store_s=2.0),
        Setting(10.0, 60.0, store_s=10.0),
        Setting(10.0, 60.0, jitter=0.0, is_greedy=False),  # JavaScript as it is
        Setting(30.0, 180.0),  # Python as it is
    ],
    ids=str,
)
def test_windows_of_plans_contain_the_takeover(setting: Setting) -> None:
    found = [t for seed in (1, 2) for t in kills(setting, seed)]
    missed = [str(t) for t in found if not t.is_inside]

    assert len(found) >= 2 * KILLS
    assert not missed
    assert max(t.width_s for t in found) <= setting.width_s


@pytest.mark.parametrize(
    "setting",
    [
        Setting(3.0, 9.0),  # 3 of 12 windows contained it
        Setting(2.0, 20.0),
        Setting(3.0, 9.0, is_greedy=False, jitter=0.0),
        Setting(5.0, 15.0, store_s=2.0),
        Setting(1.0, 10.0, store_s=10.0),
    ],
    ids=str,
)
def test_an_expiry_that_was_set_is_guessed_until_it_was_seen_once(setting: Setting) -> None:
    for seed in (1, 2):
        first, *later = kills(setting, seed)
        window = first.owned.takeover

        assert window.is_guess
        assert not any(t.owned.takeover.is_guess for t in later)
        assert not [str(t) for t in later if not t.is_inside]
        # Besides one renewal and one round: what one take-over left open of the expiry.
        assert max(t.width_s for t in later) <= setting.width_s + 1.2 * setting.interval_s
        assert max(t.width_s for t in later[3:]) <= setting.width_s
