"""Reading more or less often while it runs."""

from __future__ import annotations

from ehtui.domain.policy import Policy
from ehtui.domain.reduce import reduce, start
from ehtui.domain.updates import PaceSet


def test_what_judges_by_the_pace_knows_it() -> None:
    state = start(Policy(), 1.0, ("hub", "store"))
    policy = reduce(state, PaceSet(2.0, 0.5)).snapshot.policy

    assert (policy.hub_interval_s, policy.store_interval_s, policy.processes_interval_s) == (
        0.5,
        0.5,
        0.5,
    )
