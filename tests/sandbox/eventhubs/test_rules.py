"""Owner levels, the limit of five, tokens: the rules that refuse."""

from __future__ import annotations

import base64
import json

import pytest

from ehtui.sandbox.eventhubs import AccessKey
from ehtui.sandbox.eventhubs.errors import ServiceError
from ehtui.sandbox.eventhubs.namespace import Receiver, Receivers
from ehtui.sandbox.eventhubs.signing_in import (
    JWT_TYPE,
    SAS_TYPE,
    TokenError,
    covering_paths,
    verify,
)
from tests.sandbox.eventhubs.signing import sign

KEY = AccessKey("RootManageSharedAccessKey", "secret")
LISTEN = AccessKey("listen", "other secret", frozenset({"Listen"}))
KEYS = {key.name: key for key in (KEY, LISTEN)}
HUB = "sb://127.0.0.1:5672/Hub"


class Desk:
    """Receivers of one partition, and what they were told."""

    def __init__(self) -> None:
        self.receivers = Receivers()
        self.lost: dict[str, str] = {}

    def admit(self, name: str, level: int | None = None, group: str = "g") -> Receiver:
        receiver = Receiver(
            group, "0", name, level, "t", lambda e: self.lost.update({name: f"{e.condition} {e}"})
        )
        self.receivers.admit(receiver)
        return receiver

    @property
    def present(self) -> list[str]:
        return [r["name"] for r in self.receivers.describe("0")]


@pytest.mark.parametrize(("old", "new"), [(0, 0), (0, 1), (None, 0), (None, 7)])
def test_the_same_or_a_higher_owner_level_takes_the_partition(old: int | None, new: int) -> None:
    desk = Desk()
    desk.admit("old", old)
    desk.admit("new", new)

    assert desk.present == ["new"]
    assert desk.lost["old"].startswith(
        f"amqp:link:stolen New receiver 'new' with higher epoch of '{new}' is created hence current"
        f" receiver 'old' with epoch '{old or 0}' is getting disconnected. If you are recreating"
        " the receiver, make sure a higher epoch is used."
    )


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (4, "Receiver 'old' with a higher epoch '5' already exists. Receiver 'new' with epoch 4"),
        (None, "created with epoch of '5', and so non-epoch receiver is not allowed."),
    ],
)
def test_a_lower_owner_level_is_refused(level: int | None, text: str) -> None:
    desk = Desk()
    desk.admit("old", 5)

    with pytest.raises(ServiceError) as refused:
        desk.admit("new", level)

    assert refused.value.condition == "amqp:link:stolen"
    assert text in str(refused.value)
    assert desk.present == ["old"]
    assert desk.lost == {}


def test_five_readers_without_owner_level_and_no_more() -> None:
    desk = Desk()
    first, *_ = [desk.admit(f"r{n}") for n in range(5)]

    with pytest.raises(ServiceError) as refused:
        desk.admit("r5")

    assert refused.value.condition == "amqp:resource-limit-exceeded"
    assert "in a consumer group which is 5." in str(refused.value)
    assert "List of connected receivers - r0, r1, r2, r3, r4." in str(refused.value)

    desk.admit("elsewhere", group="h")
    desk.receivers.leave(first)
    desk.admit("r5")


def test_a_signature_is_verified() -> None:
    claim = verify(sign(HUB, KEY, 2000), SAS_TYPE, HUB + "/consumergroups/$Default", KEYS, 1000)

    assert (claim.path, claim.expires_at) == ("hub/consumergroups/$default", 2000)
    assert claim.rights == {"Listen", "Send", "Manage"}
    assert claim.path in covering_paths("hub/consumergroups/$default/partitions/0")
    assert claim.path not in covering_paths("hub")
    assert claim.path not in covering_paths("hub/consumergroups/$default2")


def test_a_policy_gives_its_own_rights() -> None:
    assert verify(sign(HUB, LISTEN, 2000), SAS_TYPE, HUB, KEYS, 1000).rights == {"Listen"}


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (sign(HUB, KEY, 999), "ExpiredToken"),
        (sign(HUB, AccessKey(KEY.name, "wrong"), 2000), "InvalidSignature"),
        (sign(HUB, AccessKey("nobody", KEY.value), 2000), "InvalidSignature"),
        (sign(HUB, KEY, 2000).replace("se=2000", "se=3000"), "InvalidSignature"),
        (sign("sb://127.0.0.1:5672/other", KEY, 2000), "InvalidAudience"),
        ("SharedAccessSignature sr=x&sig=y", "MalformedToken"),
        ("SharedAccessSignature sr=x&sig=y&se=soon&skn=z", "MalformedToken"),
        ("nonsense", "MalformedToken"),
    ],
)
def test_any_other_signature_is_refused(token: str, reason: str) -> None:
    with pytest.raises(TokenError, match=reason):
        verify(token, SAS_TYPE, HUB, KEYS, 1000)


def jwt(claims: object) -> str:
    return ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none"}, claims, "")
    )


def test_a_web_token_is_read_for_its_expiry() -> None:
    assert verify(jwt({"exp": 2000}), JWT_TYPE, HUB, KEYS, 1000).path == "hub"


@pytest.mark.parametrize("token", [jwt({"exp": 900}), jwt({}), jwt([]), "a.b", "x"])
def test_any_other_web_token_is_refused(token: str) -> None:
    with pytest.raises(TokenError, match=r"Expired|Malformed"):
        verify(token, JWT_TYPE, HUB, KEYS, 1000)


def test_other_kinds_of_token_are_refused() -> None:
    with pytest.raises(TokenError, match="UnsupportedToken"):
        verify("x", "amqp:saml", HUB, KEYS, 1000)
