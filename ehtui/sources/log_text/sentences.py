"""What each SDK writes about owners and leases, and why the service refused or ended something.

A sentence (facts.md §3) is matched wherever it stands in a cleaned record, so any logging format
works; the service's own texts stand within them. Quoted things end at the quote: no expression
looks for the same text twice.
"""

from __future__ import annotations

import re
from typing import Final

from ehtui.domain.values import Value
from ehtui.domain.world.process import LogIncidentKind as Kind

# Serilog quotes a text within the sentence's own quotes: '"U"'.
OWNER: Final = r"'\"?(?P<owner>[^'\"]{1,256})\"?'"
BRACKETED: Final = r"\[(?P<owner>[^\[\]\s]{1,256})\] ?"
BARE: Final = r"(?P<owner>[^\s'\"\[\]{},;]{1,256})"
OTHER: Final = r"(?P<other_owner>[^\s'\"\[\]{},;]{1,256})"
PARTITION: Final = r"['\"`]{0,2}(?P<partition>[^'\"`\s.,;:()]{1,64})['\"`]{0,2}"
HUB: Final = r"'(?P<hub>[^']{1,256})'"
NAMESPACE: Final = r"'(?P<namespace>[^']{1,256})'"
GROUP: Final = r"'(?P<group>[^']{1,256})'"


class Sentence(Value, frozen=True):
    """A sentence that names who speaks, where, or what went wrong."""

    expression: re.Pattern[str]
    kind: Kind | None  # None: it only says who the process is
    is_start: bool = False
    is_end: bool = False
    is_shared: bool = False  # other programs say it too: what is in brackets may be no owner


def _line(
    expression: str, kind: Kind | None = None, *, is_start: bool = False, is_end: bool = False
) -> Sentence:
    return Sentence(re.compile(expression), kind, is_start, is_end)


def _shared(expression: str, kind: Kind | None = None) -> Sentence:
    return Sentence(re.compile(rf"{BRACKETED}{expression}"), kind, is_shared=True)


_P_INSTANCE = rf"EventProcessor instance {OWNER} of "
_P_PARTITION = rf"{_P_INSTANCE}eventhub {HUB} partition {PARTITION} consumer group {GROUP}"
PYTHON = (
    _line(rf"EventProcessor {OWNER} is being started", is_start=True),
    _line(rf"EventProcessor {OWNER} has claimed partition {PARTITION}", Kind.CLAIMED),
    _line(rf"EventProcessor {OWNER} hasn't claimed an ownership", Kind.NOT_CLAIMED),
    _line(rf"EventProcessor {OWNER} has cancelled partition {PARTITION}", Kind.CLOSED),
    _line(rf"EventProcessor {OWNER} (?:tasks have been cancelled|has been stopped)", is_end=True),
    _line(
        rf"{_P_INSTANCE}namespace {NAMESPACE} eventhub {HUB} consumer group {GROUP} "
        rf"lost ownership to partition {PARTITION}",
        Kind.LOST_OWNERSHIP,
    ),
    # It says "is now lost" and goes on as if it held it.
    _line(
        rf"EventProcessor instance {OWNER} claim_ownership for namespace {NAMESPACE} "
        rf"eventhub {HUB} consumer group {GROUP} partition {PARTITION}\. The ownership is now lost",
        Kind.CLAIM_FAILED,
    ),
    _line(rf"{_P_PARTITION} (?:is being closed|is cancelled)", Kind.CLOSED),
    _line(rf"{_P_PARTITION}\. An error occurred while", Kind.RECEIVE_FAILED),
    _line(
        rf"{_P_INSTANCE}eventhub {HUB} consumer group {GROUP}\. An error occurred while "
        r"load-balancing",
        Kind.BALANCING_FAILED,
    ),
    _line(
        rf"An exception occurred during list_ownership for namespace {NAMESPACE} eventhub {HUB} "
        rf"consumer group {GROUP}",
        Kind.BALANCING_FAILED,
    ),
    _line(
        r"EHReceiver-[\w-]{1,64}-partition(?P<partition>[^'\s]{1,64})' operation has exhausted",
        Kind.RECEIVE_FAILED,
    ),
    _line(r"EHReceiver-[\w-]{1,64}-partition(?P<partition>[^'\s]{1,64})' has an exception"),
    _line(rf"EventProcessor (?:instance )?{OWNER} (?:tries to|of |has already )"),
)

_N_PROCESSOR = rf"processor instance with identifier {OWNER}"
# A group's name may have dots; the sentence ends with one.
_N_PLACE = (
    r"(?: for Event Hub: (?P<hub>[^\s,]{1,256}),? (?:and )?Consumer Group: "
    r"(?P<group>[^\s,]{1,256}?)[.,]?(?=\s|$))?"
)
_N_STORE = (
    rf"partition: {PARTITION} of FullyQualifiedNamespace: {NAMESPACE}; EventHubName: {HUB}; "
    rf"ConsumerGroup: {GROUP}"
)
DOTNET = (
    _line(rf"Starting a new event processor instance with identifier {OWNER}", is_start=True),
    _line(
        r"An exception occurred while (?:processing events for|starting to process|stopping "
        rf"processing for) partition {PARTITION} (?:using|by) (?:the )?{_N_PROCESSOR}{_N_PLACE}",
        Kind.RECEIVE_FAILED,
    ),
    _line(
        rf"while attempting to claim partition ownership for the {_N_PROCESSOR}{_N_PLACE}"
        rf"(?: and partition: {PARTITION})?",
        Kind.CLAIM_FAILED,
    ),
    _line(
        rf"while performing load balancing for the {_N_PROCESSOR}{_N_PLACE}", Kind.BALANCING_FAILED
    ),
    _line(rf"partition {PARTITION} (?:using|by) (?:the )?{_N_PROCESSOR}{_N_PLACE}"),
    _line(rf"{_N_PROCESSOR}{_N_PLACE}"),
    # Releases write the identifier in the place of the error too.
    _line(rf"Failed to renew ownership\. \(Identifier: {OWNER}", Kind.CLAIM_FAILED),
    _line(
        rf"Failed to claim ownership of partition {PARTITION}\. \((?:Identifier: {OWNER})?",
        Kind.CLAIM_FAILED,
    ),
    _line(rf"Unable to claim ownership of {_N_STORE} for the owner {OWNER}", Kind.CLAIM_FAILED),
    _line(
        r"An (?:exception|error) occurred (?:when|while) (?:attempting to )?claim(?:ing)? "
        rf"(?:the )?ownership of {_N_STORE} for the owner {OWNER}",
        Kind.CLAIM_FAILED,
    ),
    _line(rf"Successfully claimed ownership of {_N_STORE} for the owner {OWNER}", Kind.CLAIMED),
    _line(rf"ownership of {_N_STORE} for the owner {OWNER}"),
    _line(
        r"An exception occurred when creating/updating a checkpoint for partition: "
        rf"{PARTITION}(?: of FullyQualifiedNamespace: {NAMESPACE}; EventHubName: {HUB}; "
        rf"ConsumerGroup: {GROUP})?",
        Kind.CHECKPOINT_FAILED,
    ),
    _line(rf"\(Identifier: {OWNER}"),
)
FUNCTIONS = (
    _line(
        rf"Processing error \(Partition Id: {PARTITION}, Owner: {OWNER}, EventHubPath: {HUB}\)",
        Kind.RECEIVE_FAILED,
    ),
    _line(
        rf"EventProcessorHost error \(Action='[^']{{0,256}}', HostName={OWNER}, "
        r"PartitionId='(?P<partition>[^']{0,64})'\)",
        Kind.BALANCING_FAILED,
    ),
    _line(rf"\(Partition Id: {PARTITION}, Owner: {OWNER}, EventHubPath: {HUB}\)"),
)
# Newer releases write an object each line: `structured_lines` reads those.
JAVA = (
    _line(rf"The instance ID for this event processors is {BARE}", is_start=True),
    _line(rf"Starting load balancer for {BARE}"),
    _line(rf"(?<!\] )Owner id {OTHER} owns \d{{1,9}} partitions, stealing a partition from it"),
    _line(rf'"eventProcessorId" ?: ?"{BARE}"'),
    _line(r"Error renewing partition ownership", Kind.CLAIM_FAILED),
    _line(r"Load balancing for event processor failed", Kind.BALANCING_FAILED),
    _line(r"Error while listing checkpoints", Kind.BALANCING_FAILED),
    _line(rf"Couldn't claim ownership of partition {PARTITION}", Kind.CLAIM_FAILED),
    _line(r"Failed while processing error(?: on receive)?", Kind.RECEIVE_FAILED),
    _line(rf"Failed to claim ownership of partition {PARTITION}", Kind.CLAIM_FAILED),
    _line(rf"(?<!\] )Successfully claimed ownership of partition {PARTITION}", Kind.CLAIMED),
)
JAVASCRIPT = (
    _line(rf"Starting event processor with (?:autogenerated )?ID {BARE}", is_start=True),
    _shared(rf"Successfully claimed ownership of partition {PARTITION}", Kind.CLAIMED),
    _shared(rf"Failed to claim ownership of partition {PARTITION}", Kind.CLAIM_FAILED),
    _line(rf"{BRACKETED}Claimed ownership successfully for partition: {PARTITION}", Kind.CLAIMED),
    _line(
        rf"{BRACKETED}Did not claim partition {PARTITION}\. Another processor", Kind.CLAIM_FAILED
    ),
    _line(rf"{BRACKETED}An error occurred within the EventProcessor loop", Kind.BALANCING_FAILED),
    _shared(rf"Owner id {OTHER} owns \d{{1,9}} partitions, stealing"),
    _shared(
        r"(?:Attempting to claim|Number of active event processors|Stopping load|"
        r"Starting load|Load balancer|Reload the current|GetPartitionIds)"
    ),
    _shared(rf"\[{PARTITION}\] (?:Stopping|Starting|Stopped|Started) the pump"),
    _line(r"Receiver P(?P<partition>[^-\s]{1,32})-(?P<owner>[^:\s]{1,256}):"),
    _line(
        rf"Error occurred while claiming ownership for partition: {PARTITION}", Kind.CLAIM_FAILED
    ),
    _line(
        rf"Error occurred while updating the checkpoint for partition: {PARTITION}",
        Kind.CHECKPOINT_FAILED,
    ),
    _line(
        r"An error was thrown while receiving or processing events on partition "
        rf"{PARTITION}",
        Kind.RECEIVE_FAILED,
    ),
    _line(r"Error occurred while fetching the list of blobs", Kind.BALANCING_FAILED),
)
GO = (
    _line(
        rf"{BRACKETED}Listing ownership for "
        r"(?P<namespace>[^/\s]{1,256})/(?P<hub>[^/\s]{1,256})/(?P<group>[^/\s]{1,256})"
    ),
    _line(rf"{BRACKETED}(?:claimMorePartitions:|Using (?:greedy|balanced) strategy to claim)"),
    # It writes only the first five letters of the id.
    _line(r"\[(?P<owner_start>[^\[\]\s]{1,5})\] Asked for \("),
    _line(rf"failed to create partition client for partition {PARTITION}", Kind.RECEIVE_FAILED),
    _line(r"in geo-replication mode and we only have an integer offset", Kind.OFFSET_REFUSED),
    # Dapr's own words about the same client.
    _line(
        r"Client lost ownership of partition (?P<partition>\S{1,64}) for topic (?P<hub>\S{1,256})",
        Kind.LOST_OWNERSHIP,
    ),
)
_R_PARTITION = r"(?:[^{}]{0,512}?partition_id=\"?(?P<partition>[^\s\"{}]{1,64}))?"
RUST = (
    _shared(
        r"(?:Get available partitions|Using (?:greedy|balanced) load balancer|"
        r"Claiming ownership of|Greedy load balancer|Load balancer info)"
    ),
    _line(r"Error in load balancing\.|Error dispatching event processor", Kind.BALANCING_FAILED),
    _line(r"Error in getting checkpoint map", Kind.BALANCING_FAILED),
    _line(rf"Error opening receiver for partition client\.{_R_PARTITION}", Kind.RECEIVE_FAILED),
    _line(rf"Receiver opened for partition client\.{_R_PARTITION}", Kind.CLAIMED),
    _line(
        r"Partitions no longer owned, revoking\.(?: partitions=\"?(?P<partition>[^\s,\"]{1,64}))?",
        Kind.LOST_OWNERSHIP,
    ),
)
# By words of which one stands in every sentence of an SDK: most records need no more than a look
# for these. The first sentence that fits is it: what names more comes before what names less.
SENTENCES: Final = (
    (("EventProcessor", "wnership", "EHReceiver"), PYTHON),
    (("dentifier", "wnership", "checkpoint for"), DOTNET),
    (("Owner: ", "HostName="), FUNCTIONS),
    (
        (
            *("vent processor", "EventProcessor", "wnership", "Attempting to claim", "oad balanc"),
            *("Did not claim", "Owner id", " the pump", "Receiver P", "checkpoint for"),
            *("events on partition", "list of blobs", "Load balancer", "Reload the current"),
            *("Starting load", "Stopping load", "GetPartitionIds"),
        ),
        JAVASCRIPT,
    ),
    (
        (
            *("vent processor", "oad balanc", "Owner id", "eventProcessorId", "wnership"),
            *("checkpoints", "processing error"),
        ),
        JAVA,
    ),
    (
        (
            *("wnership", "claimMorePartitions", "strategy to claim", "Asked for"),
            *("partition client", "geo-replication"),
        ),
        GO,
    ),
    (
        (
            *("vailable partitions", "oad balanc", "wnership", "vent processor"),
            *("checkpoint map", "partition client", "revoking"),
        ),
        RUST,
    ),
)
# Keys of objects that name an owner without any of these sentences.
KEYS: Final = ("ownerId", "owner_id", "partitionContext")


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
CAUSE_WORDS: Final = (
    *("isconnected", "tolen", "epoch", "-busy", "Busy", "throttled", "50002", "isabled"),
    *("invalid-offset", "allowed receivers", "QuotaExceeded", "nauthorized", "auth-failed"),
    *("oken failed", "Token authentication", "InvalidSignature", "ExpiredToken"),
    "AuthenticationE",
)


def cause_of(text: str) -> Kind | None:
    """Why the service refused or ended something, where the text says so."""
    if not any(word in text for word in CAUSE_WORDS):
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
