"""What went wrong with a storage account, in one sentence with a next step."""

from __future__ import annotations

import os
import socket
import ssl
import sys
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import httpcore
from msgspec.structs import replace

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.text import capital, safe
from ehtui.domain.values import Value
from ehtui.wire.storage_listing import epoch_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.wire.storage import StorageAddress

_READER = (
    "Grant the identity the role 'Storage Blob Data Reader' on the container, or use a SAS with "
    "read and list (sp=rl)."
)
_CONTAINERS_KEY = "checkpoint_store.containers (CHECKPOINT_CONTAINER)"
_NOT_ALLOWED = {
    "AuthorizationPermissionMismatch",
    "AuthorizationResourceTypeMismatch",
    "AuthorizationServiceMismatch",
    "InsufficientAccountPermissions",
}
_WRONG_KEY = {
    "AuthenticationFailed",
    "InvalidAuthenticationInfo",
    "NoAuthenticationInformation",
    "KeyBasedAuthenticationNotPermitted",
    "PublicAccessNotPermitted",
    "ResourceNotFound",  # how an account without public access answers a request without a key
}

_MOST_DIGITS = 6  # of a wait in seconds


class Refused(Value, frozen=True):
    """A reply that is not a success."""

    status: int
    code: str  # x-ms-error-code, or the Code of its body
    retry_after_s: float | None = None
    server_time: float | None = None


def problem_of_reply(address: StorageAddress, container: str | None, reply: Refused) -> Problem:
    """What a refusal by the service means."""
    reply = replace(reply, code=safe(reply.code)[:60])

    return (
        _not_let_in(address, container, reply)
        or _missing(address, container, reply)
        or _busy_or_broken(address, container, reply)
    )


def problem_of_exception(address: StorageAddress, error: Exception) -> Problem | None:
    """What kept a request from being answered; None: not the world's fault."""
    where = _where(address, None)

    if _is_without_token(error):
        return Problem(
            ProblemKind.UNAUTHORISED,
            f"No Entra ID token for {where}: {_first_line(error)}",
            "Sign in with 'az login', or give this host a managed identity or AZURE_* credentials.",
        )

    if isinstance(error, httpcore.TimeoutException):
        return Problem(
            ProblemKind.TIMEOUT,
            f"No answer in time from {where}.",
            f"Check the network and any firewall between this host and {address.host}.",
        )

    causes = tuple(_causes(error))

    if any(isinstance(cause, socket.gaierror) for cause in causes):
        return Problem(
            ProblemKind.UNRESOLVED,
            f"The host of {where} does not resolve.",
            f"Check the account name in {address.setting}, and this host's DNS.",
        )

    untrusted = next((cause for cause in causes if isinstance(cause, ssl.SSLError)), None)

    if untrusted is not None:
        return Problem(
            ProblemKind.TLS,
            f"No trusted TLS connection to {where}: {_first_line(untrusted)}",
            "Check the endpoint's scheme and certificate, and any proxy that intercepts TLS.",
        )

    return _unreached(address, error, causes)


_PROXY_ADVICE = (
    "Check checkpoint_store.proxy or HTTPS_PROXY, with its user and password; NO_PROXY names hosts"
    " without it."
)


def _unreached(
    address: StorageAddress, error: Exception, causes: tuple[BaseException, ...]
) -> Problem | None:
    where = _where(address, None)

    match error:
        case httpcore.ConnectError():
            refused = next((c for c in causes if getattr(c, "errno", None)), causes[-1])

            if address.proxy is not None:
                return Problem(
                    ProblemKind.UNREACHABLE,
                    f"No connection to the proxy {address.proxy.shown} for {where}:"
                    f" {_reason(refused)}.",
                    _PROXY_ADVICE,
                )

            return Problem(
                ProblemKind.UNREACHABLE,
                f"No connection to {where}: {_reason(refused)}.",
                f"Check that {address.host} is up and that its port is open from this host.",
            )
        case httpcore.ProxyError():
            return Problem(
                ProblemKind.UNREACHABLE,
                f"The proxy does not let this host through to {where}: {_first_line(error)}.",
                _PROXY_ADVICE,
            )
        # With h11's error in it; without, nothing had come.
        case httpcore.RemoteProtocolError(args=(Exception(), *_)):
            return malformed_reply(address, None, f"it is broken HTTP ({_first_line(error)})")
        case httpcore.NetworkError() | httpcore.RemoteProtocolError():
            return Problem(
                ProblemKind.UNREACHABLE,
                f"{capital(where)} closed the connection before it had answered.",
                "It is tried again by itself; see what answers on that port.",
            )

    return None


def token_in_the_clear(address: StorageAddress) -> Problem:
    """It would be shown to everybody on the way."""
    return Problem(
        ProblemKind.TLS,
        f"Entra ID tokens are only sent over https, and {_where(address, None)} is http.",
        f"Use https in {address.setting}, or a connection string or SAS.",
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it came from; of several attempts (happy eyeballs) each."""
    seen: list[BaseException] = [error]

    while seen:
        each = seen.pop(0)
        yield each

        if isinstance(each, BaseExceptionGroup):
            seen += each.exceptions

        seen += [cause for cause in (each.__cause__ or each.__context__,) if cause is not None]


def _is_without_token(error: Exception) -> bool:
    """Whether azure-identity says so; where it was never loaded, it did not."""
    azure = sys.modules.get("azure.core.exceptions")

    return azure is not None and isinstance(error, azure.AzureError)


def retry_after_s(header: str | None, server_time: float | None) -> float | None:
    """Seconds of a Retry-After header: it names so many, or a time by the server's clock."""
    text = (header or "").strip()

    if text.isdecimal() and len(text) <= _MOST_DIGITS:
        return float(text)

    until = epoch_of(text)

    if until is None or server_time is None:
        return None

    return max(0.0, until - server_time)


def malformed_reply(address: StorageAddress, container: str | None, detail: str) -> Problem:
    """The reply is not what a blob service says."""
    return Problem(
        ProblemKind.MALFORMED,
        f"The answer of {_where(address, container)} cannot be read: {safe(detail)[:120]}",
        f"Check that {address.setting} names a blob endpoint and that no proxy answers for it.",
    )


def _not_let_in(address: StorageAddress, container: str | None, reply: Refused) -> Problem | None:
    where = _where(address, container)

    if reply.code in _NOT_ALLOWED:
        what = "list its containers" if container is None else "list or read"
        advice = _READER

        if container is None:
            advice = f"Name the containers in {_CONTAINERS_KEY}, or: {_READER}"

        return Problem(
            ProblemKind.FORBIDDEN, f"No permission to {what} in {where} ({reply.code}).", advice
        )

    if reply.code in _WRONG_KEY or reply.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        if reply.code == "AuthorizationFailure":
            return _kept_out(address, where, reply)

        return _credential_refused(address, where, reply)

    return None


def _kept_out(address: StorageAddress, where: str, reply: Refused) -> Problem:
    """By the firewall, in Azure; emulators say the same to a wrong key."""
    what = "key" if address.key else "SAS" if address.sas else "identity"

    return Problem(
        ProblemKind.FORBIDDEN,
        f"{capital(where)} does not let this host or its {what} in ({reply.code}).",
        f"Check the account's network rules (firewall, private endpoint), and the {what} "
        f"of {address.setting}.",
    )


def _credential_refused(address: StorageAddress, where: str, reply: Refused) -> Problem:
    code = reply.code or f"HTTP {reply.status}"

    if address.key:
        summary = f"The account key (AccountKey) is not accepted by {where} ({code})."
        advice = f"Copy the connection string again into {address.setting}; the key may be rotated."
    elif address.sas:
        summary = f"The SAS is not accepted by {where} ({code}){_why(address, reply)}."
        advice = f"Make a new SAS with sp=rl for {address.setting}."
    else:
        summary = f"The Entra ID token is not accepted by {where} ({code})."
        advice = f"Check which tenant and identity is signed in ('az account show'). {_READER}"

    return Problem(ProblemKind.UNAUTHORISED, summary, advice)


def _why(address: StorageAddress, reply: Refused) -> str:
    """That the SAS has ended, where its own fields and the server's clock say so."""
    fields = parse_qs(address.sas.reveal()) if address.sas else {}
    ends = fields.get("se", [""])[0]

    try:
        ends_at = datetime.fromisoformat(ends)
    except ValueError:
        return ""

    if reply.server_time is None or ends_at.replace(tzinfo=UTC).timestamp() > reply.server_time:
        return ""

    return f": it ended at {safe(ends)}"


def _missing(address: StorageAddress, container: str | None, reply: Refused) -> Problem | None:
    where = _where(address, container)

    if reply.code in {"ContainerNotFound", "ContainerBeingDeleted"}:
        return Problem(
            ProblemKind.NOT_FOUND,
            f"There is no {where}.",
            f"Check {_CONTAINERS_KEY}; consumers do not create their container by themselves.",
        )

    if reply.code in {"InvalidResourceName", "OutOfRangeInput"}:
        return Problem(
            ProblemKind.MALFORMED,
            f"'{safe(container or '')}' is not a container name ({reply.code}).",
            f"Check {_CONTAINERS_KEY}: 3 to 63 lower-case letters, digits and hyphens.",
        )

    if reply.status in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}:
        return Problem(
            ProblemKind.CONFLICT,
            f"The blob in {where} was changed or is held by somebody else ({reply.code}).",
            "Refresh and look again before writing.",
        )

    if reply.status == HTTPStatus.NOT_FOUND:
        return Problem(
            ProblemKind.NOT_FOUND,
            f"{capital(where)} was not found ({reply.code or 'HTTP 404'}).",
            f"Check the address in {address.setting}.",
        )

    return None


def _busy_or_broken(address: StorageAddress, container: str | None, reply: Refused) -> Problem:
    where = _where(address, container)
    code = reply.code or f"HTTP {reply.status}"

    if reply.status in {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.SERVICE_UNAVAILABLE,
    } or reply.code in {"ServerBusy", "OperationTimedOut"}:
        wait_s = reply.retry_after_s
        wait = f" It asks to wait {wait_s:g} s." if wait_s is not None else ""

        return Problem(
            ProblemKind.THROTTLED,
            f"{capital(where)} is busy ({code}).{wait}",
            "Poll less often (poll.store_s), and see who else lists this account.",
            wait_s,
        )

    if reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Problem(
            ProblemKind.UNREACHABLE,
            f"{capital(where)} answered with an error ({code}).",
            "It is tried again by itself; see the storage account's health in Azure.",
            reply.retry_after_s,
        )

    if reply.code in {"InvalidHeaderValue", "UnsupportedHeader", "InvalidQueryParameterValue"}:
        return Problem(
            ProblemKind.UNSUPPORTED,
            f"{capital(where)} does not understand this version of the protocol ({code}).",
            "Update the emulator, or start Azurite with --skipApiVersionCheck.",
        )

    return Problem(
        ProblemKind.MALFORMED,
        f"{capital(where)} answered with {code}.",
        f"Check that {address.setting} names a blob endpoint.",
    )


def _where(address: StorageAddress, container: str | None) -> str:
    account = f"storage account '{safe(address.account)}' at {address.host}"

    return f"container '{safe(container)}' of {account}" if container is not None else account


def _reason(error: BaseException) -> str:
    """The system's own word, without how it was asked."""
    number = getattr(error, "errno", None)

    return os.strerror(number) if isinstance(number, int) and number > 0 else _first_line(error)


def _first_line(error: BaseException) -> str:
    return safe((str(error).strip() or type(error).__name__).splitlines()[0])[:160]
