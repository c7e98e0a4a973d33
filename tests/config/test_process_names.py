from __future__ import annotations

import pytest

from ehtui.config.errors import ConfigError
from ehtui.config.process_places import Place, ProcessFacts
from ehtui.config.process_settings import judged

KEY = "c2VjcmV0LXZhbHVl"
HUB = f"Endpoint=sb://hgzero.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
OTHER = f"Endpoint=sb://other.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
STORE = f"DefaultEndpointsProtocol=https;AccountName=hgzero;AccountKey={KEY}"


def facts(*places: dict[str, str]) -> ProcessFacts:
    names = ("its command line", "its environment", "/srv/.env", "/srv/config.yaml")

    return ProcessFacts(
        51257,
        "python start_consumer.py",
        "/srv",
        tuple(Place(name, variables) for name, variables in zip(names, places, strict=False)),
    )


def chosen(*places: dict[str, str]) -> dict[str, str]:
    return {key: value.value for key, value in judged(facts(*places)).values.items()}


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("EVENTHUB_NAME", "meetings", "eventhub.name"),
        ("EVENT_HUB_NAME", "meetings", "eventhub.name"),
        ("AZURE_EVENTHUB_NAME", "meetings", "eventhub.name"),
        ("eventhub.name", "meetings", "eventhub.name"),
        ("EventHub__EventHubName", "meetings", "eventhub.name"),
        ("EVENTHUB_CONSUMER_GROUP", "$Default", "eventhub.consumer_group"),
        ("AZURE_EVENTHUB_CONSUMER_GROUP", "g", "eventhub.consumer_group"),
        ("consumer-group", "g", "eventhub.consumer_group"),
        ("CONSUMER_GROUP_NAME", "g", "eventhub.consumer_group"),
        ("AzureWebJobsStorage", STORE, "checkpoint_store.connection_string"),
        ("BLOB_CONNECTION_STRING", STORE, "checkpoint_store.connection_string"),
        ("WHATEVER", STORE, "checkpoint_store.connection_string"),
        (
            "STORAGE_ENDPOINT",
            "https://hgzero.blob.core.windows.net",
            "checkpoint_store.account_url",
        ),
        ("CHECKPOINT_CONTAINER", "cp-container", "checkpoint_store.containers"),
        ("BLOB_CONTAINER_NAME", "cp-container", "checkpoint_store.containers"),
        ("AZURE_STORAGE_CONTAINER_NAME", "cp-container", "checkpoint_store.containers"),
    ],
)
def test_common_names_are_understood(name: str, value: str, key: str) -> None:
    assert chosen({}, {"EVENTHUB_CONNECTION_STRING": HUB, name: value})[key] == value


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KAFKA_CONSUMER_GROUP", "g"),
        ("CONSUMER_GROUP", "not a group!"),
        ("EVENTHUB_NAME_PREFIX", "x"),
        ("REDIS_CONTAINER_NAME", "redis"),
        ("DOCKER_CONTAINER", "redis"),
    ],
)
def test_foreign_names_are_not(name: str, value: str) -> None:
    assert set(chosen({}, {"EVENTHUB_CONNECTION_STRING": HUB, name: value})) == {
        "eventhub.connection_string"
    }


def test_the_documented_name_comes_before_a_shape_found_nearer() -> None:
    found = chosen({}, {"OTHER_THING": OTHER}, {"EVENTHUB_CONNECTION_STRING": HUB})

    assert found["eventhub.connection_string"] == HUB


def test_a_value_of_that_shape_is_enough() -> None:
    findings = judged(facts({}, {"HGZERO_EH": OTHER}))
    value = findings.values["eventhub.connection_string"]

    assert str(value.origin) == "HGZERO_EH in its environment (process 51257)"


def test_a_senders_key_comes_after_a_listeners() -> None:
    found = chosen({}, {"A_EVENTHUB_SEND": OTHER, "B_EVENTHUB_LISTEN": HUB})

    assert found["eventhub.connection_string"] == HUB


def test_what_else_was_found_is_told_without_keys() -> None:
    notes = judged(facts({}, {"EVENTHUB_CONNECTION_STRING": HUB, "X": OTHER})).notes

    assert any("X in its environment" in note and "other.service" in note for note in notes)
    assert KEY not in "".join(notes)


def test_a_service_bus_string_is_not_taken_for_a_hub() -> None:
    with pytest.raises(ConfigError):
        judged(facts({}, {"SERVICEBUS_CONNECTION_STRING": HUB}))


def test_entity_path_beats_a_name_that_only_sounds_right() -> None:
    found = chosen({}, {"EVENTHUB_CONNECTION_STRING": f"{HUB};EntityPath=a", "AZURE_EVENTHUB": "b"})

    assert "eventhub.name" not in found


def test_command_line_over_environment_over_dotenv_over_file() -> None:
    base = {"EVENTHUB_CONNECTION_STRING": HUB}
    layers = [{"consumer-group": "flag"}, base | {"CONSUMER_GROUP": "env"}, {}, {}]

    assert chosen(*layers)["eventhub.consumer_group"] == "flag"
    assert chosen({}, *layers[1:])["eventhub.consumer_group"] == "env"
    assert (
        chosen({}, base, {}, {"eventhub.consumer_group": "file"})["eventhub.consumer_group"]
        == "file"
    )


def test_functions_use_their_own_container() -> None:
    environment = {
        "MyHub": HUB,
        "AzureWebJobsStorage": STORE,
        "FUNCTIONS_WORKER_RUNTIME": "python",
    }

    assert chosen({}, environment)["checkpoint_store.containers"] == "azure-webjobs-eventhub"


def test_nothing_found_lists_what_was_looked_for_and_where() -> None:
    with pytest.raises(ConfigError) as caught:
        judged(facts({}, {"PATH": "/bin"}, {"SECRET": KEY}))

    for words in ("51257", "EVENTHUB_CONNECTION_STRING", "EVENTHUB_NAMESPACE", "/srv/.env"):
        assert words in caught.value.summary

    assert KEY not in caught.value.summary
    assert caught.value.advice
