"""Every timeline event's kind and its details. Views write their sentences from it.

Every key of a kind is always present; None is unknown. `_at` is a server time, `_s` a length.
`TimelineEvent.at` is a server time too; `is_approximate` (~) says that polls could have missed a
change in between, or that the moment lies somewhere between two polls.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_LEASE = {"owner": "str who holds it now"}
_PROCESS = {
    "pid": "int",
    "command": "str safe to show",
    "consumer_name": "str?",
    "owner": "str? where linked",
}
# One event a process, a kind and a minute: a flood is a count.
_LOG = {
    "pid": "int",
    "owner": "str? where the line or an earlier one names it",
    "count": "int lines since the event before",
    "partitions": "tuple[str, ...] that the lines name",
    "line": "str the newest",
}

TIMELINE_KINDS: Mapping[str, Mapping[str, str]] = {
    # Subject: group, partition, owner (the one who acts or held it).
    "lease.claimed": _LEASE
    | {
        "was": "str never_owned, released: a free partition found an owner",
        "previous_owner": "str?",
        "free_s": "float? how long it had no owner",
    },
    "lease.released": {"owner": "str? who gave it up", "held_s": "float?"},
    "lease.overdue": {"owner": "str", "renewed_at": "float?", "expires_at": "float?"},
    "lease.recovered": {"owner": "str renews again", "late_s": "float? beyond its usual period"},
    "lease.expired": {
        "owner": "str",
        "renewed_at": "float?",
        "expires_after_s": "float?",
        "expiry_basis": "str?",
    },
    "lease.taken_over": _LEASE
    | {
        "previous_owner": "str whose lease had run out",
        "gap_s": "float? from the old owner's last renewal to the claim",
        "dead_s": "float? from the end of its process to the claim, where that was seen",
        "lag": "int? events that waited by then",
    },
    "lease.stolen": _LEASE
    | {
        "previous_owner": "str whose lease was alive: taken to balance the load",
        "age_s": "float? of the old lease at that moment",
    },
    "lease.pingpong": _LEASE
    | {
        "previous_owner": "str",
        "owners": "tuple[str, ...]",
        "changes": "int within the window",
        "window_s": "float",
    },
    # Subject: group, partition.
    "checkpoint.rewound": {"from_sequence": "int", "to_sequence": "int"},
    # Subject: group.
    "group.appeared": {"group": "str"},
    # Subject: pid, and owner where linked.
    "consumer.started": _PROCESS,
    "consumer.gone": _PROCESS
    | {
        "lived_s": "float?",
        "partitions": "tuple[str, ...] group/partition that it owned",
        "signal": "str? that this session had sent to it",
    },
    # Subject: pid, and owner where known.
    "log.claim_failed": _LOG,
    "log.ownership_lost": _LOG,
    "log.link_stolen": _LOG,
    "log.receiver_quota": _LOG,
    "log.checkpoint_failed": _LOG,
    "log.balancing_failed": _LOG,
    "log.receive_failed": _LOG,
    "log.throttled": _LOG,
    "log.entity_disabled": _LOG,
    "log.offset_refused": _LOG,
    "log.authorisation_lost": _LOG,
    "log.owner_level_refused": _LOG,
    # Subject: source.
    "source.failed": {"problem_kind": "str", "summary": "str", "advice": "str"},
    "source.recovered": {"down_s": "float?"},
    # Subject: none.
    "clock.set": {"by_s": "float this host's clock, ahead where positive"},
    "hub.grew": {"before": "int partitions", "after": "int"},
    "hub.recreated": {"created_at": "float?", "before_at": "float?"},
    # Subject: group, partition, owner: somebody owns what a signal of this session set free.
    "takeover.measured": {
        "owner": "str? who owns it now",
        "previous_owner": "str?",
        "signalled_at": "float",
        "gap_s": "float? from the signal to the claim",
        "takeover_earliest_at": "float? as it was forecast before the signal",
        "takeover_latest_at": "float?",
        "takeover_basis": "str?",
        "takeover_is_assumed": "bool a guess: the expiry is not configured, seen or a default",
        "is_inside_forecast": "bool? None where nothing could be forecast",
    },
    # The same subject, afterwards: who owns it has written a checkpoint.
    "takeover.moved": {
        "owner": "str? who owns it now",
        "previous_owner": "str?",
        "signalled_at": "float",
        "moved_s": "float from the signal to the checkpoint",
    },
    # Subject: pid (signal), partition (send) where there is one. One event a target.
    "action.signal": {
        "state": "str OutcomeState",
        "signal": "str",
        "pid": "int",
        "owner": "str?",
        "owned": "tuple[str, ...] group/partition",
        "effect": "str SignalEffect",
        "takeover_earliest_at": "float? of the last partition to come back",
        "takeover_latest_at": "float?",
        "takeover_basis": "str?",
        "takeover_is_assumed": "bool?",
        "error": "str?",
    },
    "action.send": {
        "state": "str OutcomeState",
        "count": "int",
        "template": "str",
        "target": "str SendTarget",
        "partition": "str?",
        "key": "str?",
        "sequence": "str?",
        "error": "str?",
    },
    "action.restart": {
        "state": "str OutcomeState",
        "signal": "str",
        "pid": "int of the process that ended",
        "new_pid": "str? of the one that was started",
        "supervisor": "str? who was asked to restart it: its successor is not known by then",
        "owner": "str?",
        "owned": "tuple[str, ...] group/partition",
        "error": "str?",
    },
    "action.start": {
        "state": "str OutcomeState",
        "consumer": "str its name in the configuration",
        "group": "str",
        "new_pid": "str?",
        "error": "str?",
    },
}
