"""What processes say and do: complaints of their logs, restarts that did not end well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import (
    CONSUMER_DOWN,
    LOG_AUTHORISATION_LOST,
    LOG_BALANCING_FAILED,
    LOG_CHECKPOINT_FAILED,
    LOG_CLAIM_FAILED,
    LOG_ENTITY_DISABLED,
    LOG_LINK_STOLEN,
    LOG_OFFSET_REFUSED,
    LOG_OWNER_LEVEL_REFUSED,
    LOG_OWNERSHIP_LOST,
    LOG_RECEIVE_FAILED,
    LOG_RECEIVER_QUOTA,
    LOG_THROTTLED,
    RESTART_ABANDONED,
    RESTART_SLOW,
)
from ehtui.views import formats
from ehtui.views.actions.costs import by_hand, obstacle_words
from ehtui.views.evidence import About, FindingText
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
    "log.balancing_failed": "could not run its balancing round",
    "log.receive_failed": "could not receive, or its handler raised",
    "log.throttled": "was throttled by the namespace",
    "log.entity_disabled": "found the event hub disabled",
    "log.offset_refused": "was refused the offset of its checkpoint",
    "log.authorisation_lost": "was refused access to the event hub",
    "log.owner_level_refused": "was refused in favour of a higher owner level",
}
_UNSEEN = {"log.ownership_lost", "log.link_stolen"}
_LOOK = "Its log has the reason: press `l` on it, or see the line in the evidence."
_STORE = (
    "Look whether it may read and write the checkpoint container (a key that was rotated, a role "
    "Storage Blob Data Contributor that is missing, a firewall), and whether it is throttled."
)
_ADVICE: Mapping[str, tuple[str, ...]] = {
    "log.claim_failed": (_LOOK, _STORE),
    "log.ownership_lost": (
        (
            "The store that is shown here has nobody who took it, so somebody else writes these "
            "records: look for a second tool that resets or copies them, or a clock that is wrong."
        ),
        _LOOK,
    ),
    "log.link_stolen": (
        (
            "A reader with a higher owner level took its place, and no ownership in this store "
            "changed: another program reads the same group with another store or none."
        ),
        (
            "Find it, and give it a consumer group of its own. The line names its receiver where "
            "the SDK sends a name (Python sends none)."
        ),
    ),
    "log.receiver_quota": (
        (
            "A consumer group has room for five readers without an owner level in one partition: "
            "end those that are left over, or give each program a consumer group of its own."
        ),
    ),
    "log.checkpoint_failed": (
        _STORE,
        "Until it can, a restart or takeover reads again from the last checkpoint.",
    ),
    "log.balancing_failed": (
        _STORE,
        "Meanwhile it renews nothing: its leases run out, and others may take its partitions.",
    ),
    "log.receive_failed": (
        _LOOK,
        (
            "An exception of the handler itself shows here too: the partition is closed and "
            "claimed again, from the last checkpoint."
        ),
    ),
    "log.throttled": (
        (
            "The namespace's throughput is used up, or an application group limits this client: "
            "look at Throttled Requests and Outgoing Bytes in its metrics, and add throughput "
            "units (or switch on auto-inflate)."
        ),
        "Until then it reads slower, and its lag grows.",
    ),
    "log.entity_disabled": (
        (
            "Somebody set the event hub's status to Disabled: set it to Active in the portal, or "
            "with `az eventhubs eventhub update --status Active`."
        ),
        (
            "No consumer receives from it until then. Leases live in the store: they may be "
            "renewed all the same."
        ),
    ),
    "log.offset_refused": (
        (
            "The hub is geo-replicated, and the checkpoint holds an offset from before that: its "
            "partitions cannot be read from there."
        ),
        (
            ".NET goes to its default position and Go to the earliest event by themselves, so "
            "events may be missed or read twice; for others, delete the checkpoint of these "
            "partitions, and they start at their initial position."
        ),
    ),
    "log.authorisation_lost": (
        (
            "Look at what it signs in with: a key that was rotated, a role Azure Event Hubs Data "
            "Receiver that was taken away, a token or certificate that ran out. The line names the "
            "claim that is missing."
        ),
        (
            "It receives nothing, but may renew its leases all the same: then nobody takes its "
            "partitions over. Restart it once its credentials are right."
        ),
    ),
    "log.owner_level_refused": (
        (
            "A reader with a higher owner level (epoch) is connected to the same partition in the "
            "same group, so this one is kept out."
        ),
        "Give one of the two a consumer group of its own.",
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
        lasting = f" within {formats.duration(found.window_s)}" if is_repeated else ""
        unseen = "the store shows nobody who took it" if kind.id in _UNSEEN else ""
        told = said(kind.id, found.count, found.partitions)
        return joined(f"{found.pid} {told}{lasting}", unseen)

    return FindingText(kind, sentence, lambda *_: _ADVICE[kind.id])


_LOG_TEXTS = tuple(
    _text(kind)
    for kind in (
        LOG_CLAIM_FAILED,
        LOG_OWNERSHIP_LOST,
        LOG_LINK_STOLEN,
        LOG_RECEIVER_QUOTA,
        LOG_CHECKPOINT_FAILED,
        LOG_BALANCING_FAILED,
        LOG_RECEIVE_FAILED,
        LOG_THROTTLED,
        LOG_ENTITY_DISABLED,
        LOG_OFFSET_REFUSED,
        LOG_AUTHORISATION_LOST,
        LOG_OWNER_LEVEL_REFUSED,
    )
)


_HALTED = {"stopped": ", stopped (SIGSTOP)", "tracing-stop": ", held by a debugger"}


def _down(found: Down, _: About) -> str:
    return f"{found.pid} is down: {_why(found)}"


def _why(found: Down) -> str:
    if found.exit_code is not None:
        return (
            "it was stopped, and the one started instead ended at once "
            f"(exit code {found.exit_code})"
        )

    if found.obstacle is not None:
        words = obstacle_words(found.obstacle, found.detail)
        return f"it was stopped and could not be started again: {words}"

    return "it was stopped to be restarted, and whoever should start it was ended"


def _down_advice(found: Down, _: About) -> tuple[str, ...]:
    names = formats.listed(found.variables)
    lines = (
        f"Start it again: N, or `ehtui restart {found.pid}`.",
        f"By hand: `{by_hand(found.folder, found.command)}`",
        f"Names that its environment had: {names}." if found.variables else "",
        f"Its log is {found.log_path}." if found.exit_code is not None else "",
        f"If it is not needed any more: `ehtui restart --forget {found.pid}`.",
    )
    return tuple(line for line in lines if line)


def _asked(found: StillRunning, about: About) -> str:
    return f"{found.pid} was sent SIG{found.signal} {about.say.since(found.asked_at)} ago"


def _slow(found: StillRunning, about: About) -> str:
    runs = f"still runs{_HALTED.get(found.status, '')}"
    return f"{_asked(found, about)} and {runs}: it is started again once it has ended"


def _slow_advice(found: StillRunning, _: About) -> tuple[str, ...]:
    if found.status == "stopped":
        return (f"It acts on nothing before it goes on: `kill -CONT {found.pid}`.",)

    return (
        "A consumer takes as long as its handlers take for the events that they have.",
        (
            "If it hangs: `K` sends it SIGKILL. It dies without release, and the restart goes on. "
            f"Its stack: `py-spy dump --pid {found.pid}`, where it is Python."
        ),
    )


def _abandoned(found: StillRunning, about: About) -> str:
    asked = _asked(found, about)
    return f"{asked} to be restarted, and nobody starts it any more once it has ended"


def _abandoned_advice(found: StillRunning, _: About) -> tuple[str, ...]:
    return (
        "Whoever carried the restart out was ended on the way.",
        f"Restart it anew with R or `ehtui restart {found.pid}`: that waits for its end as well.",
    )


TEXTS = (
    *_LOG_TEXTS,
    FindingText(CONSUMER_DOWN, _down, _down_advice),
    FindingText(RESTART_SLOW, _slow, _slow_advice),
    FindingText(RESTART_ABANDONED, _abandoned, _abandoned_advice),
)
