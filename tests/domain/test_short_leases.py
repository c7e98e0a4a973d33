"""Leases that run out before they are renewed: a finding of its own, beside no other."""

from __future__ import annotations

import pytest

from ehtui.domain.evidence import facts
from ehtui.domain.findings.causes import LEAST
from ehtui.domain.snapshot import Severity
from tests.domain.processors import Processor, Working

OLD_RUST = Processor("", 30.0, 10.0, jitter=0.05)  # before 0.14 (facts.md §8)


@pytest.mark.parametrize("owners", ["ab", "abc", "abcd"])
def test_rust_before_0_14_claims_everything_again_for_ever(owners: str) -> None:
    working = Working(partitions=4, seed=len(owners))
    working.join(*owners, like=OLD_RUST)
    working.run(300)
    world = working.world
    found = world.finding("group.leases_too_short")

    assert found.severity is Severity.WARNING
    assert world.ids() == {"group.leases_too_short"}  # it explains all that moves
    changes, youngest_s = facts(found.evidence)["changes"], facts(found.evidence)["youngest_s"]
    assert isinstance(changes, int)
    assert changes >= LEAST
    assert isinstance(youngest_s, float)
    assert 10 <= youngest_s <= 33
    assert facts(found.evidence)["is_like_old_rust"] is True


def test_an_expiry_below_the_interval_is_told_for_any_client() -> None:
    working = Working(partitions=6)
    working.join("a", "b", "c", like=Processor("", 3.0, 2.0))
    working.run(90)
    found = working.world.finding("group.leases_too_short")

    assert facts(found.evidence)["is_like_old_rust"] is False
    assert facts(found.evidence)["owners"] == 3


@pytest.mark.parametrize("seed", range(3))
def test_newcomers_crashes_and_restarts_are_none(seed: int) -> None:
    working = Working(partitions=8, seed=seed)
    working.join("a", "b", "c", like=Processor("", 3.0, 9.0))
    working.run(60)

    for n in range(5):
        working.join(f"n-{n}", like=Processor("", 3.0, 9.0))
        working.run(15)
        holders = [o for o, p in working.processors.items() if p.is_alive and working.owned_by(o)]
        working.kill(working.random.choice(holders))
        working.run(15)

    assert "group.leases_too_short" not in working.world.ever
