"""What a plan will do and what it costs, before it is done; what leaving leaves half done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static
from typing_extensions import override

from ehtui.tui.screens.dialog import Dialog, text
from ehtui.views.actions import leaving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.widget import Widget

    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.snapshot import Snapshot
    from ehtui.views.actions.text import Confirmation

ANEW_EVERY_S = 1.0  # what an owner can have renewed by now moves a plan with time alone


class ConfirmScreen(Dialog[bool]):
    """Answers True only when the verb was chosen.

    `anew` tells the plan with each newer picture, or in one sentence why it is off.
    """

    # A plan is confirmed by keys that were typed when it could be read.
    TAKES_TYPED_AHEAD = False
    HINT = "←→ chooses · enter · esc cancels"
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,right", "other_button", "Other button", show=False),
        Binding("up", "scroll_plan(-1)", "Up", show=False),
        Binding("down", "scroll_plan(1)", "Down", show=False),
        Binding("pageup", "scroll_plan(-15)", "Page up", show=False),
        Binding("pagedown", "scroll_plan(15)", "Page down", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmScreen {
        #costs { color: $warning; }
        &.-grave #costs { color: $error; }
        &.-grave #box { border: round $error; border-title-color: $error; }
        VerticalScroll { height: auto; max-height: 20; }
    }
    """

    def __init__(
        self, confirmation: Confirmation, anew: Callable[[], Confirmation | str] | None = None
    ) -> None:
        super().__init__()
        self._confirmation = confirmation
        self._anew = anew
        self.set_class(confirmation.is_grave, "-grave")

    @override
    def subject_of_time(self) -> Snapshot:
        """A plan is made of the newest, also while the screen below stands still."""
        return self.app.backend.snapshot

    @override
    def heading(self) -> str:
        return self._confirmation.heading

    @override
    def content(self) -> Iterable[Widget]:
        words = self._confirmation
        steps, costs = text(""), text("", "dialog--section")
        steps.id, costs.id = "steps", "costs"

        yield VerticalScroll(steps, costs, can_focus=False)
        yield Horizontal(
            self.cancel_button(),
            Button(Content(words.verb), id="do", compact=True),
            id="buttons",
        )

    @on(events.Mount)
    def keep_up(self) -> None:
        """Tell what is planned, and go on telling it as the world goes on."""
        if not self.query("#steps"):  # the application ends while it opens
            return

        self._tell()

        if self._anew is not None:
            self.watch(self.app, "snapshot", self._plan_anew, init=False)
            self.set_interval(ANEW_EVERY_S, self._plan_anew)

    def _plan_anew(self) -> None:
        told = self._anew() if self._anew is not None else self._confirmation

        if isinstance(told, str):
            self._call_off(told)
        elif told != self._confirmation:
            self._confirmation = told
            self._tell()

    def _tell(self) -> None:
        words = self._confirmation
        self.set_class(words.is_grave, "-grave")
        self.query_one("#box").border_title = Content(words.heading)
        self.query_one("#steps", Static).update(Content("\n".join(words.steps)))
        self._warn(words.costs)
        button = self.query_one("#do", Button)
        button.label = Content(words.verb)
        button.variant = "error" if words.is_grave else "primary"

    def _warn(self, costs: Sequence[str]) -> None:
        notes = self.query_one("#costs", Static)
        notes.update(Content("\n".join(costs)))
        notes.display = bool(costs)

    def _call_off(self, why: str) -> None:
        """What cannot be done any more cannot be chosen any more."""
        self._anew = None
        self._warn((why,))
        self.set_focus(self.query_one("#cancel"))
        button = self.query_one("#do")
        button.display, button.disabled = False, True

    def cancel_button(self) -> Button:
        """What leaves everything as it is."""
        return Button("Cancel", id="cancel", compact=True)

    def action_scroll_plan(self, lines: int) -> None:
        """Read on: a plan of several consumers is longer than the box."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

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
