from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ehtui.views.glyphs import OwnerMark, OwnerMarks, marks_of, owner_marks
from tests.views import world

OWNERS = st.frozensets(st.uuids().map(str), max_size=40)


@given(OWNERS, st.integers(1, 12))
def test_colours_are_shared_as_little_as_can_be(owners: frozenset[str], size: int) -> None:
    marks = marks_of(owners, size)
    colours = [mark.colour for mark in marks.values()]

    assert set(marks) == owners
    assert all(0 <= colour < size for colour in colours)
    assert len(set(colours)) == min(len(owners), size)


@given(OWNERS)
def test_only_owners_that_want_the_same_place_move(owners: frozenset[str]) -> None:
    wishes = {owner: marks_of(frozenset({owner}))[owner].colour for owner in owners}
    alone = {owner for owner in owners if list(wishes.values()).count(wishes[owner]) == 1}
    peaceful = frozenset(alone)

    assert {o: mark.colour for o, mark in marks_of(peaceful).items()} == {
        o: wishes[o] for o in peaceful
    }


def test_an_owner_looks_the_same_alone_and_in_company() -> None:
    together = marks_of(frozenset({world.A, world.B, world.C}))
    without_b = marks_of(frozenset({world.A, world.C}))

    assert together[world.A] == without_b[world.A]
    assert together[world.C] == without_b[world.C]
    assert len(set(together.values())) == 3


def test_marks_do_not_depend_on_the_run() -> None:
    assert marks_of(frozenset({world.A})) == {world.A: OwnerMark(6, 3)}


def test_owners_of_all_groups_and_processes_are_marked() -> None:
    other = world.group_state(
        world.partition("0", world.lease(owner="remote"), 1, 1), name="analytics"
    )
    linked = world.consumer(9, 9, "idle-owner")
    snapshot = world.snapshot()
    snapshot = world.snapshot(
        groups=(*snapshot.groups, other), consumers=(*snapshot.consumers, linked)
    )

    assert set(owner_marks(snapshot)) == {world.A, world.B, world.C, "remote", "idle-owner"}


@given(OWNERS, OWNERS)
def test_marks_stay_with_their_owners_whoever_comes_or_goes(
    first: frozenset[str], second: frozenset[str]
) -> None:
    livery = OwnerMarks()
    before = dict(livery.worn_by(first))
    livery.worn_by(second)
    again = livery.worn_by(first | second)

    assert {owner: again[owner] for owner in first} == before


def test_who_comes_gets_what_nobody_present_wears() -> None:
    livery = OwnerMarks()
    came, went = [f"owner-{n}" for n in range(8)], "owner-0"
    livery.worn_by(set(came))
    marks = livery.worn_by({*came, "next"} - {went})

    assert marks["next"] == marks[went]
