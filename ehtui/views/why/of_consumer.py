"""The checks of a process, an owner and a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.why import evidence as kinds
from ehtui.domain.world.process import Traffic
from ehtui.views import formats
from ehtui.views.event_text import owned_words
from ehtui.views.phrasing import have, it, joined, partitions
from ehtui.views.processes import SHARED_LOG, line_to_add
from ehtui.views.takeovers import when
from ehtui.views.why.words import CLAIMING, GROUP, LAG, OWNERSHIP, STANDBY, CheckText, always

if TYPE_CHECKING:
    from ehtui.domain.why.evidence import (
        ClaimComplaints,
        ConsumerSigns,
        FreePartitions,
        GroupBalance,
        GroupCover,
        GroupNames,
        GroupOwners,
        GroupPace,
        GroupProgress,
        GroupRecords,
        OwnerHolds,
        OwnerLog,
        Places,
        ProcessOwns,
        RunningProcess,
    )
    from ehtui.views.phrasing import Phrasing


def _runs(found: RunningProcess, say: Phrasing) -> str:
    # A process's start is a moment of this host, unlike every other one here.
    return f"Process {found.pid} has been running since {say.host_time(found.started_at)}"


def _ended(found: RunningProcess, _: Phrasing) -> str:
    return f"Process {found.pid} is not running ({formats.text(found.status) or 'gone'})"


def _consumer(found: ConsumerSigns, _: Phrasing) -> str:
    if not found.connections:
        return "It is a consumer, to judge by its owner id"

    told = f"It is connected to the namespace: {formats.plural(found.connections, 'connection')}"
    on_443 = " on port 443, where other namespaces and services answer, too"
    return f"{told}{on_443}" if found.connections == found.web_connections else told


def _no_consumer(found: ConsumerSigns, _: Phrasing) -> str:
    if found.traffic is Traffic.SENDS:
        return "It is not a consumer: it sends events and has never received any"

    hubs = found.named_hubs
    named = f": its settings name {', '.join(map(safe, hubs))}" if hubs else ""
    return f"It is not a consumer of this hub{named}"


def _owns(found: ProcessOwns, say: Phrasing) -> str:
    return f"It owns {owned_words(found.partitions, say)}"


def _unnamed(found: OwnerLog, _: Phrasing) -> str:
    if found.is_shared:
        return (
            "Several processes write its log, which names owner ids: which one is its own is not "
            "known"
        )

    if found.log:
        return "Its log never names its owner id: the log level hides it"

    return "No log was found that could name its owner id"


def _add_line(found: OwnerLog, _: Phrasing) -> str:
    if found.is_shared:
        return SHARED_LOG

    line = f"add {line_to_add(found.runtime)}"

    if found.log:
        return f"To see which owner it is, {line}."

    return f"Write its log to a file (or name it: consumers.NAME.log), and {line}."


def _counted(found: Places) -> str:
    count = formats.plural(found.partition_count or 0, "partition")
    return f"{count}, {formats.plural(found.live_owners or 0, 'other owner')}"


def _strangers(question: str, strangers: int) -> str:
    if not strangers:
        return question

    them = "the owner" if strangers == 1 else f"any of the {strangers:,} owners"
    return f"{question}: it may be {them} whose process is not known"


def _free(found: FreePartitions, _: Phrasing) -> str:
    return f"{partitions(found.free)} {have(found.free)} no owner and can be claimed"


def _none_free(found: FreePartitions, say: Phrasing) -> str:
    lapsing, takeover = found.lapsing, found.takeover

    if not lapsing:
        return "No partition is free: each has an owner that renews its lease"

    is_timed = takeover.earliest_at is not None
    then = when(takeover, say) if is_timed else "when its lease expires"
    return joined("No partition is free yet", f"{partitions(lapsing)} can be taken {then}")


def _heard(found: ClaimComplaints, _: Phrasing) -> str:
    times = formats.plural(found.not_claimed or 0, "time")
    return f"Its log says “hasn't claimed an ownership” ({times})"


def _holds(found: OwnerHolds, say: Phrasing) -> str:
    return f"It owns {owned_words(found.partitions, say)}"


def _has_records(found: GroupRecords, _: Phrasing) -> str:
    return f"The store has records of {safe(found.group)}"


def _no_records(found: GroupRecords, _: Phrasing) -> str:
    return f"The store has no records of {safe(found.group)}"


def _several_names(found: GroupNames, _: Phrasing) -> str:
    return f"It is written under {len(found.spellings)} names"


def _owners(found: GroupOwners, _: Phrasing) -> str:
    owners = formats.plural(len(found.owners), "owner")
    return f"{owners} for {formats.plural(found.partition_count, 'partition')}"


def _covered(found: GroupCover, _: Phrasing) -> str:
    count = found.partition_count
    return (
        "The only partition has an owner"
        if count == 1
        else f"All {count:,} partitions have an owner"
    )


def _uncovered(found: GroupCover, _: Phrasing) -> str:
    free = found.uncovered
    return f"{partitions(free)} {have(free)} no owner: nobody reads {it(free)}"


def _uneven(found: GroupBalance, _: Phrasing) -> str:
    most, least = formats.count(found.most), formats.count(found.least)
    return f"The partitions are not shared evenly: one owner has {most}, another {least}"


def _moves(found: GroupProgress, _: Phrasing) -> str:
    return f"It is making progress: lag {formats.count(found.lag)}"


def _stuck(found: GroupProgress, _: Phrasing) -> str:
    return f"{partitions(found.stuck)} {'is' if len(found.stuck) == 1 else 'are'} stuck"


def _rates(found: GroupPace) -> str:
    lag = f"lag {formats.count(found.lag)}"

    if found.in_per_s is None or found.out_per_s is None:
        return lag

    return f"{formats.per_s(found.in_per_s)} in, {formats.per_s(found.out_per_s)} out, {lag}"


def _keeping_up(found: GroupPace, _: Phrasing) -> str:
    end = f"caught up in {formats.duration(found.drain_s)}" if found.drain_s else ""
    return joined(f"It keeps up: {_rates(found)}", end)


def _slower(found: GroupPace, _: Phrasing) -> str:
    verb = "are" if len(found.behind) > 1 else "is"
    return f"{partitions(found.behind)} {verb} read slower than events arrive: {_rates(found)}"


_OF_PROCESS = (
    CheckText(
        kind=kinds.PROCESS_IS_ALIVE,
        yes=_runs,
        no=_ended,
        unknown=always("Not known whether it is running"),
        next_step=always("Start it again; it claims partitions in its first rounds."),
    ),
    CheckText(
        kind=kinds.PROCESS_IS_CONSUMER,
        yes=_consumer,
        no=_no_consumer,
        unknown=always("Not known whether it is a consumer: it has no connection to the namespace"),
    ),
    CheckText(
        kind=kinds.PROCESS_OWNS,
        yes=_owns,
        no=always("It owns no partition, so it receives nothing"),
        unknown=always("Not known what it owns: nothing links it to an owner id"),
        lesson=OWNERSHIP,
        is_design=True,
    ),
    CheckText(
        kind=kinds.LOG_NAMES_OWNER,
        yes=always("Its log names its owner id"),
        no=_unnamed,
        unknown=always("Not known yet whether its log names its owner id"),
        next_step=_add_line,
    ),
    CheckText(
        kind=kinds.PARTITIONS_SUFFICE,
        yes=lambda found, _: f"There are enough partitions for it: {_counted(found)}",
        no=lambda found, _: f"There is no partition left for it: {_counted(found)}",
        unknown=lambda found, _: _strangers(
            "Not known whether there is a partition for it", found.strangers
        ),
        lesson=STANDBY,
        is_design=True,
    ),
    CheckText(
        kind=kinds.PARTITIONS_ARE_FREE,
        yes=_free,
        no=_none_free,
        unknown=lambda found, _: _strangers(
            "Not known whether a partition is free for it", found.strangers
        ),
        is_design=True,
    ),
    CheckText(
        kind=kinds.LOG_IS_CLEAN,
        yes=always("Its log shows no refused claims"),
        no=_heard,
        unknown=always("Not known what its log says"),
        lesson=CLAIMING,
        is_design=True,
    ),
    CheckText(
        kind=kinds.OWNER_HOLDS,
        yes=_holds,
        no=always("It holds no live lease"),
        unknown=always("Not known what it owns"),
        lesson=OWNERSHIP,
    ),
)
_OF_GROUP = (
    CheckText(
        kind=kinds.GROUP_HAS_RECORDS,
        yes=_has_records,
        no=_no_records,
        unknown=always("The store has no records of any group yet"),
        lesson=GROUP,
        next_step=always(
            "Start a consumer in it, or check which container, hub and group a running one really "
            "uses: `ehtui config --pid PID`."
        ),
    ),
    CheckText(
        kind=kinds.GROUP_HAS_ONE_NAME,
        yes=always("All its consumers write it under one name"),
        no=_several_names,
        unknown=always("Not known under which names it is written"),
        next_step=always("Give all consumers the same spelling of namespace, hub and group."),
    ),
    CheckText(
        kind=kinds.GROUP_HAS_OWNERS,
        yes=_owners,
        no=always("No consumer is alive: no owner holds a lease"),
        unknown=always("Not known whether any consumer is alive"),
        lesson=OWNERSHIP,
        next_step=always("Start a consumer of this group: it continues from the checkpoints."),
    ),
    CheckText(
        kind=kinds.GROUP_IS_COVERED,
        yes=_covered,
        no=_uncovered,
        unknown=always("Not known whether every partition has an owner"),
        next_step=always(
            "A live consumer claims free partitions in its next round; if none does, start one."
        ),
    ),
    CheckText(
        kind=kinds.GROUP_IS_BALANCED,
        yes=always("The partitions are shared evenly"),
        no=_uneven,
        unknown=always("Not known how the partitions are shared"),
        next_step=always("It settles within a few rounds, as long as every consumer runs them."),
    ),
    CheckText(
        kind=kinds.GROUP_MOVES,
        yes=_moves,
        no=_stuck,
        unknown=always("Too early to tell whether it makes progress"),
        next_step=always("Ask Why? on that partition."),
    ),
    CheckText(
        kind=kinds.GROUP_KEEPS_UP,
        yes=_keeping_up,
        no=_slower,
        unknown=always("Not known whether it keeps up"),
        lesson=LAG,
        next_step=always(
            "More consumers help up to one per partition; beyond that, only a faster handler."
        ),
    ),
)
CONSUMER_CHECKS = (*_OF_PROCESS, *_OF_GROUP)
