"""Messages that travel between rooms of the screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message
from typing_extensions import override

from ehtui.domain.snapshot import Snapshot


@dataclass
class SnapshotPublished(Message):
    """The monitor has a newer picture; of several that wait, only the newest is handled."""

    snapshot: Snapshot

    @override
    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SnapshotPublished)
