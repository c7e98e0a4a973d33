"""What `reduce()` folds: the public picture and what it remembers beside it. Bounded, frozen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import field

from ehtui.domain.leases.renewals import NOT_MEASURED, RenewalStats, SeenRenewal
from ehtui.domain.progress.lag import NO_INPUT, HubInput
from ehtui.domain.values import Value
from ehtui.domain.world.clocks import UNREAD_CLOCKS, Clocks, Restamped

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.folds.kept import Looks
    from ehtui.domain.leases.handovers import Handover, OwnershipHistory
    from ehtui.domain.leases.timing import SeenExpiry
    from ehtui.domain.progress.health import Progress
    from ehtui.domain.progress.lag import PartitionHistory
    from ehtui.domain.progress.ledger import OpenCost, Reading
    from ehtui.domain.snapshot import GroupPartition, GroupState, Snapshot
    from ehtui.domain.world.joined_listing import JoinedListing
    from ehtui.domain.world.process import LogIncidentKind, OwnerClaim, OwnerLink, ProcessId


class JudgedPartition(Value, frozen=True):
    """One partition of one group: what is shown and what it was judged from."""

    shown: GroupPartition
    ownership: OwnershipHistory
    progress: Progress
    flags: int
    due_at: float  # judge again then, whatever happens


class OwnerTrack(Value, frozen=True):
    """An owner id of a group over time. Server times."""

    renewals: RenewalStats = NOT_MEASURED
    joined_at: float | None = None  # None: was there at the first look
    seen_at: float = 0.0
    first_seen_at: float = 0.0
    last_renewal: SeenRenewal | None = None  # of its latest renewal
    blurred: int = 0  # renewals between which others may have happened unseen


class GroupMemory(Value, frozen=True):
    """One consumer group over time."""

    key: str
    state: GroupState
    by_partition: Mapping[str, JudgedPartition] = field(default_factory=dict)
    owners: Mapping[str, OwnerTrack] = field(default_factory=dict)
    handovers: tuple[Handover, ...] = ()
    expiry: SeenExpiry | None = None  # as take-overs showed it
    takes_all_at_once: bool | None = None  # in one round; None: not seen yet
    troubled: tuple[JudgedPartition, ...] = ()  # those with marks, in natural order
    # By partition, where there is more to say of its readers than its records do.
    readings: Mapping[str, Reading] = field(default_factory=dict)
    stopping: frozenset[str] = frozenset()  # of those, whose end the hub has yet to tell
    open_costs: tuple[OpenCost, ...] = ()  # of takeovers that the looks to come will tell


class Departure(Value, frozen=True):
    """A process that ended."""

    process: ProcessId
    at: float  # server time at which it was missed
    owners: tuple[str, ...]  # no guesses
    command: str
    consumer_name: str | None
    lived_s: float
    signal: str | None
    home: str | None = None  # the group that it read first of all
    alive_at: float | None = None  # server time at which it was last seen to run


class SentSignal(Value, frozen=True):
    """A signal that this session sent."""

    process: ProcessId
    signal: str
    at: float


class StartedConsumer(Value, frozen=True):
    """A consumer that this session started; local times between which its process began."""

    group: str
    after: float
    before: float
    is_restart: bool = False  # it takes the place of one that this session stopped


class LogBurst(Value, frozen=True):
    """Lines of one trouble that were read at once."""

    at: float  # server time
    lines: int
    partition: str | None


class LogTrouble(Value, frozen=True):
    """One kind of trouble in one process's log, as far as it still counts."""

    bursts: tuple[LogBurst, ...] = ()
    line: str = ""  # the newest, safe to show
    owner: str | None = None
    untold: int = 0  # lines that the timeline does not have yet
    told_at: float | None = None


class HostMemory(Value, frozen=True):
    """This host's consumers over time."""

    links: Mapping[str, OwnerLink] = field(default_factory=dict)  # by owner id
    doubted: Mapping[str, OwnerLink] = field(default_factory=dict)  # over, unless they renew
    claims: tuple[OwnerClaim, ...] = ()  # named in logs that several processes write
    incidents: Mapping[tuple[ProcessId, LogIncidentKind], int] = field(default_factory=dict)
    followed: frozenset[int] = frozenset()  # pids whose log is read
    behind: Mapping[int, int] = field(default_factory=dict)  # pid → bytes of its log to be read
    shared: frozenset[str] = frozenset()  # owner ids that several processes name
    troubles: Mapping[tuple[ProcessId, LogIncidentKind], LogTrouble] = field(default_factory=dict)
    departures: tuple[Departure, ...] = ()
    signals: tuple[SentSignal, ...] = ()
    starts: Mapping[int, StartedConsumer] = field(default_factory=dict)  # by pid
    # (process, group's key): owns nothing there since
    idle_since: Mapping[tuple[ProcessId, str], float] = field(default_factory=dict)
    listed_at: float | None = None  # local time at which processes were listed last

    def start_of(self, process: ProcessId) -> StartedConsumer | None:
        """How this session started it; None where it did not, or its number was used again."""
        start = self.starts.get(process.pid)
        is_it = start is not None and start.after <= process.started_at <= start.before

        return start if is_it else None

    def ended(self, before: float) -> dict[str, float]:
        """Owners whose process was missed before that moment, and when.

        Who releases does so before the process ends. A guess, or an id that another process
        names too, proves no end.
        """
        return {
            owner: departure.at
            for departure in self.departures
            if departure.at < before
            for owner in departure.owners
            if owner not in self.shared
            and ((link := self.links.get(owner)) is None or link.process == departure.process)
        }


NO_HOST = HostMemory()


class Memory(Value, frozen=True):
    """All of it."""

    histories: Mapping[str, PartitionHistory] = field(default_factory=dict)
    joined: JoinedListing | None = None
    looked_before_at: float | None = None  # server time of the listing before
    groups: Mapping[str, GroupMemory] = field(default_factory=dict)
    host: HostMemory = NO_HOST
    failures: Mapping[str, int] = field(default_factory=dict)
    next_number: int = 1
    started_at: float | None = None  # server time of the first listing
    hub_input: HubInput = NO_INPUT
    clocks: Clocks = UNREAD_CLOCKS
    restamped: Restamped = field(default_factory=dict)
    close_reads: tuple[float, ...] = ()  # server times of the listings that were closer looks
    listed_groups: tuple[str, ...] | None = None  # by the service; None: it never said
    moved: frozenset[str] = frozenset()  # partitions that the hub said something new of since
    told: Looks = ()  # looks whose events nobody may have followed yet


class State(Value, frozen=True, eq=False):
    """All that is known: the picture for everybody, and what only `reduce()` reads.

    A fold begins with a picture and nothing remembered. Comparing is an identity check.
    """

    snapshot: Snapshot
    memory: Memory = field(default_factory=Memory)
