"""Asked before ehtui is left while a consumer that was stopped is not started again yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widgets import Button
from typing_extensions import override

from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.views.actions import leaving

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ehtui.domain.plans import Plan

LOOK_EVERY_S = 0.25


class LeaveScreen(ConfirmScreen):
    """Answers True for leaving all the same; closes by itself once there is nothing to wait for."""

    HINT = "←→ chooses · enter · esc waits"

    def __init__(self, plans: Sequence[Plan]) -> None:
        super().__init__(leaving(plans))

    @override
    def cancel_button(self) -> Button:
        return Button("Wait", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Look whether it has ended."""
        self.set_interval(LOOK_EVERY_S, self._close_when_done)

    def _close_when_done(self) -> None:
        if not self.app.backend.unfinished and self.is_current:
            self.dismiss(None)
