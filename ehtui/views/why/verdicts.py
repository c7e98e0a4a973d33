"""What all checks amount to, as a colleague would say it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views.cells import Tone

if TYPE_CHECKING:
    from collections.abc import Mapping

VERDICT_WORDS: Mapping[str, tuple[Tone, str]] = {
    "unknown": (
        Tone.DIM,
        "Not enough is known to say why. Watch longer, or see what cannot be read.",
    ),
    "gone": (Tone.WARNING, "It is not there any more, so it receives nothing."),
    "missing": (Tone.WARNING, "There is no such partition, owner or group."),
    "not_a_consumer": (Tone.DIM, "Nothing ties this process to the group."),
    "producer": (
        Tone.DIM,
        "It is a producer: it only sends to the namespace, owns nothing and receives nothing.",
    ),
    "elsewhere": (
        Tone.DIM,
        "It is no consumer of this hub: its own settings name another one.",
    ),
    "fine": (Tone.GOOD, "It works: what comes in is read."),
    "idle": (Tone.GOOD, "It works; there is nothing to read."),
    "standby": (
        Tone.INFO,
        (
            "It works as designed: it is a spare. It receives nothing because every partition of "
            "the group has its one reader already; when one of those stops, it takes over by "
            "itself."
        ),
    ),
    "starved": (
        Tone.WARNING,
        "It should own partitions and does not: there is something to own, and it does not get it.",
    ),
    "next_in_line": (
        Tone.INFO,
        (
            "It owns nothing yet, and a partition is free: whoever asks first takes it, this "
            "consumer or another one that waits."
        ),
    ),
    "uncovered": (
        Tone.CRITICAL,
        "Some of its partitions are read by nobody: no consumer holds them. Their events wait.",
    ),
    "unowned": (Tone.CRITICAL, "Nobody reads it: no consumer holds it. Its events wait."),
    "lapsing": (
        Tone.WARNING,
        (
            "Its owner has fallen silent. Once a consumer finds the lease run out, by its own "
            "time-out, it takes the partition and reads on from the checkpoint."
        ),
    ),
    "stuck": (
        Tone.CRITICAL,
        (
            "It has a live owner and is not read: the client renews its lease while the handler "
            "does not come back. Nobody will take over as long as that lasts."
        ),
    ),
    "failing": (
        Tone.CRITICAL,
        (
            "Whoever reads it fails at the same place, again and again: reading begins at the last "
            "checkpoint each time, and nothing gets past it."
        ),
    ),
    "behind": (Tone.WARNING, "It is read, but slower than events arrive: the lag grows."),
    "ahead": (
        Tone.CRITICAL,
        "The checkpoint points beyond the last event, so nothing is read: it is of another stream.",
    ),
    "stray": (
        Tone.WARNING,
        (
            "The hub has no such partition. The store has records of it: left over from a hub with "
            "more partitions, or written by consumers of another one."
        ),
    ),
    "former_hub": (
        Tone.CRITICAL,
        (
            "The hub was deleted and created anew; its checkpoint is of the one before. How much "
            "waits is not known, and whoever starts there skips what the new hub holds before."
        ),
    ),
    "rewound": (Tone.WARNING, "The checkpoint went back: events are read a second time."),
    "never_checkpointed": (
        Tone.WARNING,
        "It has an owner, and perhaps reads; but it never checkpoints, so nobody can tell.",
    ),
    "other_name": (
        Tone.WARNING,
        (
            "Nothing of it is in this store under the configured name of the namespace; under "
            "another name it is there. If both are one namespace, its consumers run and are read "
            "under that name."
        ),
    ),
    "not_visible": (
        Tone.WARNING,
        (
            "Nothing of it is in this store: its consumers never ran, or use another container, "
            "hub or group."
        ),
    ),
    "no_consumers": (Tone.CRITICAL, "It was used, and nobody is alive now: its events wait."),
}
