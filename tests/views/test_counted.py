"""LAST SEQ, CHECKPOINT and LAG of a row add up, whichever of hub and store was read last."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.snapshot import Snapshot
from ehtui.domain.updates import SourceFailed
from ehtui.views.export import export
from ehtui.views.status import document
from ehtui.views.tables import partitions_table
from tests.domain.build import World

STEPS = st.one_of(
    st.tuples(st.just("send"), st.integers(0, 900)),
    st.tuples(st.just("read"), st.integers(0, 900)),
    st.tuples(st.just("trim"), st.integers(0, 2_000)),
    st.tuples(st.just("wait"), st.integers(1, 20)),
    st.just(("hub", 0)),
    st.just(("store", 0)),
    st.just(("hub fails", 0)),
)


def number(text: str) -> int:
    return int(text.replace(",", "").removeprefix("~"))


def check_row(snapshot: Snapshot) -> None:
    table = partitions_table(snapshot, "$default")
    places = {column.key: place for place, column in enumerate(table.columns)}

    for row in table.rows:
        last, checkpoint, lag = (
            row.cells[places[key]].text for key in ("last", "checkpoint", "lag")
        )

        if not {last, checkpoint, lag} & {"–", "none", "unset", "empty"}:
            waits = number(last) - number(checkpoint)
            assert max(0, waits) == number(lag) + lost_of(snapshot, row.key)


def lost_of(snapshot: Snapshot, key: str) -> int:
    return next(p.lost or 0 for p in snapshot.groups[0].partitions if p.id == key)


def check_saved(snapshot: Snapshot) -> None:
    """What is exported, and what `--json` prints."""
    data = export(snapshot, "$default", "partitions", ("0", "1"))

    for record in data.rows:
        last, read, lag = (
            record[key] for key in ("last_sequence", "checkpoint_sequence", "lag_events")
        )

        if isinstance(last, int) and isinstance(read, int) and isinstance(lag, int):
            assert max(0, last - read) == lag + lost_of(snapshot, str(record["partition"]))

    told: Any = document(snapshot)

    for partition in told["groups"][0]["partitions"]:
        counted = partition["lag_counts"]

        if counted is not None and counted["checkpoint_sequence"] is not None:
            waits = counted["last_sequence"] - counted["checkpoint_sequence"]
            assert max(0, waits) == partition["lag"] + (partition["lost"] or 0)


@settings(max_examples=80, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_every_row_adds_up(steps: list[tuple[str, int]]) -> None:
    world = World(2)
    world.consumer("a", "0", "1", checkpoints_every_s=None)
    world.send("0", 50)
    world.checkpoint("0", 20)
    world.look()

    for what, count in steps:
        stream = world.streams["0"]

        if what == "send":
            world.send("0", count)
        elif what == "read":
            world.checkpoint("0", min(stream.last, count))
        elif what == "trim":
            stream.begin = min(stream.last, max(stream.begin, count))
        elif what == "wait":
            world.tick(count)
        elif what == "hub":
            world.fold(world.hub_read())
        elif what == "store":
            world.fold(world.store_read())
        else:
            late = Problem(ProblemKind.TIMEOUT, "It took longer than 8 s.")
            world.fold(SourceFailed(world.at, "hub", late, world.at + 2))

        check_row(world.snapshot)
        check_saved(world.snapshot)
