"""Following a large hub from now on: what comes while the connection is lost is not skipped."""

from __future__ import annotations

import pytest

from ehtui.domain.world.events import AtSequence, EventQuery, Latest
from ehtui.wire import event_pins, event_stream
from ehtui.wire.event_stream import HubStream
from tests.waiting import wait_for
from tests.wire.event_stage import START, Stage, bodies, stage, taken

__all__ = ["stage"]


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two partitions are more than can be asked at once."""
    monkeypatch.setattr(event_pins, "BURST", 1)
    monkeypatch.setattr(event_stream, "AGAIN_S", 0.0)


async def followed(stage: Stage) -> HubStream:
    query = EventQuery({"0": Latest(), "1": Latest()}, follow=True)
    stream = await stage.reader.open(query)
    assert isinstance(stream, HubStream)
    return stream


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("is_link_only", [True, False])
async def test_what_comes_amid_a_loss_is_not_skipped(stage: Stage, is_link_only: bool) -> None:
    stage.append("0", b"before", at=START - 60)
    stream = await followed(stage)
    stage.clock.now += 5.0

    if is_link_only:
        stage.detach_all()
    else:
        stage.endpoint.drop_connections()

    stage.append("0", b"amid")

    assert bodies(await taken(stream, 1)) == [b"amid"]
    await stream.close()


@pytest.mark.usefixtures("large")
async def test_ends_are_found_while_it_is_read(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "TICK_S", 0.02)
    stage.append("0", b"before", at=START - 60)
    stream = await followed(stage)
    lanes = stream._merge.lanes
    assert [lane.position for lane in lanes.values()] == [Latest(), Latest()]

    expected = [AtSequence(0, is_inclusive=False), AtSequence(-1, is_inclusive=False)]
    await wait_for(lambda: [lane.position for lane in lanes.values()] == expected)
    stage.append("1", b"later")
    assert bodies(await taken(stream, 1)) == [b"later"]
    await stream.close()
