from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.config.connection_string import AZURITE_KEY
from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.wire.storage import address_of, parse_account_url, parse_connection_string

KEY = "c2VjcmV0LWtleQ=="
NO_ADDRESS = "does not lead to an http address"


@pytest.mark.parametrize(
    ("text", "endpoint", "account"),
    [
        (
            f"DefaultEndpointsProtocol=https;AccountName=hg;AccountKey={KEY};EndpointSuffix=a.net",
            "https://hg.blob.a.net",
            "hg",
        ),
        (f"AccountName=hg;AccountKey={KEY}", "https://hg.blob.core.windows.net", "hg"),
        (
            f" accountname = hg ; ACCOUNTKEY={KEY} ; EndpointSuffix=core.chinacloudapi.cn;;",
            "https://hg.blob.core.chinacloudapi.cn",
            "hg",
        ),
        (
            f"AccountName=ehtui;AccountKey={KEY};BlobEndpoint=http://127.0.0.1:10000/ehtui/;",
            "http://127.0.0.1:10000/ehtui",
            "ehtui",
        ),
        (
            "UseDevelopmentStorage=true",
            "http://127.0.0.1:10000/devstoreaccount1",
            "devstoreaccount1",
        ),
        (
            "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite/",
            "http://azurite:10000/devstoreaccount1",
            "devstoreaccount1",
        ),
    ],
)
def test_connection_strings_with_a_key(text: str, endpoint: str, account: str) -> None:
    address = parse_connection_string(Secret(text))

    assert (address.endpoint, address.account) == (endpoint, account)
    assert address.key
    assert address.sas is None
    assert "Key" not in repr(address).replace("key=Secret(***)", "")


def test_a_connection_string_with_a_sas() -> None:
    address = parse_connection_string(
        Secret(
            "BlobEndpoint=https://hg.blob.core.windows.net/;SharedAccessSignature=?sv=1&sig=a%3D"
        )
    )

    assert (address.endpoint, address.account) == ("https://hg.blob.core.windows.net", "hg")
    assert address.sas == Secret("sv=1&sig=a%3D")
    assert address.key is None


@pytest.mark.parametrize(
    ("text", "endpoint", "account", "container", "sas"),
    [
        ("https://hg.blob.core.windows.net", "https://hg.blob.core.windows.net", "hg", None, None),
        ("hg.blob.core.windows.net/", "https://hg.blob.core.windows.net", "hg", None, None),
        (
            "https://hg.blob.core.windows.net/?sv=1&sig=x%2B",
            "https://hg.blob.core.windows.net",
            "hg",
            None,
            "sv=1&sig=x%2B",
        ),
        (
            "https://hg.blob.core.windows.net/checkpoints?sr=c&sig=x",
            "https://hg.blob.core.windows.net",
            "hg",
            "checkpoints",
            "sr=c&sig=x",
        ),
        (
            "http://127.0.0.1:10000/devstoreaccount1",
            "http://127.0.0.1:10000/devstoreaccount1",
            "devstoreaccount1",
            None,
            None,
        ),
        (
            "http://azurite.local:10000/dev/checkpoints",
            "http://azurite.local:10000/dev",
            "dev",
            "checkpoints",
            None,
        ),
        (
            "http://azurite:10000/dev/checkpoints?sig=x",
            "http://azurite:10000/dev",
            "dev",
            "checkpoints",
            "sig=x",
        ),
    ],
)
def test_account_urls(
    text: str, endpoint: str, account: str, container: str | None, sas: str | None
) -> None:
    address = parse_account_url(Secret(text))

    assert (address.endpoint, address.account) == (endpoint, account)
    assert address.container == container
    assert address.sas == (Secret(sas) if sas else None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nonsense", "no '='"),
        ("DefaultEndpointsProtocol=https", "has no AccountName"),
        ("AccountName=hg", "has no AccountKey"),
        ("AccountName=hg;AccountKey=SECRET!", "not base64"),
        (f"AccountName=;AccountKey={KEY}", "has no AccountName"),
        (
            f"AccountName=h g/;AccountKey={KEY};BlobEndpoint=ftp://x",
            NO_ADDRESS,
        ),
        (
            f"AccountName=hg;AccountKey={KEY};BlobEndpoint=https://user:SECRET@host/",
            NO_ADDRESS,
        ),
        ("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://u:SECRET@h", NO_ADDRESS),
        (
            f"AccountName=hg;AccountKey={KEY};BlobEndpoint=http://[::1",
            NO_ADDRESS,
        ),
        (
            f"AccountName=hg;AccountKey={KEY};BlobEndpoint=http://h:99999/",
            NO_ADDRESS,
        ),
        (
            "Endpoint=sb://ns.servicebus.windows.net/;SharedAccessKeyName=a;SharedAccessKey=SECRET",
            "an Event Hubs connection string",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_key_and_without_its_secret(text: str, says: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_connection_string(Secret(text))

    problem = caught.value.problem
    assert problem.kind is ProblemKind.MALFORMED
    assert says in problem.summary
    assert "checkpoint_store.connection_string" in problem.summary
    assert "SECRET" not in problem.summary + problem.advice
    assert KEY not in problem.summary + problem.advice
    assert problem.advice


@pytest.mark.parametrize(
    "text", ["ftp://x", "https://", "https://user:SECRET@host/", "http://h:x/"]
)
def test_malformed_account_urls(text: str) -> None:
    with pytest.raises(ProblemError) as caught:
        parse_account_url(Secret(text))

    assert "checkpoint_store.account_url" in caught.value.problem.summary
    assert "SECRET" not in caught.value.problem.summary


def test_the_connection_string_comes_first_and_nothing_says_what_to_set() -> None:
    both = CheckpointStoreSettings(
        connection_string=Secret("UseDevelopmentStorage=true"),
        account_url=Secret("https://hg.blob.core.windows.net"),
    )
    assert address_of(both).account == "devstoreaccount1"

    with pytest.raises(ProblemError) as caught:
        address_of(CheckpointStoreSettings())

    assert "AZURE_STORAGE_CONNECTION_STRING" in caught.value.problem.advice


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_a_problem(text: str) -> None:
    for problem in (problem_of(parse_connection_string, text), problem_of(parse_account_url, text)):
        assert problem is None or problem.summary == safe(problem.summary)


def problem_of(parse: Callable[[Secret], object], text: str) -> Problem | None:
    try:
        parse(Secret(text))
    except ProblemError as error:
        return error.problem

    return None


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("http://azurite:10000/devstoreaccount1", "http://azurite:10000/devstoreaccount1"),
        ("http://devstoreaccount1.localhost:10000", "http://devstoreaccount1.localhost:10000"),
    ],
)
def test_azurites_account_is_opened_with_the_key_that_everybody_knows(
    text: str, endpoint: str
) -> None:
    address = parse_account_url(Secret(text))

    assert (address.endpoint, address.account) == (endpoint, "devstoreaccount1")
    assert address.key == Secret(AZURITE_KEY)
    assert parse_account_url(Secret(f"{text}?sig=x")).key is None
