from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.config.connection_string import (
    looks_like_event_hub,
    looks_like_storage,
    parse_event_hub,
    parse_storage,
)
from ehtui.config.errors import ConfigError
from ehtui.config.secret import masked

HUB = (
    "Endpoint=sb://hgzero.servicebus.windows.net/;SharedAccessKeyName=listen;"
    "SharedAccessKey=c2VjcmV0LXZhbHVl="
)
STORAGE = (
    "DefaultEndpointsProtocol=https;AccountName=hgzero;AccountKey=c2VjcmV0LXZhbHVl;"
    "EndpointSuffix=core.windows.net"
)
SECRET = "c2VjcmV0LXZhbHVl"


def test_an_event_hubs_string_gives_host_key_and_hub() -> None:
    connection = parse_event_hub(HUB + ";EntityPath=meetings")

    assert connection.namespace == connection.host == "hgzero.servicebus.windows.net"
    assert (connection.port, connection.use_tls) == (5671, True)
    assert connection.key_name == "listen"
    assert connection.key is not None
    assert connection.key.reveal() == SECRET + "="
    assert connection.entity_path == "meetings"


def test_the_emulator_speaks_plain_amqp_on_its_own_port() -> None:
    text = "Endpoint=sb://127.0.0.1:39427;SharedAccessKeyName=k;SharedAccessKey=v"
    connection = parse_event_hub(text + ";UseDevelopmentEmulator=true;")

    assert connection.namespace == "127.0.0.1:39427"
    assert (connection.host, connection.port, connection.use_tls) == ("127.0.0.1", 39427, False)


def test_a_signature_does_without_a_key() -> None:
    signature = "SharedAccessSignature sr=sb%3a%2f%2fx&sig=abc%3d&se=1&skn=k"
    connection = parse_event_hub(f"Endpoint=sb://x.y.z/;SharedAccessSignature={signature}")

    assert connection.key is None
    assert connection.signature is not None
    assert connection.signature.reveal() == signature


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "is empty"),
        ("SharedAccessKeyName=k;SharedAccessKey=" + SECRET, "no Endpoint"),
        ("Endpoint=sb://x.y.z/;SharedAccessKey=" + SECRET, "no SharedAccessKeyName"),
        ("Endpoint=sb://x.y.z/;SharedAccessKeyName=k", "no SharedAccessKey:"),
        ("Endpoint=sb://;SharedAccessKeyName=k;SharedAccessKey=" + SECRET, "malformed Endpoint"),
        (
            "Endpoint=sb://a:b/;SharedAccessKeyName=k;SharedAccessKey=" + SECRET,
            "malformed Endpoint",
        ),
        ("Endpoint=sb://a\x1bb/;SharedAccessKeyName=k;SharedAccessKey=" + SECRET, "malformed"),
        (SECRET, "no '='"),
        (SECRET + "=", "no Endpoint"),
        (STORAGE, "holds a connection string of a storage account"),
    ],
)
def test_a_malformed_event_hubs_string_names_what_is_wrong(text: str, names: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_event_hub(text, key="EVENTHUB_CONNECTION_STRING")

    assert caught.value.summary.startswith("EVENTHUB_CONNECTION_STRING")
    assert names in caught.value.summary
    assert SECRET not in caught.value.summary
    assert "\x1b" not in caught.value.summary
    assert caught.value.advice


def test_a_storage_string_gives_the_blob_endpoint() -> None:
    connection = parse_storage(STORAGE)

    assert connection.account == "hgzero"
    assert connection.blob_endpoint == "https://hgzero.blob.core.windows.net"
    assert connection.key is not None


def test_a_blob_endpoint_wins_and_carries_the_account_in_its_path() -> None:
    text = "BlobEndpoint=http://127.0.0.1:10000/acct/;SharedAccessSignature=?sv=1&sig=x"
    connection = parse_storage(text)

    assert connection.blob_endpoint == "http://127.0.0.1:10000/acct"
    assert connection.account == "acct"
    assert connection.signature is not None
    assert connection.signature.reveal() == "sv=1&sig=x"


def test_development_storage_is_azurite() -> None:
    connection = parse_storage("UseDevelopmentStorage=true")

    assert connection.blob_endpoint == "http://127.0.0.1:10000/devstoreaccount1"
    assert connection.account == "devstoreaccount1"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("AccountKey=" + SECRET, "no AccountName"),
        ("AccountName=a", "no AccountKey"),
        ("AccountName=a;AccountKey=not base64!" + SECRET, "not base64"),
        (HUB, "holds an Event Hubs connection string"),
    ],
)
def test_a_malformed_storage_string_names_what_is_wrong(text: str, names: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_storage(text, key="AZURE_STORAGE_CONNECTION_STRING")

    assert names in caught.value.summary
    assert SECRET not in caught.value.summary


def test_shapes_are_told_apart() -> None:
    assert looks_like_event_hub(HUB)
    assert not looks_like_event_hub(STORAGE)
    assert looks_like_storage(STORAGE)
    assert not looks_like_storage(HUB)


def test_masking_keeps_what_is_harmless() -> None:
    shown = masked(HUB + ";EntityPath=meetings")

    assert "hgzero.servicebus.windows.net" in shown
    assert "EntityPath=meetings" in shown
    assert SECRET not in shown


def test_masking_hides_a_signature_in_a_blob_endpoint() -> None:
    assert "sig" not in masked("BlobEndpoint=https://a.b/c?sv=1&sig=zzz;X=1")


@given(st.text(max_size=80))
@pytest.mark.parametrize("parse", [parse_event_hub, parse_storage])
def test_parsing_ends_in_a_value_or_a_clean_sentence(
    parse: Callable[[str], object], text: str
) -> None:
    assert summary_of(parse, text).isprintable()


def summary_of(parse: Callable[[str], object], text: str) -> str:
    try:
        parse(text)
    except ConfigError as error:
        return error.summary

    return ""


@given(st.text(alphabet="abcXYZ0189+/=?&@:. ", min_size=8, max_size=40))
def test_no_value_of_an_unknown_key_is_ever_shown(secret: str) -> None:
    assert secret not in masked(f"Endpoint=sb://x/;SharedAccessKey={secret};{secret}")
