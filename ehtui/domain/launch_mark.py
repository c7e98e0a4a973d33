"""What ehtui writes into the environment of a consumer that it starts, to know it again.

It outlives ehtui, as the consumer does, and another ehtui reads it too.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

_LONGEST = 4096  # any process can set the variable to anything
LAUNCH_VARIABLE = "EHTUI_STARTED"


@dataclass(frozen=True, slots=True)
class LaunchMark:
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
