"""Rich pictures with a frozen clock: what a hub can look like on a good and on a bad night."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

from msgspec.structs import replace

from ehtui.domain.evidence import TakeoverWindow
from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.problems import Problem, ProblemKind
from ehtui.domain.progress import Rule
from ehtui.domain.snapshot import (
    NO_LAG,
    Behind,
    BehindBasis,
    ConsumerRole,
    ConsumerState,
    Finding,
    GroupPartition,
    GroupState,
    Health,
    LagHistory,
    LagMinute,
    Lease,
    LeaseState,
    OwnerState,
    PartitionState,
    Series,
    Severity,
    Snapshot,
    SourceState,
    SourceStatus,
    Subject,
    TimelineEvent,
)
from ehtui.domain.timeline import Claimed, Overdue
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.domain.world.process import LinkBasis, OwnerLink, ProcessId, ProcessSample, RecognisedBy
from ehtui.domain.world.store import BlobIdentity, Checkpoint, Layout
from tests.evidence import event_evidence, finding_evidence

NOW = 1_795_348_981.0  # 2026-11-22 12:03:01 UTC
NAMESPACE = "hgzero.servicebus.windows.net"
HUB = "hgzero-eventhub"
GROUP = "$Default"
OWNERS = (
    "73fda457-1111-4d3a-9c55-0a8f6e1b0001",
    "9c01e2aa-2222-4d3a-9c55-0a8f6e1b0002",
    "51ab7c10-3333-4d3a-9c55-0a8f6e1b0003",
    "c4d2f0b8-4444-4d3a-9c55-0a8f6e1b0004",
)


def hub(count: int) -> HubDescription:
    ids = tuple(str(number) for number in range(count))

    return HubDescription(NAMESPACE, HUB, NOW - 9e6, ids)


def series(last: float, *, grows: float = 0.0, noise: float = 0.0) -> Series:
    return tuple(
        (
            NOW - 5.0 * (59 - i),
            float(round(max(0.0, last - grows * (59 - i) + noise * math.sin((59 - i) * 1.7)))),
        )
        for i in range(60)
    )


def partition(number: int, last: int, per_s: float | None = 13.0) -> PartitionState:
    sample = PartitionSample(
        partition=str(number),
        begin_sequence=max(0, last - 200_000),
        last_sequence=last,
        last_offset=str(last * 211),
        last_enqueued_at=NOW - 0.4,
        is_empty=False,
        sampled_at=NOW - 2,
    )

    return PartitionState(str(number), sample, per_s, series(float(last), grows=(per_s or 0) * 5))


def lease(owner: str | None, state: LeaseState = LeaseState.HELD, age_s: float = 12.0) -> Lease:
    if owner is None:
        return Lease(LeaseState.NEVER_OWNED)

    return Lease(
        state=state,
        owner=owner,
        renewed_at=NOW - age_s,
        expires_at=NOW - age_s + 180,
        renewed_every_s=30.0,
        expires_after_s=180.0,
        period_basis=TimingBasis.OBSERVED,
        basis=TimingBasis.INFERRED,
        etag='"0x8DC0FFEE0001"',
        last_modified=NOW - age_s,
        blob=f"{NAMESPACE}/{HUB}/$default/ownership/0",
        claimed_at=NOW - 7200,
        overdue_at=NOW - age_s + 47,
    )


def checkpoint(number: int, sequence: int, age_s: float = 5.0) -> Checkpoint:
    blob = BlobIdentity(
        "checkpoints",
        f"{NAMESPACE}/{HUB}/$default/checkpoint/{number}",
        '"0x8DC0FFEE0002"',
        NOW - age_s,
    )

    return Checkpoint(
        NAMESPACE, HUB, GROUP, str(number), sequence, str(sequence * 211), blob, Layout.MODERN
    )


def group_partition(number: int, last: int, lag: int, owner: str, age_s: float) -> GroupPartition:
    return GroupPartition(
        id=str(number),
        lease=lease(owner, age_s=age_s),
        checkpoint=checkpoint(number, last - lag),
        lag=lag,
        behind=Behind(lag / 13, BehindBasis.INTERPOLATED if lag else BehindBasis.MEASURED),
        out_per_s=13.0,
        health=Health.OK,
        rule="ok.keeps_up",
        window=(10, 10),
        lag_series=series(float(lag), noise=3.0),
        layout=Layout.MODERN,
    )


def consumer(
    pid: int,
    up_s: float,
    owner: str | None,
    owns: tuple[str, ...],
    role: ConsumerRole,
    command: str = "python start_consumer.py --hub hgzero-eventhub",
) -> ConsumerState:
    identity = ProcessId(pid, NOW - up_s)
    process = ProcessSample(
        id=identity,
        parent=1,
        user="ops",
        name="python",
        command=command,
        cwd="/srv/consumer",
        status="sleeping",
        cpu_percent=1.2,
        memory_percent=0.6,
        rss_bytes=52_428_800,
        threads=7,
        connections=2,
        recognised_by=RecognisedBy.PATTERN,
        consumer_name="minutes",
        caught_signals=frozenset({2, 15}),
        ignored_signals=frozenset(),
        log_path="/srv/consumer/consumer.log",
    )
    link = (
        OwnerLink(identity, owner, LinkBasis.LOG, "EventProcessor '73fda457' is …", NOW - 60)
        if owner
        else None
    )

    return ConsumerState(process, link, tuple((GROUP, part) for part in owns), role)


def source(name: str, **changes: object) -> SourceState:
    state = SourceState(name, SourceStatus.OK, NOW - 2, 0.02)

    return replace(state, **changes)


def sources() -> tuple[SourceState, ...]:
    return tuple(source(name) for name in ("hub", "store", "processes", "logs"))


def group(*partitions: GroupPartition, name: str = GROUP) -> GroupState:
    owners = {p.lease.owner: [] for p in partitions if p.lease.owner}  # type: dict[str, list[str]]

    for each in partitions:
        if each.lease.owner and each.lease.state is LeaseState.HELD:
            owners[each.lease.owner].append(each.id)

    healths = [each.health for each in partitions]
    worst = max(healths, key=list(Health).index, default=Health.UNKNOWN)
    lags = [each.lag for each in partitions if each.lag is not None]

    return GroupState(
        name=name,
        partitions=partitions,
        owners=tuple(OwnerState(owner, tuple(owned)) for owner, owned in owners.items()),
        health=worst,
        counts={health: healths.count(health) for health in set(healths)},
        lag=sum(lags) if lags else None,
        lag_history=history(partitions),
    )


def history(partitions: Sequence[GroupPartition], minutes: int = 0) -> LagHistory:
    """What the partitions' series add up to, and before them as many minutes of the same growth."""
    series = [each.lag_series for each in partitions if each.lag_series]
    ids = tuple(each.id for each in partitions)
    number = int(NOW // 60)

    def lag_of(each: GroupPartition, ago: int) -> int:
        (first_at, first), *_, (last_at, last) = each.lag_series
        per_s = max(0.0, (last - first) / (last_at - first_at))
        return max(0, round(last - per_s * 60 * ago))

    past = [
        LagMinute(number - ago, 0, ids, array("q", [lag_of(each, ago) for each in partitions]))
        for ago in range(minutes, 0, -1)
    ]
    points = zip(*series, strict=True) if series else ()
    looks = tuple((at[0][0], sum(value for _, value in at)) for at in points)
    total = int(looks[-1][1]) if looks else NO_LAG

    return LagHistory(
        tuple(replace(each, total=sum(each.lags)) for each in past), number, total, looks
    )


def healthy() -> Snapshot:
    """Three partitions, three owners, a fourth consumer that stands by."""
    lasts = (232_118, 230_990, 231_544)
    partitions = tuple(partition(n, last) for n, last in enumerate(lasts))
    states = (
        group_partition(0, lasts[0], 0, OWNERS[0], 12),
        group_partition(1, lasts[1], 3, OWNERS[1], 31),
        group_partition(2, lasts[2], 12, OWNERS[2], 5),
    )
    analytics = group(*states[:2], name="analytics")

    return Snapshot(
        taken_at=NOW,
        clock_offset_s=0.3,
        hub=hub(3),
        partitions=partitions,
        groups=(group(*states), analytics),
        consumers=(
            consumer(51257, 7380, OWNERS[0], ("0",), ConsumerRole.OWNER),
            consumer(51300, 7080, OWNERS[1], ("1",), ConsumerRole.OWNER),
            consumer(51388, 7020, OWNERS[2], ("2",), ConsumerRole.OWNER),
            consumer(51411, 720, OWNERS[3], (), ConsumerRole.STANDBY),
        ),
        findings=(standby(),),
        timeline=(
            TimelineEvent(
                1,
                NOW - 714,
                "lease.claimed",
                Subject(GROUP, "2", OWNERS[2]),
                Claimed(OWNERS[2], "never_owned", None, None),
            ),
        ),
        sources=sources(),
    )


def standby() -> Finding:
    return Finding(
        "consumer.standby",
        Severity.INFO,
        Subject(GROUP, pid=51411),
        finding_evidence(
            "consumer.standby",
            {
                "pid": 51411,
                "owner": OWNERS[3],
                "partition_count": 3,
                "live_owners": 3,
                "owner_pids": ("51257", "51300"),
                "lapsing": (),
                "takeover_earliest_at": None,
                "takeover_latest_at": None,
                "not_claimed": 24,
                "namespace": NAMESPACE,
                "hub": HUB,
                "command": "python start_consumer.py",
                "consumer_name": "minutes",
            },
        ),
        NOW - 700,
    )


def overdue() -> Snapshot:
    """The consumer of partition 2 was killed: its lease runs out while events wait."""
    calm = healthy()
    states = calm.groups[0].partitions
    window = TakeoverWindow(NOW + 40, NOW + 76, "python-180/30")
    broken = replace(
        states[2],
        lease=lease(OWNERS[2], LeaseState.OVERDUE, age_s=139),
        checkpoint=checkpoint(2, 229_724, age_s=139),
        lag=1_820,
        behind=Behind(139.0, BehindBasis.INTERPOLATED),
        out_per_s=0.0,
        health=Health.OVERDUE,
        rule=Rule.OVERDUE,
        lag_series=series(1820.0, grows=40),
        takeover=window,
    )
    finding = Finding(
        "lease.overdue",
        Severity.CRITICAL,
        Subject(GROUP, "2", OWNERS[2]),
        finding_evidence(
            "lease.overdue",
            {
                "owner": OWNERS[2],
                "partitions": ("2",),
                "renewed_at": NOW - 139,
                "renewed_every_s": 30.0,
                "expires_at": NOW + 41,
                "expires_after_s": 180.0,
                "expiry_basis": "inferred",
                "survivors": 2,
                "standbys": 1,
                "lag": 1820,
                "pid": 51388,
                "process_gone_at": NOW - 128,
                "signal": "KILL",
                "signalled_at": NOW - 129,
                "takeover_earliest_at": NOW + 40,
                "takeover_latest_at": NOW + 76,
                "takeover_basis": "python-180/30",
            },
        ),
        NOW - 110,
    )

    return replace(
        calm,
        groups=(group(*states[:2], broken), calm.groups[1]),
        consumers=tuple(c for c in calm.consumers if c.process.id.pid != 51388),
        findings=(finding, standby()),
        timeline=(
            *calm.timeline,
            TimelineEvent(
                2,
                NOW - 129,
                "action.signal",
                Subject(pid=51388, owner=OWNERS[2]),
                event_evidence(
                    "action.signal",
                    {
                        "state": "done",
                        "signal": "KILL",
                        "pid": 51388,
                        "owner": OWNERS[2],
                        "owned": (f"{GROUP}/2",),
                        "effect": "dies",
                        "takeover_earliest_at": NOW + 40,
                        "takeover_latest_at": NOW + 76,
                        "takeover_basis": "python-180/30",
                        "error": None,
                    },
                ),
            ),
            TimelineEvent(
                3,
                NOW - 110,
                "lease.overdue",
                Subject(GROUP, "2", OWNERS[2]),
                Overdue(OWNERS[2], NOW - 139, NOW + 41),
            ),
        ),
    )


def source_down() -> Snapshot:
    """The checkpoint store does not answer; the hub does."""
    problem = Problem(
        ProblemKind.UNREACHABLE,
        "hgzerostorage.blob.core.windows.net does not answer on port 443.",
        "Check the network, then AZURE_STORAGE_CONNECTION_STRING.",
    )
    down = source(
        "store",
        status=SourceStatus.FAILED,
        read_at=NOW - 94,
        problem=problem,
        failing_since=NOW - 90,
        retry_at=NOW + 8,
    )
    finding = Finding(
        "source.unreadable",
        Severity.CRITICAL,
        Subject(source="store"),
        finding_evidence(
            "source.unreadable",
            {
                "source": "store",
                "problem_kind": "unreachable",
                "summary": problem.summary,
                "advice": problem.advice,
                "failures": 9,
                "failing_since_at": NOW - 90,
                "last_read_at": NOW - 94,
                "retry_at": NOW + 8,
            },
        ),
        NOW - 90,
    )
    calm = healthy()
    groups = [replace(each, partitions=_read_before(94, each)) for each in calm.groups]

    return replace(
        calm,
        groups=tuple(groups),
        sources=(source("hub"), down, source("processes"), source("logs")),
        findings=(finding, *calm.findings),
    )


def _read_before(age_s: float, of_group: GroupState) -> tuple[GroupPartition, ...]:
    """As a store showed them that was read so long ago: nothing in it is younger."""
    return tuple(
        replace(
            each,
            lease=lease(each.lease.owner, age_s=age_s + NOW - (each.lease.renewed_at or NOW)),
            checkpoint=checkpoint(int(each.id), each.checkpoint.sequence or 0, age_s + 5),
        )
        for each in of_group.partitions
        if each.checkpoint is not None
    )


def foreign_names() -> Snapshot:
    """Korean, emoji, brackets and escape sequences where names come from outside."""
    calm = healthy()
    nasty = "python 회의록_처리기.py --이름 [red]빨강[/red] \x1b[31m 🚀🧑‍🚀 [/x]"
    renamed = replace(calm.groups[0], name="회의록-그룹 🗒️ [/b]")

    return replace(
        calm,
        hub=replace(hub(3), name="회의-이벤트허브"),
        groups=(renamed, *calm.groups),
        consumers=(
            consumer(51257, 7380, OWNERS[0], ("0",), ConsumerRole.OWNER, nasty),
            *calm.consumers[1:],
        ),
    )


def many(count: int = 32) -> Snapshot:
    """A large hub: some partitions behind, one unowned."""
    lasts = [230_000 + number * 977 for number in range(count)]
    states = [
        group_partition(n, lasts[n], (n * 37) % 90, OWNERS[n % 4], age_s=(n * 11) % 30)
        for n in range(count)
    ]
    beside = [
        group_partition(n, lasts[n], (n * 17) % 40, OWNERS[n % 2], age_s=(n * 7) % 30)
        for n in range(count)
    ]
    states[7] = replace(
        states[7],
        checkpoint=checkpoint(7, lasts[7] - 48_211),
        health=Health.BEHIND,
        rule=Rule.GROWING,
        lag=48_211,
        behind=Behind(48_211 / 13, BehindBasis.INTERPOLATED),
        lag_series=series(48_211, grows=65),
    )
    states[19] = replace(
        states[19],
        checkpoint=checkpoint(19, lasts[19] - 9_120, age_s=400),
        lease=Lease(LeaseState.RELEASED, renewed_at=NOW - 400),
        health=Health.UNOWNED,
        out_per_s=0.0,
        lag=9_120,
        behind=Behind(9_120 / 13, BehindBasis.INTERPOLATED),
        lag_series=series(9120, grows=65),
    )
    calm = healthy()
    unowned = Finding(
        "partition.unowned",
        Severity.CRITICAL,
        Subject(GROUP, "19"),
        finding_evidence(
            "partition.unowned",
            {
                "partitions": ("19",),
                "state": "released",
                "last_owner": OWNERS[1],
                "unowned_since_at": NOW - 400,
                "grace_s": 180.0,
                "live_owners": 4,
                "standbys": 0,
                "lag": 9120,
                "takeover_earliest_at": None,
                "takeover_latest_at": None,
                "takeover_basis": None,
            },
        ),
        NOW - 400,
    )

    return replace(
        calm,
        hub=hub(count),
        partitions=tuple(partition(n, last) for n, last in enumerate(lasts)),
        groups=(
            replace(group(*states), lag_history=history(states, 60)),
            replace(group(*beside, name="analytics"), lag_history=history(beside, 60)),
        ),
        consumers=tuple(
            replace(
                each,
                link=OwnerLink(each.process.id, owner, LinkBasis.LOG, "its log", NOW - 60),
                owns=tuple((GROUP, p.id) for p in states if p.lease.owner == owner),
                role=ConsumerRole.OWNER,
            )
            for each, owner in zip(calm.consumers, OWNERS, strict=True)
        ),
        findings=(unowned,),
    )


def starting() -> Snapshot:
    """Nothing was read yet."""
    return Snapshot(
        taken_at=NOW,
        sources=tuple(
            SourceState(name, SourceStatus.STARTING) for name in ("hub", "store", "processes")
        ),
    )


SCENES = {
    "healthy": healthy,
    "overdue": overdue,
    "source-down": source_down,
    "foreign-names": foreign_names,
    "many": many,
    "starting": starting,
}
