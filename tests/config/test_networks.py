"""How hub and store are reached: which proxy, which roots, which address, and who said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.cli.config import lines
from ehtui.config.errors import ConfigError
from ehtui.config.networks import endpoint_of, goes_direct, proxy_of
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.process_places import ProcessFacts, place
from ehtui.config.process_settings import ProcessFindings, judged, target_of
from ehtui.config.secret import Secret
from ehtui.wire.storage import address_of
from tests.config.conftest import HUB, STORE, Setup

PASSWORD = "p%40ss-w0rd"
PROXY = f"http://ops:{PASSWORD}@proxy.corp:3128"


@pytest.fixture
def hub(setup: Setup) -> Setup:
    return setup.env(EVENTHUB_CONNECTION_STRING=HUB, AZURE_STORAGE_CONNECTION_STRING=STORE)


def test_a_proxy_taken_apart() -> None:
    proxy = proxy_of(PROXY, "proxy")
    assert (proxy.host, proxy.port, proxy.uses_tls) == ("proxy.corp", 3128, False)
    assert (proxy.user, proxy.password) == (Secret("ops"), Secret("p@ss-w0rd"))
    assert proxy.url.reveal() == "http://proxy.corp:3128"
    assert "ss-w0rd" not in repr(proxy)
    assert proxy_of("proxy.corp:8080", "proxy").port == 8080
    assert proxy_of("https://[::1]", "proxy").url.reveal() == "https://[::1]:443"


@pytest.mark.parametrize(
    "text", ["socks5://u:hunter2@p:1", "http://u:hunter2@", "http://u:hunter2@p:x", "http://p:0"]
)
def test_what_is_no_proxy_is_refused_without_a_word_of_it(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        proxy_of(text, "eventhub.proxy")

    assert "eventhub.proxy" in caught.value.summary
    assert "hunter2" not in str(caught.value.summary + caught.value.advice)


@pytest.mark.parametrize("text", ["sb://10.0.0.4", "10.0.0.4", "https://10.0.0.4/x"])
def test_an_address_of_its_own(text: str) -> None:
    assert endpoint_of(text, "endpoint").authority == "10.0.0.4"


def test_what_is_no_address_is_refused() -> None:
    for text in ("sb://", "sb://a b", "sb://u@h", "h:99999"):
        with pytest.raises(ConfigError, match=r"^eventhub.endpoint"):
            endpoint_of(text, "eventhub.endpoint")


@pytest.mark.parametrize(
    ("host", "no_proxy", "is_direct"),
    [
        ("ns.servicebus.windows.net", "", False),
        ("ns.servicebus.windows.net", "*", True),
        ("ns.servicebus.windows.net", "other,.servicebus.windows.net", True),
        ("ns.servicebus.windows.net", "SERVICEBUS.windows.net:5671", True),
        ("ns.servicebus.windows.net", "*.windows.net", True),
        ("ns.servicebus.windows.net", "bus.windows.net", False),
        ("10.1.2.3", "10.0.0.0/8", True),
        ("10.1.2.3", "10.1.2.0/30,nonsense/9", True),
        ("11.1.2.3", "10.0.0.0/8", False),
        ("127.0.0.7", "", True),
        ("localhost", "", True),
    ],
)
def test_whom_no_proxy_excepts(host: str, no_proxy: str, is_direct: bool) -> None:
    assert goes_direct(host, no_proxy) is is_direct


def test_https_proxy_is_for_websockets_and_the_store(hub: Setup) -> None:
    hub.env(HTTPS_PROXY=PROXY)
    found = hub.resolve()

    assert found.settings.eventhub.proxy is None
    assert found.settings.eventhub.https_proxy == Secret(PROXY)
    assert found.settings.checkpoint_store.proxy == Secret(PROXY)
    listing = "\n".join(lines(found))
    assert "proxy.corp:3128" in listing
    assert "HTTPS_PROXY in the environment" in listing
    assert PASSWORD not in listing + repr(found)


def test_no_proxy_takes_it_away_and_is_named_for_it(hub: Setup) -> None:
    hub.env(https_proxy=PROXY, NO_PROXY="servicebus.windows.net")
    found = hub.resolve()

    assert found.settings.eventhub.https_proxy is None
    assert str(found.origins["eventhub.https_proxy"]) == "NO_PROXY in the environment"
    assert found.settings.checkpoint_store.proxy == Secret(PROXY)


def test_what_the_file_says_of_one_comes_before_what_is_said_of_the_machine(hub: Setup) -> None:
    hub.env(https_proxy=PROXY)
    hub.write("ehtui.yaml", "eventhub: {proxy: 'other:1'}\ncheckpoint_store: {proxy: none}")
    found = hub.resolve().settings

    assert found.eventhub.proxy == Secret("http://other:1")
    assert found.eventhub.https_proxy is None
    assert found.checkpoint_store.proxy is None
    assert address_of(found.checkpoint_store).proxy is None


def test_a_plain_store_goes_by_the_variables_of_plain_http(hub: Setup) -> None:
    plain = "BlobEndpoint=http://azurite.corp:10000/acc;AccountName=acc;AccountKey=YQ=="
    hub.env(https_proxy=PROXY, AZURE_STORAGE_CONNECTION_STRING=plain)
    assert hub.resolve().settings.checkpoint_store.proxy is None

    hub.env(http_proxy="http://plain.corp:3128")
    found = hub.resolve()
    assert found.settings.checkpoint_store.proxy == Secret("http://plain.corp:3128")
    assert str(found.origins["checkpoint_store.proxy"]) == "http_proxy in the environment"
    assert found.settings.eventhub.https_proxy == Secret(PROXY)

    hub.env(no_proxy="azurite.corp")
    assert hub.resolve().settings.checkpoint_store.proxy is None

    hub.env(
        no_proxy="elsewhere.corp",
        AZURE_STORAGE_CONNECTION_STRING=plain.replace("azurite.corp", "127.0.0.1"),
    )
    assert hub.resolve().settings.checkpoint_store.proxy is None


def test_none_is_none_for_a_plain_store_too(hub: Setup) -> None:
    plain = "BlobEndpoint=http://azurite.corp:10000/acc;AccountName=acc;AccountKey=YQ=="
    hub.env(http_proxy=PROXY, AZURE_STORAGE_CONNECTION_STRING=plain)
    hub.write("ehtui.yaml", "checkpoint_store: {proxy: none}")
    found = hub.resolve()

    assert found.settings.checkpoint_store.proxy is None
    assert str(found.origins["checkpoint_store.proxy"]).startswith("ehtui.yaml")


def test_a_proxy_of_the_machine_that_cannot_be_used_is_noted(hub: Setup) -> None:
    hub.env(ALL_PROXY="socks5://ops:hunter2@proxy.corp:1080")
    found = hub.resolve()

    assert found.settings.eventhub.https_proxy is None
    assert any("socks5" in note for note in found.notes)
    assert "hunter2" not in " ".join(found.notes)


def test_one_of_the_file_that_cannot_is_an_error(hub: Setup) -> None:
    hub.write("ehtui.yaml", "eventhub:\n  proxy: socks5://ops:hunter2@proxy.corp:1080")
    wrong = hub.fails()
    assert "eventhub.proxy (ehtui.yaml line 2)" in wrong.summary
    assert "hunter2" not in wrong.summary + wrong.advice


def test_roots_of_every_place_are_trusted(hub: Setup, tmp_path: Path) -> None:
    for name in ("env.pem", "bundle.pem", "dotenv.pem", "own.pem"):
        (tmp_path / name).write_text("")

    hub.env(
        SSL_CERT_FILE=str(tmp_path / "env.pem"), REQUESTS_CA_BUNDLE=str(tmp_path / "bundle.pem")
    )
    hub.write(".env", f"SSL_CERT_FILE={tmp_path / 'dotenv.pem'}")
    found = hub.resolve()
    names = [Path(file).name for file in found.settings.eventhub.ca_file]
    assert names == ["env.pem", "bundle.pem", "dotenv.pem"]
    assert found.settings.checkpoint_store.ca_file == found.settings.eventhub.ca_file
    assert str(found.origins["eventhub.ca_file"]) == "SSL_CERT_FILE in the environment"

    hub.write("ehtui.yaml", "eventhub: {ca_file: own.pem}")
    assert hub.resolve().settings.eventhub.ca_file == (str(tmp_path / "own.pem"),)


def test_roots_that_are_not_there_are_noted(hub: Setup) -> None:
    hub.env(SSL_CERT_FILE="/nowhere/roots.pem")
    found = hub.resolve()

    assert found.settings.eventhub.ca_file == ()
    assert len([note for note in found.notes if "SSL_CERT_FILE" in note]) == 1


def test_the_transport_from_flag_and_environment(hub: Setup) -> None:
    hub.env(EVENTHUB_TRANSPORT="WebSocket")
    found = hub.resolve()
    assert found.settings.eventhub.transport == "websocket"
    origin = found.origins["eventhub.transport"]
    assert str(origin) == "EVENTHUB_TRANSPORT in the environment"
    assert hub.resolve(eventhub__transport="amqp").settings.eventhub.transport == "amqp"


def test_another_transport_is_refused_by_its_key(hub: Setup) -> None:
    hub.env(EVENTHUB_TRANSPORT="carrier-pigeon")
    assert "should be one of auto, amqp, websocket" in hub.fails().summary
    hub.environment.pop("EVENTHUB_TRANSPORT")
    hub.write("ehtui.yaml", "eventhub: {transport: pigeon}")
    assert "should be one of auto, amqp, websocket" in hub.fails().summary


def test_the_endpoint_and_the_trace(hub: Setup, tmp_path: Path) -> None:
    hub.write("ehtui.yaml", "eventhub: {endpoint: 'sb://10.0.0.4', trace_wire: wire.log}")
    found = hub.resolve().settings.eventhub
    assert found.endpoint == "sb://10.0.0.4"
    assert found.trace_wire == str(tmp_path / "wire.log")
    assert "eventhub.endpoint" in hub.fails(eventhub__endpoint="a b").summary


def test_beside_pid_the_network_is_still_ones_own(setup: Setup) -> None:
    """What the process says of hub and store is its own; how this host gets there is not."""
    setup.env(HTTPS_PROXY=PROXY, EVENTHUB_TRANSPORT="websocket", EVENTHUB_NAME="mine")
    origin = Origin(Layer.PROCESS, "X", "the environment", 7)
    setup.findings = ProcessFindings({"eventhub.connection_string": Value(HUB, origin)}, ())
    found = setup.resolve(pid=7)

    assert found.settings.eventhub.https_proxy == Secret(PROXY)
    assert found.settings.eventhub.transport == "websocket"
    assert [n for n in found.notes if "not used" in n] == [
        "not used beside --pid, which takes everything from the process: eventhub.name"
    ]


def facts(**variables: str) -> ProcessFacts:
    given = {"EVENTHUB_CONNECTION_STRING": HUB, **variables}
    places = (place("its command line", {}), place("its environment", given))
    return ProcessFacts(7, "python consumer.py", None, places)


def test_a_process_says_its_own_proxy_and_roots() -> None:
    values = judged(facts(HTTPS_PROXY=PROXY, SSL_CERT_FILE="/r.pem")).values
    assert {key.rpartition(".")[0] for key in values if "roots" in key}
    assert values["network.proxy"].value == PROXY
    assert values["network.proxy"].origin.pid == 7
    assert target_of(facts(HTTPS_PROXY=PROXY)).proxy == "proxy.corp:3128"
    assert target_of(facts(HTTPS_PROXY=PROXY, no_proxy=".windows.net")).proxy is None
    assert target_of(facts()).proxy is None
