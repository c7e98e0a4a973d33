"""What is told of the way to a hub, and of consumers whose connections tell little."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ehtui.domain.snapshot import Snapshot
from ehtui.domain.world.process import DeclaredTarget, ProcessSample
from ehtui.domain.world.route import Carrier, Route
from ehtui.views import keys
from ehtui.views.details.consumer import consumer_details
from ehtui.views.phrasing import Phrasing
from ehtui.views.report import report
from ehtui.views.sources import route_words, sources_table
from ehtui.views.status import document
from ehtui.views.tables.titles import read_notes
from tests.views import world

WEB = Route(Carrier.WEBSOCKET, "ns.example", 443, uses_tls=True, is_chosen=True)
OWN = Route(Carrier.AMQP, "ns.example", 5671, uses_tls=True, is_chosen=True)


@pytest.mark.parametrize(
    ("route", "words"),
    [
        (OWN, "over AMQP, ns.example:5671"),
        (WEB, "over WebSockets, ns.example:443"),
        (
            replace(WEB, proxy="10.0.0.1:3128"),
            "over WebSockets, ns.example:443, through the proxy 10.0.0.1:3128",
        ),
        (Route(Carrier.AMQP, "::1", 5672, uses_tls=False), "over AMQP without TLS, [::1]:5672"),
    ],
)
def test_a_way_in_words(route: Route, words: str) -> None:
    assert route_words(route) == words


def over(route: Route | None) -> Snapshot:
    return world.snapshot(sources=(replace(world.source("hub"), route=route),))


def test_sources_and_the_document_say_the_way() -> None:
    (row,) = sources_table(over(WEB)).rows
    assert "over WebSockets, ns.example:443" in [cell.text for cell in row.cells]
    (source,) = document(over(replace(WEB, proxy="10.0.0.1:3128")))["sources"]
    assert source["route"] == {
        "carrier": "websocket",
        "host": "ns.example",
        "port": 443,
        "tls": True,
        "proxy": "10.0.0.1:3128",
        "chosen": True,
    }
    (source,) = document(over(None))["sources"]
    assert source["route"] is None


def test_the_report_says_a_way_that_is_not_the_plain_one() -> None:
    group = world.GROUP
    assert "The hub is read over WebSockets, ns.example:443." in report(over(WEB), group)
    assert "is read over" not in report(over(OWN), group)


def connections_of(process: ProcessSample) -> str:
    consumer = replace(world.consumer(1, 60), process=process)
    snapshot = world.snapshot(consumers=(consumer,))
    key = keys.process_key(process.id)
    return str(consumer_details(snapshot, key, Phrasing(snapshot, group=world.GROUP)))


def test_connections_on_443_are_told_for_what_they_are() -> None:
    process = replace(world.process(1, 60), connections=2, web_connections=2)
    assert "2 of them on port 443 where other services answer, too" in connections_of(process)
    named = replace(process, target=DeclaredTarget(("ns.example",)))
    assert "2 of them on port 443" in connections_of(named)
    assert "other services" not in connections_of(named)
    hidden = replace(process, connections=None, web_connections=0)
    hidden = replace(hidden, target=DeclaredTarget(proxy="10.0.0.1:3128"))
    assert "its settings name the proxy 10.0.0.1:3128: not seen through it" in connections_of(
        hidden
    )


def test_a_title_says_it_in_few_words() -> None:
    assert "over WebSockets" in read_notes(over(WEB), ["hub", "store"])
    proxied = over(replace(OWN, proxy="10.0.0.1:3128"))
    assert "over AMQP, by proxy" in read_notes(proxied, ["hub"], quiet=True)
    assert not any("over" in note for note in read_notes(over(OWN), ["hub"]))
    assert not any("over" in note for note in read_notes(over(WEB), ["store"]))
