"""Which names of a namespace are one: two clients, two emulators, a container's name."""

from __future__ import annotations

import pytest

from ehtui.domain.world.hub import Host, Names, host_of, looks_like_host, port_of

NS = "hgzero.servicebus.windows.net"


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("NS.Example:5672", Host("ns.example", "5672")),
        ("localhost", Host("localhost", None)),
        ("[::1]:5672", Host("::1", "5672")),
        ("[::1]", Host("::1", None)),
        ("::1", Host("::1", None)),
        ("name:with-text", Host("name:with-text", None)),
        ("", Host("", None)),
    ],
)
def test_a_name_is_compared_without_case_and_its_port_apart(name: str, host: Host) -> None:
    assert host_of(name) == host


@pytest.mark.parametrize(
    ("own", "name", "is_covered"),
    [
        (NS, NS.upper(), True),
        (NS, f"{NS}:5671", True),
        (NS, f"{NS}:443", True),
        (f"{NS}:5671", NS, True),
        (NS, "hgzero-alias.servicebus.windows.net", False),
        # Python writes the port of the Endpoint, JavaScript none: that may be any.
        ("localhost:5691", "localhost:5691", True),
        ("localhost:5691", "localhost", True),
        ("localhost", "localhost:5672", True),
        # Another port is another namespace.
        ("localhost:5692", "localhost:5691", False),
        ("localhost", "localhost:5691", False),
        ("eventhubs:5672", "eventhubs:35672", False),
        # One machine, but each client sees only what is written under its own name.
        ("localhost:5672", "127.0.0.1:5672", False),
        ("localhost", "[::1]", False),
    ],
)
def test_a_record_is_of_the_namespace_that_is_looked_at(
    own: str, name: str, is_covered: bool
) -> None:
    assert Names(own).cover(name) is is_covered


@pytest.mark.parametrize(
    ("own", "name", "may_be"),
    [
        ("localhost:5672", "127.0.0.1:5672", True),
        ("localhost:5672", "[::1]:5672", True),
        ("localhost", "127.0.0.1:5672", True),
        ("localhost:5691", "127.0.0.1", True),
        ("localhost:5672", "eventhubs-emulator", True),
        ("localhost:35672", "eventhubs-emulator:5672", True),  # a container's port, mapped
        (NS, "hgzero-alias.servicebus.windows.net", True),
        (NS, "10.1.2.3", True),
        ("localhost:5692", "localhost:5691", False),
        ("localhost:5692", "127.0.0.1:5691", False),
        ("localhost", "127.0.0.1:5691", False),
        (NS, f"{NS}:443", False),  # it is this one
    ],
)
def test_another_name_may_mean_the_same_namespace(own: str, name: str, may_be: bool) -> None:
    assert Names(own).may_cover(name) is may_be


def test_an_accepted_name_is_read_as_this_namespace() -> None:
    names = Names("localhost:5672", ("eventhubs-emulator", "127.0.0.1"))

    assert names.cover("eventhubs-emulator")
    assert names.cover("EVENTHUBS-EMULATOR:9000")
    assert names.cover("127.0.0.1:5672")
    assert not names.cover("127.0.0.1:5691")  # another emulator of this machine
    assert not names.may_cover("eventhubs-emulator")
    assert not names.cover("eventhubs")


def test_an_alias_with_a_port_means_that_port() -> None:
    names = Names("localhost:35672", ("emulator:9000",))

    assert names.cover("emulator:9000")
    assert names.cover("emulator")
    assert not names.cover("emulator:9001")


def test_what_is_a_host_beyond_doubt() -> None:
    assert looks_like_host(NS)
    assert looks_like_host("localhost")
    assert looks_like_host("emulator:5672")
    assert not looks_like_host("images")
    assert (port_of("NS:5672"), port_of("ns"), port_of("[::1]:9")) == (":5672", "", ":9")


@pytest.mark.parametrize(
    ("own", "name", "is_other"),
    [
        ("a.servicebus.windows.net", "A.servicebus.windows.net:5671", False),
        ("a.servicebus.windows.net", "b.servicebus.windows.net", True),
        ("a.servicebus.windows.net", "eventhubs.internal", False),  # may be a private name of it
        ("localhost:5691", "localhost:5692", True),
        ("localhost:5691", "eventhubs-emulator", False),
    ],
)
def test_who_was_given_another_name_is_of_another_namespace_or_may_not_be(
    own: str, name: str, *, is_other: bool
) -> None:
    assert Names(own).rule_out(name) is is_other
    assert not Names(own, (name,)).rule_out(name)
