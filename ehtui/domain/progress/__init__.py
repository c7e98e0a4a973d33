"""How far a group has got: lag, rates, health, and what a checkpoint proves."""

from __future__ import annotations


class Rule:
    """Why a health is what it is, or a lag unknown: `GroupPartition.rule` and `lag_reason`."""

    # In the order in which they are tried.
    UNOWNED = "unowned"  # nobody holds a live lease
    AHEAD = "checkpoint-ahead"  # the checkpoint is beyond the stream
    OVERDUE = "lease-overdue"  # its owner stopped renewing
    NO_SAMPLE = "lag-unknown"
    PREDATES_HUB = "checkpoint-predates-hub"  # of the hub that was there before
    UNREADABLE = "record-unreadable"  # an ownership or a checkpoint is there, and broken
    NOT_IN_HUB = "partition-not-in-hub"  # records of a partition that it does not have
    NO_SEQUENCE = "checkpoint-without-sequence"  # an offset alone
    LAG_ZERO = "lag-zero"
    NEVER_CHECKPOINTED = "never-checkpointed"
    STOPPED = "no-checkpoint-in-time"  # by its own cadence
    STOPPED_LONG = "no-checkpoint-for-long"  # its cadence is unknown
    LOSING = "events-lost"
    NEW_OWNER = "new-owner"
    REWOUND = "checkpoint-went-back"
    CAUGHT_UP = "caught-up-lately"
    WAITING = "no-checkpoint-yet"  # instead of ok: for longer than usual, too short to judge
    STALLED = "checkpoint-repeats"
    GROWING = "lag-grows"
    FILLING = "window-filling"
    STEADY = "lag-steady"
