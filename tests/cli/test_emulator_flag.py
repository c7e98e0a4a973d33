"""`--emulator`: Microsoft's emulator and Azurite at their defaults, over whatever else is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.cli.flags import flag_words, resolve_args
from ehtui.cli.parser import parse
from ehtui.wire.credentials import access_of
from ehtui.wire.storage import address_of


def test_it_names_both_and_the_hub_is_yours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("EVENTHUB_NAME", "orders")
    monkeypatch.setenv("EVENTHUB_CONNECTION_STRING", "Endpoint=sb://elsewhere.corp/;x=y")
    found = resolve_args(parse(["status", "--emulator"]))
    access = access_of(found.settings.eventhub)
    store = address_of(found.settings.checkpoint_store)

    assert (access.host, access.port, access.use_tls, access.hub) == (
        "localhost",
        5672,
        False,
        "orders",
    )
    assert (store.endpoint, store.account) == (
        "http://127.0.0.1:10000/devstoreaccount1",
        "devstoreaccount1",
    )
    assert str(found.origins["eventhub.connection_string"]) == "--emulator"


def test_a_command_that_does_the_same_has_it_once_and_no_key() -> None:
    assert flag_words(parse(["status", "--emulator", "--hub", "orders"])) == (
        "--hub",
        "orders",
        "--emulator",
    )
