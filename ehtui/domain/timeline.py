"""Every timeline event: its kind and the class of its details. Views write their words for it.

`TimelineEvent.at` is a server time; `is_approximate` (~) says that polls could have missed a
change in between, or that the moment lies somewhere between two polls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from ehtui.domain.actions.events import ACTION_KINDS, Forecast
from ehtui.domain.actions.following import Verdict
from ehtui.domain.costs import NOT_COUNTED, TakeoverCost
from ehtui.domain.evidence import EventKind, Evidence
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.problems import ProblemKind
from ehtui.domain.world.process import COMPLAINTS, LogIncidentKind

if TYPE_CHECKING:
    from collections.abc import Mapping


class Claimed(Evidence, frozen=True):
    """A free partition found an owner."""

    owner: str | None  # who holds it now
    was: Literal["never_owned", "released"]
    previous_owner: str | None
    free_s: float | None  # how long it had no owner
    cost: TakeoverCost = NOT_COUNTED
    is_guess: bool = False  # it changed hands between two looks, so that is a guess


class Released(Evidence, frozen=True):
    """An owner gave a partition up."""

    owner: str | None
    held_s: float | None
    is_guess: bool = False  # the next look showed it with somebody else, so that is a guess


class Overdue(Evidence, frozen=True):
    """An owner stopped renewing."""

    owner: str
    renewed_at: float | None
    expires_at: float | None


class Recovered(Evidence, frozen=True):
    """It renews again."""

    owner: str
    late_s: float | None  # beyond its usual period


class Expired(Evidence, frozen=True):
    """Its lease ran out."""

    owner: str
    renewed_at: float | None
    expires_after_s: float | None
    expiry_basis: TimingBasis | None


class Taken(Evidence, frozen=True):
    """Somebody has a partition that was somebody else's."""

    owner: str | None  # who holds it now
    previous_owner: str | None


class TakenOver(Taken, frozen=True):
    """Somebody took a partition whose lease had run out."""

    gap_s: float | None  # from the old owner's last renewal to the claim
    dead_s: float | None  # from the end of its process to the claim, where that was seen
    lag: int | None  # events that waited by then
    cost: TakeoverCost = NOT_COUNTED


class Stolen(Taken, frozen=True):
    """Somebody took a partition whose lease was alive: to balance the load."""

    age_s: float | None  # of the old lease at that moment
    cost: TakeoverCost = NOT_COUNTED


class BackAndForth(Taken, frozen=True):
    """Two owners take a partition from each other."""

    owners: tuple[str, ...]
    changes: int  # within the window
    window_s: float


class Rewound(Evidence, frozen=True):
    """A checkpoint went back."""

    from_sequence: int
    to_sequence: int


class GroupAppeared(Evidence, frozen=True):
    """The store has records of a group that it had none of."""

    group: str


class ConsumerStarted(Evidence, frozen=True):
    """A consumer's process was found."""

    pid: int
    command: str  # safe to show
    consumer_name: str | None
    owner: str | None  # where linked


class ConsumerGone(ConsumerStarted, frozen=True):
    """A consumer's process is there no more."""

    lived_s: float | None
    partitions: tuple[str, ...]  # group/partition that it owned
    signal: str | None  # that this session had sent to it


class LogLines(Evidence, frozen=True):
    """What a log complained of: one event a process, a kind and a minute."""

    pid: int
    owner: str | None  # where the line or an earlier one names it
    count: int  # lines since the event before
    partitions: tuple[str, ...]  # that the lines name
    line: str  # the newest


class SourceDown(Evidence, frozen=True):
    """A source can't be read."""

    problem_kind: ProblemKind
    summary: str
    advice: str


class SourceBack(Evidence, frozen=True):
    """It can be read again."""

    down_s: float | None


class ClockSet(Evidence, frozen=True):
    """This host's clock was set."""

    by_s: float  # ahead where positive


class HubGrew(Evidence, frozen=True):
    """The hub has more partitions."""

    before: int
    after: int


class HubCreatedAnew(Evidence, frozen=True):
    """The hub is another one of the same name."""

    created_at: float | None
    before_at: float | None


class TakeoverMeasured(Taken, frozen=True):
    """Somebody owns what a signal of this session set free."""

    signalled_at: float
    gap_s: float | None  # from the signal to the claim
    takeover: Forecast  # as it was before the signal
    is_inside_forecast: bool | None  # None where nothing could be forecast


class TakeoverMoved(Taken, frozen=True):
    """Afterwards: who owns it has written a checkpoint."""

    signalled_at: float
    moved_s: float  # from the signal to the checkpoint


class SendFollowed(Evidence, frozen=True):
    """What became of events of this session, for the group that was followed."""

    template: str
    verdict: Verdict
    count: int
    first: int | None  # sequence numbers, or a bracket of them
    last: int | None
    is_bracket: bool
    sent_at: float
    owner: str | None
    took_least_s: float | None  # until the checkpoint had passed them
    took_most_s: float | None
    cadence_s: float | None  # how long events usually wait there
    waited_s: float  # without progress
    checkpoint: int | None
    is_late: bool  # another verdict was told before


class FindingBegan(Evidence, frozen=True):
    """Something is judged; `TimelineEvent.finding` says what, as it was then."""

    noticed_at: float  # when it was judged first, which may be later than its `since`


class FindingEnded(Evidence, frozen=True):
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
LOG_KINDS: Mapping[LogIncidentKind, EventKind[LogLines]] = {
    kind: EventKind(f"log.{kind.value}", LogLines) for kind in COMPLAINTS
}
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
# Subject: group, partition, owner.
SEND_FOLLOWED = EventKind("send.followed", SendFollowed)

TIMELINE_KINDS: Mapping[str, EventKind[Any]] = {
    **{kind.id: kind for kind in tuple(globals().values()) if isinstance(kind, EventKind)},
    **{kind.id: kind for kind in LOG_KINDS.values()},
    **ACTION_KINDS,
}
