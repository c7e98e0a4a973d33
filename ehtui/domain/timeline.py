"""Every timeline event: its kind and the class of its details. Views write their words for it.

`TimelineEvent.at` is a server time; `is_approximate` (~) says that polls could have missed a
change in between, or that the moment lies somewhere between two polls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from ehtui.domain.actions.events import ACTION_KINDS, Forecast
from ehtui.domain.evidence import EventKind, Evidence
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.problems import ProblemKind

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Claimed(Evidence):
    """A free partition found an owner."""

    owner: str | None  # who holds it now
    was: Literal["never_owned", "released"]
    previous_owner: str | None
    free_s: float | None  # how long it had no owner


@dataclass(frozen=True, slots=True)
class Released(Evidence):
    """An owner gave a partition up."""

    owner: str | None
    held_s: float | None


@dataclass(frozen=True, slots=True)
class Overdue(Evidence):
    """An owner stopped renewing."""

    owner: str
    renewed_at: float | None
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Recovered(Evidence):
    """It renews again."""

    owner: str
    late_s: float | None  # beyond its usual period


@dataclass(frozen=True, slots=True)
class Expired(Evidence):
    """Its lease ran out."""

    owner: str
    renewed_at: float | None
    expires_after_s: float | None
    expiry_basis: TimingBasis | None


@dataclass(frozen=True, slots=True)
class TakenOver(Evidence):
    """Somebody took a partition whose lease had run out."""

    owner: str | None  # who holds it now
    previous_owner: str | None
    gap_s: float | None  # from the old owner's last renewal to the claim
    dead_s: float | None  # from the end of its process to the claim, where that was seen
    lag: int | None  # events that waited by then


@dataclass(frozen=True, slots=True)
class Stolen(Evidence):
    """Somebody took a partition whose lease was alive: to balance the load."""

    owner: str | None  # who holds it now
    previous_owner: str | None
    age_s: float | None  # of the old lease at that moment


@dataclass(frozen=True, slots=True)
class BackAndForth(Evidence):
    """Two owners take a partition from each other."""

    owner: str | None  # who holds it now
    previous_owner: str | None
    owners: tuple[str, ...]
    changes: int  # within the window
    window_s: float


@dataclass(frozen=True, slots=True)
class Rewound(Evidence):
    """A checkpoint went back."""

    from_sequence: int
    to_sequence: int


@dataclass(frozen=True, slots=True)
class GroupAppeared(Evidence):
    """The store has records of a group that it had none of."""

    group: str


@dataclass(frozen=True, slots=True)
class ConsumerStarted(Evidence):
    """A consumer's process was found."""

    pid: int
    command: str  # safe to show
    consumer_name: str | None
    owner: str | None  # where linked


@dataclass(frozen=True, slots=True)
class ConsumerGone(Evidence):
    """A consumer's process is there no more."""

    pid: int
    command: str  # safe to show
    consumer_name: str | None
    owner: str | None  # where linked
    lived_s: float | None
    partitions: tuple[str, ...]  # group/partition that it owned
    signal: str | None  # that this session had sent to it


@dataclass(frozen=True, slots=True)
class LogLines(Evidence):
    """What a log complained of: one event a process, a kind and a minute."""

    pid: int
    owner: str | None  # where the line or an earlier one names it
    count: int  # lines since the event before
    partitions: tuple[str, ...]  # that the lines name
    line: str  # the newest


@dataclass(frozen=True, slots=True)
class SourceDown(Evidence):
    """A source can't be read."""

    problem_kind: ProblemKind
    summary: str
    advice: str


@dataclass(frozen=True, slots=True)
class SourceBack(Evidence):
    """It can be read again."""

    down_s: float | None


@dataclass(frozen=True, slots=True)
class ClockSet(Evidence):
    """This host's clock was set."""

    by_s: float  # ahead where positive


@dataclass(frozen=True, slots=True)
class HubGrew(Evidence):
    """The hub has more partitions."""

    before: int
    after: int


@dataclass(frozen=True, slots=True)
class HubCreatedAnew(Evidence):
    """The hub is another one of the same name."""

    created_at: float | None
    before_at: float | None


@dataclass(frozen=True, slots=True)
class TakeoverMeasured(Evidence):
    """Somebody owns what a signal of this session set free."""

    owner: str | None  # who owns it now
    previous_owner: str | None
    signalled_at: float
    gap_s: float | None  # from the signal to the claim
    takeover: Forecast  # as it was before the signal
    is_inside_forecast: bool | None  # None where nothing could be forecast


@dataclass(frozen=True, slots=True)
class TakeoverMoved(Evidence):
    """Afterwards: who owns it has written a checkpoint."""

    owner: str | None  # who owns it now
    previous_owner: str | None
    signalled_at: float
    moved_s: float  # from the signal to the checkpoint


@dataclass(frozen=True, slots=True)
class FindingBegan(Evidence):
    """Something is judged; `TimelineEvent.finding` says what, as it was then."""

    noticed_at: float  # when it was judged first, which may be later than its beginning


@dataclass(frozen=True, slots=True)
class FindingEnded(Evidence):
    """It is so no more; `TimelineEvent.finding` is as it was when it began."""

    noticed_at: float  # as when it began
    began_at: float
    lasted_s: float
    is_judged: bool  # no: what it rests on is not read any more


# Subject: group, partition, owner (the one who acts or held it).
LEASE_CLAIMED = EventKind("lease.claimed", Claimed)
LEASE_RELEASED = EventKind("lease.released", Released)
LEASE_OVERDUE = EventKind("lease.overdue", Overdue)
LEASE_RECOVERED = EventKind("lease.recovered", Recovered)
LEASE_EXPIRED = EventKind("lease.expired", Expired)
LEASE_TAKEN_OVER = EventKind("lease.taken_over", TakenOver)
LEASE_STOLEN = EventKind("lease.stolen", Stolen)
LEASE_PINGPONG = EventKind("lease.pingpong", BackAndForth)
# Subject: group, partition.
CHECKPOINT_REWOUND = EventKind("checkpoint.rewound", Rewound)
# Subject: group.
GROUP_APPEARED = EventKind("group.appeared", GroupAppeared)
# Subject: pid, and owner where known.
CONSUMER_STARTED = EventKind("consumer.started", ConsumerStarted)
CONSUMER_GONE = EventKind("consumer.gone", ConsumerGone)
LOG_CLAIM_FAILED = EventKind("log.claim_failed", LogLines)
LOG_OWNERSHIP_LOST = EventKind("log.ownership_lost", LogLines)
LOG_LINK_STOLEN = EventKind("log.link_stolen", LogLines)
LOG_RECEIVER_QUOTA = EventKind("log.receiver_quota", LogLines)
LOG_CHECKPOINT_FAILED = EventKind("log.checkpoint_failed", LogLines)
LOG_BALANCING_FAILED = EventKind("log.balancing_failed", LogLines)
LOG_RECEIVE_FAILED = EventKind("log.receive_failed", LogLines)
LOG_THROTTLED = EventKind("log.throttled", LogLines)
LOG_ENTITY_DISABLED = EventKind("log.entity_disabled", LogLines)
LOG_OFFSET_REFUSED = EventKind("log.offset_refused", LogLines)
LOG_AUTHORISATION_LOST = EventKind("log.authorisation_lost", LogLines)
LOG_OWNER_LEVEL_REFUSED = EventKind("log.owner_level_refused", LogLines)
# Subject: source.
SOURCE_FAILED = EventKind("source.failed", SourceDown)
SOURCE_RECOVERED = EventKind("source.recovered", SourceBack)
# Subject: the finding's.
FINDING_BEGAN = EventKind("finding.began", FindingBegan)
FINDING_ENDED = EventKind("finding.ended", FindingEnded)
# Subject: none.
CLOCK_SET = EventKind("clock.set", ClockSet)
HUB_GREW = EventKind("hub.grew", HubGrew)
HUB_RECREATED = EventKind("hub.recreated", HubCreatedAnew)
# Subject: group, partition, owner.
TAKEOVER_MEASURED = EventKind("takeover.measured", TakeoverMeasured)
TAKEOVER_MOVED = EventKind("takeover.moved", TakeoverMoved)

TIMELINE_KINDS: Mapping[str, EventKind[Any]] = {
    **{kind.id: kind for kind in tuple(globals().values()) if isinstance(kind, EventKind)},
    **ACTION_KINDS,
}
LOG_KINDS: tuple[EventKind[LogLines], ...] = tuple(
    kind for kind in TIMELINE_KINDS.values() if kind.details is LogLines
)
