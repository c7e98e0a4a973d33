"""What is on a stage before anybody enters."""

from __future__ import annotations

from dataclasses import dataclass

from ehtui.sandbox.options import DEFAULT_GROUP, Pace

# A takeover within seconds: renewals every 1.0 to 1.2 s, leases of 6 s.
QUICK = Pace(interval_s=1.0, expiry_s=6.0, work_s=0.005, checkpoint_s=0.5)


@dataclass(frozen=True, slots=True)
class Setting:
    """A hub, its traffic, and how quick its consumers are."""

    partitions: int = 4
    groups: tuple[str, ...] = (DEFAULT_GROUP,)
    backlog: int = 0
    traffic: float = 1.0  # factor; 0 is silence
    shape: str = "even"  # `meetings.SHAPES`
    pace: Pace = QUICK
    shared_log: str | None = None  # all consumers write this one
    shows_producer: bool = False  # the watcher is told of it as of a consumer
    has_port: bool = True  # without one, Python and JavaScript write the same names (facts.md §7)
