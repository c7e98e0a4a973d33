"""Pairs that follow from who can be who, where there is only one way to pair all."""

from __future__ import annotations

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
        others = {b for a in ones for b in able[a]}
        if len(ones) == len(others):
            pairs.update(_only_way({a: set(able[a]) for a in ones}))

    return pairs


def _together(able: Mapping[A, Collection[B]]) -> list[set[A]]:
    """Those of `A` that compete for the same, together."""
    groups: list[tuple[set[A], set[B]]] = []

    for a, choices in able.items():
        mine, theirs = {a}, set(choices)
        apart = []

        for ones, others in groups:
            if others & theirs:
                mine, theirs = mine | ones, theirs | others
            else:
                apart.append((ones, others))

        groups = [*apart, (mine, theirs)]

    return [ones for ones, others in groups if others]


def _only_way(able: dict[A, set[B]]) -> dict[A, B]:
    """A way to pair all is the only one if somebody always has no choice; else {}."""
    pairs: dict[A, B] = {}

    while able:
        found = _forced(able)
        if found is None:
            return {}

        a, b = found
        pairs[a] = b
        del able[a]

        for choices in able.values():
            choices.discard(b)

    return pairs


def _forced(able: Mapping[A, set[B]]) -> tuple[A, B] | None:
    """A pair of which one side has no other choice."""
    for a, choices in able.items():
        if len(choices) == 1:
            return a, next(iter(choices))

    for a, choices in able.items():
        for b in choices:
            if sum(b in other for other in able.values()) == 1:
                return a, b

    return None
