"""What processes say and do: complaints of their logs, restarts that did not end well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    CONSUMER_DOWN,
    LOG_COMPLAINTS,
    RESTART_ABANDONED,
    RESTART_SLOW,
)
from ehtui.views import formats
from ehtui.views.actions.costs import by_hand, obstacle_words
from ehtui.views.evidence import About, FindingText, Meaning
from ehtui.views.phrasing import joined, partitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.findings.evidence import Down, FindingKind, LogComplaint, StillRunning


# What one line says: as a sentence about the process, and about it where it stands beside.
SAID: Mapping[str, str] = {
    "log.claim_failed": "could not claim or renew a partition",
    "log.ownership_lost": "lost a partition",
    "log.link_stolen": "was disconnected by another reader",
    "log.receiver_quota": "was refused as one reader too many",
    "log.checkpoint_failed": "could not write a checkpoint",
    "log.balancing_failed": "could not run its load-balancing round",
    "log.receive_failed": "could not receive, or its handler raised",
    "log.throttled": "was throttled by the namespace",
    "log.entity_disabled": "found the event hub disabled",
    "log.offset_refused": "was refused the offset of its checkpoint",
    "log.authorisation_lost": "was refused access to the event hub",
    "log.owner_level_refused": "was refused in favour of a higher owner level",
}
_UNSEEN = {"log.ownership_lost", "log.link_stolen"}
_LOOK = "The reason is in its log: press `l` on it, or see the line under Evidence."
_STORE = (
    "Check that it may read and write the checkpoint container (a rotated key, a missing role "
    "Storage Blob Data Contributor, a firewall), and that it is not throttled."
)
_ADVICE: Mapping[str, tuple[str, ...]] = {
    "log.claim_failed": (_LOOK, _STORE),
    "log.ownership_lost": (
        (
            "Nobody took it in the store shown here, so something else writes these records: look "
            "for another tool that resets or copies them, or for a wrong clock."
        ),
        _LOOK,
    ),
    "log.link_stolen": (
        (
            "A reader with a higher owner level took its place, but no ownership in this store "
            "changed: another program reads the same group with another store, or with none."
        ),
        (
            "Find it and give it its own consumer group. The log line names its receiver if the "
            "SDK sends a name (Python sends none)."
        ),
    ),
    "log.receiver_quota": (
        (
            "A consumer group allows five readers without an owner level per partition: end the "
            "ones left over, or give each program its own consumer group."
        ),
    ),
    "log.checkpoint_failed": (
        _STORE,
        "Until then, a restart or takeover reads again from the last checkpoint.",
    ),
    "log.balancing_failed": (
        _STORE,
        "Meanwhile it renews nothing: its leases expire, and others may take its partitions.",
    ),
    "log.receive_failed": (
        _LOOK,
        (
            "An exception in the handler shows up here too: the partition is closed and claimed "
            "again, from the last checkpoint."
        ),
    ),
    "log.throttled": (
        (
            "The namespace is out of throughput, or an application group limits this client: look "
            "at Throttled Requests and Outgoing Bytes in its metrics, and add throughput units (or "
            "turn on auto-inflate)."
        ),
        "Until then it reads more slowly, and its lag grows.",
    ),
    "log.entity_disabled": (
        (
            "Somebody set the event hub's status to Disabled: set it to Active in the portal or "
            "with `az eventhubs eventhub update --status Active`."
        ),
        (
            "No consumer receives from it until then. Leases are in the store and may still be "
            "renewed."
        ),
    ),
    "log.offset_refused": (
        (
            "The hub is geo-replicated, and the checkpoint holds an offset from before that: its "
            "partitions cannot be read from there."
        ),
        (
            ".NET then starts at its default position and Go at the earliest event, so events may "
            "be missed or read twice; for other SDKs, delete the checkpoints of these partitions, "
            "and they start at their initial position."
        ),
    ),
    "log.authorisation_lost": (
        (
            "Check what it signs in with: a rotated key, a removed role Azure Event Hubs Data "
            "Receiver, an expired token or certificate. The log line names the missing claim."
        ),
        (
            "It receives nothing but may still renew its leases, so nobody takes its partitions "
            "over. Restart it once its credentials are right."
        ),
    ),
    "log.owner_level_refused": (
        (
            "A reader with a higher owner level (epoch) is connected to the same partition in the "
            "same group, so this one is kept out."
        ),
        "Give one of the two its own consumer group.",
    ),
}
_STORE_RIGHTS = (
    "Check the consumer's rights on the checkpoint container, and whether it is throttled."
)
_OWN_GROUP = "Give one of them its own consumer group."
_MEANINGS: Mapping[str, Meaning] = {
    "log.claim_failed": Meaning(
        "A consumer's log says that it could not claim or renew a partition.",
        "It may not write to the checkpoint store, or the store is slow or throttled.",
        _STORE_RIGHTS,
    ),
    "log.ownership_lost": Meaning(
        "A consumer's log says that it lost a partition that nobody took in this store.",
        "Another tool writes these records, or a clock is wrong.",
        "Look for tools that reset or copy checkpoint records.",
    ),
    "log.link_stolen": Meaning(
        "Another reader disconnected this one, and no ownership in this store changed.",
        "Another program reads the same group with another store, or with none.",
        "Find it and give it its own consumer group.",
    ),
    "log.receiver_quota": Meaning(
        "The service refused one reader too many.",
        "A group allows five readers without an owner level per partition.",
        "End the readers left over, or use another consumer group.",
    ),
    "log.checkpoint_failed": Meaning(
        "A consumer's log says that it could not write a checkpoint.",
        "It may not write to the checkpoint store, or the store is slow or throttled.",
        _STORE_RIGHTS,
    ),
    "log.balancing_failed": Meaning(
        "A consumer's log says that its load-balancing round failed.",
        "It cannot read or write the checkpoint store.",
        f"{_STORE_RIGHTS} Meanwhile its leases expire.",
    ),
    "log.receive_failed": Meaning(
        "A consumer's log says that receiving failed, or that its handler raised.",
        "Network or service trouble, or an exception in the handler.",
        "Read the log line: the partition is closed and claimed again from the last checkpoint.",
    ),
    "log.throttled": Meaning(
        "The namespace throttles a consumer.",
        "Throughput is used up, or an application group limits this client.",
        "Add throughput units, or turn on auto-inflate.",
    ),
    "log.entity_disabled": Meaning(
        "The event hub is disabled: no consumer receives from it.",
        "Somebody set its status to Disabled.",
        "Set it to Active again.",
    ),
    "log.offset_refused": Meaning(
        "The service refused the offset in a checkpoint.",
        "The hub is geo-replicated, and the checkpoint is from before that.",
        "Delete the checkpoints of these partitions, or accept the SDK's default position.",
    ),
    "log.authorisation_lost": Meaning(
        "A consumer was refused access to the event hub.",
        "A rotated key, a removed role, or an expired token.",
        "Fix its credentials and restart it: it may still renew leases without reading.",
    ),
    "log.owner_level_refused": Meaning(
        "A consumer was refused in favour of a reader with a higher owner level.",
        "Two readers with owner levels (epochs) use the same partition of the same group.",
        _OWN_GROUP,
    ),
}


def said(kind: str, count: int, named: tuple[str, ...]) -> str:
    """`could not claim a partition 4 times: P0 and P2`."""
    where = f": {partitions(named)}" if named else ""
    times = f" {formats.plural(count, 'time')}" if count > 1 else ""
    return f"{SAID[kind]}{times}{where}"


def _text(kind: FindingKind[LogComplaint]) -> FindingText[LogComplaint]:
    def sentence(found: LogComplaint, _: About) -> str:
        is_repeated = found.count > 1 and found.window_s
        lasting = f" in {formats.duration(found.window_s)}" if is_repeated else ""
        unseen = "in the store, nobody took it" if kind.id in _UNSEEN else ""
        told = said(kind.id, found.count, found.partitions)
        return joined(f"{found.pid} {told}{lasting}", unseen)

    return FindingText(kind, sentence, lambda *_: _ADVICE[kind.id], meaning=_MEANINGS[kind.id])


_HALTED = {"stopped": ", stopped (SIGSTOP)", "tracing-stop": ", held by a debugger"}


def _down(found: Down, _: About) -> str:
    return f"{found.pid} is down: {_why(found)}"


def _why(found: Down) -> str:
    if found.exit_code is not None:
        return f"it was stopped, and its replacement ended at once (exit code {found.exit_code})"

    if found.obstacle is not None:
        words = obstacle_words(found.obstacle, found.detail)
        return f"it was stopped and could not be started again: {words}"

    return "it was stopped to be restarted, but the restart was ended halfway"


def _down_advice(found: Down, _: About) -> tuple[str, ...]:
    names = formats.listed(found.variables)
    lines = (
        f"Start it again: press S, or run `ehtui restart {found.pid}`.",
        f"By hand: `{by_hand(found.folder, found.command)}`",
        f"Variables in its environment: {names}." if found.variables else "",
        f"Its log is {found.log_path}." if found.exit_code is not None else "",
        f"If it is no longer needed: `ehtui restart --forget {found.pid}`.",
    )
    return tuple(line for line in lines if line)


def _asked(found: StillRunning, about: About) -> str:
    return f"{found.pid} was sent SIG{found.signal} {about.say.since(found.asked_at)} ago"


def _slow(found: StillRunning, about: About) -> str:
    runs = f"is still running{_HALTED.get(found.status, '')}"
    return f"{_asked(found, about)} and {runs}: it is started again once it has ended"


def _slow_advice(found: StillRunning, _: About) -> tuple[str, ...]:
    if found.status == "stopped":
        return (f"It handles no signal until it continues: `kill -CONT {found.pid}`.",)

    return (
        "A consumer ends once its handlers have finished the events that they are working on.",
        (
            "If it hangs, send it SIGKILL (`K`): it dies without releasing, and the restart goes "
            f"ahead. If it is Python, `py-spy dump --pid {found.pid}` shows its stack."
        ),
    )


def _abandoned(found: StillRunning, about: About) -> str:
    asked = _asked(found, about)
    return f"{asked} to be restarted, but nothing will start it again once it has ended"


def _abandoned_advice(found: StillRunning, _: About) -> tuple[str, ...]:
    return (
        "The process that carried out the restart was ended halfway.",
        f"Restart it with R or `ehtui restart {found.pid}`: that waits for its end as well.",
    )


_CONSUMER_DOWN = Meaning(
    "ehtui stopped a consumer to restart it, and nothing runs in its place.",
    "Its replacement ended at once or could not be started, or the restart was cut short.",
    "Start it again with S or `ehtui restart PID`, or by hand with the command shown.",
)
_RESTART_SLOW = Meaning(
    "A consumer was asked to end so that it can be restarted, and is still running.",
    "Its handlers are still working, it hangs, or it is stopped.",
    "Wait, or send it SIGKILL if it hangs: it is started again once it has ended.",
)
_RESTART_ABANDONED = Meaning(
    "A consumer was asked to end, but nothing will start it again.",
    "The process that carried out the restart was ended halfway.",
    "Restart it with R or `ehtui restart PID`.",
)
TEXTS = (
    *map(_text, LOG_COMPLAINTS.values()),
    FindingText(CONSUMER_DOWN, _down, _down_advice, meaning=_CONSUMER_DOWN),
    FindingText(RESTART_SLOW, _slow, _slow_advice, meaning=_RESTART_SLOW),
    FindingText(RESTART_ABANDONED, _abandoned, _abandoned_advice, meaning=_RESTART_ABANDONED),
)
