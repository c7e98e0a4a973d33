"""One partition under the stopwatch."""

from __future__ import annotations

from dataclasses import dataclass

from ehtui.domain.targets import OwnedPartition


@dataclass(frozen=True, slots=True)
class MeasuredTakeover:
    """One partition: what was forecast, and what was measured so far. Server times."""

    owned: OwnedPartition  # with the forecast
    previous_owner: str | None
    started_at: float
    checkpoint: int | None  # where it stood at the signal
    owner: str | None = None  # who has it now
    owned_at: float | None = None
    moved_at: float | None = None
    sent_at: float | None = None  # when the action had ended

    @property
    def gap_s(self) -> float | None:
        """From the signal to the new owner's claim."""
        return None if self.owned_at is None else max(0.0, self.owned_at - self.started_at)

    @property
    def is_inside_forecast(self) -> bool | None:
        """Whether it landed in the window; None while open, or where it has no end."""
        window = self.owned.takeover

        if self.owned_at is None or window.earliest_at is None or window.latest_at is None:
            return None

        return window.earliest_at <= self.owned_at <= window.latest_at
