"""What a plan will do and what it costs, before it is done. Cancel has the focus."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button
from typing_extensions import override

from ehtui.tui.screens.dialog import Dialog, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ehtui.views.plans import Confirmation


class ConfirmScreen(Dialog[bool]):
    """Answers True only when the verb was chosen."""

    HINT = "←→ chooses · enter · esc cancels"
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,right", "other_button", "Other button", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmScreen {
        #costs { color: $warning; }
        &.-grave #costs { color: $error; }
        &.-grave #box { border: round $error; border-title-color: $error; }
        VerticalScroll { height: auto; max-height: 20; }
    }
    """

    def __init__(self, confirmation: Confirmation) -> None:
        super().__init__()
        self._confirmation = confirmation
        self.set_class(confirmation.is_grave, "-grave")

    @override
    def heading(self) -> str:
        return self._confirmation.heading

    @override
    def content(self) -> Iterable[Widget]:
        words = self._confirmation
        steps = Content("\n").join(Content(step) for step in words.steps)
        costs = Content("\n").join(Content(cost) for cost in words.costs)
        body = [text(steps)]

        if words.costs:
            notes = text(costs, "dialog--section")
            notes.id = "costs"
            body.append(notes)

        yield VerticalScroll(*body, can_focus=False)
        yield Horizontal(
            self.cancel_button(),
            Button(
                Content(words.verb),
                id="do",
                variant="error" if words.is_grave else "primary",
                compact=True,
            ),
            id="buttons",
        )

    def cancel_button(self) -> Button:
        """What leaves everything as it is."""
        return Button("Cancel", id="cancel", compact=True)

    def action_other_button(self) -> None:
        """Go to the other button."""
        other = "#do" if self.query_one("#cancel").has_focus else "#cancel"
        self.set_focus(self.query_one(other))

    @on(Button.Pressed, "#do")
    def confirmed(self) -> None:
        """Yes."""
        self.dismiss(True)  # noqa: FBT003 - the answer

    @on(Button.Pressed, "#cancel")
    def cancelled(self) -> None:
        """No."""
        self.dismiss(None)
