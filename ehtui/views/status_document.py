"""The types of the document of `ehtui status --json`; `status.schema.json` is made from them.

`make schema` writes it, a test holds it current. Text beside a type is its description there.
Additive only: a field that came later is marked `LATER`, for documents of before lack it.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict

from ehtui.domain.problems import ProblemKind
from ehtui.domain.snapshot import ConsumerRole, Severity, SourceStatus
from ehtui.domain.world.process import LinkBasis, LogState
from ehtui.domain.world.route import Carrier
from ehtui.views.status_groups import GroupDocument
from ehtui.views.status_values import LATER, Amount, Count, Moment, Rule, SequenceNumber
from ehtui.views.takeovers import MeasuredTakeoverDocument

Fact = Annotated[
    str | float | bool | list[str] | None,
    "A fact: text, number, yes or no, list of texts; null is unknown.",
]
NotJudged = Annotated[
    Literal[
        "in_per_s",
        "out_per_s",
        "behind_s",
        "renewed_every_s",
        "health",
        "cpu_percent",
        "partitions",
        "owners",
        "leases",
        "checkpoints",
        "lag",
        "handler.stuck",
        "checkpoint.never",
        "group.behind",
        "group.churn",
        "group.leases_too_short",
        "group.imbalanced",
        "partition.pingpong",
        "partition.hot",
        "owner.crash_loop",
        "retention.risk",
        "consumer.starved",
    ],
    "A field that is null for now, a part of the document, or a finding's id.",
]


class HubPartitionDocument(TypedDict):
    """A partition, whoever reads it."""

    id: Annotated[str, "Partition id."]
    begin_sequence: Annotated[int | None, "First retained event; means nothing where is_empty."]
    last_sequence: Annotated[
        SequenceNumber | None, "Last event; -1 where nothing was ever written."
    ]
    last_offset: Annotated[str | None, "Offset of the last event: opaque."]
    last_offset_is_start: Annotated[
        bool | None, "Whether a client may begin behind last_offset: not on a geo-replicated hub."
    ]
    last_enqueued_at: Annotated[Moment | None, "When the last event arrived."]
    is_empty: Annotated[bool | None, "Whether no event is retained."]
    in_per_s: Annotated[Amount | None, "Events that arrive a second; takes two looks."]
    sampled_at: Annotated[Moment | None, "Local time of this reading."]


class HubDocument(TypedDict):
    """The hub as it tells of itself."""

    namespace: Annotated[str, "Fully qualified; with the port where the endpoint names one."]
    name: Annotated[str, "The hub's name."]
    created_at: Annotated[Moment | None, "When the hub was created."]
    georeplication_factor: Annotated[
        int | None,
        "Regions that hold it; above 1 it is geo-replicated, null where the service does not say.",
    ]
    partitions: Annotated[list[HubPartitionDocument], "In natural order."]


class OwnerLinkDocument(TypedDict):
    """One owner id of a process."""

    id: Annotated[str, "The owner id."]
    group: Annotated[str | None, "The consumer group that the evidence or the records place it in."]
    basis: Annotated[LinkBasis, "What ties the process to it."]
    evidence: Annotated[str, "The log line or the reason."]


class IdleDocument(TypedDict):
    """A group in which a process takes part and owns nothing."""

    group: str
    role: Annotated[ConsumerRole, Rule("enum", ["standby", "starved"])]


class OwnedDocument(TypedDict):
    """A partition with a live lease."""

    group: str
    partition: str


class ConsumerDocument(TypedDict):
    """A process of this host."""

    pid: Annotated[int, "Process id."]
    started_at: Annotated[Moment | None, "When it started; with the pid its identity."]
    name: Annotated[str | None, "The configuration's name for it."]
    status: Annotated[str, "running, sleeping, stopped, zombie, gone …"]
    role: Annotated[
        ConsumerRole,
        "owner. standby: owns nothing, by design. starved: owns nothing though there is something "
        "to own. producer: it only sends. elsewhere: its settings name another hub.",
    ]
    owner: Annotated[str | None, "Its owner id."]
    owner_basis: Annotated[
        LinkBasis | None,
        "What ties it to the owner id; exclusion (the others that write its log are other owners) "
        "and elimination (nobody else is left) are guesses.",
    ]
    owner_evidence: Annotated[str | None, "The log line or the reason."]
    owners: Annotated[
        list[OwnerLinkDocument],
        "Every owner id of this process, the first one as `owner`: it may run several clients.",
        LATER,
    ]
    idle_in: Annotated[list[IdleDocument], "Groups in which it takes part and owns nothing.", LATER]
    owns: Annotated[list[OwnedDocument], "Partitions with a live lease."]
    lag: Annotated[
        int | None,
        "Events that wait in the partitions that it owns; null where it owns none or none is "
        "known.",
        LATER,
    ]
    lag_is_partial: Annotated[
        bool, "Some of these partitions' lag is not known: at least so many.", LATER
    ]
    lag_is_bound: Annotated[
        bool, "Some of these partitions were never checkpointed: at most so many.", LATER
    ]
    cpu_percent: Annotated[Amount | None, "Of one core, since the look before."]
    memory_percent: Annotated[Amount | None, "Of the host's memory."]
    rss_bytes: Annotated[Count | None, "Resident memory."]
    threads: Annotated[Count | None, "Threads."]
    connections: Annotated[Count | None, "Connections to the namespace."]
    log: Annotated[
        LogState | None,
        "named: its log names its owner id. behind: its end was read first, and the rest is still "
        "to be read. silent: it never did, the log level hides it. shared: it names owner ids, "
        "and several processes may have written them. none: no log is found. null: not read yet.",
        LATER,
    ]
    command: Annotated[str, "Command line, secrets masked."]


class SubjectDocument(TypedDict):
    """What it is about; null where it does not apply."""

    group: Annotated[str | None, "Consumer group."]
    partition: Annotated[str | None, "Partition id."]
    owner: Annotated[str | None, "Owner id."]
    pid: Annotated[int | None, "Process id."]
    source: Annotated[str | None, "Source."]


class FindingDocument(TypedDict):
    """A judged fact."""

    id: Annotated[str, "Stable.", Rule("examples", ["lease.expired"])]
    severity: Annotated[Severity, "How bad it is."]
    subject: SubjectDocument
    since_at: Annotated[Moment, "When it began."]
    summary: Annotated[str, "One sentence."]
    evidence: Annotated[dict[str, Fact], "What it rests on."]
    advice: Annotated[list[str], "What to do, the likeliest first."]


class EventDocument(TypedDict):
    """Something that happened."""

    number: Annotated[int, "Grows by one."]
    at: Annotated[Moment, "When, in server time."]
    is_approximate: Annotated[bool, "Whether polls could have missed a change in between."]
    kind: Annotated[str, "Stable.", Rule("examples", ["lease.taken_over"])]
    subject: SubjectDocument
    summary: Annotated[str, "One sentence."]
    details: Annotated[dict[str, Fact], "Its facts."]
    finding: Annotated[
        FindingDocument | None,
        "The finding that began or ended, as it was when it began; null for everything else.",
        LATER,
    ]


class RouteDocument(TypedDict):
    """The way that a source is read over."""

    carrier: Annotated[Carrier, "amqp: its own port. websocket: AMQP over WebSockets."]
    host: Annotated[str, "That is connected to."]
    port: Count
    tls: bool
    proxy: Annotated[str | None, "host:port, without a user's name and password."]
    chosen: Annotated[bool, "By ehtui, among several that it may take."]


class SourceDocument(TypedDict):
    """A source and its trouble."""

    name: Annotated[str, "hub, store, processes, logs."]
    state: Annotated[SourceStatus, "starting: never read. off: not configured."]
    age_s: Annotated[Amount | None, "Since it was last read."]
    error: Annotated[str | None, "Why it could not be read."]
    error_kind: Annotated[ProblemKind | None, "Coarse."]
    advice: Annotated[str | None, "The next step."]
    failing_since_at: Annotated[Moment | None, "The first of the failed reads in a row."]
    route: Annotated[RouteDocument | None, "Of the hub: the last read's.", LATER]


class StatusDocument(TypedDict):
    """What `ehtui status --json` prints.

    Additive only: fields may be added, never removed or changed. Unknown is null, never 0.
    Moments are ISO 8601 in UTC; `_s` is a length in seconds, `_per_s` a rate in events a second.
    """

    schema: Literal["ehtui.status/1"]
    taken_at: Annotated[Moment, "Local time of the newest reading."]
    clock_offset_s: Annotated[float | None, "Storage server's clock minus this host's."]
    hub: Annotated[HubDocument | None, "The hub; null while it was never read."]
    groups: Annotated[
        list[GroupDocument],
        "Consumer groups that have records in the store, or are configured.",
    ]
    consumers: Annotated[
        list[ConsumerDocument], "Processes on this host that are, or may be, consumers."
    ]
    findings: Annotated[list[FindingDocument], "Judged facts, worst first."]
    timeline: Annotated[list[EventDocument], "What happened while ehtui watched, oldest first."]
    takeovers: Annotated[
        list[MeasuredTakeoverDocument],
        "What signals of this session set free, forecast beside measured; empty unless it sent "
        "one.",
        LATER,
    ]
    sources: Annotated[list[SourceDocument], "What was read, and what could not be."]
    not_judged: Annotated[
        list[NotJudged],
        "What this run cannot judge: watch longer with --for, or mend the source.",
    ]
