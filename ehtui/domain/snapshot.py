"""One frozen picture of everything known: all that a screen, a report or a recording sees.

Ages are not stored: a lease keeps when it was renewed and when it expires (server time), and
views subtract from `Snapshot.server_now`. So a picture changes only where the world did.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import field

from ehtui.domain.costs import NO_LEDGER
from ehtui.domain.policy import Policy
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from array import array
    from collections.abc import Mapping

    from ehtui.domain.actions.following import SentEvents
    from ehtui.domain.actions.outcomes import MeasuredTakeover
    from ehtui.domain.costs import Ledger
    from ehtui.domain.evidence import Evidence, TakeoverWindow
    from ehtui.domain.leases.renewals import CloserLooks
    from ehtui.domain.leases.timing import LeaseTiming, TimingBasis
    from ehtui.domain.problems import Problem
    from ehtui.domain.world.hub import HubDescription, PartitionSample
    from ehtui.domain.world.process import LogState, OwnerLink, ProcessSample
    from ehtui.domain.world.restarts import RestartRecord
    from ehtui.domain.world.route import Route
    from ehtui.domain.world.store import Checkpoint, Layout, UnreadableBlob

# (local time, value), oldest first, about 60 points. A stretch without change keeps its first and
# last point only, and the last value holds until now: read a series by time, not by index.
Series = tuple[tuple[float, float], ...]


NO_LAG = -1  # in an array of lags, which holds no None


class LagMinute(Value, frozen=True):
    """The highest lags that were measured within one minute of local time."""

    number: int  # minutes since the epoch
    total: int  # of the group at one look, as far as known
    partitions: tuple[str, ...]
    lags: array[int]  # in the order of `partitions`

    def of(self, partition: str) -> int | None:
        """The lag of one of them; None where it was not known."""
        place = self.partitions.index(partition) if partition in self.partitions else None
        lag = NO_LAG if place is None else self.lags[place]
        return None if lag == NO_LAG else lag


class LagHistory(Value, frozen=True):
    """Minutes in which a group's lag was measured, oldest first, and the one that is not over.

    A minute that is missing was not measured: unknown is not zero.
    """

    minutes: tuple[LagMinute, ...] = ()
    number: int = 0  # of the minute that is not over
    total: int = NO_LAG  # its highest so far
    looks: Series = ()  # the total at each of the last looks, whether it changed or not


NO_LAG_HISTORY = LagHistory()


class LeaseState(StrEnum):
    """What an ownership record and its age amount to."""

    HELD = "held"
    OVERDUE = "overdue"  # renewals stopped; not yet expired
    EXPIRED = "expired"  # anybody may take it
    RELEASED = "released"  # given up cleanly
    NEVER_OWNED = "never_owned"  # no record
    UNREADABLE = "unreadable"  # a record, and nobody can tell whose


LIVE_STATES = frozenset({LeaseState.HELD, LeaseState.OVERDUE})


class Lease(Value, frozen=True):
    """A partition's lease. Times are server times."""

    state: LeaseState
    owner: str | None = None  # who holds it, or held it when it lapsed
    renewed_at: float | None = None
    expires_at: float | None = None
    renewed_every_s: float | None = None
    expires_after_s: float | None = None
    period_basis: TimingBasis | None = None
    basis: TimingBasis | None = None  # of expires_after_s
    etag: str | None = None
    last_modified: float | None = None
    blob: str | None = None
    claimed_at: float | None = None  # when this owner was first seen holding it
    overdue_at: float | None = None  # when it is judged overdue, if it is not renewed until then
    remark: str = ""  # what is odd about its record


class Health(StrEnum):
    """Burrow's rules adapted (peers.md B2); worst last in `HEALTH_ORDER`."""

    OK = "ok"
    UNKNOWN = "unknown"
    BEHIND = "behind"
    REWOUND = "rewound"
    OVERDUE = "overdue"  # its lease is late: whether it is read depends on who takes it over
    AHEAD = "ahead"
    STALLED = "stalled"
    STOPPED = "stopped"
    UNOWNED = "unowned"


HEALTH_ORDER = tuple(Health)


class BehindBasis(StrEnum):
    """How a lag in time was found."""

    MEASURED = "measured"  # nothing to read: zero
    INTERPOLATED = "interpolated"  # between two samples: ~
    AT_LEAST = "at_least"  # older than the history: >
    EXACT = "exact"  # read from the event itself


class Behind(Value, frozen=True):
    """Lag in time."""

    seconds: float  # when it was judged
    basis: BehindBasis
    since_at: float | None = None  # enqueued time of the oldest unread event: grows by itself


class Counted(Value, frozen=True):
    """The two numbers that a lag is the difference of: both as they stood at one moment."""

    last_sequence: int
    checkpoint_sequence: int | None  # None: there was none, what is retained was counted


class PartitionState(Value, frozen=True):
    """A partition of the hub, whoever reads it."""

    id: str
    sample: PartitionSample | None = None
    in_per_s: float | None = None
    last_series: Series = ()  # last_sequence over time


class GroupPartition(Value, frozen=True):
    """One partition as one consumer group sees it."""

    id: str
    lease: Lease
    checkpoint: Checkpoint | None = None
    lag: int | None = None
    lag_is_bound: bool = False  # never checkpointed: "≤ n"
    lost: int | None = None  # events that retention removed unread
    ahead: int | None = None  # checkpoint beyond the stream by so many
    behind: Behind | None = None
    out_per_s: float | None = None
    drain_s: float | None = None  # at today's rates; None when it does not shrink
    health: Health = Health.UNKNOWN
    rule: str = ""  # the rule that fired
    window: tuple[int, int] = (0, 10)  # filled, size
    lag_series: Series = ()
    layout: Layout | None = None
    lag_reason: str = ""  # code of `rules`: why a checkpoint tells no lag
    unreadable: tuple[UnreadableBlob, ...] = ()  # records of it that cannot be read
    takeover: TakeoverWindow | None = None  # while nobody live holds it
    counted: Counted | None = None  # what `lag` is the difference of, less what was lost


class OwnerState(Value, frozen=True):
    """An owner id of a group, as the store and this host know it."""

    id: str
    partitions: tuple[str, ...]  # with a live lease
    link: OwnerLink | None = None  # None: remote or unknown
    renewed_every_s: float | None = None


class GroupState(Value, frozen=True):
    """One consumer group of the hub."""

    name: str  # as configured or, else, as first written
    partitions: tuple[GroupPartition, ...]  # natural order
    owners: tuple[OwnerState, ...] = ()
    health: Health = Health.UNKNOWN
    counts: Mapping[Health, int] = field(default_factory=dict)
    lag: int | None = None  # sum of the known; None when none is known
    lag_is_partial: bool = False  # some partition's lag is unknown
    spellings: tuple[str, ...] = ()  # raw "namespace/hub/group" prefixes seen
    strays: tuple[GroupPartition, ...] = ()  # records of partitions that the hub does not have
    timings: Mapping[str, LeaseTiming] = field(default_factory=dict)  # by owner, as far as known
    lag_history: LagHistory = NO_LAG_HISTORY
    ledger: Ledger = NO_LEDGER

    def partition(self, name: str) -> GroupPartition | None:
        """One of its partitions."""
        return next((p for p in self.partitions if p.id == name), None)


class ConsumerRole(StrEnum):
    """What a local process is to the group, as far as evidence says."""

    OWNER = "owner"
    STANDBY = "standby"  # owns nothing by design
    STARVED = "starved"  # owns nothing though there is something to own
    PRODUCER = "producer"  # only sends
    ELSEWHERE = "elsewhere"  # its settings name another hub
    UNKNOWN = "unknown"


class ConsumerState(Value, frozen=True):
    """A local process and its part."""

    process: ProcessSample
    link: OwnerLink | None = None
    owns: tuple[tuple[str, str], ...] = ()  # (group, partition)
    role: ConsumerRole = ConsumerRole.UNKNOWN
    log: LogState | None = None  # None: not read yet, or too young to tell
    more_links: tuple[OwnerLink, ...] = ()  # a process may run several clients
    idle: tuple[tuple[str, ConsumerRole], ...] = ()  # groups that it takes part in without owning
    log_behind_bytes: int = 0  # of its log, not read yet: the end was read first

    @property
    def links(self) -> tuple[OwnerLink, ...]:
        """Every owner id of this process, the first one first."""
        return (self.link, *self.more_links) if self.link is not None else ()

    @property
    def owners(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(link.owner for link in self.links)

    @property
    def home(self) -> str | None:
        """The group that it reads first of all: where it owns something, or else waits to."""
        places = [*(group for group, _ in self.owns), *(group for group, _ in self.idle)]
        if places:
            return places[0]

        if self.link is not None and self.link.group is not None:
            return self.link.group

        return self.named_group

    @property
    def named_group(self) -> str | None:
        """The one group that its settings name, or as what ehtui started it."""
        target = self.process.target
        named = target.named_groups if target is not None else ()
        return named[0] if len(named) == 1 else None

    @property
    def is_mere_producer(self) -> bool:
        """Whether it only sends, and nobody said that it is a consumer."""
        return self.role is ConsumerRole.PRODUCER and not self.process.is_chosen

    def link_in(self, group: str) -> OwnerLink | None:
        """Its owner id in a group; one whose group nothing tells may be it."""
        places = {None, group.lower()}
        return next((k for k in self.links if (k.group and k.group.lower()) in places), None)

    def is_idle_in(self, group: str) -> bool:
        """Whether it takes part in a group and owns nothing there, by design or not."""
        return any(name.lower() == group.lower() for name, _ in self.idle)


class Severity(StrEnum):
    """How bad a finding is."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


class Subject(Value, frozen=True):
    """What a finding or an event is about; unset parts do not apply."""

    group: str | None = None
    partition: str | None = None
    owner: str | None = None
    pid: int | None = None
    source: str | None = None


# A finding's id; group, owner, pid and source that it is about.
Thread = tuple[str, str | None, str | None, int | None, str | None]


class Finding(Value, frozen=True):
    """A judged fact. Its sentence and advice are made in `views` from the id and the evidence."""

    id: str  # stable, e.g. "lease.overdue"
    severity: Severity
    subject: Subject
    evidence: Evidence
    since: float

    @property
    def key(self) -> tuple[str, Subject]:
        """Identity across snapshots."""
        return (self.id, self.subject)

    @property
    def thread(self) -> Thread:
        """Identity whichever partitions it is about by now."""
        about = self.subject
        return self.id, about.group, about.owner, about.pid, about.source


class TimelineEvent(Value, frozen=True):
    """Something that happened. `kind` is stable; words are made in `views`."""

    number: int  # grows by one; identity across snapshots
    at: float
    kind: str  # e.g. "lease.claimed", "lease.taken_over", "action.signal"
    subject: Subject
    details: Evidence
    is_approximate: bool = False  # polls could have missed one: ~
    finding: Finding | None = None  # that began or ended, as it was when it began


class SourceStatus(StrEnum):
    """How a source does."""

    STARTING = "starting"
    OK = "ok"
    FAILED = "failed"
    OFF = "off"  # not configured


class SourceState(Value, frozen=True):
    """A source, its last success and its trouble."""

    name: str  # "hub", "store", "processes", "logs"
    status: SourceStatus = SourceStatus.STARTING
    read_at: float | None = None  # last success, local time
    duration_s: float | None = None
    problem: Problem | None = None
    failing_since: float | None = None
    retry_at: float | None = None
    route: Route | None = None  # that the last success took, where that can be told


class Snapshot(Value, frozen=True, eq=False):
    """Everything known at one moment. Comparing is an identity check."""

    taken_at: float = 0.0  # local time of the newest update folded in
    policy: Policy = field(default_factory=Policy)
    clock_offset_s: float | None = None  # server minus local time, from the store's Date
    hub: HubDescription | None = None
    partitions: tuple[PartitionState, ...] = ()
    groups: tuple[GroupState, ...] = ()
    consumers: tuple[ConsumerState, ...] = ()
    unreadable: tuple[UnreadableBlob, ...] = ()
    findings: tuple[Finding, ...] = ()  # worst first
    timeline: tuple[TimelineEvent, ...] = ()  # oldest first, bounded
    sources: tuple[SourceState, ...] = ()
    listed_at: float | None = None  # server time of the store's last listing
    takeovers: tuple[
        MeasuredTakeover, ...
    ] = ()  # what this session's signals set free, forecast beside measured
    host_ahead_s: float = 0.0  # this host's clock minus local time: it was set meanwhile
    closer_looks: CloserLooks | None = None  # while renewals of new owners are timed
    restarts: tuple[RestartRecord, ...] = ()  # that have not come to their end, as records tell
    sends: tuple[SentEvents, ...] = ()  # of this session, oldest first

    @property
    def clock_skew_s(self) -> float | None:
        """Server time minus this host's own clock, by which its consumers judge leases."""
        return None if self.clock_offset_s is None else self.clock_offset_s - self.host_ahead_s

    @property
    def server_now(self) -> float:
        """This picture's moment on the server's clock; the local clock while that is unknown."""
        return self.taken_at + (self.clock_offset_s or 0.0)

    def host_at(self, local_at: float) -> float:
        """A local moment as this host's own clock has it: for whoever reads it beside a watch."""
        return local_at + self.host_ahead_s

    def is_only_listed(self, group: GroupState) -> bool:
        """Whether the service alone knows of a group: nothing is stored, no setting names it."""
        checkpoints = any(each.checkpoint is not None for each in group.partitions)
        is_used = bool(group.spellings or group.owners or group.strays) or checkpoints
        names = (self.policy.default_group, *self.policy.groups)
        return not is_used and group.name.lower() not in {name.lower() for name in names}

    def group(self, name: str) -> GroupState | None:
        """The group of that name; the service ignores case."""
        return next((g for g in self.groups if g.name.lower() == name.lower()), None)
