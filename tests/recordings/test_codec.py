"""What is written of a value is read back as that value, and a change is told by the change."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.domain.policy import LeasePolicy, Policy
from ehtui.domain.snapshot import Lease, LeaseState
from ehtui.domain.world.process import ProcessId
from tests.recordings.codec import change, changed, plain, value_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner),
    max_leaves=8,
)


@pytest.mark.parametrize(
    "value",
    [
        Policy(group_leases={"a": LeasePolicy(12.0)}, aliases=("x", "y")),
        Lease(LeaseState.HELD, owner="o", renewed_at=1.5),
        frozenset({2, 15}),
        (ProcessId(7, 1.0), None, [1, "회의록\x1b"]),
    ],
)
def test_a_value_comes_back(value: object) -> None:
    assert value_of(json.loads(json.dumps(plain(value)))) == value


def test_what_nobody_can_read_back_is_not_written() -> None:
    with pytest.raises(TypeError, match="object"):
        plain(object())


@given(JSON, JSON)
def test_a_change_makes_the_new_of_the_old(before: object, after: object) -> None:
    assert changed(before, change(before, after)) == after
