"""A process that runs several clients, in every place where it is shown."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator
from msgspec.structs import replace

from ehtui.domain.snapshot import ConsumerRole, ConsumerState
from ehtui.views.cells import Table
from ehtui.views.details import consumer_details
from ehtui.views.keys import process_key
from ehtui.views.phrasing import Phrasing
from ehtui.views.report import consumers_report
from ehtui.views.status import document
from ehtui.views.tables import consumers_table
from tests.status_schema import shipped
from tests.views import world


def cells(table: Table) -> tuple[str, str]:
    keys = [column.key for column in table.columns]
    (row,) = table.rows

    return row.cells[keys.index("owner")].text, row.cells[keys.index("owns")].text


def two_clients() -> ConsumerState:
    """Owns two partitions of the shown group and stands by in another one."""
    consumer = world.consumer(7, 30, world.A, ("0", "1"))
    assert consumer.link is not None
    other = replace(consumer.link, owner=world.B, group="audit")
    standby = (("audit", ConsumerRole.STANDBY),)

    return replace(consumer, more_links=(other,), idle=standby)


def test_a_process_with_several_clients_shows_how_many_and_where_it_only_waits() -> None:
    snapshot = world.snapshot(consumers=(two_clients(),), findings=())
    here, there = consumers_table(snapshot, world.GROUP), consumers_table(snapshot, "audit")
    owner = next(column for column in here.columns if column.key == "owner")

    assert cells(here) == ("◇ 73fda457 +1", "0, 1 audit:none")
    assert cells(there) == ("◇ 73fda457 +1", f"none {world.GROUP}:0, 1")
    assert owner.width == len("◇ 73fda457 +1")


def test_details_and_json_name_every_client() -> None:
    consumer = two_clients()
    snapshot = world.snapshot(consumers=(consumer,), findings=())
    key = process_key(consumer.process.id)
    part = consumer_details(snapshot, key, Phrasing(snapshot, group=world.GROUP))[0]
    told = [(line.label, line.value) for line in part.lines]

    assert [value for label, value in told if label == "owner id"] == [
        world.A,
        f"{world.B} in audit",
    ]
    assert ("standby", "in audit") in told

    whole: Any = document(snapshot)
    Draft202012Validator(shipped()).validate(whole)
    (plain,) = whole["consumers"]
    assert plain["owner"] == world.A
    assert [(o["id"], o["group"]) for o in plain["owners"]] == [(world.A, None), (world.B, "audit")]
    assert plain["idle_in"] == [{"group": "audit", "role": "standby"}]


def test_the_report_says_what_each_owner_id_rests_on() -> None:
    lines = consumers_report(world.snapshot(consumers=(two_clients(),)), world.GROUP).splitlines()

    assert [line.split(":")[0] for line in lines if " is " in line.split(":")[0]] == [
        f"7 is {world.A}",
        f"7 is {world.B}",
    ]
