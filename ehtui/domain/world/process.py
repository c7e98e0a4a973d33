"""Processes of this host that may be consumers, and what ties one to an owner id."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from ehtui.domain.values import Value


class Program(Value, frozen=True):
    """What a process runs. To exec in place keeps pid and start time; to write a title keeps this.

    Each part is None where it can't be read.
    """

    file: tuple[int, int] | None  # device and inode of its program file
    place: tuple[int, int] | None  # where exec put its code and its stack: anew each time
    arguments: str | None  # of this session: digest of its command line, which a title overwrites

    def is_still(self, earlier: Program) -> bool:
        """Whether nothing else was exec'd since, as far as both looks tell."""
        if self.file is not None and earlier.file is not None and self.file != earlier.file:
            return False

        if self.place is not None and earlier.place is not None:
            return self.place == earlier.place

        return None in {self.arguments, earlier.arguments} or self.arguments == earlier.arguments


@dataclass(frozen=True, slots=True, order=True)
class ProcessId:
    """A process's identity: a pid alone is reused, and a process may exec another program."""

    pid: int
    started_at: float  # psutil's create_time
    program: Program | None = field(default=None, compare=False)  # None: not looked at

    def runs_on_in(self, later: ProcessId) -> bool:
        """Whether a later look shows the same process with the same program."""
        if self != later or self.program is None or later.program is None:
            return self == later

        return later.program.is_still(self.program)


class RecognisedBy(StrEnum):
    """Why a process is in the list."""

    STARTED = "started"  # by ehtui itself
    PATTERN = "pattern"  # a named consumer of the configuration matches
    MANUAL = "manual"  # chosen by hand, or by --pid
    CONNECTION = "connection"  # an open connection to the namespace: a client, role unknown


class Traffic(StrEnum):
    """What goes over a process's connections to the namespace."""

    RECEIVES = "receives"  # events, or much else that it asked for
    SENDS = "sends"  # and never received: a producer


class DeclaredTarget(Value, frozen=True):
    """Hubs and groups that a process's own settings name, each once; safe to show.

    Empty is not none: a program may have them in its code.
    """

    namespaces: tuple[str, ...] = ()
    hubs: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    mark: LaunchMark | None = None  # ehtui started it
    proxy: str | None = None  # host:port: what goes through it is not seen as a connection

    @property
    def named_namespaces(self) -> tuple[str, ...]:
        """Those that it names, or else that whoever started it watched."""
        return self.namespaces or _of(self.mark.namespace if self.mark else None)

    @property
    def named_hubs(self) -> tuple[str, ...]:
        """The same of hubs."""
        return self.hubs or _of(self.mark.hub if self.mark else None)

    @property
    def named_groups(self) -> tuple[str, ...]:
        """The group that it was started in, or else those that it names."""
        return _of(self.mark.group if self.mark else None) or self.groups


def _of(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)


class Obstacle(StrEnum):
    """Why a supervisor's own restart is not offered."""

    NO_COMMAND = "no_command"  # it has none for one of its programs
    NO_NAME = "no_name"  # what it calls this program could not be read
    NO_TOOL = "no_tool"  # its command is not installed here
    FOREIGN = "foreign"  # somebody else's: what they wrote is not run in our name
    CLUSTER = "cluster"  # a cluster decides, not this host


class Supervisor(Value, frozen=True):
    """Who starts a process again when it ends, and what restarts it."""

    name: str  # the program: systemd, docker, pm2, …
    unit: str | None = None  # what it calls the process, safe to show
    command: tuple[str, ...] = ()  # its own restart; whole words of argv, without secrets
    obstacle: Obstacle | None = None  # why the command is not run
    stops_with: str = "TERM"  # where it was not configured otherwise
    is_shared: bool = False  # its command restarts all that runs in the unit

    @property
    def label(self) -> str:
        """`systemd rag.service`."""
        return f"{self.name} {self.unit}" if self.unit else self.name

    @property
    def tool(self) -> str | None:
        """The program that its command runs, `env NAME=value` aside."""
        words = self.command[2:] if self.command[:1] == ("env",) else self.command

        return words[0] if words else None


_ENDED = frozenset({"gone", "zombie", "dead"})


class Withheld(StrEnum):
    """What this system does not tell this user of a process: it is unknown, and not none."""

    COMMAND = "command"
    FOLDER = "folder"
    SETTINGS = "settings"  # its environment
    FILES = "files"  # what it has open, its logs among it
    CONNECTIONS = "connections"


class ProcessSample(Value, frozen=True):
    """One look at a process. What could not be read is None."""

    id: ProcessId
    parent: int | None
    user: str | None
    name: str
    command: str  # one line, secrets masked, control characters visible
    cwd: str | None
    status: str  # psutil's word: running, sleeping, zombie, …; "gone" once vanished
    cpu_percent: float | None  # of one core, since the look before; None at the first look
    memory_percent: float | None
    rss_bytes: int | None
    threads: int | None
    connections: int | None  # to the namespace
    recognised_by: RecognisedBy
    consumer_name: str | None = None  # the configuration's name for it
    caught_signals: frozenset[int] | None = None  # SigCgt
    ignored_signals: frozenset[int] | None = None  # SigIgn
    log_path: str | None = None  # the one to show
    supervisor: Supervisor | None = None
    is_kernel_thread: bool = False
    more_logs: tuple[str, ...] = ()  # further files that it writes, as they can be read from here
    inner_pids: frozenset[int] = frozenset()  # its numbers in the containers that it runs in
    runtime: str | None = None  # python, node, java or dotnet, by its executable and arguments
    traffic: Traffic | None = None  # None: nothing tells
    target: DeclaredTarget | None = None  # None: its settings can't be read
    web_connections: int = 0  # of `connections`: to port 443, where others answer, too
    withheld: frozenset[Withheld] = frozenset()

    @property
    def is_chosen(self) -> bool:
        """Whether somebody said that it is a consumer, by hand or by starting it as one."""
        return self.recognised_by in {RecognisedBy.MANUAL, RecognisedBy.STARTED}

    @property
    def may_be_anothers(self) -> bool:
        """Whether its connections may be to something else at the same address.

        On 443 a front end answers for many namespaces and services; settings can tell.
        """
        names = self.target.named_namespaces if self.target is not None else ()
        return bool(self.connections) and self.connections == self.web_connections and not names

    @property
    def program(self) -> str:
        """The runtime where it is known, else the name that it goes by."""
        return self.runtime or self.name

    @property
    def logs(self) -> tuple[str, ...]:
        """Every file that may be its log, the best first."""
        return (() if self.log_path is None else (self.log_path,)) + self.more_logs

    @property
    def pids(self) -> frozenset[int]:
        """Every number that it may call itself by."""
        return self.inner_pids | {self.id.pid}

    @property
    def has_ended(self) -> bool:
        """Whether it runs no more, though its parent may not have taken note yet."""
        return self.status in _ENDED


class Relative(Value, frozen=True):
    """A parent or child of a process, safe to show."""

    pid: int
    command: str


class Peer(Value, frozen=True):
    """TCP connections of a process to one address, in one state."""

    address: str  # host:port
    status: str  # psutil's word: ESTABLISHED, CLOSE_WAIT, …
    count: int


class ProcessDetails(Value, frozen=True):
    """What is read of a process only when somebody asks. What could not be read is None."""

    process: ProcessId
    parents: tuple[Relative, ...] | None  # nearest first
    children: tuple[Relative, ...] | None
    peers: tuple[Peer, ...] | None
    logs: tuple[str, ...] | None  # open files that look like logs
    caught_signals: frozenset[int] | None
    ignored_signals: frozenset[int] | None


class LinkBasis(StrEnum):
    """What an owner-to-process link rests on, strongest first."""

    STARTED = "started"
    LOG = "log"  # a log line of that process names the owner
    IDENTIFIER = "identifier"  # label or client identifier
    EXCLUSION = "exclusion"  # one of several writers of a log, and the others are other owners
    ELIMINATION = "elimination"  # nothing names it, and no other process or owner is left


GUESSES = frozenset({LinkBasis.EXCLUSION, LinkBasis.ELIMINATION})  # shown with ~


class OwnerLink(Value, frozen=True):
    """A process is this owner, because …."""

    process: ProcessId
    owner: str
    basis: LinkBasis
    evidence: str  # the log line or reason, safe to show
    seen_at: float
    group: str | None = None  # as the evidence names it, or the one group whose records name it
    over_at: float | None = None  # a later client began in the same process, or this one stopped
    hub: str | None = None  # as the evidence names it

    @property
    def is_guess(self) -> bool:
        """Whether it rests on who else there is, as far as that is known."""
        return self.basis in GUESSES


class OwnerClaim(Value, frozen=True):
    """An owner id that a log of several processes names, and who of them may have written it."""

    owner: str
    writers: tuple[ProcessId, ...]  # several: of one it would be a link
    evidence: str  # the log line, safe to show
    seen_at: float
    group: str | None = None
    over_at: float | None = None
    hub: str | None = None


class LogState(StrEnum):
    """What a process's log is good for."""

    NONE = "none"  # no file that looks like it
    NAMED = "named"  # it names the owner id
    BEHIND = "behind"  # its end was read first, and the rest is still to be read
    SILENT = "silent"  # it is followed and never named one: the log level hides it
    SHARED = "shared"  # it names owner ids, and several processes may have written them


class LogIncidentKind(StrEnum):
    """What consumers' logs tell that the store does not."""

    NOT_CLAIMED = "not_claimed"  # "hasn't claimed an ownership"
    CLAIM_FAILED = "claim_failed"
    LOST_OWNERSHIP = "ownership_lost"
    LINK_STOLEN = "link_stolen"
    RECEIVER_QUOTA = "receiver_quota"
    CHECKPOINT_FAILED = "checkpoint_failed"
    RECEIVE_FAILED = "receive_failed"
    BALANCING_FAILED = "balancing_failed"
    THROTTLED = "throttled"
    ENTITY_DISABLED = "entity_disabled"
    OFFSET_REFUSED = "offset_refused"  # an offset of before geo-replication
    AUTHORISATION_LOST = "authorisation_lost"
    OWNER_LEVEL_REFUSED = "owner_level_refused"  # a reader with a higher level is there
    CLAIMED = "claimed"
    CLOSED = "closed"


# What a log complains of, whoever it is of.
COMPLAINTS = tuple(
    kind
    for kind in LogIncidentKind
    if kind not in {LogIncidentKind.NOT_CLAIMED, LogIncidentKind.CLAIMED, LogIncidentKind.CLOSED}
)


class LogIncident(Value, frozen=True):
    """One log line that means something for ownership (facts.md §3), or a count of equal ones."""

    process: ProcessId | None  # None: of several that write the log; its owner may tell
    kind: LogIncidentKind
    line: str  # safe to show
    at: float
    owner: str | None = None
    partition: str | None = None
    count: int = 1
    is_past: bool = False  # stood in the log before it was followed: nobody knows since when


class LogLevel(IntEnum):
    """How loud a record is, whatever its logger calls it; comparable."""

    TRACE = 5
    DEBUG = 10
    INFO = 20
    WARNING = 30
    ERROR = 40
    CRITICAL = 50


class LogLine(Value, frozen=True):
    """One line of a consumer's log, safe to show."""

    text: str
    kind: LogIncidentKind | None  # what it tells of ownership, where it does
    is_ownership: bool  # it names an owner or a lease
    level: LogLevel | None = None  # its record's
    at: float | None = None  # when it says it was written, UTC epoch seconds


_LONGEST = 4096  # any process can set the variable to anything
LAUNCH_VARIABLE = "EHTUI_STARTED"


class LaunchMark(Value, frozen=True):
    """As what a consumer was started. No secrets: any process of the user reads it."""

    consumer: str  # its name in the configuration
    group: str
    namespace: str | None = None  # of the hub that was watched by whoever started it
    hub: str | None = None

    @property
    def text(self) -> str:
        """As a variable's value."""
        parts = {
            "consumer": self.consumer,
            "group": self.group,
            "namespace": self.namespace,
            "hub": self.hub,
        }
        return json.dumps(parts, separators=(",", ":"))


def read_mark(text: str | None) -> LaunchMark | None:
    """The mark in a variable's value; None where there is none, or somebody else's."""
    try:
        parts = json.loads((text or "")[:_LONGEST])
    except (ValueError, RecursionError):
        return None

    if not isinstance(parts, dict):
        return None

    words = [parts.get(name) for name in ("consumer", "group", "namespace", "hub")]
    consumer, group, namespace, hub = (word if isinstance(word, str) else None for word in words)

    if consumer is None or group is None:
        return None

    return LaunchMark(consumer, group, namespace, hub)
