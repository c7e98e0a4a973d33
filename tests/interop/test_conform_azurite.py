"""The beliefs about the store, looked up on Azurite: it differs where it is known to."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from azure.storage.blob import ContainerClient

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.conform import report
from ehtui.conform.checks import State, run
from ehtui.conform.store import Store
from ehtui.conform.storing import STORING
from ehtui.conform.world import World
from ehtui.wire.credentials import access_of
from ehtui.wire.storage import parse_connection_string
from tests.interop import azurite

pytestmark = [pytest.mark.interop, pytest.mark.timeout(180)]
NOWHERE = "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=a;SharedAccessKey=YQ==;EntityPath=hub"
# Each is the service's documented answer or the sandbox's choice; Azurite's own is another.
KNOWN = {
    "store.second-claim": "200",
    "store.renew-gone": "412 ConditionNotMet",
    "store.page-of-none": "400",
    "store.created": "new",
    "store.wrong-key": "403 AuthorizationFailure",
}


@pytest.fixture(scope="module")
def connection_string() -> Iterator[str]:
    with azurite.running() as text:
        ContainerClient.from_connection_string(text, "conform").create_container()
        yield text


async def test_azurite_differs_where_it_is_known_to(
    connection_string: str, record_property: Callable[[str, object], None]
) -> None:
    world = World(access_of(EventHubSettings(connection_string=Secret(NOWHERE))))
    address = parse_connection_string(Secret(connection_string))
    world.store = Store(address, "conform", "ehtui-conform-test/")
    results = [await run(check, world) for check in STORING.checks]

    record_property("note", f"{len(results)} checks of the store: {report.counted(results)}")
    assert await world.store.close() == []
    assert {r.check.id: r.found for r in results if r.state is not State.AS_BELIEVED} == KNOWN
