"""`--pid` of a stranger: nothing of this folder's, and no token of yours, goes where it says."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.cli.config import pid_lines
from ehtui.config.errors import ConfigError
from ehtui.config.found import Flags, Resolved
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.process_settings import ProcessFindings
from ehtui.config.resolve import resolve

KEY = "c2VjcmV0LXZhbHVl"
HUB = f"Endpoint=sb://own.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
SECRET = (
    "Endpoint=sb://victim.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey=VklDVElN"
)


def found(**values: str) -> ProcessFindings:
    given = {
        key.replace("__", "."): Value(text, Origin(Layer.PROCESS, key, "its environment", 7))
        for key, text in values.items()
    }
    return ProcessFindings(given, ())


def resolved(
    folder: Path, findings: ProcessFindings, environment: dict[str, str] | None = None, **flags: str
) -> Resolved:
    given = {key.replace("__", "."): text for key, text in flags.items()}
    names = {key: f"--{key}" for key in given}

    return resolve(
        Flags(pid=7, values=given, names=names),
        environment=environment or {},
        folder=folder,
        look_into=lambda _: findings,
    )


MINE = {
    "EVENTHUB_CONNECTION_STRING": SECRET,
    "EVENTHUB_NAME": "mine",
    "EVENTHUB_NAMESPACE": "victim.servicebus.windows.net",
    "EVENTHUB_CONSUMER_GROUP": "mine",
    "AZURE_STORAGE_CONNECTION_STRING": f"AccountName=mine;AccountKey={KEY}",
    "AZURE_STORAGE_ACCOUNT_URL": "https://mine.blob.core.windows.net",
    "CHECKPOINT_CONTAINER": "mine",
}
YAML = """
eventhub: {connection_string: '${NOT_SET}', namespace: mine, name: mine, consumer_group: mine,
           peek_group: mine, aliases: [mine]}
checkpoint_store: {connection_string: '${NOT_SET}', account_url: 'https://mine.blob.core.windows.net',
                   containers: mine, layout: eph-go}
ui: {start_group: mine, mono: true}
read_only: true
"""


@pytest.mark.parametrize("source", ["environment", "dotenv", "yaml", "env_file"])
def test_of_what_is_configured_here_nothing_is_mixed_in(tmp_path: Path, source: str) -> None:
    lines = "".join(f"{name}='{value}'\n" for name, value in MINE.items())

    if source == "dotenv":
        (tmp_path / ".env").write_text(lines)
    elif source == "yaml":
        (tmp_path / "ehtui.yaml").write_text(YAML)
    elif source == "env_file":
        (tmp_path / "mine.env").write_text(lines)
        (tmp_path / "ehtui.yaml").write_text("env_file: mine.env\n")

    told = resolved(
        tmp_path,
        found(eventhub__connection_string=HUB),
        MINE if source == "environment" else None,
    )
    hub, store = told.settings.eventhub, told.settings.checkpoint_store

    assert hub.connection_string
    assert hub.connection_string.reveal() == HUB
    assert (hub.name, hub.namespace, hub.consumer_group) == (None, None, "$Default")
    assert (hub.peek_group, hub.aliases) == (None, ())
    assert not store.is_configured
    assert (store.containers, store.layout) == ((), None)
    assert told.settings.ui.start_group is None
    assert "mine" not in str(told.settings)
    assert any("--pid" in note for note in told.notes)


def test_what_says_how_to_look_stays(tmp_path: Path) -> None:
    (tmp_path / "ehtui.yaml").write_text(YAML.replace("peek_group", "production: true, peek_group"))
    settings = resolved(tmp_path, found(eventhub__connection_string=HUB)).settings

    assert settings.read_only
    assert settings.eventhub.production
    assert settings.ui.mono


def test_flags_go_over_it(tmp_path: Path) -> None:
    told = resolved(
        tmp_path,
        found(eventhub__connection_string=HUB),
        eventhub__name="flag",
        eventhub__consumer_group="flagged",
        checkpoint_store__account_url="https://flag.blob.core.windows.net",
        checkpoint_store__containers="flag-container",
    )

    assert told.settings.eventhub.name == "flag"
    assert told.settings.eventhub.consumer_group == "flagged"
    assert told.settings.checkpoint_store.containers == ("flag-container",)


EVIL_HUBS = [
    "evil.example.com",
    "evil.servicebus.windows.net.example.com",
    "servicebus.windows.net.example.com",
    "evil-servicebus.windows.net",
    "10.0.0.1",
    "127.0.0.1",
    "localhost",
    "xservicebus.windows.net",
]
EVIL_STORES = [
    "https://evil.example.com",
    "https://evil.blob.core.windows.net.example.com/checkpoints",
    "http://own.blob.core.windows.net",
    "https://10.0.0.1/own",
    "https://blob.core.windows.net",
    "https://example.com/blob",
]


@pytest.mark.parametrize("host", EVIL_HUBS)
def test_your_token_goes_to_no_host_of_a_stranger(tmp_path: Path, host: str) -> None:
    for findings in (
        found(eventhub__namespace=host, eventhub__name="x"),
        found(eventhub__connection_string=f"Endpoint=sb://{host}/;EntityPath=x"),
    ):
        with pytest.raises(ConfigError, match="Entra ID") as caught:
            resolved(tmp_path, findings)

        assert host in caught.value.advice
        assert "--namespace" in caught.value.advice
        told = resolved(tmp_path, findings, eventhub__namespace=host)
        assert told.settings.eventhub.namespace == host


@pytest.mark.parametrize("url", EVIL_STORES)
def test_nor_to_an_account_of_a_stranger(tmp_path: Path, url: str) -> None:
    findings = found(eventhub__connection_string=HUB, checkpoint_store__account_url=url)

    with pytest.raises(ConfigError, match="Entra ID"):
        resolved(tmp_path, findings)

    told = resolved(tmp_path, findings, checkpoint_store__account_url=url)
    assert told.settings.checkpoint_store.is_configured


@pytest.mark.parametrize(
    "values",
    [
        {"eventhub__connection_string": f"Endpoint=sb://evil.example.com/;SharedAccessKeyName=k;SharedAccessKey={KEY}"},
        {
            "eventhub__connection_string": HUB,
            "checkpoint_store__account_url": "https://evil.example.com/cps?sv=1&sig=theirs",
        },
        {
            "eventhub__connection_string": HUB,
            "checkpoint_store__connection_string": f"AccountName=a;AccountKey={KEY};BlobEndpoint=https://evil.example.com",
        },
    ],
    ids=["hub", "signature", "store"],
)  # fmt: skip
def test_keys_of_its_own_may_go_anywhere(tmp_path: Path, values: dict[str, str]) -> None:
    assert not any("Entra" in note for note in resolved(tmp_path, found(**values)).notes)


def test_that_your_token_goes_to_azure_is_told(tmp_path: Path) -> None:
    findings = found(
        eventhub__namespace="own.servicebus.windows.net",
        eventhub__name="x",
        checkpoint_store__account_url="https://own.blob.core.windows.net/checkpoints",
    )
    told = resolved(tmp_path, findings)
    lines = pid_lines(told)

    assert sum("your own Entra ID" in line for line in lines) == 2
    assert not any("Entra" in note for note in _without_pid(tmp_path).notes)


def _without_pid(folder: Path) -> Resolved:
    return resolve(
        Flags(),
        environment={"EVENTHUB_NAMESPACE": "x.example.com", "EVENTHUB_NAME": "x"},
        folder=folder,
        look_into=lambda _: found(),
    )
