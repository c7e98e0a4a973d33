"""Settings as people paste them: portals, emulators, Azure Functions and .NET Aspire."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.config.addresses import account_url_of, namespace_of
from ehtui.config.connection_string import looks_like_event_hub, parse_event_hub, parse_storage
from ehtui.config.errors import ConfigError
from ehtui.config.process_settings import judged
from ehtui.config.settings import Settings
from ehtui.domain.progress.proofs import FUNCTIONS_CONTAINER
from tests.config.conftest import Setup
from tests.config.test_process_names import facts

KEY = "c2VjcmV0LXZhbHVl"
ACCESS = f"SharedAccessKeyName=k;SharedAccessKey={KEY}"
NS = "hgzero.servicebus.windows.net"
HUB = f"Endpoint=sb://{NS}/;{ACCESS}"
STORE = f"DefaultEndpointsProtocol=https;AccountName=hgzero;AccountKey={KEY}"
AZURITE = "http://127.0.0.1:10000/devstoreaccount1"


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


@pytest.mark.parametrize(
    ("endpoint", "namespace", "port"),
    [
        (f"https://{NS}:443/", NS, 5671),
        (f"sb://{NS}:9093", NS, 5671),  # a Kafka bootstrap server
        (f"amqps://{NS}:5671/", NS, 5671),
        (f"HTTPS://{NS.upper()}:443", NS.upper(), 5671),
        ("https://eh.corp.example:443/", "eh.corp.example", 5671),
        ("sb://127.0.0.1:39427", "127.0.0.1:39427", 39427),  # a port of somebody's own
        ("sb://[::1]:39427", "[::1]:39427", 39427),
    ],
)
def test_the_sdk_dials_amqp_whatever_door_the_endpoint_names(
    endpoint: str, namespace: str, port: int
) -> None:
    connection = parse_event_hub(f"Endpoint={endpoint};{ACCESS};EntityPath=meetings")

    assert (connection.namespace, connection.port) == (namespace, port)
    assert connection.entity_path == "meetings"


@pytest.mark.parametrize(
    "text",
    [
        f"{HUB};EntityPath=meetings ; ;\n",
        f"\ufeff{HUB};EntityPath=meetings",
        f'"{HUB};EntityPath=meetings"',
        f"'{HUB};EntityPath=meetings;'  ",
        f"“{HUB};EntityPath=meetings”",
        f"\u200b {HUB}; EntityPath = meetings\r\n",
        f"endpoint=sb://{NS}/;SHAREDACCESSKEYNAME=k;sharedaccesskey={KEY};entitypath=meetings",
    ],
    ids=["blanks", "bom", "quotes", "single", "typographic", "zero-width", "case"],
)
def test_what_pasting_adds_is_taken_off(setup: Setup, text: str) -> None:
    connection = parse_event_hub(text)
    assert (connection.namespace, connection.entity_path) == (NS, "meetings")
    assert connection.key is not None
    assert connection.key.reveal() == KEY

    settings = setup.env(EVENTHUB_CONNECTION_STRING=text).resolve().settings
    assert settings.eventhub.name == "meetings"


def test_quotes_around_a_storage_string_are_taken_off() -> None:
    assert parse_storage(f" '{STORE};' \n").account == "hgzero"


@pytest.mark.parametrize(
    ("text", "port"),
    [("UseDevelopmentEmulator=True", 5672), ("usedevelopmentemulator= TRUE ;", 5672)],
)
def test_the_emulators_flag_may_have_any_case(text: str, port: int) -> None:
    connection = parse_event_hub(f"Endpoint=sb://localhost;{ACCESS};{text}")

    assert (connection.port, connection.use_tls) == (port, False)


def test_the_sdk_is_given_a_string_that_it_understands() -> None:
    pasted = f'"Endpoint=https://{NS}:443/;{ACCESS};EntityPath=meetings; UseDevelopmentEmulator=x"'

    assert parse_event_hub(pasted).for_sdk().reveal() == (
        f"Endpoint=sb://{NS}/;{ACCESS};EntityPath=meetings"
    )
    emulator = parse_event_hub(f"Endpoint=sb://localhost:5699;{ACCESS};UseDevelopmentEmulator=True")
    assert emulator.for_sdk().reveal() == (
        f"Endpoint=sb://localhost:5699/;{ACCESS};UseDevelopmentEmulator=true"
    )


@pytest.mark.parametrize(
    "text",
    [
        f"HostName=hgzero.azure-devices.net;SharedAccessKeyName=iothubowner;SharedAccessKey={KEY}",
        f"hostname=hgzero.azure-devices.cn;DeviceId=d1;SharedAccessKey={KEY}",
    ],
)
def test_an_iot_hubs_string_is_refused_with_the_way_to_the_right_one(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_event_hub(text, key="EVENTHUB_CONNECTION_STRING")

    assert caught.value.summary.startswith(
        "EVENTHUB_CONNECTION_STRING is a connection string of an"
    )
    assert "IoT Hub" in caught.value.summary
    assert "Built-in endpoints" in caught.value.advice
    assert "Endpoint=sb://" in caught.value.advice
    assert KEY not in caught.value.summary + caught.value.advice


def test_a_hostname_of_a_namespace_is_its_endpoint() -> None:
    assert parse_event_hub(f"HostName={NS};{ACCESS}").namespace == NS


def test_an_endpoint_without_a_key_means_entra_id(setup: Setup) -> None:
    pasted = f"Endpoint=https://{NS}:443/;EntityPath=meetings;ConsumerGroup=rag"
    resolved = setup.env(EVENTHUB_CONNECTION_STRING=pasted).resolve()
    hub = resolved.settings.eventhub

    assert (hub.connection_string, hub.namespace, hub.name) == (None, NS, "meetings")
    assert hub.consumer_group == "rag"
    assert str(resolved.origins["eventhub.consumer_group"]) == (
        "ConsumerGroup of EVENTHUB_CONNECTION_STRING in the environment"
    )
    assert setup.resolve(eventhub__consumer_group="mine").settings.eventhub.consumer_group == "mine"


def test_half_a_string_is_not_taken_for_entra_id() -> None:
    """A shell ends at the first ';' of what is not quoted."""
    with pytest.raises(ConfigError, match="no SharedAccessKeyName") as caught:
        parse_event_hub(f"Endpoint=sb://{NS}/")

    assert "quotes" in caught.value.advice


@pytest.mark.parametrize(
    ("text", "namespace"),
    [
        (f"https://{NS}:443/", NS),
        (f"HTTPS://{NS}/", NS),
        (f'"{NS}" ', NS),
        (f"{NS}:5671", NS),
        ("localhost:5691", "localhost:5691"),
        ("hgzero", NS),
    ],
)
def test_a_namespace_may_be_given_as_the_address_that_it_has(text: str, namespace: str) -> None:
    assert namespace_of(text, "EVENTHUB_NAMESPACE") == namespace


@pytest.mark.parametrize(
    ("text", "url", "container"),
    [
        (
            "http://devstoreaccount1.localhost:10000",
            "http://devstoreaccount1.localhost:10000",
            None,
        ),
        (
            "http://devstoreaccount1.blob.localhost:10000/cps",
            "http://devstoreaccount1.blob.localhost:10000",
            "cps",
        ),
        (
            "http://azurite:10000/devstoreaccount1",
            "http://azurite:10000/devstoreaccount1",
            None,
        ),
        (
            "http://host.docker.internal:10000/devstoreaccount1/cps",
            "http://host.docker.internal:10000/devstoreaccount1",
            "cps",
        ),
        (
            "https://hgzero.blob.core.windows.net/ \n",
            "https://hgzero.blob.core.windows.net",
            None,
        ),
        ("hgzero", "https://hgzero.blob.core.windows.net", None),
    ],
)
def test_where_the_account_stands_in_an_address(text: str, url: str, container: str | None) -> None:
    found = account_url_of(text, "AZURE_STORAGE_ACCOUNT_URL")

    assert (found.url.reveal(), found.container) == (url, container)


@pytest.mark.parametrize("text", ["UseDevelopmentStorage=true", " usedevelopmentstorage = True; "])
def test_development_storage_in_any_case(text: str) -> None:
    assert parse_storage(text).blob_endpoint == AZURITE


def from_environment(setup: Setup, **variables: str) -> Settings:
    return setup.env(**variables).resolve().settings


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ConnectionStrings__events", f"Endpoint=https://{NS}:443/;EntityPath=meetings"),
        ("EventHubConnection__fullyQualifiedNamespace", NS),
        ("EventHubConnection__fullyQualifiedNamespace", f"https://{NS}:443/"),
        ("ConnectionStrings__eventhubns", f"https://{NS}:443/"),
        ("CONNECTIONSTRINGS__EVENTHUBNS", NS),
    ],
)
def test_functions_and_aspire_names_lead_to_the_hub(setup: Setup, name: str, value: str) -> None:
    assert from_environment(setup, **{name: value}).eventhub.namespace == NS


def test_aspires_string_with_a_key_is_used_whole(setup: Setup) -> None:
    value = f"Endpoint=sb://localhost:55184;{ACCESS};UseDevelopmentEmulator=true;EntityPath=myhub;"
    hub = from_environment(setup, ConnectionStrings__myhub=f"{value}ConsumerGroup=g").eventhub

    assert hub.connection_string is not None
    assert (hub.name, hub.consumer_group) == ("myhub", "g")


@pytest.mark.parametrize(
    ("name", "value", "url", "containers"),
    [
        (
            "AzureWebJobsStorage__accountName",
            "hgzero",
            "https://hgzero.blob.core.windows.net",
            (FUNCTIONS_CONTAINER,),
        ),
        (
            "AzureWebJobsStorage__blobServiceUri",
            "https://hgzero.blob.core.windows.net/",
            "https://hgzero.blob.core.windows.net",
            (FUNCTIONS_CONTAINER,),
        ),
        (
            "ConnectionStrings__checkpoints",
            "https://hgzero.blob.core.windows.net/",
            "https://hgzero.blob.core.windows.net",
            (),
        ),
        (
            "ConnectionStrings__checkpoints",
            "Endpoint=https://hgzero.blob.core.windows.net/;ContainerName=cps",
            "https://hgzero.blob.core.windows.net",
            ("cps",),
        ),
    ],
)
def test_functions_and_aspire_names_lead_to_the_store(
    setup: Setup, name: str, value: str, url: str, containers: tuple[str, ...]
) -> None:
    variables = {"EVENTHUB_CONNECTION_STRING": HUB, name: value}
    variables["AzureWebJobsStorage__queueServiceUri"] = "https://hgzero.queue.core.windows.net/"
    store = from_environment(setup, **variables).checkpoint_store

    assert store.account_url is not None
    assert (store.account_url.reveal(), store.containers) == (url, containers)
    process = judged(facts({}, variables)).values
    assert "queue" not in process["checkpoint_store.account_url"].value


def test_the_functions_own_string_has_its_own_container(setup: Setup) -> None:
    store = from_environment(setup, AzureWebJobsStorage=STORE).checkpoint_store
    assert store.containers == (FUNCTIONS_CONTAINER,)

    named = from_environment(setup, CHECKPOINT_CONTAINER="mine").checkpoint_store
    assert named.containers == ("mine",)


def test_what_is_documented_comes_first_wherever_it_stands(setup: Setup) -> None:
    setup.write("ehtui.yaml", "eventhub: {namespace: hgzero, name: meetings}")
    other = f"Endpoint=sb://other.servicebus.windows.net/;{ACCESS}"
    resolved = setup.env(ConnectionStrings__events=other).resolve()

    assert resolved.settings.eventhub.namespace == NS
    assert resolved.settings.eventhub.connection_string is None


def test_of_several_one_is_taken_and_the_others_are_named(setup: Setup) -> None:
    setup.write(".env", f"ConnectionStrings__a={HUB}\n")
    setup.env(ConnectionStrings__b=f"Endpoint=sb://other.servicebus.windows.net/;{ACCESS}")
    resolved = setup.resolve()

    assert (
        str(resolved.origins["eventhub.connection_string"])
        == "ConnectionStrings__b in the environment"
    )
    assert "also found, not used: ConnectionStrings__a in .env" in resolved.notes
    assert KEY not in "".join(resolved.notes)


def test_an_error_in_one_of_them_names_it(setup: Setup) -> None:
    wrong = setup.env(ConnectionStrings__a=f"Endpoint=sb://a:b/;{ACCESS}").fails()

    assert wrong.summary.startswith("ConnectionStrings__a in the environment has a malformed")


@pytest.mark.parametrize(
    ("name", "value", "key", "found"),
    [
        (
            "ConnectionStrings__events",
            f"Endpoint=https://{NS}:443/;EntityPath=meetings",
            "eventhub.connection_string",
            f"Endpoint=https://{NS}:443/;EntityPath=meetings",
        ),
        ("Trigger__fullyQualifiedNamespace", f"https://{NS}:443/", "eventhub.namespace", None),
        ("ConnectionStrings__ns", f"https://{NS}:443/", "eventhub.namespace", None),
    ],
)
def test_a_process_is_understood_by_the_same_names(
    name: str, value: str, key: str, found: str | None
) -> None:
    assert judged(facts({}, {name: value})).values[key].value == (found or value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AzureWebJobsStorage__accountName", "hgzero"),
        ("AzureWebJobsStorage__blobServiceUri", "https://hgzero.blob.core.windows.net/"),
    ],
)
def test_a_functions_host_with_an_identity_has_its_own_container(name: str, value: str) -> None:
    variables = {"EventHubConnection__fullyQualifiedNamespace": NS, name: value}
    values = judged(facts({}, variables)).values

    assert values["checkpoint_store.account_url"].value == value
    assert values["checkpoint_store.containers"].value == FUNCTIONS_CONTAINER


def test_other_services_endpoints_are_not_taken_for_a_hubs() -> None:
    for text in (
        f"Endpoint=https://x.azconfig.io;Id=a;Secret={KEY}",
        f"Endpoint=https://x.service.signalr.net;AccessKey={KEY};Version=1.0;",
        "Endpoint=https://hgzero.blob.core.windows.net/;ContainerName=cps",
    ):
        assert not looks_like_event_hub(text)
