from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import HUB, Ehtui


def line(out: str, key: str) -> str:
    return next(line for line in out.splitlines() if line.startswith(f"{key} "))


def test_every_value_stands_with_its_origin(ehtui: Ehtui, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("eventhub: {consumer_group: test-group}\napp: {}\n")
    (tmp_path / ".env").write_text("EVENTHUB_NAME=meetings\n")
    said = ehtui("--container", "cps", "config", EVENTHUB_CONNECTION_STRING=HUB)

    assert said.code == 0
    assert line(said.out, "eventhub.name").split() == [
        "eventhub.name", "meetings", "EVENTHUB_NAME", "in", ".env",
    ]  # fmt: skip
    assert "config.yaml line 1" in line(said.out, "eventhub.consumer_group")
    assert "in the environment" in line(said.out, "eventhub.connection_string")
    assert "SharedAccessKey=***" in line(said.out, "eventhub.connection_string")
    assert line(said.out, "checkpoint_store.containers").endswith("--container")
    assert line(said.out, "poll.hub_s").endswith("default")
    assert "ignored sections: app" in said.out
    assert "read: config.yaml, .env" in said.out


def test_a_flag_counts_before_and_behind_the_command(ehtui: Ehtui) -> None:
    for argv in (["--hub", "meetings", "config"], ["config", "--hub", "meetings"]):
        assert line(ehtui(*argv).out, "eventhub.name").endswith("--hub")


def test_without_anything_it_still_lists_the_defaults(ehtui: Ehtui) -> None:
    said = ehtui("config")

    assert said.code == 0
    assert "$Default" in line(said.out, "eventhub.consumer_group")
    assert "read: no file" in said.out


def test_a_sas_in_an_address_is_hidden(ehtui: Ehtui) -> None:
    url = "https://hgzero.blob.core.windows.net/cps?sv=1&sig=topsecret"
    out = ehtui("config", AZURE_STORAGE_ACCOUNT_URL=url).out

    assert "https://hgzero.blob.core.windows.net?***" in out
    assert "topsecret" not in out
    assert "cps" in line(out, "checkpoint_store.containers")


def test_properties_named_for_secrets_are_hidden(ehtui: Ehtui, tmp_path: Path) -> None:
    secrets = ("token", "api-key", "sasKey", "key", "CLIENT_SECRET", "password", "x.sas")
    properties = ", ".join(f"{name}: topsecret" for name in secrets)
    (tmp_path / "config.yaml").write_text(
        "test_events:\n"
        f"  minutes: {{body: {{apiKey: topsecret, note: shown}}, properties: {{{properties}, "
        "type: plain, partitionKey: device-1, retries: 3}}\n"
    )
    out = ehtui("config").out

    assert "topsecret" not in out
    assert line(out, "test_events.minutes.properties.token").split()[1] == "***"
    assert line(out, "test_events.minutes.properties.type").split()[1] == "plain"
    assert line(out, "test_events.minutes.properties.partitionKey").split()[1] == "device-1"
    assert "shown" in line(out, "test_events.minutes.body")


def test_a_command_is_shown_without_its_secrets(ehtui: Ehtui, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        "consumers:\n  a: {command: 'run --eventhub-key topsecret --sas -topsecret --key-file k'}\n"
    )
    out = ehtui("config").out

    assert "topsecret" not in out
    assert "--key-file k" in line(out, "consumers.a.command")


def test_a_name_that_the_screen_does_not_know_is_told(ehtui: Ehtui, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("ui: {keymap: {quti: x}}\n")
    said = ehtui("config")

    assert said.code == 64
    assert "ui.keymap: there is no action 'quti'; did you mean 'quit'?" in said.err
