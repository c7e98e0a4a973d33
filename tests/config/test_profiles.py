"""Profiles: which settings each hub has, where they come from, and what is wrong, by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from ehtui.config.choosing import every_one
from ehtui.config.errors import ConfigError
from ehtui.config.found import ConfiguredHub, Flags, Found, Resolved
from ehtui.config.settings import PollSettings
from tests.config.conftest import HUB, KEY, OTHER, STORE, Setup

TWO = f"""
eventhub: {{consumer_group: shared, transport: websocket}}
checkpoint_store: {{connection_string: "{STORE}", containers: [all]}}
lease: {{expires_after_s: 60, groups: {{shared: {{renewed_every_s: 5}}}}}}
poll: {{hub_s: 9}}
consumers: {{rag: {{match: rag}}, other: {{match: other}}}}
profiles:
  prod:
    colour: Red
    production: true
    eventhub: {{connection_string: "{HUB}", peek_group: peek}}
    lease: {{renewed_every_s: 10}}
    consumers: {{rag: {{match: prod}}}}
    hubs:
      - orders
      - name: payments
        consumer_group: pay
        groups: [a, B, b]
        containers: one,two
  dev:
    eventhub: {{connection_string: "{OTHER};EntityPath=only", consumer_group: mine}}
    poll: {{store_s: 2}}
"""


def all_of(setup: Setup, flags: Flags | None = None) -> dict[str, ConfiguredHub]:
    found = Found.read(flags or Flags(), setup.environment, setup.folder)
    return {hub.key: hub for hub in every_one(found)}


def one_of(setup: Setup, profile: str, hub: str | None = None, **env: str) -> Resolved:
    values = {"eventhub.name": hub} if hub else {}
    flags = Flags(profile=profile, values=values, names=dict.fromkeys(values, "--hub"))
    chosen = list(all_of(setup.env(**env), flags).values())
    assert len(chosen) == 1
    assert isinstance(chosen[0].found, Resolved), chosen[0].found
    return chosen[0].found


def test_every_hub_of_every_profile_has_settings_of_its_own(setup: Setup) -> None:
    hubs = all_of(setup.write("ehtui.yaml", TWO))

    assert list(hubs) == ["prod/orders", "prod/payments", "dev/only"]
    assert [hub.colour for hub in hubs.values()] == ["red", "red", None]
    assert [hub.is_production for hub in hubs.values()] == [True, True, False]

    payments = hubs["prod/payments"].found
    assert isinstance(payments, Resolved)
    eventhub = payments.settings.eventhub
    assert (eventhub.consumer_group, eventhub.groups) == ("pay", ("a", "B"))
    assert eventhub.peek_group == "peek"
    assert payments.settings.checkpoint_store.containers == ("one", "two")
    assert str(payments.origins["eventhub.name"]) == "ehtui.yaml line 16"


def test_the_top_level_has_the_defaults_of_every_profile(setup: Setup) -> None:
    setup.write("ehtui.yaml", TWO)
    prod, dev = one_of(setup, "prod", "orders").settings, one_of(setup, "dev").settings

    assert (prod.eventhub.consumer_group, dev.eventhub.consumer_group) == ("shared", "mine")
    assert prod.eventhub.transport == dev.eventhub.transport == "websocket"
    assert prod.checkpoint_store == dev.checkpoint_store
    assert prod.lease.expires_after_s == 60
    assert (prod.lease.renewed_every_s, dev.lease.renewed_every_s) == (10, None)
    assert prod.lease.groups == dev.lease.groups
    assert {name: each.match for name, each in prod.consumers.items()} == {
        "rag": "prod",
        "other": "other",
    }
    assert (prod.poll, dev.poll) == (PollSettings(hub_s=9), PollSettings(hub_s=9, store_s=2))


def test_production_in_a_profile_makes_it_read_only(setup: Setup) -> None:
    setup.write("ehtui.yaml", "read_only: false\n" + TWO)
    orders = one_of(setup, "prod", "orders")

    assert orders.settings.read_only
    assert orders.settings.eventhub.production
    assert str(orders.origins["read_only"]).startswith("ehtui.yaml line ")
    assert not one_of(setup, "dev").settings.read_only

    allowed = TWO.replace("production: true", "production: true\n    read_only: false")
    setup.write("ehtui.yaml", allowed)
    assert not one_of(setup, "prod", "orders").settings.read_only
    assert one_of(setup, "prod", "orders", EHTUI_READ_ONLY="1").settings.read_only


def test_a_profile_goes_over_the_environment_and_flags_go_over_it(setup: Setup) -> None:
    setup.write("ehtui.yaml", TWO)
    setup.env(EVENTHUB_CONNECTION_STRING=f"{OTHER};EntityPath=else", EVENTHUB_CONSUMER_GROUP="env")
    orders = one_of(setup, "prod", "orders").settings.eventhub

    assert orders.address is not None
    assert orders.address.namespace == "hgzero.servicebus.windows.net"
    assert (orders.name, orders.consumer_group) == ("orders", "env")
    assert one_of(setup, "dev").settings.eventhub.consumer_group == "mine"

    flagged = {"eventhub.consumer_group": "flag", "eventhub.name": "Orders"}
    flags = Flags(profile="prod", values=flagged, names=dict.fromkeys(flagged, "--x"))
    assert setup.resolve().settings.profile is None  # the environment names a hub by itself
    chosen = all_of(setup, flags)["prod/orders"].found
    assert isinstance(chosen, Resolved)
    assert chosen.settings.eventhub.consumer_group == "flag"


def test_what_is_named_nearby_comes_before_profiles_that_nobody_named(setup: Setup) -> None:
    setup.write("ehtui.yaml", TWO)
    setup.write(".env", f"EVENTHUB_CONNECTION_STRING={OTHER};EntityPath=project")

    assert setup.resolve().settings.eventhub.name == "project"
    assert list(all_of(setup)) == ["project"]
    assert len(all_of(setup, Flags(every_profile=True))) == 3
    assert one_of(setup, "dev").settings.eventhub.name == "only"


def test_a_profiles_own_env_file_is_nearer_than_the_environment(setup: Setup) -> None:
    setup.write("a/.env", f"EVENTHUB_CONNECTION_STRING={HUB}\nNAME_A=orders\nX=own")
    setup.write("ehtui.yaml", "profiles: {a: {env_file: a/.env, hubs: ['${NAME_A}-${X}']}}")
    setup.env(EVENTHUB_CONNECTION_STRING=OTHER, X="others")
    found = one_of(setup, "a")

    assert found.settings.eventhub.name == "orders-own"
    assert found.settings.eventhub.address is not None
    assert found.settings.eventhub.address.namespace == "hgzero.servicebus.windows.net"
    assert (
        str(found.origins["eventhub.connection_string"]) == "EVENTHUB_CONNECTION_STRING in a/.env"
    )


def test_several_hubs_have_to_be_chosen_from(setup: Setup) -> None:
    error = setup.write("ehtui.yaml", TWO).fails()

    assert "prod/orders, prod/payments, dev" in error.summary
    assert "--profile" in error.advice

    assert setup.resolve(eventhub__name="PAYMENTS").settings.eventhub.name == "payments"
    assert setup.env(EHTUI_PROFILE="dev").resolve().settings.profile == "dev"


def test_the_only_hub_needs_no_choice(setup: Setup) -> None:
    setup.write(
        "ehtui.yaml", f"profiles: {{a: {{eventhub: {{connection_string: '{HUB}'}}, hubs: [x]}}}}"
    )
    settings = setup.resolve().settings

    assert (settings.profile, settings.eventhub.name) == ("a", "x")


@pytest.mark.parametrize(
    ("yaml", "names"),
    [
        ("a: {eventhub: {nam: x}}", "profiles.a.eventhub.nam (ehtui.yaml line 1) is not a key"),
        ("\n  a:\n    eventhub:\n      name: 12", "profiles.a.eventhub.name (ehtui.yaml line 4)"),
        ("a: {poll: {hub_s: 0}}", "profiles.a.poll.hub_s (ehtui.yaml line 1) should be at least"),
        (
            "a: {lease: {expires_after_s: 1, renewed_every_s: 2}}",
            "profiles.a.lease.expires_after_s",
        ),
        ("a: {lease: {groups: {b: {x: 1}}}}", "profiles.a.lease.groups.b.x"),
        ("a: {consumers: {b: {log: x}}}", "profiles.a.consumers.b says neither"),
        ("a: {test_events: {b: {properties: {}}}}", "profiles.a.test_events.b has no body"),
        ("a: {hubs: [{nam: x}]}", "profiles.a.hubs[0].nam (ehtui.yaml line 1)"),
        ("a: {hubs: [x, X]}", "profiles.a.hubs[1] (ehtui.yaml line 1) is there twice: 'X'"),
        ("a: {hubs: [{groups: g}]}", "profiles.a.hubs[0] (ehtui.yaml line 1) has no name"),
        ("a: {hubs: x}", "profiles.a.hubs (ehtui.yaml line 1) should be a list"),
        ("a: {hubs: ['a b']}", "profiles.a.hubs[0].name (ehtui.yaml line 1) is not the name of"),
        ("a: {colour: beautiful}", "profiles.a.colour (ehtui.yaml line 1) is no colour"),
        ("a: {production: maybe}", "profiles.a.production (ehtui.yaml line 1) should be true"),
        ("a: {ui: {mono: true}}", "profiles.a.ui (ehtui.yaml line 1) is for all profiles"),
        ("a: {evnthub: {}}", "profiles.a.evnthub (ehtui.yaml line 1) is not a key of a profile"),
        ("a: 1", "profiles.a (ehtui.yaml line 1) should be keys with values"),
        ("a: {env_file: none}", "profiles.a.env_file (ehtui.yaml line 1), none, does not exist"),
        ("a/b: {hubs: [x]}", "profiles.a/b (ehtui.yaml line 1) cannot be a profile's name"),
        ("[a]", "profiles (ehtui.yaml line 1) should be names with keys"),
        (
            "a: {eventhub: {connection_string: '${file:no}'}}",
            "profiles.a.eventhub.connection_string (ehtui.yaml line 1) needs no, which does not",
        ),
        (
            "a: {eventhub: {name: '${env:NO}'}}",
            "profiles.a.eventhub.name (ehtui.yaml line 1) needs",
        ),
    ],
)
def test_what_is_wrong_is_named_by_its_whole_key(setup: Setup, yaml: str, names: str) -> None:
    is_whole = yaml.startswith(("[", "\n"))
    error = setup.write("ehtui.yaml", f"profiles: {yaml if is_whole else f'{{{yaml}}}'}").fails()

    assert names in error.summary


def test_a_profile_that_cannot_be_used_leaves_the_others(setup: Setup) -> None:
    setup.write("ehtui.yaml", TWO.replace("colour: Red", "colour: 7up"))
    hubs = all_of(setup)

    assert list(hubs) == ["prod", "dev/only"]
    assert isinstance(hubs["prod"].found, ConfigError)
    assert isinstance(hubs["dev/only"].found, Resolved)


def test_a_hub_that_cannot_be_used_leaves_the_others(setup: Setup) -> None:
    hubs = all_of(
        setup.write("ehtui.yaml", TWO.replace("consumer_group: pay", "consumer_group: /"))
    )

    assert list(hubs) == ["prod/orders", "prod/payments", "dev/only"]
    assert isinstance(hubs["prod/payments"].found, ConfigError)
    assert "profiles.prod.hubs[1].consumer_group" in str(hubs["prod/payments"].found)


def test_an_unknown_profile_or_hub_is_named_with_those_that_are_known(setup: Setup) -> None:
    setup.write("ehtui.yaml", TWO).env(EHTUI_PROFILE="prd")
    error = setup.fails()
    assert (
        "EHTUI_PROFILE in the environment: there is no profile 'prd'; did you mean 'prod'"
        in str(error)
    )
    assert "prod, dev" in error.advice

    setup.environment["EHTUI_PROFILE"] = "prod"
    error = setup.fails(eventhub__name="orderz")
    assert "'orderz'" in error.summary
    assert "prod/orders, prod/payments" in error.advice

    (setup.folder / "ehtui.yaml").unlink()
    assert "there is no profile 'prod'" in setup.fails().summary


def test_the_example_of_the_page_means_what_it_says(setup: Setup) -> None:
    page = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text(encoding="utf-8")
    setup.write("home/.config/ehtui/prod.key", HUB)
    example = page.split("```yaml\n")[1].split("```")[0]
    setup.write("ehtui.yaml", example.replace("~", str(setup.folder / "home")))
    setup.write("dev/.env", f"EVENTHUB_CONNECTION_STRING={OTHER}")
    hubs = all_of(setup)

    assert list(hubs) == ["prod/orders", "prod/payments", "dev/orders", "test/orders"]
    assert not [hub.found for hub in hubs.values() if isinstance(hub.found, ConfigError)]
    payments = hubs["prod/payments"].found
    assert isinstance(payments, Resolved)
    assert payments.settings.read_only
    assert payments.settings.eventhub.groups == ("audit",)
    assert payments.settings.checkpoint_store.containers == ("payments-checkpoints",)


def test_a_process_has_no_profile(setup: Setup) -> None:
    setup.write("ehtui.yaml", TWO).env(EHTUI_PROFILE="dev")
    assert setup.resolve(pid=7).settings.profile is None

    with pytest.raises(ConfigError, match="--pid"):
        all_of(setup, Flags(pid=7, profile="dev"))


def test_other_programs_have_profiles_too(setup: Setup) -> None:
    spring = "eventhub: {name: x}\nprofiles:\n  dev: {name: a, production: false}\n  prod: [1]\n"
    resolved = setup.write("config.yaml", spring).resolve()

    assert resolved.settings.eventhub.name == "x"
    assert resolved.ignored_sections == ("profiles",)


def test_a_secret_may_stand_in_a_file_of_its_own(setup: Setup) -> None:
    setup.write("home/secret.txt", f"{HUB}\n")
    setup.write(
        "deep/ehtui.yaml",
        "eventhub: {connection_string: '${file:../home/secret.txt}', name: '${env:NAME:-n}'}",
    )
    resolved = setup.resolve(config="deep/ehtui.yaml")
    secret = resolved.settings.eventhub.connection_string

    assert secret is not None
    assert secret.reveal() == HUB
    assert resolved.settings.eventhub.name == "n"


@pytest.mark.parametrize("place", ["key.txt", ".env"])
def test_a_secret_that_others_can_read_is_told(setup: Setup, place: str) -> None:
    text = HUB if place == "key.txt" else f"EVENTHUB_CONNECTION_STRING={HUB}"
    setup.write(place, text)
    setup.write(
        "ehtui.yaml",
        "eventhub: {connection_string: '${file:key.txt}', name: n}"
        if place == "key.txt"
        else "eventhub: {name: n}",
    )
    path, folder = setup.folder / place, setup.folder
    path.chmod(0o644)
    are_open = all(part.stat().st_mode & 0o001 for part in folder.resolve().parents)
    folder.chmod(0o755)
    told = [note for note in setup.resolve().notes if "chmod 600" in note]

    assert bool(told) == are_open
    assert not any(KEY in note for note in told)

    path.chmod(0o600)
    assert not [note for note in setup.resolve().notes if "chmod 600" in note]


def test_a_file_cannot_be_named_in_a_dotenv(setup: Setup) -> None:
    """Those of a stranger's folder are read, too: they must not have us read ours."""
    setup.write("secret.txt", "taken")
    setup.write(
        ".env", f"EVENTHUB_CONNECTION_STRING={HUB}\nEVENTHUB_CONSUMER_GROUP=${{file:secret.txt}}"
    )
    error = setup.fails()

    assert "taken" not in error.summary


@pytest.mark.parametrize(
    "second", [f"{{connection_string: '{OTHER};EntityPath=Orders'}}", "{name: orders}"]
)
def test_two_hubs_of_a_profile_with_one_name_are_refused_with_both_places(
    setup: Setup, second: str
) -> None:
    first = f"{{connection_string: '{HUB};EntityPath=orders'}}"
    setup.write(
        "ehtui.yaml",
        f"eventhub: {{connection_string: '{HUB}'}}\nprofiles:\n  p:\n    hubs:\n"
        f"      - {first}\n      - {second}\n      - third\n  q: {{hubs: [orders]}}",
    )
    listed = every_one(Found.read(Flags(), setup.environment, setup.folder))

    assert [hub.key for hub in listed] == ["p", "q/orders"]
    told = str(listed[0].found)
    assert "profiles.p.hubs[0] (ehtui.yaml line 5)" in told
    assert "profiles.p.hubs[1] (ehtui.yaml line 6)" in told
    assert "orders" in told.lower()
    assert isinstance(listed[1].found, Resolved)


def test_two_hubs_without_a_name_are_one_row_that_says_what_is_wrong(setup: Setup) -> None:
    broken = "{connection_string: 'Endpoint=sb://a.servicebus.windows.net/'}"
    setup.write("ehtui.yaml", f"profiles: {{p: {{hubs: [{broken}, {broken}, x]}}}}")
    listed = every_one(Found.read(Flags(), setup.environment, setup.folder))

    assert [hub.key for hub in listed] == ["p", "p/x"]
    assert isinstance(listed[0].found, ConfigError)
