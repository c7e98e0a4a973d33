"""A geo-replicated hub: old checkpoints do not outlive a promotion, its offsets are no start."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.evidence import facts
from ehtui.domain.snapshot import Severity, Snapshot
from ehtui.domain.world.hub import HubDescription, NoStartPosition, Position, StartPosition, end_of
from ehtui.domain.world.store import Checkpoint, Layout, is_old_form
from tests.domain.build import World
from tests.domain.records import checkpoint, sample


def hub(factor: int | None) -> HubDescription:
    return HubDescription("ns", "hub", None, ("0",), factor)


@pytest.mark.parametrize(
    ("factor", "is_replicated"), [(None, None), (0, False), (1, False), (2, True), (3, True)]
)
def test_a_factor_above_one_is_replication(factor: int | None, is_replicated: bool | None) -> None:
    assert hub(factor).is_geo_replicated is is_replicated


@pytest.mark.parametrize(
    ("factor", "last", "offset", "position"),
    [
        (1, 99, "4096", StartPosition("4096")),
        (1, 99, "0:12:4096", StartPosition("0:12:4096")),
        (2, 99, "4096", NoStartPosition("geo-replicated")),
        (2, 99, "0:12:4096", NoStartPosition("geo-replicated")),
        (None, 99, "4096", StartPosition("4096")),
        (None, 99, "0:12:4096", NoStartPosition("opaque-offset")),
        (1, -1, "", NoStartPosition("empty")),
    ],
)
def test_an_offset_of_partition_properties_is_a_start_position_or_none(
    factor: int | None, last: int, offset: str, position: Position
) -> None:
    assert end_of(hub(factor), replace(sample(0, last), last_offset=offset)) == position


@pytest.mark.parametrize(
    ("sequence", "offset", "is_old"),
    [(5, "4096", True), (5, None, True), (5, "0:12:4096", False), (None, None, False)],
)
def test_the_old_form_of_a_checkpoint(
    sequence: int | None, offset: str | None, is_old: bool
) -> None:
    assert is_old_form(replace(checkpoint(sequence), offset=offset)) is is_old


def looked(world: World, factor: int | None) -> Snapshot:
    read = world.hub_read()
    world.fold(replace(read, hub=replace(read.hub, georeplication_factor=factor)))
    return world.fold(world.store_read())


def renewed(record: Checkpoint) -> Checkpoint:
    return replace(record, offset=f"0:1:{record.offset}")


def owned() -> World:
    world = World(2)
    world.send("0", 50)
    world.send("1", 50)
    world.consumer("a", "0", "1", is_stuck=True)
    world.checkpoint("0", 49)
    world.checkpoint("1", 49)
    return world


def test_checkpoints_in_the_old_form_are_found_there_and_nowhere_else() -> None:
    world = owned()
    world.checkpoints[world.group, "1"] = renewed(world.checkpoints[world.group, "1"])
    looked(world, 1)
    assert not world.ids()

    looked(world, 2)
    found = world.finding("checkpoint.old_offset")
    assert found.severity is Severity.WARNING
    assert facts(found.evidence)["partitions"] == ("0",)
    assert facts(found.evidence)["georeplication_factor"] == 2
    assert facts(found.evidence)["without_offset"] == 0
    assert world.partition("0").lag == 0  # sequence numbers tell it all the same


def test_a_checkpoint_in_the_new_form_ends_it() -> None:
    world = owned()
    looked(world, 2)
    assert facts(world.finding("checkpoint.old_offset").evidence)["partitions"] == ("0", "1")

    for key, record in tuple(world.checkpoints.items()):
        blob = replace(record.blob, etag=f"{record.blob.etag}-new")
        world.checkpoints[key] = replace(renewed(record), blob=blob)

    looked(world, 2)
    assert not world.ids()


def test_it_names_the_sdks_that_it_concerns() -> None:
    world = owned()
    identity = world.checkpoints[world.group, "0"]
    world.checkpoints[world.group, "0"] = replace(identity, client_identifier="a")
    looked(world, 2)

    assert facts(world.finding("checkpoint.old_offset").evidence)["sdks"] == ("dotnet",)


def test_an_old_host_that_keeps_the_case_of_names_is_not_taken_for_go() -> None:
    world = World(1, group="$Default")
    world.send("0", 50)
    world.checkpoint("0", 49)
    world.claim("0", "web-01")
    key = (world.group, "0")
    record = replace(world.ownerships[key], layout=Layout.EPH_DOTNET, blob_lease_state="leased")
    world.ownerships[key] = record
    looked(world, 2)

    assert facts(world.finding("checkpoint.old_offset").evidence)["sdks"] == ()


def test_of_a_group_that_nobody_uses_it_is_a_remark() -> None:
    world = owned()
    world.checkpoint("0", 5, group="old-reports")
    looked(world, 2)

    severities = {
        f.subject.group: f.severity
        for f in world.snapshot.findings
        if f.id == "checkpoint.old_offset"
    }
    assert severities == {"$Default": Severity.WARNING, "old-reports": Severity.INFO}
