"""Fixtures for other people's tests: `pytest_plugins = ["ehtui.sandbox.pytest"]`.

One sandbox serves the whole run; each test that asks for `eventhubs` has a hub of its own. Whoever
loads this has pytest: it is no requirement of the sandbox.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient

from ehtui.sandbox.options import Connections, ServerOptions
from ehtui.sandbox.sandbox import Sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def eventhubs_options() -> ServerOptions:
    """What the sandbox serves; a conftest may say otherwise."""
    return ServerOptions()


@pytest.fixture(scope="session")
def eventhubs_sandbox(eventhubs_options: ServerOptions) -> Iterator[Sandbox]:
    """A sandbox without consumers and producer, for the whole run; `control()` has its levers."""
    with Sandbox(eventhubs_options, consumers=0, traffic=0) as sandbox:
        yield sandbox


@pytest.fixture
def eventhubs(eventhubs_sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connections]:
    """A hub with its groups, and a checkpoint container, that only this test has.

    Partitions and groups are those of the options. The five variables of a consumer's `.env` are
    set while the test runs.
    """
    options, known = eventhubs_sandbox.options, eventhubs_sandbox.ready.connections
    name = f"test-{uuid4().hex[:12]}"
    eventhubs_sandbox.control(
        "PUT", f"/hubs/{name}", partitions=options.partitions, groups=options.groups
    )
    connection = known.eventhub.replace(f"EntityPath={known.hub}", f"EntityPath={name}")
    own = replace(known, eventhub=connection, hub=name, container=name)

    for variable, value in own.environment.items():
        monkeypatch.setenv(variable, value)

    with ContainerClient.from_connection_string(own.storage, own.container) as container:
        container.create_container()
        yield own
        container.delete_container()

    eventhubs_sandbox.control("DELETE", f"/hubs/{name}")
