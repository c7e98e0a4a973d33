"""Why is it as it is: the answer, what to do, and the checks a colleague would go through."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.containers import VerticalScroll
from textual.content import Content
from typing_extensions import override

from ehtui.tui.keys import Scope, bindings
from ehtui.tui.screens.dialog import TONES, Dialog, Wrapped, hanging
from ehtui.views.why import CHECKS, GLOSSARY, TO_DO

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from textual.binding import BindingType
    from textual.widget import Widget

    from ehtui.views.why import Explanation


class WhyScreen(Dialog[None]):
    """The verdict, what to do, the checks; what their words mean unfolds below."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.WHY))
    HINT = "↑↓ scrolls · ? what the words mean · esc closes"
    PARTS: ClassVar[Mapping[str, int]] = {"told": 3}
    DEFAULT_CSS = """
    WhyScreen {
        & > #box { width: 92; }
        #told { scrollbar-gutter: stable; }
    }
    """

    def __init__(self, explanation: Explanation) -> None:
        super().__init__()
        self._explanation = explanation
        self._is_unfolded = False

    @override
    def heading(self) -> str:
        return f"Why? {self._explanation.about}"

    @override
    def content(self) -> Iterable[Widget]:
        yield VerticalScroll(
            Wrapped(partial(_told, self._explanation, is_unfolded=False)), id="told"
        )

    def on_mount(self) -> None:
        """Scroll with the arrows."""
        self.set_focus(self.query_one("#told"))

    def action_glossary(self) -> None:
        """Unfold what the words mean, or fold it away."""
        scroll, told = self.query_one("#told"), self.query_one(Wrapped)
        above = told.size.height
        self._is_unfolded = not self._is_unfolded
        told.show(partial(_told, self._explanation, is_unfolded=self._is_unfolded))
        self.fit()

        if self._is_unfolded:
            self.call_after_refresh(scroll.scroll_to, y=above, animate=False)


def _told(told: Explanation, width: int, *, is_unfolded: bool) -> Content:
    return Content("\n").join(_lines(told, width, is_unfolded=is_unfolded))


def _lines(told: Explanation, width: int, *, is_unfolded: bool) -> Iterator[Content]:
    yield hanging("", told.verdict, width, style=f"bold {TONES[told.tone]}")

    if told.next_steps:
        yield _heading(TO_DO)
        yield from (hanging("", step, width) for step in told.next_steps)

    yield _heading(CHECKS)

    for answer in told.answers:
        yield hanging(f"{answer.mark} ", answer.text, width, label_style=TONES[answer.tone])

    if is_unfolded:
        yield _heading(GLOSSARY)
        yield from (hanging("", lesson, width, style="$dim") for lesson in told.lessons)


def _heading(words: str) -> Content:
    return Content.assemble("\n", (words, "bold $primary"))
