"""The set-up, checked step by step while one looks on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.tui.screens.dialog import TONES as STYLES
from ehtui.tui.screens.dialog import Reading, Wrapped, hanging
from ehtui.views.doctor import CHECK_CELLS, TONES, VERDICT_CELLS, summary

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget

    from ehtui.domain.diagnosis import Check

_ASKING = "Asking hub and store, one after the other …"
_INDENT = " " * 2


class DoctorScreen(Reading):
    """What `ehtui doctor` prints, of the settings that this screen runs on."""

    HEADING = "Doctor"

    @override
    def content(self) -> Iterable[Widget]:
        yield VerticalScroll(Wrapped(lambda _: Content.styled(_ASKING, "$dim")))

    def on_mount(self) -> None:
        """Begin to ask; whatever that takes, the screen stays."""
        self.run_worker(self._examine(), exit_on_error=False)

    async def _examine(self) -> None:
        checks = await self.app.backend.examine()
        self.query_one(Wrapped).show(lambda width: _told(checks, width))


def _told(checks: Sequence[Check], width: int) -> Content:
    return Content("\n").join(
        [*(line for check in checks for line in _lines(check, width)), Content(summary(checks))]
    )


def _lines(check: Check, width: int) -> Iterable[Content]:
    style = STYLES[TONES[check.verdict]]
    label = f"{check.verdict.value:<{VERDICT_CELLS}}{check.id:<{CHECK_CELLS}}"
    yield hanging(label, safe(check.found), width, label_style=style)

    if check.advice:
        yield hanging(_INDENT, safe(check.advice), width, style="$dim")
