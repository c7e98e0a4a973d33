"""The checks of a process, an owner and a group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.evidence import TakeoverTimes
from ehtui.domain.process import Traffic
from ehtui.views import formats
from ehtui.views.findings.forecast import joined, when
from ehtui.views.log_levels import SHARED_LOG, line_to_add
from ehtui.views.telling import have, it, partitions
from ehtui.views.timeline import owned_words
from ehtui.views.why.words import (
    CLAIMING,
    GROUP,
    LAG,
    OWNERSHIP,
    STANDBY,
    CheckWords,
    always,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.views.case import Case, Sentence


def _runs(case: Case) -> str:
    # A process's start is a moment of this host, unlike every other one here.
    return f"Process {case.pid} runs, since {case.say.host_time(case.number('started_at'))}"


def _consumer(case: Case) -> str:
    connections = case.whole("connections")

    if not connections:
        return "It is a consumer, as far as its owner id tells"

    return f"It talks to the namespace: {formats.plural(connections, 'connection')}"


def _no_consumer(case: Case) -> str:
    if case.text("traffic") == Traffic.SENDS.value:
        return "It is no consumer: it sends to the namespace, and never received"

    hubs = case.names("named_hubs")
    named = f": its settings name {', '.join(hubs)}" if hubs else ""

    return f"It is no consumer of this hub{named}"


def _unnamed(case: Case) -> str:
    if case.is_set("is_shared"):
        return (
            "Its log names owner ids, and several processes write it: which is its own cannot be "
            "told"
        )

    if case.text("log"):
        return "Its log never named its owner id: the log level hides it"

    return "No log of it is found that could name its owner id"


def _owns(case: Case) -> str:
    return f"It owns {owned_words(case.names('partitions'), case.say)}"


def _seats(case: Case) -> str:
    count = formats.plural(case.whole("partition_count") or 0, "partition")

    return f"{count}, {formats.plural(case.whole('live_owners') or 0, 'other owner')}"


def _may_be_owner(question: str) -> Sentence:
    def told(case: Case) -> str:
        strangers = case.whole("strangers")

        if not strangers:
            return f"{question} is not known"

        them = "the owner" if strangers == 1 else f"any of the {strangers:,} owners"
        return f"{question} is not known: it may be {them} whose process is not known"

    return told


def _none_free(case: Case) -> str:
    lapsing = case.names("lapsing")
    earliest, latest = case.number("takeover_earliest_at"), case.number("takeover_latest_at")
    times = TakeoverTimes(earliest, latest, case.is_set("takeover_is_guess"))

    if not lapsing:
        return "No partition is free: each has an owner that renews"

    then = when(times, case.say) if earliest is not None else "when its lease runs out"

    return joined("No partition is free yet", f"{partitions(lapsing)} can be taken {then}")


def _free(case: Case) -> str:
    free = case.names("free")

    return f"{partitions(free)} {have(free)} no owner: free to take"


def _heard(case: Case) -> str:
    times = formats.plural(case.whole("not_claimed") or 0, "time")

    return f"Its log says “hasn't claimed an ownership”, {times}"


def _covered(case: Case) -> str:
    count = case.whole("partition_count") or 0

    return (
        "The only partition has an owner"
        if count == 1
        else f"All {count:,} partitions have an owner"
    )


def _uncovered(case: Case) -> str:
    free = case.names("uncovered")

    return f"{partitions(free)} {have(free)} no owner: nobody reads {it(free)}"


def _uneven(case: Case) -> str:
    return (
        f"The load is not shared evenly: {case.count('most')} partitions against "
        f"{case.count('least')}"
    )


def _rates(case: Case) -> str:
    if case.number("in_per_s") is None or case.number("out_per_s") is None:
        return f"lag {case.count('lag')}"

    return f"{case.rate('in_per_s')} in, {case.rate('out_per_s')} out, lag {case.count('lag')}"


def _keeping_up(case: Case) -> str:
    drain_s = case.number("drain_s")
    end = f"what waits is read in {formats.duration(drain_s)}" if drain_s else ""

    return joined(f"It keeps up: {_rates(case)}", end)


def _slower(case: Case) -> str:
    behind = case.names("behind")
    verb = "are" if len(behind) > 1 else "is"

    return f"{partitions(behind)} {verb} read slower than events arrive: {_rates(case)}"


def _add_line(case: Case) -> str:
    if case.is_set("is_shared"):
        return SHARED_LOG

    line = f"add {line_to_add(case.text('runtime'))}"

    if case.text("log"):
        return f"To see who it is, {line}."

    return f"Write its log to a file (or name it: consumers.NAME.log), and {line}."


CONSUMER_CHECKS: Mapping[str, CheckWords] = {
    "process.is_alive": CheckWords(
        _runs,
        lambda case: f"Process {case.pid} does not run ({case.text('status') or 'gone'})",
        always("Whether it runs is not known"),
        next_step=always("Start it again; it claims partitions in its first rounds."),
    ),
    "process.is_consumer": CheckWords(
        _consumer,
        _no_consumer,
        always("Nothing tells that it is a consumer: no connection to the namespace is seen"),
    ),
    "process.owns": CheckWords(
        _owns,
        always("It owns no partition, so it receives nothing"),
        always("What it owns is not known: nothing ties it to an owner id"),
        OWNERSHIP,
        is_design=True,
    ),
    "log.names_owner": CheckWords(
        always("Its log names its owner id"),
        _unnamed,
        always("Whether its log names its owner id is not known yet"),
        next_step=_add_line,
    ),
    "partitions.suffice": CheckWords(
        lambda case: f"There are partitions enough for it: {_seats(case)}",
        lambda case: f"There is no partition left for it: {_seats(case)}",
        _may_be_owner("Whether there is a partition for it"),
        STANDBY,
        is_design=True,
    ),
    "partitions.are_free": CheckWords(
        _free,
        _none_free,
        _may_be_owner("Whether it lacks a free partition"),
        is_design=True,
    ),
    "log.is_clean": CheckWords(
        always("Its log does not complain of claims"),
        _heard,
        always("What its log says is not known"),
        CLAIMING,
        is_design=True,
    ),
    "owner.holds": CheckWords(
        lambda case: f"It holds {owned_words(case.names('partitions'), case.say)}",
        always("It holds no live lease"),
        always("What it holds is not known"),
        OWNERSHIP,
    ),
    "group.has_records": CheckWords(
        lambda case: f"The store has records of {case.text('group')}",
        lambda case: f"The store has no records of {case.text('group')}",
        always("The store knows of no group yet"),
        GROUP,
        always(
            "Start a consumer in it, or see which container, hub and group a running one really "
            "uses: `ehtui config --pid PID`."
        ),
    ),
    "group.has_one_name": CheckWords(
        always("All its consumers write it under one name"),
        lambda case: f"It is written under {len(case.names('spellings'))} names",
        always("Under which names it is written is not known"),
        next_step=always("Give all consumers the same spelling of namespace, hub and group."),
    ),
    "group.has_owners": CheckWords(
        lambda case: (
            f"{formats.plural(len(case.names('owners')), 'owner')} for "
            f"{formats.plural(case.whole('partition_count') or 0, 'partition')}"
        ),
        always("Nobody alive: no owner holds a lease"),
        always("Whether anybody is alive is not known"),
        OWNERSHIP,
        always("Start a consumer of this group: it reads on from the checkpoints."),
    ),
    "group.is_covered": CheckWords(
        _covered,
        _uncovered,
        always("Whether every partition has an owner is not known"),
        next_step=always("A live consumer claims what is free in its next round; else start one."),
    ),
    "group.is_balanced": CheckWords(
        always("The partitions are shared evenly"),
        _uneven,
        always("How the partitions are shared is not known"),
        next_step=always("It settles within a few rounds, if each consumer's rounds run."),
    ),
    "group.moves": CheckWords(
        lambda case: f"It gets on: lag {case.count('lag')}",
        lambda case: f"{partitions(case.names('stuck'))} {have(case.names('stuck'))} no progress",
        always("Whether it gets on cannot be told yet"),
        next_step=always("Ask why of that partition."),
    ),
    "group.keeps_up": CheckWords(
        _keeping_up,
        _slower,
        always("Whether it keeps up is not known"),
        LAG,
        always("More consumers help up to one a partition; beyond that, a quicker handler."),
    ),
}
