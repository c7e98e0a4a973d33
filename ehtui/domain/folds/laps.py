"""The stopwatch beside the forecast: from this session's signal until somebody owns it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain import stopwatch, timeline
from ehtui.domain.action_events import Forecast
from ehtui.domain.outcomes import OutcomeState
from ehtui.domain.snapshot import Subject

if TYPE_CHECKING:
    from ehtui.domain.draft import Draft
    from ehtui.domain.lap import Lap
    from ehtui.domain.outcomes import Outcome

MOST_LAPS = 64
KEPT_S = 3600.0


def begin_laps(draft: Draft, outcome: Outcome) -> None:
    """Watch what the targets owned; a newer signal replaces what still runs for a partition."""
    if outcome.state is OutcomeState.DRY_RUN:
        return

    begun = stopwatch.start(outcome, draft.before)
    places = {(lap.owned.group, lap.owned.partition) for lap in begun}
    before = [
        lap
        for lap in draft.laps
        if lap.owned_at is not None or (lap.owned.group, lap.owned.partition) not in places
    ]
    draft.laps = (*before, *begun)[-MOST_LAPS:]


def advance_laps(draft: Draft) -> None:
    """Take in what this update showed, and tell a gap as soon as it is measured."""
    if not draft.laps:
        return

    kept: list[Lap] = []

    for before in draft.laps:
        lap = stopwatch.advance_one(before, draft)

        if before.owned_at is None and lap.owned_at is not None:
            _tell(draft, lap, lap.owned_at)

        if before.moved_at is None and lap.moved_at is not None:
            _tell_moved(draft, lap, lap.moved_at)

        if draft.now - lap.started_at <= KEPT_S and not stopwatch.lives_on(lap, draft):
            kept.append(lap)

    # The same tuple while nothing moved: an unchanged snapshot costs its readers nothing.
    if tuple(kept) != draft.laps:
        draft.laps = tuple(kept)


def _tell(draft: Draft, lap: Lap, owned_at: float) -> None:
    window = lap.owned.takeover
    draft.tell(
        timeline.TAKEOVER_MEASURED,
        owned_at,
        Subject(group=lap.owned.group, partition=lap.owned.partition, owner=lap.owner),
        timeline.TakeoverMeasured(
            owner=lap.owner,
            previous_owner=lap.previous_owner,
            signalled_at=lap.started_at,
            gap_s=lap.gap_s,
            takeover=Forecast(window.earliest_at, window.latest_at, window.basis, window.is_guess),
            is_inside_forecast=lap.is_inside_forecast,
        ),
    )


def _tell_moved(draft: Draft, lap: Lap, moved_at: float) -> None:
    draft.tell(
        timeline.TAKEOVER_MOVED,
        moved_at,
        Subject(group=lap.owned.group, partition=lap.owned.partition, owner=lap.owner),
        timeline.TakeoverMoved(
            owner=lap.owner,
            previous_owner=lap.previous_owner,
            signalled_at=lap.started_at,
            moved_s=moved_at - lap.started_at,
        ),
    )
