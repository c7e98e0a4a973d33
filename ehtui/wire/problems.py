"""From what the wire raises to one clear sentence and a next step."""

from __future__ import annotations

import errno
import re
import socket
import ssl
from http import HTTPStatus
from typing import TYPE_CHECKING

from msgspec.structs import replace

from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from ehtui.config.networks import Proxy
    from ehtui.wire.credentials import HubAccess

_KINDS_BY_STATUS = {
    400: ProblemKind.MALFORMED,
    401: ProblemKind.UNAUTHORISED,
    403: ProblemKind.FORBIDDEN,
    404: ProblemKind.NOT_FOUND,
    408: ProblemKind.TIMEOUT,
    429: ProblemKind.THROTTLED,
    501: ProblemKind.UNSUPPORTED,
    503: ProblemKind.THROTTLED,
}
_KINDS_BY_CONDITION = {
    "amqp:unauthorized-access": ProblemKind.UNAUTHORISED,
    "com.microsoft:auth-failed": ProblemKind.UNAUTHORISED,
    "amqp:not-allowed": ProblemKind.FORBIDDEN,
    "com.microsoft:entity-disabled": ProblemKind.FORBIDDEN,
    "amqp:not-found": ProblemKind.NOT_FOUND,
    "com.microsoft:server-busy": ProblemKind.THROTTLED,
    "amqp:resource-limit-exceeded": ProblemKind.THROTTLED,
    "com.microsoft:timeout": ProblemKind.TIMEOUT,
    "amqp:not-implemented": ProblemKind.UNSUPPORTED,
    "amqp:framing-error": ProblemKind.MALFORMED,
    "amqp:decode-error": ProblemKind.MALFORMED,
}
_OWN_ERRORS = frozenset({"amqp:internal-error", "com.microsoft:operation-cancelled"})
CONDITIONS = (*_KINDS_BY_CONDITION, *sorted(_OWN_ERRORS))
_DETAIL_LENGTH = 200


# "Please wait 4 seconds and try again."
_WAIT = re.compile(r"\bwait (\d{1,5}(?:\.\d+)?) s")


def from_status(access: HubAccess, code: int, description: str, condition: str = "") -> Problem:
    """What a reply with this status code means; the service's own words are kept."""
    kind = _KINDS_BY_CONDITION.get(condition) or _KINDS_BY_STATUS.get(code)
    said = f"{code} {condition or description}".strip()

    if kind is None:
        return _own_error(access, said, description)

    return _told(access, kind, said, description)


def from_condition(access: HubAccess, condition: str, description: str = "") -> Problem:
    """What it means that a link, session or connection ended with this AMQP condition."""
    if condition in _OWN_ERRORS:
        return _own_error(access, condition, description)

    kind = _KINDS_BY_CONDITION.get(condition, ProblemKind.UNREACHABLE)
    return _told(access, kind, condition, description)


def _own_error(access: HubAccess, said: str, description: str) -> Problem:
    return Problem(
        ProblemKind.UNREACHABLE,
        f"{access.endpoint} answered with an error ({_cut(_joined(said, description))}).",
        "It is tried again by itself; see the health of the namespace in Azure.",
    )


def hung_up(access: HubAccess) -> Problem:
    """The other side let go of a connection that stood."""
    return Problem(
        ProblemKind.UNREACHABLE, f"{access.endpoint} closed the connection.", _LOST_ADVICE
    )


def from_os_error(access: HubAccess, error: OSError) -> Problem:
    """Why there is no connection: name, TCP, TLS or time."""
    if isinstance(error, socket.gaierror):
        return Problem(
            ProblemKind.UNRESOLVED,
            f"The host name {safe(access.host)!r} does not resolve.",
            "Check the namespace for a typing error, and this machine's DNS.",
        )

    if isinstance(error, ssl.SSLError):
        return _tls(access, error)

    if isinstance(error, TimeoutError):
        return timed_out(access, "connect")

    if _is_refused(error):
        return Problem(
            ProblemKind.UNREACHABLE,
            f"Nothing listens on {access.endpoint}: the connection was refused.",
            _PORT_ADVICE,
        )

    if isinstance(error, ConnectionError) and access.use_tls:
        return Problem(
            ProblemKind.TLS,
            f"{access.endpoint} closed the connection while TLS was set up.",
            _PLAIN_ADVICE,
        )

    detail = _cut(error.strerror or str(error)) or type(error).__name__
    return Problem(
        ProblemKind.UNREACHABLE, f"{access.endpoint} cannot be reached: {detail}.", _PORT_ADVICE
    )


def proxy_unreachable(access: HubAccess, proxy: Proxy, error: OSError) -> Problem:
    """Why there is no connection to the proxy itself."""
    to_proxy = replace(access, host=proxy.host, port=proxy.port, use_tls=proxy.uses_tls)
    told = from_os_error(to_proxy, error)
    return Problem(
        told.kind,
        f"The proxy for {access.endpoint} cannot be used. {told.summary}",
        _PROXY_ADVICE,
    )


def proxy_refused(access: HubAccess, proxy: Proxy, code: int, reason: str) -> Problem:
    """The proxy answered, and lets nothing through to the hub."""
    said = _cut(f"{code} {reason}")

    if code == HTTPStatus.PROXY_AUTHENTICATION_REQUIRED:
        who = "does not accept that name and password" if proxy.user else "asks who you are"
        return Problem(
            ProblemKind.UNAUTHORISED,
            f"The proxy {proxy.shown} {who} ({said}).",
            "Give it a name and password, percent-encoded: http://NAME:PASSWORD@HOST:PORT."
            " Basic is the one way of signing in that ehtui knows.",
        )

    kind = ProblemKind.FORBIDDEN if code in {401, 403, 405} else ProblemKind.UNREACHABLE
    return Problem(
        kind,
        f"The proxy {proxy.shown} does not connect to {access.endpoint} ({said}).",
        "Ask whoever runs it for this host and port, or try the other: eventhub.transport.",
    )


def proxy_odd(proxy: Proxy, what: str) -> Problem:
    """What answered is no HTTP proxy."""
    return Problem(
        ProblemKind.MALFORMED,
        f"The proxy {proxy.shown} does not answer like an HTTP proxy: {_cut(what)}.",
        _PROXY_ADVICE,
    )


def no_websocket(access: HubAccess, what: str) -> Problem:
    """What answered does not speak AMQP over WebSockets."""
    return Problem(
        ProblemKind.MALFORMED,
        f"{access.endpoint} does not take AMQP over WebSockets: {_cut(what)}.",
        "Check that this is an Event Hubs endpoint, and that nothing in between answers for it.",
    )


def _is_refused(error: OSError) -> bool:
    # asyncio joins the refusals of several addresses into one text without a number.
    return error.errno == errno.ECONNREFUSED or f"[Errno {errno.ECONNREFUSED}]" in str(error)


def timed_out(access: HubAccess, what: str, seconds: float | None = None) -> Problem:
    """The other side kept silent."""
    limit = "" if seconds is None else f" within {seconds:g} s"
    return Problem(
        ProblemKind.TIMEOUT,
        f"{access.endpoint} did not answer{limit} ({what}).",
        f"A firewall may drop port {access.port}; it is tried again by itself.",
    )


def odd_answer(access: HubAccess, partition: str | None, what: str) -> Problem:
    """An answer that is not what the service says: which one, and what is odd about it."""
    about = f"the event hub {safe(access.hub)!r}"

    if partition is not None:
        about = f"partition {safe(partition)} of {about}"

    return Problem(
        ProblemKind.MALFORMED,
        f"{access.endpoint} gave an odd answer about {about}: {_cut(what)}.",
        "It is asked again by itself. If it stays like this, check that this is an Event Hubs"
        " endpoint.",
    )


def _tls(access: HubAccess, error: ssl.SSLError) -> Problem:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Problem(
            ProblemKind.TLS,
            f"The certificate of {access.endpoint} is not trusted: {_cut(error.verify_message)}.",
            "Behind a proxy that inspects TLS, point eventhub.ca_file or SSL_CERT_FILE at its"
            " root certificate.",
        )

    return Problem(
        ProblemKind.TLS,
        f"TLS with {access.endpoint} failed: {_cut(error.reason or str(error))}.",
        _PLAIN_ADVICE,
    )


def _told(access: HubAccess, kind: ProblemKind, code: str, description: str) -> Problem:
    hub, label = safe(access.hub), access.credential.label
    summary, advice = {
        ProblemKind.UNAUTHORISED: (
            f"{access.endpoint} refused {label} for the event hub {hub!r}",
            "Check name and key (portal: Shared access policies); the Listen right is enough.",
        ),
        ProblemKind.FORBIDDEN: (
            f"{access.endpoint} does not let {label} read the event hub {hub!r}",
            "Give it the Listen right, or the role Azure Event Hubs Data Receiver.",
        ),
        ProblemKind.NOT_FOUND: (
            f"The namespace {safe(access.namespace)} has no event hub {hub!r}",
            "Check EntityPath or EVENTHUB_NAME against the names in the portal.",
        ),
        ProblemKind.THROTTLED: (
            f"{access.endpoint} is busy and asks for fewer reads",
            "ehtui waits by itself; raise poll.hub_s, or look for other heavy readers.",
        ),
        ProblemKind.MALFORMED: (
            f"{access.endpoint} gave an answer that ehtui does not understand",
            "Check that this is an Event Hubs endpoint, and its port.",
        ),
        ProblemKind.UNSUPPORTED: (f"{access.endpoint} cannot do this", "Check the tier."),
        ProblemKind.TIMEOUT: (f"{access.endpoint} gave up on the request", "It is tried again."),
    }.get(kind, (f"{access.endpoint} ended the connection", _LOST_ADVICE))

    asked = _WAIT.search(description) if kind is ProblemKind.THROTTLED else None
    told = f"{summary} ({_cut(_joined(code, description))})."

    return Problem(kind, told, advice, float(asked[1]) if asked is not None else None)


def _joined(code: str, description: str) -> str:
    return code if not description or description in code else f"{code}: {description}"


def _cut(text: str) -> str:
    """The first line of foreign text, without the tracking ids that end the service's texts."""
    first = text.strip().partition("\n")[0].partition(" TrackingId:")[0].rstrip(". ")
    return safe(first)[:_DETAIL_LENGTH]


_PORT_ADVICE = "Check host and port, and that a firewall lets it through (5671; emulator 5672)."
_PLAIN_ADVICE = "Only an emulator speaks without TLS: add ;UseDevelopmentEmulator=true for one."
_PROXY_ADVICE = "Check eventhub.proxy, or HTTPS_PROXY and NO_PROXY; `ehtui config` shows which."
_LOST_ADVICE = "It is tried again by itself."
