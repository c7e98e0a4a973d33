"""How an action ended, or why it was not begun, in fields: no program reads anything in a text."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.domain.actions.checkpoint_plan import repeated_in
from ehtui.domain.costs import NOT_COUNTED
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.actions.base import OwnedPartition, Place
    from ehtui.domain.actions.checkpoint_plan import ChangeResult
    from ehtui.domain.actions.landing import Accepted, Landing
    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.actions.release_plan import ReleaseResult
    from ehtui.domain.costs import TakeoverCost
    from ehtui.domain.world.process import ProcessId, Supervisor
    from ehtui.domain.world.restarts import StartObstacle


class RefusalReason(StrEnum):
    """Why an action is not even offered."""

    READ_ONLY = "read_only"
    NOTHING_SELECTED = "nothing_selected"
    UNKNOWN_PARTITION = "unknown_partition"
    UNKNOWN_TEMPLATE = "unknown_template"
    NOTHING_TO_SEND = "nothing_to_send"  # no event in a file
    UNREADABLE_FILE = "unreadable_file"  # that a test event's body is in
    NOT_CONNECTED = "not_connected"
    CANNOT_START = "cannot_start"  # it could not be started again as it was: see the obstacle
    BEING_RESTARTED = "being_restarted"
    OTHER_HUB = "other_hub"  # settings changed: what is open is not what it was meant for
    REHEARSAL_CHANGED = "rehearsal_changed"  # starting it would differ from what was confirmed
    NOT_KNOWN_ANY_MORE = "not_known_any_more"  # nobody remembers how it was started
    NOT_AUDITED = "not_audited"  # the audit log cannot be written
    SELF_OR_ANCESTOR = "self_or_ancestor"
    INIT = "init"
    KERNEL_THREAD = "kernel_thread"
    FOREIGN_USER = "foreign_user"
    GONE = "gone"
    IDENTITY_CHANGED = "identity_changed"
    PROGRAM_CHANGED = "program_changed"  # exec'd in place: what was meant runs no more
    UNKNOWN_SIGNAL = "unknown_signal"
    SIGNAL_IGNORED = "signal_ignored"  # it would not end by it
    SUPERVISED = "supervised"  # somebody else starts it again, and cannot be asked from here
    SUPERVISOR_CHANGED = "supervisor_changed"  # it runs under another one than the plan says
    UNKNOWN_CONSUMER = "unknown_consumer"
    NO_COMMAND = "no_command"  # a configured consumer without a command
    NO_STORE = "no_store"  # no checkpoint store is configured, or it could not be read
    UNKNOWN_GROUP = "unknown_group"  # nobody reads in a group of that name
    GROUP_ACTIVE = "group_active"  # somebody owns partitions of it, and would write over it
    OWNERS_UNREAD = "owners_unread"  # who owns partitions of it could not be read just now
    NOTHING_TO_CHANGE = "nothing_to_change"  # every checkpoint is left as it is
    NO_BACKUP = "no_backup"  # it cannot be read
    NOT_BACKED_UP = "not_backed_up"  # what stands there could not be kept: nothing is written
    ALREADY_FREE = "already_free"  # nobody owns it: there is nothing to release
    OWNER_UNKNOWN = "owner_unknown"  # who owns it cannot be read
    BLOB_LEASED = "blob_leased"  # its host holds the blob's lease: nobody else can write it
    CHANGED = "changed"  # it was written since the plan
    NOT_CONFIRMED = "not_confirmed"  # the name that has to be typed was not given, or another one


class Refusal(Value, frozen=True):
    """An action that will not be done, and why."""

    reason: RefusalReason
    subject: str  # what it was about, safe to show
    detail: str = ""
    supervisor: Supervisor | None = None
    obstacle: StartObstacle | None = None


def refusal_elsewhere(meant: Place | None, open_: Place | None) -> Refusal | None:
    """Why what was meant for one hub and store is not done where others are open; None: it may be.

    What does not say what it is meant for is not done either, where it is known what is open.
    """
    if open_ is None or meant == open_:
        return None

    detail = "" if meant is None or meant.name == open_.name else f"{open_.name} is open by now"
    return Refusal(RefusalReason.OTHER_HUB, "another hub" if meant is None else meant.name, detail)


class OutcomeState(StrEnum):
    """How an action ended."""

    DONE = "done"
    DRY_RUN = "dry_run"
    REFUSED = "refused"
    FAILED = "failed"
    LEFT = "left"  # nobody waits for it any more, but it goes on
    STOPPED = "stopped"  # cancelled on the way: what was done by then stays done


class TargetState(StrEnum):
    """What became of one of several that an action was for."""

    CHECKED = "checked"  # a dry run: it is still the one that is meant, and would get it
    SENT = "sent"  # it was signalled, and its end was not waited for
    ENDED = "ended"  # it was signalled, and ended in time
    ESCALATED = "escalated"  # it did not end in time: the second signal followed
    REFUSED = "refused"  # it was left as it is
    FAILED = "failed"


_REACHED = frozenset({TargetState.SENT, TargetState.ENDED, TargetState.ESCALATED})


class TargetResult(Value, frozen=True):
    """One target of an action, and how that ended for it."""

    process: ProcessId
    state: TargetState
    note: str = ""  # the world's own words where it failed; safe to show, for people only
    signal: str = ""  # the last one that it was sent
    after_s: float = 0.0  # that it had been waited for before
    refusal: Refusal | None = None  # why it was left as it is

    @property
    def was_reached(self) -> bool:
        """Whether the process got what was meant for it."""
        return self.state in _REACHED

    @property
    def detail(self) -> str:
        """As `ehtui.action/1` and the audit log spell it. Never read back."""
        match self.state:
            case TargetState.ENDED:
                return f"ended after {self.signal}"
            case TargetState.ESCALATED:
                return f"{self.signal} after {self.after_s:g} s"
            case TargetState.FAILED:
                return f"failed: {self.note}"
            case TargetState.REFUSED if self.refusal is not None:
                return self.refusal.reason.value
            case state:
                return state.value


class NewProcess(Value, frozen=True):
    """Who runs by now in consequence of an action."""

    process: ProcessId
    log_path: str | None  # where its output goes; None: ehtui does not know
    is_by_keeper: bool = False  # its parent started it, and ehtui did not


class Outcome(Value, frozen=True):
    """The end of one plan, per target where it has several."""

    plan: Plan
    state: OutcomeState
    at: float
    refusal: Refusal | None = None
    error: str | None = None  # safe to show, for people only
    results: tuple[TargetResult, ...] = ()
    started: NewProcess | None = None
    landings: tuple[Landing, ...] = ()  # of a send, as far as it is known where
    accepted: Accepted | None = None  # by the hub, of a send
    unsure: int = 0  # events that were under way when it was cancelled: accepted, or not
    exit_code: int | None = None  # of a consumer that ended at once, or of a supervisor's command
    last_lines: tuple[str, ...] = ()  # that it said; safe to show
    obstacle: StartObstacle | None = None  # why what was stopped could not be started
    is_down: bool = False  # a consumer was stopped, and runs no more
    audit_problem: str | None = None  # why its end is not in the audit log; safe to show
    parts: tuple[PartialOutcome, ...] = ()  # of a plan that has several, as far as it came
    changes: tuple[ChangeResult, ...] = ()  # of checkpoints, each blob
    releases: tuple[ReleaseResult, ...] = ()  # of ownerships, each
    backup: str | None = None  # the path of what stood there before
    watched_s: float | None = None  # so long afterwards live owners had not written over the rest

    @property
    def is_by_keeper(self) -> bool:
        """Whether a parent started it again, and ehtui did not."""
        return self.started is not None and self.started.is_by_keeper

    @property
    def new_pid(self) -> int | None:
        """Who runs by now; None: nobody, or somebody whom only a supervisor knows."""
        return self.started.process.pid if self.started is not None else None

    @property
    def new_processes(self) -> tuple[ProcessId, ...]:
        """Who was started and did not end at once, in all its parts."""
        each = (self, *(part.outcome for part in self.parts))
        lived = (outcome for outcome in each if outcome.exit_code is None)

        return tuple(o.started.process for o in lived if o.started is not None)

    def result_of(self, process: ProcessId) -> TargetResult | None:
        """How it ended for one of several; None where they were not told apart."""
        return next((result for result in self.results if result.process == process), None)

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """Each target and how it ended, as the audit log spells it."""
        return (
            *((str(result.process.pid), result.detail) for result in self.results),
            *((f"P{each.partition}", each.state.value) for each in self.releases),
            *self._changed(),
        )

    def _changed(self) -> Iterator[tuple[str, str]]:
        """Each checkpoint and how it ended; by its blob's name too where a partition has two."""
        repeated = repeated_in(each.change for each in self.changes)

        for each in self.changes:
            change = each.change
            blob = f" {change.container}/{change.name}" if change.partition in repeated else ""
            yield f"P{change.partition}{blob}", each.state.value

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """What happened in pairs, as `ehtui.action/1` and the audit log spell it."""
        return tuple(self._details())

    def _details(self) -> Iterator[tuple[str, str]]:
        yield from ((str(result.process.pid), result.detail) for result in self.results)

        if self.accepted is not None:
            yield from _known(accepted=self.accepted.total, unsure=self.unsure or None)

        for landing in self.landings:
            yield from _known(partition=landing.partition, sequence=landing.sequence)

        if self.started is not None:
            yield from _known(pid=self.started.process.pid, log=self.started.log_path)

        yield from ((each.partition, each.state.value) for each in self.releases)
        yield from self._changed()
        yield from _known(backup=self.backup)
        yield from _known(exit_code=self.exit_code)
        yield from (("line", line) for line in self.last_lines)
        yield from _known(audit=self.audit_problem)


def _known(**values: object) -> Iterator[tuple[str, str]]:
    return ((name, str(value)) for name, value in values.items() if value is not None)


class Comeback(StrEnum):
    """What became of a consumer that was restarted."""

    OWNS = "owns"
    STANDS_BY = "stands_by"  # others own all that it had, and there are enough of them
    RUNS = "runs"  # it had owned nothing that is known of
    ENDED = "ended"
    LATE = "late"  # it runs, and owns nothing in all that time


class PartialOutcome(Value, frozen=True):
    """One restart among several, and what became of its consumer."""

    outcome: Outcome
    comeback: Comeback | None = None  # None: it was not restarted
    after_s: float | None = None  # from its start until that was seen


class MeasuredTakeover(Value, frozen=True):
    """One partition: what was forecast, and what was measured so far. Server times."""

    owned: OwnedPartition  # with the forecast
    previous_owner: str | None
    started_at: float
    checkpoint: int | None  # where it stood at the signal
    owner: str | None = None  # who has it now
    owned_at: float | None = None
    moved_at: float | None = None
    sent_at: float | None = None  # when the action had ended
    cost: TakeoverCost = NOT_COUNTED

    @property
    def is_over(self) -> bool:
        """Whether it is owned again and its checkpoint moved."""
        return self.owned_at is not None and self.moved_at is not None

    @property
    def subject(self) -> tuple[str, str, str | None]:
        """Group, partition and new owner."""
        return self.owned.group, self.owned.partition, self.owner

    @property
    def gap_s(self) -> float | None:
        """From the signal to the new owner's claim."""
        return None if self.owned_at is None else max(0.0, self.owned_at - self.started_at)

    @property
    def is_inside_forecast(self) -> bool | None:
        """Whether it landed in the window; None while open, or where it has no end."""
        window = self.owned.takeover
        if self.owned_at is None or window.earliest_at is None or window.latest_at is None:
            return None

        return window.earliest_at <= self.owned_at <= window.latest_at
