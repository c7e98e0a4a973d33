"""What a checkpoint proves: done, handed over, or neither; and what a lag of zero means then."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from ehtui.domain.progress.proofs import (
    FUNCTIONS_CONTAINER,
    UNPROVEN,
    Proof,
    Proofs,
    Proven,
    Writer,
)
from ehtui.domain.snapshot import GroupPartition, GroupState, Lease, LeaseState, Snapshot
from ehtui.domain.world.store import Layout
from tests.domain.build import World
from tests.domain.records import T, checkpoint


def partition(owner: str | None = "a", container: str = "cps", **changes: Any) -> GroupPartition:
    claimed_at = changes.pop("claimed_at", None)
    record = checkpoint(5, at=T)
    record = replace(record, blob=replace(record.blob, container=container), **changes)
    return GroupPartition("0", Lease(LeaseState.HELD, owner, claimed_at=claimed_at), record)


def proven(found: GroupPartition) -> Proven:
    return Proofs(Snapshot(), GroupState("g", (found,))).of(found)


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        (Layout.FUNCTIONS_LEGACY, Proven(Proof.REGARDLESS, Writer.FUNCTIONS)),
        (Layout.DAPR_LEGACY, Proven(Proof.REGARDLESS, Writer.DAPR)),
        (Layout.EPH_DOTNET, Proven(Proof.PROCESSED, Writer.HOST)),
        (Layout.EPH_GO, Proven(Proof.PROCESSED, Writer.HOST)),
        (Layout.MODERN, UNPROVEN),
    ],
)
def test_a_format_tells_its_writer(layout: Layout, expected: Proven) -> None:
    assert proven(partition(layout=layout)) == expected


def test_the_functions_container_tells_its_writer_whatever_the_format() -> None:
    found = proven(partition(container=FUNCTIONS_CONTAINER, client_identifier="a"))

    assert found == Proven(Proof.REGARDLESS, Writer.FUNCTIONS)
    assert found.is_done is False


def test_an_identifier_is_dotnets() -> None:
    assert proven(partition(client_identifier="a")) == Proven(Proof.PROCESSED, Writer.DOTNET)


def test_daprs_owner_says_so() -> None:
    assert proven(partition("dapr-1.14.4")) == Proven(Proof.HANDED_OVER, Writer.DAPR)


def test_what_nothing_tells_is_unknown() -> None:
    assert proven(partition("0d9a2f6e")).is_done is None
    assert proven(GroupPartition("0", Lease(LeaseState.NEVER_OWNED))) == UNPROVEN


def watched(name: str) -> World:
    world = World(1)
    world.send("0", 9)
    world.consumer("a", "0", pid=7, name=name, is_stuck=True)
    world.look()
    world.play(10)
    return world


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("daprd", Proven(Proof.HANDED_OVER, Writer.DAPR)),
        ("anything", Proven(Proof.PROCESSED, Writer.PYTHON)),  # by its log line
    ],
)
def test_a_linked_process_tells_its_sdk(name: str, expected: Proven) -> None:
    world = watched(name)
    world.checkpoint("0", 8)
    world.look()

    assert Proofs(world.snapshot, world.state).of(world.partition("0")) == expected


def test_who_took_over_did_not_write_what_was_there_before() -> None:
    assert proven(partition("dapr-1.14.4", claimed_at=T + 5)) == UNPROVEN
    assert proven(partition("dapr-1.14.4", claimed_at=T)).writer is Writer.DAPR


def test_every_format_but_that_of_today_tells_its_writer() -> None:
    silent = {layout for layout in Layout if proven(partition(layout=layout)) is UNPROVEN}

    assert silent == {Layout.MODERN}
