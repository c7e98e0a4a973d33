"""Pairs that follow from who can be who, where there is only one way to pair all."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

A = TypeVar("A")
B = TypeVar("B")


def only_pairs(able: Mapping[A, Collection[B]]) -> dict[A, B]:
    """One of `B` for each of `A`, as far as no other choice is left.

    Whoever can only be each other's hang together; of those who hang together there must be as many
    of one kind as of the other, and one way alone to pair them. Else none of them is paired.
    """
    pairs: dict[A, B] = {}

    for ones in _together(able):
        pairs |= _only_way({a: set(able[a]) for a in ones})

    return pairs


def _together(able: Mapping[A, Collection[B]]) -> list[set[A]]:
    """Those of `A` that compete for the same, together."""
    groups: list[tuple[set[A], set[B]]] = []

    for a, choices in able.items():
        rivals = [group for group in groups if not group[1].isdisjoint(choices)]
        groups = [group for group in groups if group not in rivals]
        ones = {a}.union(*(ones for ones, _ in rivals))
        groups.append((ones, set(choices).union(*(others for _, others in rivals))))

    return [ones for ones, others in groups if len(ones) == len(others)]


def _only_way(able: dict[A, set[B]]) -> dict[A, B]:
    """A way to pair all is the only one if somebody always has no choice; else {}."""
    pairs: dict[A, B] = {}

    while able:
        wanted = Counter(b for choices in able.values() for b in choices)
        forced = (
            (a, b)
            for a, choices in able.items()
            for b in choices
            if len(choices) == 1 or wanted[b] == 1
        )
        a, b = next(forced, (None, None))
        if a is None or b is None:
            return {}

        pairs[a] = b
        del able[a]

        for choices in able.values():
            choices.discard(b)

    return pairs
