"""Which groups are tried: client, renewals, leases, strategy, polls."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Self

PARTITIONS = 4
PYTHON, JAVASCRIPT = "Python", "JavaScript"


@dataclass(frozen=True, slots=True)
class Setting:
    """One group of real consumers, and how often ehtui polls its store."""

    sdk: str
    interval_s: float
    expiry_s: float
    strategy: str
    store_s: float
    kills: int
    owners: int = 4
    signal: str = "KILL"

    @property
    def name(self) -> str:
        """Short, and the only one of its kind."""
        sdk = "py" if self.sdk == PYTHON else "js"
        times = f"{self.interval_s:g}-{self.expiry_s:g}-{self.store_s:g}"
        signal = "" if self.signal == "KILL" else f"-{self.signal.lower()}"
        return f"{sdk}-{times}-{self.strategy}-{self.owners}{signal}"

    @property
    def longest_round_s(self) -> float:
        """As the SDKs rest (facts.md §2): Python up to 1.2 intervals, JavaScript one."""
        return self.interval_s * (1.2 if self.sdk == PYTHON else 1.0)

    @property
    def rounds(self) -> int:
        """That may pass until all is taken: who is balanced takes one partition a round."""
        survivors, waiting = self.owners - 1, -(-PARTITIONS // self.owners)
        return 1 if self.strategy == "greedy" else -(-waiting // survivors)

    @property
    def honest_s(self) -> float:
        """One renewal, and the rounds until all is taken; none of the former where it releases."""
        renewals = 1 if self.signal == "KILL" else 0
        return (renewals + self.rounds) * self.longest_round_s

    def to_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Self:
        """The other way round."""
        return cls(**json.loads(line))


SETTINGS = (
    Setting(PYTHON, 1, 6, "greedy", 5, 10),
    Setting(PYTHON, 2, 12, "greedy", 5, 12),
    Setting(PYTHON, 2, 12, "balanced", 10, 10, owners=2),
    Setting(PYTHON, 3, 18, "greedy", 5, 10),
    Setting(PYTHON, 3, 18, "balanced", 2, 10, owners=3),
    Setting(PYTHON, 3, 9, "greedy", 5, 12),
    Setting(PYTHON, 5, 30, "greedy", 10, 8),
    Setting(PYTHON, 10, 60, "greedy", 5, 6),
    Setting(JAVASCRIPT, 10, 60, "balanced", 5, 6),
    Setting(JAVASCRIPT, 2, 12, "balanced", 5, 10),
    Setting(JAVASCRIPT, 3, 9, "greedy", 5, 10),
    Setting(JAVASCRIPT, 3, 18, "balanced", 2, 8, owners=3),
    Setting(PYTHON, 3, 18, "greedy", 5, 6, signal="TERM"),
    Setting(JAVASCRIPT, 3, 18, "balanced", 5, 6, signal="TERM"),
)
