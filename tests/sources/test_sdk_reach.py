"""Which SDK versions reach what, as `doctor` tells; the versions are those that interop runs."""

from __future__ import annotations

import pytest

from ehtui.domain.diagnosis import Verdict
from ehtui.domain.world.route import Carrier, Route
from ehtui.sources.sdk_reach import reach

NAMESPACE = "hgzero.servicebus.windows.net"


@pytest.mark.parametrize(
    ("route", "verdict", "words"),
    [
        (Route(Carrier.AMQP, NAMESPACE, 5671, True), Verdict.OK, "Every version"),
        (Route(Carrier.AMQP, "127.0.0.1", 5672, False), Verdict.OK, "from 5.12 on"),
        (Route(Carrier.AMQP, "127.0.0.1", 40001, False), Verdict.OK, "from 5.13 on"),
        (Route(Carrier.AMQP, "127.0.0.1", 5671, True), Verdict.NOTE, "5.11.7 to 5.15.0"),
        (Route(Carrier.AMQP, "10.0.0.4", 9999, True), Verdict.NOTE, "custom_endpoint_address"),
        (
            Route(Carrier.WEBSOCKET, NAMESPACE, 443, True, is_chosen=True),
            Verdict.NOTE,
            "AmqpOverWebsocket",
        ),
        (Route(Carrier.WEBSOCKET, NAMESPACE, 443, True), Verdict.OK, "over WebSockets"),
        (Route(Carrier.WEBSOCKET, NAMESPACE, 443, True, "p:1"), Verdict.NOTE, "http_proxy"),
    ],
)
def test_who_gets_there(route: Route, verdict: Verdict, words: str) -> None:
    check = reach(route, is_geo_replicated=False)

    assert check.verdict is verdict
    assert words in f"{check.found} {check.advice}"


def test_a_geo_replicated_hub_wants_offsets_that_are_texts() -> None:
    check = reach(Route(Carrier.AMQP, NAMESPACE, 5671, True), is_geo_replicated=True)

    assert check.verdict is Verdict.NOTE
    assert ".NET 5.12" in check.advice
