from __future__ import annotations

import base64
import hashlib
import hmac
from urllib.parse import parse_qs, quote_plus

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import EventHubSettings
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.wire.credentials import (
    ENTRA_SCOPE,
    JWT_TYPE,
    SAS_TYPE,
    EntraId,
    HubAccess,
    SharedKey,
    SharedSignature,
    access_of,
)

NAMESPACE = "hgzero.servicebus.windows.net"
KEY = "a2V5LW9mLXRlc3Q="
FULL = f"Endpoint=sb://{NAMESPACE}/;SharedAccessKeyName=reader;SharedAccessKey={KEY};EntityPath=hub"


def access(text: str, name: str | None = None) -> HubAccess:
    return access_of(EventHubSettings(connection_string=Secret(text), name=name))


def test_a_connection_string_means_tls_on_5671() -> None:
    found = access(FULL)

    assert (found.host, found.port, found.use_tls) == (NAMESPACE, 5671, True)
    assert (found.namespace, found.hub) == (NAMESPACE, "hub")
    assert found.audience == f"sb://{NAMESPACE}/hub"
    assert found.credential == SharedKey("reader", Secret(KEY))


def test_a_configured_name_wins_over_the_entity_path() -> None:
    assert access(FULL, "other").hub == "other"


def test_the_emulator_has_no_tls_and_keeps_its_port_in_the_namespace() -> None:
    text = FULL.replace(NAMESPACE, "127.0.0.1:39427") + ";UseDevelopmentEmulator=true"
    found = access(text)

    assert (found.host, found.port, found.use_tls) == ("127.0.0.1", 39427, False)
    assert found.namespace == "127.0.0.1:39427"
    assert access(FULL + ";UseDevelopmentEmulator=true").port == 5672


def test_a_port_is_honoured_with_tls() -> None:
    found = access(FULL.replace(NAMESPACE, f"{NAMESPACE}:9999"))

    assert (found.port, found.use_tls) == (9999, True)


def test_a_namespace_means_entra_id() -> None:
    found = access_of(EventHubSettings(namespace=NAMESPACE, name="hub"))

    assert isinstance(found.credential, EntraId)
    assert (found.host, found.port, found.use_tls) == (NAMESPACE, 5671, True)
    url = EventHubSettings(namespace=f"sb://{NAMESPACE}:5673/", name="hub")
    assert access_of(url).namespace == f"{NAMESPACE}:5673"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (EventHubSettings(), "Neither an Event Hubs connection string nor a namespace"),
        (EventHubSettings(namespace=NAMESPACE), "without an event hub"),
        (EventHubSettings(namespace="sb://:x/", name="h"), "is not a namespace"),
        (FULL.replace(";EntityPath=hub", ""), "no EntityPath"),
        (FULL.replace(f"Endpoint=sb://{NAMESPACE}/;", ""), "has no Endpoint"),
        (FULL.replace("SharedAccessKeyName=reader;", ""), "has no SharedAccessKeyName"),
        (FULL.replace(f"SharedAccessKey={KEY};", ""), "has no SharedAccessKey:"),
        ("nonsense", "no '='"),
    ],
)
def test_what_is_missing_is_named_and_no_secret_shown(
    settings: EventHubSettings | str, words: str
) -> None:
    if isinstance(settings, str):
        settings = EventHubSettings(connection_string=Secret(settings))

    with pytest.raises(ProblemError) as caught:
        access_of(settings)

    problem = caught.value.problem
    assert problem.kind is ProblemKind.MALFORMED
    assert words in problem.summary
    assert KEY not in problem.summary + problem.advice


async def test_a_shared_key_signs_as_the_service_verifies() -> None:
    token = await SharedKey("read er", Secret(KEY)).token("sb://ns/hub", 1000.5)
    kind, _, query = token.text.reveal().partition(" ")
    given = {name: value for name, [value] in parse_qs(query).items()}
    signed = f"{quote_plus('sb://ns/hub')}\n{given['se']}".encode()
    digest = hmac.new(KEY.encode(), signed, hashlib.sha256).digest()

    assert kind == "SharedAccessSignature"
    assert given["sr"] == "sb://ns/hub"
    assert given["skn"] == "read er"
    assert base64.b64decode(given["sig"]) == digest
    assert token.expires_at == float(given["se"]) == 4600
    assert token.kind == SAS_TYPE


async def test_the_sdk_signs_the_same() -> None:
    from azure.eventhub._pyamqp.utils import generate_sas_token  # noqa: PLC0415

    token = await SharedKey("reader", Secret(KEY)).token("sb://ns/hub", 1000.0)
    theirs = generate_sas_token("sb://ns/hub", "reader", KEY, 4600)  # type: ignore[no-untyped-call]

    assert parse_qs(token.text.reveal()) == parse_qs(theirs)


@pytest.mark.parametrize(
    ("text", "expires_at"),
    [
        ("SharedAccessSignature sr=x&sig=y&se=1700000000&skn=n", 1_700_000_000),
        ("SharedAccessSignature sr=x&sig=y&skn=n", 4600),
        ("SharedAccessSignature sr=x&sig=y&se=soon&skn=n", 4600),
        ("SharedAccessSignature sr=x&sig=y&se=1e400&skn=n", 4600),
        ("SharedAccessSignature sr=x&sig=y&se=nan&skn=n", 4600),
        ("SharedAccessSignature sr=x&sig=y&se=-5&skn=n", 4600),
    ],
)
async def test_a_signature_is_passed_on_with_its_own_end(text: str, expires_at: float) -> None:
    found = access(f"Endpoint=sb://{NAMESPACE}/;SharedAccessSignature={text};EntityPath=hub")
    assert isinstance(found.credential, SharedSignature)
    token = await found.credential.token("sb://ns/hub", 1000.0)

    assert (token.text.reveal(), token.expires_at, token.kind) == (text, expires_at, SAS_TYPE)


async def test_entra_id_without_any_identity_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    from azure.identity.aio import EnvironmentCredential  # noqa: PLC0415

    credential = EntraId()
    monkeypatch.setattr(credential, "for_sdk", EnvironmentCredential)

    for name in ("AZURE_CLIENT_ID", "AZURE_TENANT_ID", "AZURE_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)

    with pytest.raises(ProblemError) as caught:
        await credential.token("sb://ns/hub", 1000.0)

    await credential.close()
    assert caught.value.problem.kind is ProblemKind.UNAUTHORISED
    assert "az login" in caught.value.problem.advice


async def test_entra_id_asks_for_the_scope_of_event_hubs(monkeypatch: pytest.MonkeyPatch) -> None:
    from azure.core.credentials import AccessToken  # noqa: PLC0415

    asked: list[str] = []

    class Fake:
        async def get_token(self, scope: str) -> AccessToken:
            asked.append(scope)
            return AccessToken("jwt-text", 5000)

    credential = EntraId()
    monkeypatch.setattr(credential, "for_sdk", Fake)
    token = await credential.token("sb://ns/hub", 1000.0)

    assert asked == [ENTRA_SCOPE] == ["https://eventhubs.azure.net//.default"]
    assert (token.text.reveal(), token.kind, token.expires_at) == ("jwt-text", JWT_TYPE, 5000)
