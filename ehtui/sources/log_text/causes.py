"""Why the service refused or ended something: texts that stand within the SDKs' own sentences."""

from __future__ import annotations

import re
from typing import Final

from ehtui.domain.world.process import LogIncidentKind as Kind

# The first that fits is it: what is definite comes before what follows from it.
_CAUSES: Final = {
    Kind.OFFSET_REFUSED: (r"georeplication:invalid-offset",),
    Kind.ENTITY_DISABLED: (
        r"com\.microsoft:entity-disabled",
        r"MessagingEntityDisabled",
        r"[Ee]ntity (?:'[^']{0,256}' )?is (?:currently )?disabled",
    ),
    Kind.RECEIVER_QUOTA: (
        r"Exceeded the maximum number of allowed receivers",
        r"EventHubsException\(QuotaExceeded\)",
    ),
    Kind.LINK_STOLEN: (
        r"is getting disconnected",
        r"link:stolen",
        r"ErrorCondition\.LinkStolen",
        r"EventHubsException\(ConsumerDisconnected\)",
        r"ReceiverDisconnectedE",
        r"EventHubsError::ConsumerDisconnected",
    ),
    Kind.OWNER_LEVEL_REFUSED: (
        r"with a higher epoch '\d{1,19}' already exists",
        r"so non-epoch receiver is not allowed",
    ),
    Kind.THROTTLED: (
        r"com\.microsoft:server-busy",
        r"EventHubsException\(ServiceBusy\)",
        r"ServerBusyE",
        r"is being throttled",
        r"[Ee]rror ?[Cc]ode ?: ?50002",
    ),
    Kind.AUTHORISATION_LOST: (
        r"amqp:unauthorized-access",
        r"ErrorCondition\.UnauthorizedAccess",
        r"com\.microsoft:auth-failed",
        r"Unauthorized access\. '(?:Listen|Manage)",
        r"[Pp]ut[- ][Tt]oken failed",
        r"CBS Token authentication failed",
        r"\bExpiredToken\b",
        r"\bInvalidSignature\b",
        r"UnauthorizedError\b",
        r"AuthenticationE(?:rror|xception)\b",
    ),
}
CAUSES: Final = tuple((kind, re.compile("|".join(said))) for kind, said in _CAUSES.items())
# The checkpoint store has its own rights and its own limits; who only sends lacks another claim.
_OF_THE_STORE = re.compile(
    r"\bErrorCode:|\.blob\.|Server failed to authenticate|x-ms-request-id|RequestId:|BlobServiceE"
)
_OF_A_SENDER = re.compile(r"'Send' claim")
_ABOUT_THE_HUB = frozenset({Kind.THROTTLED, Kind.AUTHORISATION_LOST})

# Receivers as the service calls them: the owner id where the SDK sends it, `nil` where it does not.
_RECEIVERS: Final = (
    re.compile(
        r"New receiver '(?P<other>[^']{0,256})' with higher epoch of '\d{1,19}' is created hence "
        r"current receiver '(?P<own>[^']{0,256})'"
    ),
    re.compile(
        r"Receiver '(?P<other>[^']{0,256})' with a higher epoch '\d{1,19}' already exists\. "
        r"Receiver '(?P<own>[^']{0,256})'"
    ),
)
UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
# SystemTracker:ns:eventhub:hub~32766|group. The number is the service's own, not the partition id.
_TRACKER = re.compile(
    r"SystemTracker:(?P<namespace>[\w.-]{1,128}):[eE]vent[hH]ub:(?P<hub>[^~|\s,]{1,256})"
    r"(?:~\d{1,9})?(?:\|(?P<group>[^\s,]{1,256}?))?(?=[,\s]|$)"
)
_LINK = re.compile(
    r"/ConsumerGroups/(?P<group>[\w.$-]{1,256})/Partitions/(?P<partition>[\w.-]{1,64})",
    re.IGNORECASE,
)
_HUB_BEFORE = re.compile(r"[\w.-]{1,256}\Z")
# One of these stands in every text that tells a cause.
WORDS: Final = (
    *("isconnected", "tolen", "epoch", "-busy", "Busy", "throttled", "50002", "isabled"),
    *("invalid-offset", "allowed receivers", "QuotaExceeded", "nauthorized", "auth-failed"),
    *("oken failed", "Token authentication", "InvalidSignature", "ExpiredToken"),
    "AuthenticationE",
)


def cause_of(text: str) -> Kind | None:
    """Why the service refused or ended something, where the text says so."""
    if not any(word in text for word in WORDS):
        return None

    for kind, expression in CAUSES:
        if not expression.search(text):
            continue

        if kind in _ABOUT_THE_HUB and (_OF_THE_STORE.search(text) or _OF_A_SENDER.search(text)):
            continue

        return kind

    return None


def receivers_of(text: str) -> tuple[str | None, str | None]:
    """The receiver that was cut, and who took its place; where their names are owner ids."""
    for expression in _RECEIVERS:
        if match := expression.search(text):
            return _as_owner(match["own"]), _as_owner(match["other"])

    return None, None


def places_of(text: str) -> dict[str, str]:
    """Namespace, hub, group and partition as the service's own text names them."""
    places: dict[str, str] = {}

    if match := _TRACKER.search(text):
        places = {name: value for name, value in match.groupdict().items() if value}

    if match := _LINK.search(text):
        places |= match.groupdict()
        hub = _HUB_BEFORE.search(text[max(0, match.start() - 256) : match.start()])
        places |= {"hub": hub[0]} if hub else {}

    return places


def _as_owner(name: str) -> str | None:
    return name if UUID.fullmatch(name) else None
