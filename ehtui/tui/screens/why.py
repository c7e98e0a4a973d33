"""Why is it as it is: the checks a colleague would go through, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from typing_extensions import override

from ehtui.tui.screens.dialog import TONES, Dialog, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ehtui.views.why import Answer, Explanation


class WhyScreen(Dialog[None]):
    """The verdict, the checks with what their words mean, and what to do."""

    HINT = "↑↓ scrolls · esc closes"
    DEFAULT_CSS = """
    WhyScreen {
        & > #box { width: 92; }
        VerticalScroll { height: auto; max-height: 100%; scrollbar-gutter: stable; }
        .answer { margin-bottom: 1; }
        .answer-more { padding-left: 2; }
    }
    """

    def __init__(self, explanation: Explanation) -> None:
        super().__init__()
        self._explanation = explanation

    @override
    def heading(self) -> str:
        return f"Why {self._explanation.about}?"

    @override
    def content(self) -> Iterable[Widget]:
        told = self._explanation
        # A line that says yes needs no air around it; one that teaches does.
        verdict = text(Content.styled(told.verdict, f"bold {TONES[told.tone]}".strip()), "answer")
        checks = [widget for answer in told.answers for widget in _told(answer)]
        steps = Content("\n").join(Content(step) for step in told.next_steps)
        advice = [
            text(Content.styled("What to do", "bold $primary"), "dialog--section"),
            text(steps),
        ]
        yield VerticalScroll(verdict, *checks, *(advice if told.next_steps else []))

    def on_mount(self) -> None:
        """Scroll with the arrows."""
        self.set_focus(self.query_one(VerticalScroll))


def _told(answer: Answer) -> Iterable[Widget]:
    yield text(
        Content.assemble((f"{answer.mark} ", TONES[answer.tone]), answer.text),
    )

    if answer.lesson:
        yield text(Content.styled(answer.lesson, "$dim"), "answer answer-more")
