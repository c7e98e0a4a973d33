"""What a YAML file says, and what is wrong with it, by key and line."""

from __future__ import annotations

import json

import pytest

from tests.config.conftest import HUB, Setup


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
