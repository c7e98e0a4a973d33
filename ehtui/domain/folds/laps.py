"""The stopwatch beside the forecast: from this session's signal until somebody owns it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain import stopwatch, timeline
from ehtui.domain.action_events import Forecast
from ehtui.domain.outcomes import OutcomeState
from ehtui.domain.snapshot import Subject

if TYPE_CHECKING:
    from ehtui.domain.draft import SnapshotBuilder
    from ehtui.domain.lap import MeasuredTakeover
    from ehtui.domain.outcomes import Outcome

MOST_TAKEOVERS = 64
KEPT_S = 3600.0


def begin_takeovers(builder: SnapshotBuilder, outcome: Outcome) -> None:
    """Watch what the targets owned; a newer signal replaces what still runs for a partition."""
    if outcome.state is OutcomeState.DRY_RUN:
        return

    begun = stopwatch.start(outcome, builder.before)
    places = {(takeover.owned.group, takeover.owned.partition) for takeover in begun}
    before = [
        takeover
        for takeover in builder.takeovers
        if takeover.owned_at is not None
        or (takeover.owned.group, takeover.owned.partition) not in places
    ]
    builder.takeovers = (*before, *begun)[-MOST_TAKEOVERS:]


def advance_takeovers(builder: SnapshotBuilder) -> None:
    """Take in what this update showed, and tell a gap as soon as it is measured."""
    if not builder.takeovers:
        return

    kept: list[MeasuredTakeover] = []

    for before in builder.takeovers:
        takeover = stopwatch.advance_one(before, builder)

        if before.owned_at is None and takeover.owned_at is not None:
            _tell(builder, takeover, takeover.owned_at)

        if before.moved_at is None and takeover.moved_at is not None:
            _tell_moved(builder, takeover, takeover.moved_at)

        if builder.now - takeover.started_at <= KEPT_S and not stopwatch.lives_on(
            takeover, builder
        ):
            kept.append(takeover)

    # The same tuple while nothing moved: an unchanged snapshot costs its readers nothing.
    if tuple(kept) != builder.takeovers:
        builder.takeovers = tuple(kept)


def _tell(builder: SnapshotBuilder, takeover: MeasuredTakeover, owned_at: float) -> None:
    window = takeover.owned.takeover
    builder.tell(
        timeline.TAKEOVER_MEASURED,
        owned_at,
        Subject(
            group=takeover.owned.group, partition=takeover.owned.partition, owner=takeover.owner
        ),
        timeline.TakeoverMeasured(
            owner=takeover.owner,
            previous_owner=takeover.previous_owner,
            signalled_at=takeover.started_at,
            gap_s=takeover.gap_s,
            takeover=Forecast(window.earliest_at, window.latest_at, window.basis, window.is_guess),
            is_inside_forecast=takeover.is_inside_forecast,
        ),
    )


def _tell_moved(builder: SnapshotBuilder, takeover: MeasuredTakeover, moved_at: float) -> None:
    builder.tell(
        timeline.TAKEOVER_MOVED,
        moved_at,
        Subject(
            group=takeover.owned.group, partition=takeover.owned.partition, owner=takeover.owner
        ),
        timeline.TakeoverMoved(
            owner=takeover.owner,
            previous_owner=takeover.previous_owner,
            signalled_at=takeover.started_at,
            moved_s=moved_at - takeover.started_at,
        ),
    )
