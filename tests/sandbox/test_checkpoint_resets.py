"""Checkpoints are moved on the sandbox, by the command, under real processors of the Python SDK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ehtui.sandbox.options import ServerOptions
from ehtui.sandbox.sandbox import Sandbox
from tests.checkpoint_proofs import Place, prove_live, prove_replay

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    groups = ("$Default", "peek", "replay", "live")

    with Sandbox(ServerOptions(partitions=2, groups=groups), consumers=0, traffic=0) as running:
        yield running


@pytest.fixture
async def place(sandbox: Sandbox, tmp_path: Path) -> Place:
    connections = sandbox.ready.connections
    place = Place(
        connections.eventhub, connections.hub, connections.storage, connections.container, tmp_path
    )

    if (await place.last())["0"] < 0:
        await place.send()

    return place


async def test_after_a_reset_they_replay_exactly_from_there(place: Place) -> None:
    await prove_replay(place, "replay")


async def test_under_a_live_owner_it_is_refused_and_forced_it_does_not_last(place: Place) -> None:
    await prove_live(place, "live")
