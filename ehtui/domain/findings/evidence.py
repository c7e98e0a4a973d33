"""Findings about leases, owners, consumers, sources, clocks, logs and restarts.

Each is a kind (id, severities) and the class of what it rests on; those about records and progress
are in `evidence_records`. Where a finding is about several partitions, `subject.partition` is set
only while it is one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Literal

from ehtui.domain.evidence import E, Evidence, Takeover, TakeoverTimes
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.problems import ProblemKind
from ehtui.domain.snapshot import LeaseState, Severity
from ehtui.domain.values import Value
from ehtui.domain.world.process import COMPLAINTS, LogIncidentKind
from ehtui.domain.world.restarts import RestartStage, StartObstacle

if TYPE_CHECKING:
    from collections.abc import Mapping

INFO, WARNING, CRITICAL = Severity.INFO, Severity.WARNING, Severity.CRITICAL


class FindingKind(Value, Generic[E], frozen=True):
    """What a finding of this id says of itself."""

    id: str
    severities: tuple[Severity, ...]
    evidence: type[E]


class PartitionsUnowned(Evidence, frozen=True):
    """Partitions that nobody holds and no lease runs for."""

    partitions: tuple[str, ...]
    state: LeaseState | Literal["mixed"]
    last_owner: str | None  # who gave it up, where all had the same
    unowned_since_at: float  # the longest of them; never earlier than ehtui's first look
    grace_s: float  # how long it may last
    live_owners: int  # owners of the group with a live lease
    standbys: int  # local consumers that stand by
    lag: int | None  # events waiting in these partitions
    takeover: Takeover


class LeaseLapse(Evidence, frozen=True):
    """An owner that stopped renewing."""

    owner: str  # who held the lease
    partitions: tuple[str, ...]  # what it held
    renewed_at: float | None  # its last renewal
    renewed_every_s: float | None  # its usual period
    expires_at: float | None  # when the (first) lease lapses or lapsed
    expires_after_s: float | None  # expiry that this judgement uses
    expiry_basis: TimingBasis | None
    survivors: int  # other owners of the group with a live lease
    standbys: int  # local consumers that stand by
    lag: int | None  # events waiting in these partitions
    pid: int | None  # its process on this host, where linked
    process_gone_at: float | None  # when that process was seen to be gone
    signal: str | None  # signal that this session sent to it: INT, TERM, KILL …
    signalled_at: float | None  # when
    takeover: Takeover


class StandingBy(Evidence, frozen=True):
    """A consumer that owns nothing, by design."""

    pid: int
    owner: str | None  # its owner id, where a log names it
    partition_count: int
    live_owners: int  # other owners with a live lease
    owner_pids: tuple[str, ...]  # local processes that own partitions, for “stop one”
    lapsing: tuple[str, ...]  # partitions whose lease it can take when it lapses
    takeover: TakeoverTimes
    not_claimed: int | None  # how often its log said “hasn't claimed an ownership”
    namespace: str | None
    hub: str | None
    command: str  # its command line, safe to show
    consumer_name: str | None  # the configuration's name for it


class Starving(Evidence, frozen=True):
    """A consumer that owns nothing though there is something for it."""

    pid: int
    owner: str | None
    partition_count: int
    live_owners: int  # other owners with a live lease
    expected_min: int  # partitions that it should have at least
    unowned: tuple[str, ...]  # partitions that nobody holds
    # unclaimed (it takes no free partition) or unshared (others hold more)
    reason: Literal["unclaimed", "unshared"]
    starved_since_at: float
    not_claimed: int | None
    command: str


class Imbalance(Evidence, frozen=True):
    """Owners that hold more or fewer partitions than their share."""

    owners: int
    partition_count: int  # owned partitions
    expected_min: int
    expected_max: int
    most_owner: str
    most: int
    least_owner: str
    least: int
    imbalanced_since_at: float


class Churn(Evidence, frozen=True):
    """Partitions that keep moving between live owners."""

    changes: int  # ownership changes between live owners within the window
    window_s: float
    owners: int
    partitions: tuple[str, ...]  # that moved


class LeasesTooShort(Evidence, frozen=True):
    """Leases that run out before they are renewed."""

    changes: int  # partitions taken from live owners by who had its share already
    window_s: float
    owners: int  # who take them from each other
    partitions: tuple[str, ...]  # that moved
    youngest_s: float | None  # the youngest lease that was taken: leases run out sooner
    renewed_every_s: float | None
    is_like_old_rust: bool  # leases of 10 s renewed every 30 s: Rust's SDK before 0.14


class PingPong(Evidence, frozen=True):
    """A partition that owners take from each other."""

    owners: tuple[str, ...]  # who take it from each other
    changes: int  # within the window
    window_s: float
    last_change_at: float


class HostClockSkew(Evidence, frozen=True):
    """This host's clock against the store's."""

    offset_s: float  # server minus this host
    limit_s: float


class StoreClockJump(Evidence, frozen=True):
    """A jump of the clock that the store tells the time by."""

    ahead_s: float  # what its Date is beyond the time that passed since it was first read
    seen_at: float  # when it last was
    is_back: bool  # its newest Date fits again
    stamps_records: bool  # records are stamped by the clock that jumped


class HubClockAhead(Evidence, frozen=True):
    """The hub's clock against the store's."""

    ahead_s: float  # the hub's clock minus the store's
    limit_s: float


class CrashLoop(Evidence, frozen=True):
    """Owners that come and go while the checkpoint stays."""

    restarts: int  # owners or processes that came and went within the window
    window_s: float
    partitions: tuple[str, ...]
    owners: tuple[str, ...]  # the latest, oldest first
    lived_s: float | None  # how long they usually live
    checkpoint_sequence: int | None  # where each stops: the event after it may be the poison
    command: str | None  # of the local process


class NoConsumers(Evidence, frozen=True):
    """A group with records, and nobody alive."""

    partition_count: int
    last_owner: str | None
    last_renewed_at: float | None  # None for a blob lease, whose renewals write nothing
    last_seen_at: float | None  # when it last wrote anything
    lag: int | None
    lost: int | None
    in_per_s: float | None
    local_consumers: int  # processes of this host that could be it


class SingleHost(Evidence, frozen=True):
    """A group whose owners are all processes of this host."""

    owners: int
    pids: tuple[str, ...]


class Newcomer(Evidence, frozen=True):
    """An owner that joined lately and took partitions from live ones."""

    owner: str
    pid: int | None
    command: str | None
    joined_at: float
    taken: tuple[str, ...]  # partitions it took from live owners
    from_owners: tuple[str, ...]
    is_production: bool


class SourceLimit(Evidence, frozen=True):
    """What a source that answers says of what it cannot give."""

    source: str  # hub, store, processes, logs
    problem_kind: ProblemKind
    summary: str  # one safe sentence
    advice: str  # what happens next by itself, or the next step


class SourceTrouble(SourceLimit, frozen=True):
    """What a troubled source says."""

    failures: int  # failed reads in a row
    failing_since_at: float  # first of them
    last_read_at: float | None  # last success
    retry_at: float | None  # next try


class LogComplaint(Evidence, frozen=True):
    """What a process's log says again and again."""

    pid: int
    owner: str | None
    count: int  # lines within the window
    window_s: float
    partitions: tuple[str, ...]  # that the lines name
    said_at: float  # when the newest line was read
    line: str  # the newest


class StillRunning(Evidence, frozen=True):
    """A restart whose process has not ended."""

    pid: int
    signal: str  # by which it was asked to end
    asked_at: float
    status: str  # psutil's word: stopped is SIGSTOP, tracing-stop a debugger
    command: str


class Down(Evidence, frozen=True):
    """Stopped by ehtui to be restarted, and not running: by its record, which outlives ehtui."""

    pid: int  # of the one that was stopped
    stage: RestartStage
    obstacle: StartObstacle | None  # why it was not started
    detail: str  # what that was about
    exit_code: int | None  # it was started, and ended at once
    command: tuple[str, ...]  # masked
    folder: str
    log_path: str
    variables: tuple[str, ...]  # names of its environment; values are kept nowhere
    consumer_name: str | None
    asked_at: float


class NotVisible(Evidence, frozen=True):
    """A group that the store knows nothing of."""

    reason: Literal["no_store", "no_records"]  # no_store or no_records
    other_groups: tuple[str, ...]  # that do have records
    local_consumers: int


# Released or never owned. Info within the grace of one expiry, then warning; critical when
# it lasts beyond it while events wait.
PARTITION_UNOWNED = FindingKind("partition.unowned", (INFO, WARNING, CRITICAL), PartitionsUnowned)
# Not renewed in time; or its process was seen to end, and a later look still finds its name.
LEASE_OVERDUE = FindingKind("lease.overdue", (WARNING,), LeaseLapse)
LEASE_EXPIRED = FindingKind("lease.expired", (CRITICAL,), LeaseLapse)
CONSUMER_STANDBY = FindingKind("consumer.standby", (INFO,), StandingBy)
CONSUMER_STARVED = FindingKind("consumer.starved", (WARNING,), Starving)
GROUP_IMBALANCED = FindingKind("group.imbalanced", (WARNING,), Imbalance)
GROUP_CHURN = FindingKind("group.churn", (WARNING,), Churn)
# An expiry shorter than the interval: each calls the others' leases expired, every round.
GROUP_LEASES_TOO_SHORT = FindingKind("group.leases_too_short", (WARNING,), LeasesTooShort)
PARTITION_PINGPONG = FindingKind("partition.pingpong", (WARNING,), PingPong)
CLOCK_SKEW = FindingKind("clock.skew", (WARNING,), HostClockSkew)
# Judged by none of it: leases, lag and health go on by the time that passed here.
CLOCK_STORE_JUMPED = FindingKind("clock.store_jumped", (WARNING,), StoreClockJump)
CLOCK_HUB = FindingKind("clock.hub", (WARNING,), HubClockAhead)
OWNER_CRASH_LOOP = FindingKind("owner.crash_loop", (CRITICAL,), CrashLoop)
# Critical where it is the configured group and events wait; info for others long dead.
GROUP_NO_CONSUMERS = FindingKind("group.no_consumers", (INFO, WARNING, CRITICAL), NoConsumers)
# Only on a hub marked production: everywhere else one host is the normal case.
GROUP_SINGLE_HOST = FindingKind("group.single_host", (INFO,), SingleHost)
# Warning: a local one takes live partitions of a production hub.
GROUP_NEWCOMER = FindingKind("group.newcomer", (INFO, WARNING), Newcomer)
# Stopped by ehtui to be restarted, and not running.
CONSUMER_DOWN = FindingKind("consumer.down", (CRITICAL,), Down)
RESTART_SLOW = FindingKind("restart.slow", (WARNING,), StillRunning)
# Whoever carried it out was ended: it was asked to end, and nobody starts it then.
RESTART_ABANDONED = FindingKind("restart.abandoned", (WARNING,), StillRunning)
# It answers, and gives less than it could: an odd answer, a slower way.
SOURCE_LIMITED = FindingKind("source.limited", (WARNING,), SourceLimit)
SOURCE_UNREADABLE = FindingKind("source.unreadable", (WARNING, CRITICAL), SourceTrouble)
SOURCE_THROTTLED = FindingKind("source.throttled", (WARNING,), SourceTrouble)
SOURCE_UNAUTHORISED = FindingKind("source.unauthorised", (CRITICAL,), SourceTrouble)
# What hub and store do not show: the service refuses it, or a second store or none is at work.
_SEVERITIES = dict.fromkeys(COMPLAINTS, (WARNING,)) | {
    LogIncidentKind.ENTITY_DISABLED: (CRITICAL,),
    LogIncidentKind.AUTHORISATION_LOST: (CRITICAL,),
}
LOG_COMPLAINTS: Mapping[LogIncidentKind, FindingKind[LogComplaint]] = {
    kind: FindingKind(f"log.{kind.value}", severities, LogComplaint)
    for kind, severities in _SEVERITIES.items()
}
# Info without a store, warning with one that knows nothing of the group.
STORE_NOT_VISIBLE = FindingKind("store.not_visible", (INFO, WARNING), NotVisible)
