"""How to get into a hub: a shared key, a ready signature, or Entra ID; read from the settings."""

from __future__ import annotations

import base64
import hashlib
import hmac
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote_plus

from typing_extensions import override

from ehtui.config.connection_string import address_of_namespace
from ehtui.config.errors import ConfigError
from ehtui.config.secret import Secret
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.domain.world.hub import known_moment
from ehtui.wire.identity import Identity
from ehtui.wire.network import PLAIN, Network, network_of

if TYPE_CHECKING:
    from azure.identity.aio import DefaultAzureCredential

    from ehtui.config.connection_string import HubAddress
    from ehtui.config.networks import Proxy
    from ehtui.config.settings import EventHubSettings

TOKEN_LIFE_S = 3600
ENTRA_SCOPE = "https://eventhubs.azure.net//.default"
SAS_TYPE, JWT_TYPE = "servicebus.windows.net:sastoken", "jwt"


class Token(Value, frozen=True):
    """What `$cbs` and `$management` are shown; good until `expires_at`."""

    text: Secret
    kind: str
    expires_at: float


class Credential(Protocol):
    """Makes tokens for one audience."""

    @property
    def label(self) -> str:
        """What an error may say of it: a key's name, never the key."""

    async def token(self, audience: str, now: float) -> Token:
        """A token that is good for a while from `now`.

        Raises:
            ProblemError: There is none to be had.
        """

    async def close(self) -> None:
        """Let go of connections."""


class SharedKey(Value, frozen=True):
    """A named key of the namespace or hub; signs its own tokens."""

    name: str
    key: Secret

    @property
    def label(self) -> str:
        """See `Credential`."""
        return f"the key {safe(self.name)!r}"

    async def token(self, audience: str, now: float) -> Token:
        """See `Credential`."""
        expires_at = int(now) + TOKEN_LIFE_S
        resource = quote_plus(audience)
        signed = f"{resource}\n{expires_at}".encode()
        digest = hmac.new(self.key.reveal().encode(), signed, hashlib.sha256).digest()
        signature = quote_plus(base64.b64encode(digest))
        text = (
            f"SharedAccessSignature sr={resource}&sig={signature}"
            f"&se={expires_at}&skn={quote_plus(self.name)}"
        )
        return Token(Secret(text), SAS_TYPE, expires_at)

    async def close(self) -> None:
        """Nothing is open."""


class SharedSignature(Value, frozen=True):
    """A signature that somebody made; it cannot be renewed here."""

    signature: Secret

    @property
    def label(self) -> str:
        """See `Credential`."""
        return "the SharedAccessSignature"

    async def token(self, audience: str, now: float) -> Token:  # noqa: ARG002 - for any
        """See `Credential`."""
        return Token(self.signature, SAS_TYPE, self._expires_at(now))

    def _expires_at(self, now: float) -> float:
        for part in self.signature.reveal().partition(" ")[2].split("&"):
            with suppress(ValueError):
                if part.startswith("se=") and (ends_at := known_moment(float(part[3:]))):
                    return ends_at

        return now + TOKEN_LIFE_S

    async def close(self) -> None:
        """Nothing is open."""


class EntraId(Credential):
    """DefaultAzureCredential: environment, workload or managed identity, then developer tools."""

    label = "Entra ID"

    def __init__(self, proxy: Proxy | None = None) -> None:
        self._identity = Identity(proxy)

    def for_sdk(self) -> DefaultAzureCredential:
        """The SDK's own credential, one for everybody; `close()` lets go of it."""
        return self._identity.credential()

    @override
    async def token(self, audience: str, now: float) -> Token:
        from azure.core.exceptions import AzureError  # noqa: PLC0415 - who needs it has loaded it

        try:
            access = await self.for_sdk().get_token(ENTRA_SCOPE)
        except AzureError as error:
            raise ProblemError(
                Problem(
                    ProblemKind.UNAUTHORISED,
                    f"Entra ID gave no token: {safe(str(error).partition(chr(10))[0])[:200]}",
                    "Sign in with `az login`, or set the variables of a service principal.",
                )
            ) from None

        return Token(Secret(access.token), JWT_TYPE, float(access.expires_on))

    @override
    async def close(self) -> None:
        await self._identity.close()


class HubAccess(Value, frozen=True):
    """One hub: where it is and how to get in."""

    host: str
    port: int
    use_tls: bool
    namespace: str  # the host, with the port where the endpoint names one
    hub: str
    credential: Credential
    connection_string: Secret  # for the SDK's public clients; empty with Entra ID
    network: Network = PLAIN

    @property
    def audience(self) -> str:
        """What tokens are signed for."""
        return f"sb://{self.namespace}/{self.hub}"

    @property
    def endpoint(self) -> str:
        """What an error calls the other side."""
        return safe(f"{self.host}:{self.port}")


def access_of(settings: EventHubSettings) -> HubAccess:
    """Read the settings of a hub.

    Raises:
        ProblemError: Something is missing or malformed; the sentence names the part.
    """
    try:
        address, network = settings.address, network_of(settings)
    except ConfigError as error:
        raise _malformed(error.summary, error.advice) from None

    if address is None:
        raise _malformed(
            "Neither an Event Hubs connection string nor a namespace is configured.",
            "Set EVENTHUB_CONNECTION_STRING, or EVENTHUB_NAMESPACE with EVENTHUB_NAME.",
        )

    hub = settings.name or address.entity_path

    if not hub:
        raise _without_hub(settings)

    if address.uses_identity:
        address = address_of_namespace(address.namespace)

    return HubAccess(
        host=address.host,
        port=address.port,
        use_tls=address.use_tls,
        namespace=address.namespace,
        hub=hub,
        credential=_credential(address, network),
        connection_string=Secret("") if address.uses_identity else address.for_sdk(),
        network=network,
    )


def _credential(address: HubAddress, network: Network) -> Credential:
    if address.key_name is not None and address.key is not None:
        return SharedKey(address.key_name, address.key)

    if address.signature is not None:
        return SharedSignature(address.signature)

    return EntraId(network.proxy or network.https_proxy)


def _without_hub(settings: EventHubSettings) -> ProblemError:
    if settings.connection_string:
        return _malformed(
            "The connection string names no event hub: it has no EntityPath.",
            "Set EVENTHUB_NAME, or add ;EntityPath=<event hub> to the connection string.",
        )

    return _malformed(
        f"The namespace {safe(settings.namespace or '')!r} is configured without an event hub.",
        "Set EVENTHUB_NAME, or eventhub.name in the YAML file.",
    )


def _malformed(summary: str, advice: str) -> ProblemError:
    return ProblemError(Problem(ProblemKind.MALFORMED, summary, advice))
