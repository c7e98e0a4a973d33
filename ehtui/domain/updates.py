"""Everything that can change what is known: plain, serialisable values, folded by `reduce()`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from ehtui.domain.actions.outcomes import Outcome
    from ehtui.domain.actions.sending import SendPlan
    from ehtui.domain.problems import Problem
    from ehtui.domain.world.hub import HubDescription, PartitionSample
    from ehtui.domain.world.process import LogIncident, OwnerClaim, OwnerLink, ProcessSample
    from ehtui.domain.world.restarts import RestartRecord
    from ehtui.domain.world.route import Route
    from ehtui.domain.world.store import StoreListing


class Told(Value, frozen=True):
    """Something that became known."""

    at: float  # local


class OfSource(Told, frozen=True):
    """What became known of a source."""

    source: str


class HubRead(OfSource, frozen=True):
    """The hub answered: its description and all or some partitions (a limiter may spread them)."""

    hub: HubDescription
    samples: tuple[PartitionSample, ...]
    duration_s: float
    limitation: Problem | None = None  # why it is less than it could be; the read still counts
    route: Route | None = None  # that it was read over


class StoreRead(OfSource, frozen=True):
    """The checkpoint store answered: everything observed, as one listing."""

    listing: StoreListing
    duration_s: float


class ProcessesRead(OfSource, frozen=True):
    """This host's consumers, all of them: who is missing has gone."""

    processes: tuple[ProcessSample, ...]
    duration_s: float
    restarts: tuple[RestartRecord, ...] = ()  # that have not come to their end


class LogsRead(OfSource, frozen=True):
    """What consumers' logs said since the read before."""

    links: tuple[OwnerLink, ...]
    incidents: tuple[LogIncident, ...]
    duration_s: float
    followed: tuple[tuple[int, str], ...] = ()  # (pid, path) of every log under watch
    claims: tuple[OwnerClaim, ...] = ()  # owner ids that one of several processes wrote
    behind: tuple[tuple[int, int], ...] = ()  # (pid, bytes of its log that are not read yet)


class SourceFailed(OfSource, frozen=True):
    """A read failed; what was known stays, marked with its age."""

    problem: Problem
    retry_at: float | None = None


class SourceOff(OfSource, frozen=True):
    """A source that is not configured, and what to configure."""

    problem: Problem


class ActionDone(Told, frozen=True):
    """An action of this session ended."""

    outcome: Outcome


class SendGoesOn(Told, frozen=True):
    """The hub took some more of what this session sends."""

    plan: SendPlan
    accepted: int  # so far


class UnreadSeen(Told, frozen=True):
    """An event that a group has not done was read, in the peek group: how old it is, exactly."""

    partition: str
    unread_from: int  # sequence number behind the checkpoint
    sequence: int  # of the event: the first at or behind that
    enqueued_at: float  # by the hub's clock


class HostClockSet(Told, frozen=True):
    """This host's clock was set: it and local time, which only goes forward, have come apart."""

    ahead_s: float  # the host's clock minus local time


class GroupsListed(Told, frozen=True):
    """The service said which consumer groups the hub has, as it spells them."""

    names: tuple[str, ...] | None  # None: it does not say; what was known stays


class PaceSet(Told, frozen=True):
    """Hub, store and processes are read so often from now on."""

    every_s: float


class AttentionSet(Told, frozen=True):
    """How closely the hub is looked at from now on: how often, and whether this host is, too."""

    hub_s: float  # between reads
    store_s: float
    reads_host: bool


class Tick(Told, frozen=True):
    """Time passed and nothing was read: leases may have lapsed."""


Update = (
    HubRead
    | StoreRead
    | ProcessesRead
    | LogsRead
    | SourceFailed
    | SourceOff
    | ActionDone
    | SendGoesOn
    | UnreadSeen
    | HostClockSet
    | GroupsListed
    | PaceSet
    | AttentionSet
    | Tick
)
