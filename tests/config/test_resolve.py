from __future__ import annotations

import json
from pathlib import Path

import pytest

from ehtui.config.errors import ConfigError
from ehtui.config.origins import Layer, Origin, Value
from ehtui.config.process_settings import ProcessFindings
from ehtui.config.resolve import Flags, Resolved, require_hub, resolve

KEY = "c2VjcmV0LXZhbHVl"
HUB = f"Endpoint=sb://hgzero.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
OTHER = f"Endpoint=sb://other.servicebus.windows.net/;SharedAccessKeyName=k;SharedAccessKey={KEY}"
STORE = f"AccountName=hgzero;AccountKey={KEY}"


class Setup:
    """A folder with files, an environment and flags; `resolve()` reads them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {"HOME": str(folder / "home")}
        self.findings = ProcessFindings({}, ())

    def write(self, name: str, text: str) -> Setup:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

        return self

    def env(self, **variables: str) -> Setup:
        self.environment |= variables

        return self

    def resolve(
        self,
        config: str | None = None,
        env_file: str | None = None,
        pid: int | None = None,
        **values: str,
    ) -> Resolved:
        flagged = {key.replace("__", "."): value for key, value in values.items()}
        flags = Flags(config, env_file, pid, flagged, {key: f"--{key}" for key in flagged})

        return resolve(
            flags,
            environment=self.environment,
            folder=self.folder,
            look_into=lambda _: self.findings,
        )

    def fails(self, config: str | None = None, **values: str) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            self.resolve(config, None, None, **values)

        assert KEY not in caught.value.summary + caught.value.advice

        return caught.value


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


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


def test_the_nearest_yaml_wins(setup: Setup) -> None:
    setup.write("home/.config/ehtui/config.yaml", "eventhub: {name: xdg}")
    assert setup.resolve().settings.eventhub.name == "xdg"

    setup.write("config.yaml", "eventhub: {name: application}")
    assert setup.resolve().settings.eventhub.name == "application"

    setup.write("ehtui.yaml", "eventhub: {name: own}")
    assert setup.resolve().settings.eventhub.name == "own"

    setup.write("elsewhere.yaml", "eventhub: {name: given}")
    assert setup.resolve(config="elsewhere.yaml").settings.eventhub.name == "given"


def test_an_applications_file_without_our_sections_is_passed_over(setup: Setup) -> None:
    setup.write("config.yaml", "server: {port: 80}\nlogging: {}\neventhubs: 1\n")
    resolved = setup.resolve()

    assert resolved.ignored_sections == (
        "server",
        "logging",
        "eventhubs (did you mean 'eventhub'?)",
    )

    setup.write("home/.config/ehtui/config.yaml", "eventhub: {name: xdg}")
    assert setup.resolve().settings.eventhub.name == "xdg"


def test_the_guides_file_gives_the_group_and_its_other_sections_are_ignored(setup: Setup) -> None:
    setup.write("config.yaml", 'eventhub:\n  consumer_group: "test-group"\nclaude:\n  model: x\n')
    resolved = setup.resolve()

    assert resolved.settings.eventhub.consumer_group == "test-group"
    assert resolved.ignored_sections == ("claude",)


def test_variables_are_expanded_from_environment_and_dotenv(setup: Setup) -> None:
    setup.write("ehtui.yaml", "eventhub: {name: '${A}-${B:-b}'}\npoll: {hub_s: '${N}'}\n")
    setup.write(".env", "A=a\nN=2.5")
    settings = setup.resolve().settings

    assert settings.eventhub.name == "a-b"
    assert settings.poll.hub_s == 2.5


def test_a_variable_that_is_not_set_is_named_with_its_key(setup: Setup) -> None:
    error = setup.write("ehtui.yaml", "eventhub:\n  name: ${NOT_SET}\n").fails()

    assert "eventhub" in error.summary
    assert "NOT_SET" in error.summary


def test_a_files_own_env_file_is_read_beside_it(setup: Setup) -> None:
    setup.write("deep/ehtui.yaml", "env_file: rag/.env\neventhub: {peek_group: '${PEEK}'}")
    setup.write("deep/rag/.env", f"EVENTHUB_CONNECTION_STRING={HUB}\nEVENTHUB_NAME=n\nPEEK=peek")
    resolved = setup.resolve(config="deep/ehtui.yaml")

    assert resolved.settings.eventhub.name == "n"
    assert resolved.settings.eventhub.peek_group == "peek"
    assert str(resolved.origins["eventhub.name"]) == "EVENTHUB_NAME in rag/.env"


def test_paths_of_a_consumer_are_relative_to_the_file(setup: Setup) -> None:
    setup.write(
        "deep/ehtui.yaml",
        "consumers: {rag: {match: start_consumer, cwd: rag, log: /var/log/rag.log,"
        " command: python 'start consumer.py'}}",
    )
    consumer = setup.resolve(config="deep/ehtui.yaml").settings.consumers["rag"]

    assert consumer.cwd == str(setup.folder / "deep/rag")
    assert consumer.log == "/var/log/rag.log"
    assert consumer.command == ("python", "start consumer.py")


@pytest.mark.parametrize(
    ("yaml", "names"),
    [
        ("eventhub: {nam: x}", "eventhub.nam (ehtui.yaml line 1) is not a key that ehtui knows; "),
        ("eventhub: {nam: x}", "did you mean 'name'?"),
        ("poll:\n  hub_s: fast", "poll.hub_s (ehtui.yaml line 2) should be a number, not text."),
        ("poll: {hub_s: 0}", "should be at least 0.2."),
        ("poll: {hub_s: .nan}", "should be at least 0.2."),
        ("poll: [1]", "poll (ehtui.yaml line 1) should be keys with values, not a list."),
        ("eventhub: {name: 12}", "should be text, not a number (quote it)."),
        ("eventhub: {production: maybe}", "should be true or false, not text."),
        ("eventhub: {consumer_group: ''}", "eventhub.consumer_group (ehtui.yaml line 1) is empty"),
        ("eventhub: {consumer_group: a/b}", "is not the name of a consumer group: 'a/b'"),
        ("eventhub: {name: a\n  b: c", "not valid YAML: line 2, column 4"),
        ("eventhub: {name: a}\neventhub: {name: b}", "eventhub is there twice"),
        ("- a", "should be a section such as 'eventhub:', not a list"),
        ("eventhub: !!python/object:os.x {}", "not valid YAML: line 1, column 11"),
        ("lease: {expires_after_s: 5, renewed_every_s: 10}", "lease.expires_after_s (5) should be"),
        ("lease: {groups: {a: {expires: 5}}}", "did you mean 'expires_after_s'?"),
        ("consumers: {rag: {log: x}}", "consumers.rag says neither"),
        ("consumers: {rag: {match: '('}}", "consumers.rag.match is not a regular expression"),
        ("consumers: {rag: {match: x, comand: y}}", "did you mean 'command'?"),
        ("consumers: {rag: {command: [1]}}", "consumers.rag.command[0] (ehtui.yaml line 1)"),
        ("test_events: {a: {eventType: x}}", "test_events.a.eventType"),
        ("test_events: {a: {properties: {b: c}}}", "test_events.a has no body"),
        ("test_events: {a: {body: 2025-01-01}}", "cannot be written as JSON"),
        ("checkpoint_store: {containers: [UPPER]}", "is not a container name: 'UPPER'"),
        ("checkpoint_store: {layout: x}", "should be one of eph-python, eph-go, dapr-legacy."),
        ("ui: {keymap: {quit: 1}}", "ui.keymap"),
        ("read_only: [1]", "read_only (ehtui.yaml line 1) should be true or false, not a list."),
        ("env_file: missing.env", "does not exist"),
        ("eventhub: {name: \x00}", "not valid YAML"),
        ("eventhub: " + "[" * 5000, "not valid YAML"),
    ],
)
def test_a_bad_file_is_told_by_key_and_line(setup: Setup, yaml: str, names: str) -> None:
    error = setup.write("ehtui.yaml", yaml).fails()

    assert names in error.summary
    assert error.summary.isprintable()


@pytest.mark.parametrize(
    "yaml",
    [
        "eventhub: &a\n  name: *a\n",
        "\n".join(
            [
                "a0: &a0 [x, x]",
                *(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]" for n in range(12)),
                "eventhub: {name: *a12}",
            ]
        ),
    ],
    ids=["itself", "too much"],
)
def test_aliases_that_never_end_are_told(setup: Setup, yaml: str) -> None:
    error = setup.write("ehtui.yaml", yaml).fails()

    assert "the aliases (*name) of 'eventhub' stand for too much" in error.summary


def test_other_sections_may_hold_whatever_they_like(setup: Setup) -> None:
    setup.write("config.yaml", "app: {a: '${NOT_SET}', a: 2}\neventhub: {name: n}")

    assert setup.resolve().settings.eventhub.name == "n"


def test_a_named_file_that_is_not_there_is_an_error(setup: Setup) -> None:
    assert "--config nowhere.yaml does not exist" in setup.fails(config="nowhere.yaml").summary


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


def test_production_makes_read_only_the_default(setup: Setup) -> None:
    setup.write("ehtui.yaml", "eventhub: {production: true}")
    resolved = setup.resolve()

    assert resolved.settings.read_only
    assert resolved.settings.eventhub.production
    assert "production" in str(resolved.origins["read_only"])
    assert not setup.resolve(read_only="false").settings.read_only


def test_the_default_test_event_is_the_guides_meeting(setup: Setup) -> None:
    events = setup.resolve().settings.test_events
    event = json.loads(events["MINUTES_FINALIZED"].body)

    assert event["eventType"] == "MINUTES_FINALIZED"
    assert event["data"]["title"] == "테스트 회의"


def test_test_events_are_json_or_text(setup: Setup) -> None:
    setup.write(
        "ehtui.yaml",
        "test_events:\n  a: {body: {한: 글, n: 1}, properties: {k: 1, b: true}}\n  b: {body: raw}",
    )
    events = setup.resolve().settings.test_events

    assert json.loads(events["a"].body) == {"한": "글", "n": 1}
    assert events["a"].properties == {"k": "1", "b": "true"}
    assert events["b"].body == "raw"
    assert set(events) == {"a", "b"}


def test_lease_timing_per_group(setup: Setup) -> None:
    setup.write("ehtui.yaml", "lease: {expires_after_s: 30, groups: {a: {renewed_every_s: 5}}}")
    lease = setup.resolve().settings.lease

    assert lease.expires_after_s == 30
    assert lease.groups["a"].renewed_every_s == 5


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
