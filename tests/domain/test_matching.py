"""Pairs where there is only one way to pair all."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.domain.consumers.matching import only_pairs


@pytest.mark.parametrize(
    ("able", "pairs"),
    [
        ({}, {}),
        ({"x": [1]}, {"x": 1}),
        ({"x": []}, {}),
        ({"x": [1, 2]}, {}),  # one too many: who of them is left out?
        ({"x": [1], "y": [1]}, {}),
        ({"x": [1, 2], "y": [1, 2]}, {}),
        ({"x": [1], "y": [1, 2]}, {"x": 1, "y": 2}),
        ({"x": [1, 2], "y": [2]}, {"x": 1, "y": 2}),
        ({"x": [1], "y": [1, 2], "z": [3, 4]}, {"x": 1, "y": 2}),  # z's riddle is its own
        ({"x": [1, 2], "y": [2, 3], "z": [3]}, {"x": 1, "y": 2, "z": 3}),
        ({"x": [1], "y": [1, 2, 3]}, {}),
    ],
)
def test_pairs(able: dict[str, list[int]], pairs: dict[str, int]) -> None:
    assert only_pairs(able) == pairs


@given(
    st.dictionaries(
        st.sampled_from("vwxyz"), st.sets(st.integers(1, 5), max_size=5), min_size=1, max_size=5
    )
)
def test_what_is_paired_is_in_every_way_to_pair_all_that_hang_together(
    able: dict[str, set[int]],
) -> None:
    pairs = only_pairs(able)
    assert len(set(pairs.values())) == len(pairs)
    assert all(b in able[a] for a, b in pairs.items())
    ones = sorted(able)
    others = sorted(set().union(*able.values()))

    if len(ones) == len(others):
        every = [dict(zip(ones, order, strict=True)) for order in permutations(others)]
        ways = [way for way in every if all(b in able[a] for a, b in way.items())]
        assert not ways or all(w[a] == b for w in ways for a, b in pairs.items())
        assert len(ways) != 1 or pairs == ways[0]
