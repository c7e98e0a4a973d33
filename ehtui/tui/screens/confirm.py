"""What a plan will do and what it costs, before it is done; what leaving leaves half done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button
from typing_extensions import override

from ehtui.tui.screens.dialog import Dialog, Passage
from ehtui.views.actions import leaving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.widget import Widget

    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.snapshot import Snapshot
    from ehtui.views.actions.text import Confirmation

ANEW_EVERY_S = 1.0  # what an owner can have renewed by now moves a plan with time alone


MOST_STEPS = 14  # lines


class ConfirmScreen(Dialog[bool]):
    """Answers True only when the verb was chosen.

    `anew` tells the plan with each newer picture, or in one sentence why it is off.
    """

    # A plan is confirmed by keys that were typed when it could be read.
    TAKES_TYPED_AHEAD = False
    HINT = "←→ chooses · enter · esc cancels · ctrl+y copies"
    PARTS: ClassVar[Mapping[str, int]] = {"costs": 2, "command": 1, "steps": 2}
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,right", "other_button", "Other button", show=False),
        Binding("up", "scroll_plan(-1)", "Up", show=False),
        Binding("down", "scroll_plan(1)", "Down", show=False),
        Binding("pageup", "scroll_plan(-15)", "Page up", show=False),
        Binding("pagedown", "scroll_plan(15)", "Page down", show=False),
        # No letter: those act on no plan, for they may be the rest of a paste.
        Binding("ctrl+y", "copy_command", "Copy the command", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmScreen {
        & > #box { width: 92; }
        #command { color: $dim; }
        #costs { color: $warning; }
        &.-grave #costs { color: $error; }
        &.-grave #box { border: round $error; border-title-color: $error; }
    }
    """

    def __init__(
        self, confirmation: Confirmation, anew: Callable[[], Confirmation | str] | None = None
    ) -> None:
        super().__init__()
        self.words = confirmation
        self._anew = anew
        self.set_class(confirmation.is_grave, "-grave")

    @override
    def subject_of_time(self) -> Snapshot:
        """A plan is made of the newest, also while the screen below stands still."""
        return self.app.backend.snapshot

    @override
    def heading(self) -> str:
        return self.words.heading

    @override
    def content(self) -> Iterable[Widget]:
        yield Passage(id="steps")
        yield Passage(id="command", classes="dialog--section")
        yield Passage(id="costs", classes="dialog--section")
        yield Horizontal(
            self.cancel_button(),
            Button(Content(self.words.verb), id="do", compact=True),
            id="buttons",
        )

    @override
    def lines_of(self, part: Widget, width: int) -> int:
        """A command of eighty options is read in its own lines; they push nothing else about."""
        lines = super().lines_of(part, width)

        return min(lines, MOST_STEPS) if part.id == "steps" else lines

    @on(events.Mount)
    def keep_up(self) -> None:
        """Tell what is planned, and go on telling it as the world goes on."""
        if not self.query("#do"):  # the application ends while it opens
            return

        self._tell()

        if self._anew is not None:
            self.watch(self.app, "snapshot", self._plan_anew, init=False)
            self.set_interval(ANEW_EVERY_S, self._plan_anew)

    def _plan_anew(self) -> None:
        told = self._anew() if self._anew is not None else self.words

        if isinstance(told, str):
            self._call_off(told)
        elif told != self.words:
            self.words = told
            self._tell()

    def _tell(self) -> None:
        words = self.words
        self.set_class(words.is_grave, "-grave")
        self.query_one("#box").border_title = Content(words.heading)
        self.query_one("#steps", Passage).tell("\n".join(words.steps))
        self.query_one("#command", Passage).tell(words.command and f"$ {words.command}")
        self._warn(words.costs)
        button = self.query_one("#do", Button)
        button.label = Content(words.verb)
        button.variant = "error" if words.is_grave else "primary"

    def _warn(self, costs: Sequence[str]) -> None:
        self.query_one("#costs", Passage).tell("\n".join(costs))
        self.fit()

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
        parts = [self.query_one("#steps", Passage), self.query_one("#costs", Passage)]
        any(part.scrolls(lines) for part in (parts if lines > 0 else reversed(parts)))

    def action_copy_command(self) -> None:
        """Copy the command that does the same."""
        if command := self.words.command:
            self.app.copy_to_clipboard(command)
            self.app.say("Copied the command.")

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
