"""Which of several settings wins, and where each came from."""

from __future__ import annotations

import pytest

from ehtui.config.errors import ConfigError
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.process_settings import ProcessFindings
from ehtui.config.resolve import require_hub
from tests.config.conftest import HUB, KEY, OTHER, STORE, Setup


def test_without_anything_there_is_no_hub_and_the_way_out_is_named(setup: Setup) -> None:
    resolved = setup.resolve()

    with pytest.raises(ConfigError) as caught:
        require_hub(resolved.settings)

    assert "EVENTHUB_CONNECTION_STRING" in caught.value.summary
    assert "ehtui demo" in caught.value.advice
    assert "--pid" in caught.value.advice
    assert resolved.settings.eventhub.consumer_group == "$Default"


def test_flags_over_environment_over_dotenv_over_yaml(setup: Setup) -> None:
    setup.write("ehtui.yaml", "eventhub: {name: yaml, consumer_group: yaml, peek_group: yaml}")
    setup.write(".env", "EVENTHUB_NAME=dotenv\nEVENTHUB_CONSUMER_GROUP=dotenv")
    setup.env(EVENTHUB_NAME="environment")
    resolved = setup.resolve()

    assert resolved.settings.eventhub.name == "environment"
    assert resolved.settings.eventhub.consumer_group == "dotenv"
    assert resolved.settings.eventhub.peek_group == "yaml"
    assert str(resolved.origins["eventhub.name"]) == "EVENTHUB_NAME in the environment"
    assert str(resolved.origins["eventhub.consumer_group"]) == "EVENTHUB_CONSUMER_GROUP in .env"
    assert str(resolved.origins["eventhub.peek_group"]) == "ehtui.yaml line 1"

    assert setup.resolve(eventhub__name="flag").settings.eventhub.name == "flag"


@pytest.mark.parametrize(
    ("text", "aliases"),
    [
        ("[event_hubs, '[::1]:5672']", ("event_hubs", "[::1]:5672")),
        ("sb://ALIAS.servicebus.windows.net/", ("ALIAS.servicebus.windows.net",)),
        ("'a:5672, b,a:5672'", ("a:5672", "b")),
        ("[]", ()),
    ],
)
def test_other_names_of_the_namespace_stay_as_stores_hold_them(
    setup: Setup, text: str, aliases: tuple[str, ...]
) -> None:
    setup.write("ehtui.yaml", f"eventhub: {{aliases: {text}}}")

    assert setup.resolve().settings.eventhub.aliases == aliases


def test_another_name_that_is_no_host_is_refused_by_its_key(setup: Setup) -> None:
    wrong = setup.fails(eventhub__aliases="a b")
    assert wrong.summary == "--eventhub.aliases is not the name of a host: 'a b'."

    secret = setup.fails(eventhub__aliases=HUB)
    assert "--eventhub.aliases holds a connection string" in secret.summary


def test_names_of_another_namespace_go_with_it(setup: Setup) -> None:
    setup.write("ehtui.yaml", "eventhub: {namespace: hgzero, aliases: [old]}")
    setup.findings = ProcessFindings(
        {"eventhub.connection_string": Value(OTHER, Origin(Layer.PROCESS, "its environment"))}, ()
    )

    assert setup.resolve(pid=7).settings.eventhub.aliases == ()
    assert setup.resolve(pid=7, eventhub__aliases="new").settings.eventhub.aliases == ("new",)


@pytest.mark.parametrize("where", ["environment", "dotenv", "flag"])
def test_an_empty_group_says_to_quote_it(setup: Setup, where: str) -> None:
    if where == "environment":
        error = setup.env(EVENTHUB_CONSUMER_GROUP="").fails()
    elif where == "dotenv":
        error = setup.write(".env", "EVENTHUB_CONSUMER_GROUP=\n").fails()
    else:
        error = setup.fails(eventhub__consumer_group="")

    assert "empty" in error.summary
    assert "'$Default'" in error.advice


def test_other_empty_variables_are_unset(setup: Setup) -> None:
    setup.write(".env", "EVENTHUB_NAME=hub").env(EVENTHUB_NAME="", CHECKPOINT_CONTAINER=" ")

    assert setup.resolve().settings.eventhub.name == "hub"


def test_the_name_beside_a_connection_string_wins_over_its_entity_path(setup: Setup) -> None:
    setup.env(EVENTHUB_CONNECTION_STRING=f"{HUB};EntityPath=path", EVENTHUB_NAME="name")
    resolved = setup.resolve()

    assert resolved.settings.eventhub.name == "name"
    assert "wins over EntityPath" in resolved.notes[0]


def test_an_entity_path_wins_over_a_name_from_further_away(setup: Setup) -> None:
    setup.write("ehtui.yaml", "eventhub: {name: far}")
    setup.env(EVENTHUB_CONNECTION_STRING=f"{HUB};EntityPath=path")
    resolved = setup.resolve()

    assert resolved.settings.eventhub.name == "path"
    assert str(resolved.origins["eventhub.name"]).startswith(
        "EntityPath of EVENTHUB_CONNECTION_STRING"
    )


def test_two_namespaces_in_one_place_contradict_each_other(setup: Setup) -> None:
    error = setup.env(EVENTHUB_CONNECTION_STRING=HUB, EVENTHUB_NAMESPACE="other").fails()

    assert "other.servicebus.windows.net" in error.summary
    assert "hgzero.servicebus.windows.net" in error.summary


def test_the_nearer_of_two_ways_in_is_taken(setup: Setup) -> None:
    setup.env(EVENTHUB_CONNECTION_STRING=HUB)
    hub = setup.resolve(eventhub__namespace="other").settings.eventhub

    assert hub.namespace == "other.servicebus.windows.net"
    assert hub.connection_string is None

    hub = setup.resolve(eventhub__namespace="hgzero").settings.eventhub
    assert hub.connection_string is not None


def test_a_containers_address_gives_account_sas_and_container(setup: Setup) -> None:
    url = "https://hgzero.blob.core.windows.net/checkpoints?sv=1&sig=abc%3D"
    store = setup.env(AZURE_STORAGE_ACCOUNT_URL=url).resolve().settings.checkpoint_store

    assert store.account_url is not None
    assert store.account_url.reveal() == "https://hgzero.blob.core.windows.net?sv=1&sig=abc%3D"
    assert store.containers == ("checkpoints",)


def test_an_emulators_address_keeps_the_account_in_its_path(setup: Setup) -> None:
    url = "http://127.0.0.1:10000/devstoreaccount1/checkpoints"
    store = setup.env(AZURE_STORAGE_ACCOUNT_URL=url).resolve().settings.checkpoint_store

    assert store.account_url is not None
    assert store.account_url.reveal() == "http://127.0.0.1:10000/devstoreaccount1"
    assert store.containers == ("checkpoints",)


def test_what_a_dotenv_line_cannot_say_is_noted(setup: Setup) -> None:
    resolved = setup.write(".env", "EVENTHUB_NAME=a\nnot a line ' at all\n").resolve()

    assert resolved.settings.eventhub.name == "a"
    assert resolved.notes == (".env line 2 cannot be understood",)


def found(**values: str) -> ProcessFindings:
    return ProcessFindings(
        {
            key.replace("__", "."): Value(value, Origin(Layer.PROCESS, key, "process 7"))
            for key, value in values.items()
        },
        ("remark",),
    )


def test_a_process_replaces_what_is_configured_here(setup: Setup) -> None:
    setup.env(
        EVENTHUB_CONNECTION_STRING=HUB,
        EVENTHUB_NAME="mine",
        EVENTHUB_CONSUMER_GROUP="mine",
        AZURE_STORAGE_CONNECTION_STRING=STORE,
        CHECKPOINT_CONTAINER="mine",
    )
    setup.findings = found(
        eventhub__connection_string=OTHER + ";EntityPath=theirs",
        checkpoint_store__connection_string="AccountName=theirs;AccountKey=" + KEY,
    )
    resolved = setup.resolve(pid=7)
    settings = resolved.settings

    assert settings.pid == 7
    assert settings.eventhub.name == "theirs"
    assert settings.eventhub.consumer_group == "$Default"
    assert settings.checkpoint_store.connection_string is not None
    assert "theirs" in settings.checkpoint_store.connection_string.reveal()
    assert settings.checkpoint_store.containers == ()
    assert "remark" in resolved.notes


def test_flags_still_win_over_a_process(setup: Setup) -> None:
    setup.findings = found(eventhub__connection_string=OTHER, eventhub__consumer_group="theirs")
    hub = setup.resolve(pid=7, eventhub__consumer_group="mine").settings.eventhub

    assert hub.consumer_group == "mine"


def test_a_store_configured_here_is_not_the_processs(setup: Setup) -> None:
    """So a process without one has none here."""
    setup.env(AZURE_STORAGE_CONNECTION_STRING=STORE)
    setup.findings = found(eventhub__connection_string=OTHER)
    resolved = setup.resolve(pid=7)

    assert not resolved.settings.checkpoint_store.is_configured
    assert any("checkpoint_store.connection_string" in note for note in resolved.notes)
