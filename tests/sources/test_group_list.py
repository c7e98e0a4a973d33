"""When the service is asked for its groups, and that a refusal is silent and remembered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.sources import group_list
from ehtui.sources.group_list import EVERY_S, REFUSED_S, GroupListSource
from ehtui.wire.credentials import HubAccess, access_of
from ehtui.wire.group_listing import NoGroupsError

KEY = "SharedAccessKeyName=k;SharedAccessKey=c2VjcmV0;EntityPath=hub"
THERE = EventHubSettings(connection_string=Secret(f"Endpoint=sb://ns.test/;{KEY}"))


@dataclass
class Service:
    """Answers with these names, or with an error."""

    said: tuple[str, ...] | Exception
    asked: int = 0
    at: float = 100.0
    sources: list[GroupListSource] = field(default_factory=list)

    async def ask(self, _access: HubAccess, _now: float) -> tuple[str, ...]:
        self.asked += 1

        if isinstance(self.said, Exception):
            raise self.said

        return self.said

    def opened(self, settings: EventHubSettings = THERE) -> GroupListSource:
        """A source as a new monitor opens it."""
        return GroupListSource(access_of(settings), lambda: self.at, self.ask, 0.0)


@pytest.fixture(autouse=True)
def nothing_remembered() -> Iterator[None]:
    group_list._answers.clear()
    yield
    group_list._answers.clear()


async def test_an_answer_is_good_for_ten_minutes_whoever_asks() -> None:
    service = Service(("$Default", "billing"))
    source = service.opened()
    assert (await source.read()).names == ("$Default", "billing")

    service.at += EVERY_S - 1
    assert (await service.opened().read()).names == ("$Default", "billing")
    assert service.asked == 1

    service.at += 1
    service.said = ("$Default",)
    assert (await source.read()).names == ("$Default",)
    assert service.asked == 2


@pytest.mark.parametrize(
    "error", [NoGroupsError("it answered 401", 401), RuntimeError("odd"), TimeoutError()]
)
async def test_a_refusal_is_no_failure_and_is_remembered(error: Exception) -> None:
    service = Service(error)

    for _ in range(3):
        assert (await service.opened().read()).names is None

    assert service.asked == 1

    service.at += REFUSED_S
    service.said = ("late",)
    assert (await service.opened().read()).names == ("late",)


async def test_each_hub_and_each_key_is_asked_for_itself() -> None:
    service = Service(("a",))
    text = THERE.connection_string
    assert text is not None

    for changed in ("/;|/;", "=hub|=hub2", "=k;|=other;"):
        old, new = changed.split("|")
        other = Secret(text.reveal().replace(old, new))
        await service.opened(EventHubSettings(connection_string=other)).read()

    assert service.asked == 3


@pytest.mark.parametrize(
    ("text", "more", "is_asked"),
    [
        ("sb://ns.servicebus.windows.net/;", {}, True),
        ("sb://ns.servicebus.windows.net:9000/;", {}, True),
        ("sb://ns.servicebus.windows.net/;", {"transport": "websocket"}, True),
        ("sb://ns.servicebus.windows.net/;", {"transport": "amqp"}, False),
        ("sb://ns.servicebus.windows.net/;", {"endpoint": "sb://10.0.0.4"}, False),
        ("sb://localhost/;UseDevelopmentEmulator=true;", {}, False),
    ],
)
def test_who_is_asked(text: str, more: dict[str, str], is_asked: bool) -> None:
    string = Secret(f"Endpoint={text}{KEY}")
    settings = EventHubSettings(connection_string=string, **more)  # type: ignore[arg-type]

    assert (group_list.group_list(settings) is not None) is is_asked
