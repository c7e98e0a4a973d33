"""What a plan will do and what it costs, before it is done; what leaving leaves half done."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input
from typing_extensions import override

from ehtui.domain.text import safe
from ehtui.tui.keys import Scope, bindings
from ehtui.tui.screens.dialog import Dialog, Passage
from ehtui.views.actions import leaving

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from textual.widget import Widget

    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.snapshot import Snapshot
    from ehtui.views.actions.text import Confirmation

ANEW_EVERY_S = 1.0  # what an owner can have renewed by now moves a plan with time alone


MOST_STEPS = 14  # lines
_TRYING = "Dry run …"


class ConfirmScreen(Dialog[bool]):
    """Answers True only when the verb was chosen.

    `anew` tells the plan with each newer picture, or in one sentence why it is off. `try_out` tells
    line by line what doing it now would do, with nothing touched. Where a name has to be typed, the
    verb cannot be chosen before that name stands there. `off`: why it cannot be done as it stands.
    """

    # A plan is confirmed by keys that were typed when it could be read.
    TAKES_TYPED_AHEAD = False
    PARTS: ClassVar[Mapping[str, int]] = {
        "tried": 2,
        "costs": 2,
        "command": 1,
        "steps": 2,
        "where": 0,  # where there is no room, the header of the screen tells it
    }
    AUTO_FOCUS = "#cancel"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,right", "other_button", "Other button", show=False),
        Binding("up", "scroll_plan(-1)", "Up", show=False),
        Binding("down", "scroll_plan(1)", "Down", show=False),
        Binding("pageup", "scroll_plan(-15)", "Page up", show=False),
        Binding("pagedown", "scroll_plan(15)", "Page down", show=False),
        # No letter that acts on the plan: it may be the rest of a paste.
        Binding("ctrl+y", "copy_command", "Copy the command", show=False),
        *bindings(Scope.PLAN),
    ]
    DEFAULT_CSS = """
    ConfirmScreen {
        & > #box { width: 92; }
        #command, #where { color: $dim; }
        #costs { color: $warning; }
        #tried { color: $primary; }
        &.-grave #costs { color: $error; }
        &.-grave #box { border: round $error; border-title-color: $error; }
    }
    """

    def __init__(
        self,
        confirmation: Confirmation,
        anew: Callable[[], Confirmation | str] | None = None,
        try_out: Callable[[], Awaitable[Sequence[str]]] | None = None,
        *,
        off: str = "",
    ) -> None:
        super().__init__()
        self._off = off
        self.words = confirmation
        self._anew = anew
        self._try_out = try_out
        self._is_off = False
        self.set_class(confirmation.is_grave, "-grave")

    @override
    def subject_of_time(self) -> Snapshot:
        """A plan is made of the newest, also while the screen below stands still."""
        return self.app.backend.snapshot

    @override
    def heading(self) -> str:
        return self.words.heading

    @override
    def hint(self) -> str:
        if self._is_off:
            return "esc closes · ctrl+y copies"

        tries = f" · {self.app.key_of('dry-run')} dry run" if self._try_out is not None else ""
        named = "tab to the name" if self.words.typed_name else "←→ chooses"

        return f"{named} · enter{tries} · esc cancels · ctrl+y copies"

    @override
    def heeds(self, event: events.Key) -> bool:
        return event.character in self.app.key_of("dry-run").split()

    @override
    def content(self) -> Iterable[Widget]:
        yield Passage(id="where")
        yield Passage(id="steps")
        yield Passage(id="command", classes="dialog--section")
        yield Passage(id="costs", classes="dialog--section")
        yield Passage(id="tried", classes="dialog--section")
        yield Passage(id="asked", classes="dialog--section")
        yield Input(placeholder="the name", id="name", select_on_focus=False)
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

        if self._off:
            self._call_off(self._off)
        elif self._anew is not None:
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
        self.query_one("#where", Passage).tell(words.where)
        self.query_one("#steps", Passage).tell("\n".join(words.steps))
        self.query_one("#command", Passage).tell(words.command and f"$ {words.command}")
        name = words.typed_name
        self.query_one("#asked", Passage).tell(f"To do it, type {safe(name)}" if name else "")
        self.query_one("#name").display = name is not None
        self._warn(words.costs)
        button = self.query_one("#do", Button)
        button.label = Content(words.verb)
        button.variant = "error" if words.is_grave else "primary"
        self._allow()

    @property
    def _is_named(self) -> bool:
        """Whether the name stands there, or none is asked for."""
        name = self.words.typed_name

        return name is None or self.query_one("#name", Input).value.strip() == name

    @on(Input.Changed, "#name")
    def _named_otherwise(self) -> None:
        self.say_below(None)
        self._allow()

    def _allow(self) -> None:
        """The verb can be chosen once the name stands there, and no longer than it does."""
        button = self.query_one("#do", Button)
        button.disabled = self._is_off or not self._is_named

        if button.disabled and button.has_focus:
            self.set_focus(self.query_one("#cancel"))

    @on(Input.Submitted, "#name")
    def _leave_field(self) -> None:
        """Enter in the field only goes to the button: what does it is a key of its own."""
        if self._is_off:
            self.set_focus(self.query_one("#cancel"))
        elif self._is_named:
            self.set_focus(self.query_one("#do"))
        else:
            self.say_below(f"that is another name than {safe(self.words.typed_name or '')}")

    def action_dry_run(self) -> None:
        """Say what doing it now would do; nothing is touched."""
        if self._try_out is not None:
            self._tell_tried((_TRYING,))
            self.run_worker(self._try(self._try_out), exclusive=True, exit_on_error=False)

    async def _try(self, try_out: Callable[[], Awaitable[Sequence[str]]]) -> None:
        self._tell_tried(await try_out())

    def _tell_tried(self, lines: Sequence[str]) -> None:
        if self.is_mounted and not self._is_off and (parts := self.query("#tried")):
            parts.only_one(Passage).tell("\n".join(lines))
            self.fit()

    def _warn(self, costs: Sequence[str]) -> None:
        self.query_one("#costs", Passage).tell("\n".join(costs))
        self.fit()

    def _call_off(self, why: str) -> None:
        """What cannot be done any more cannot be chosen any more."""
        self._anew = self._try_out = None
        self._is_off = True
        self._warn((why,))
        self.set_focus(self.query_one("#cancel"))
        self._redate()

        for part in ("#name", "#asked", "#tried"):
            self.query_one(part).display = False

        button = self.query_one("#do")
        button.display, button.disabled = False, True

    def cancel_button(self) -> Button:
        """What leaves everything as it is."""
        return Button("Cancel", id="cancel", compact=True)

    def action_scroll_plan(self, lines: int) -> None:
        """Read on: a plan of several consumers is longer than the box."""
        parts = [self.query_one(f"#{name}", Passage) for name in ("steps", "costs", "tried")]
        any(part.scrolls(lines) for part in (parts if lines > 0 else reversed(parts)))

    def action_copy_command(self) -> None:
        """Copy the command that does the same."""
        if command := self.words.command:
            self.app.copy_to_clipboard(command)
            self.app.say("Copied the command.")

    def action_other_button(self) -> None:
        """Go to the other button, or to the field that opens it."""
        verb = self.query_one("#do")
        other = "#name" if verb.disabled and self.query_one("#name").display else "#do"
        self.set_focus(self.query_one(other if self.query_one("#cancel").has_focus else "#cancel"))

    @on(Button.Pressed, "#do")
    def confirmed(self) -> None:
        """Yes."""
        if self._is_named and not self._is_off:
            self.dismiss(True)  # noqa: FBT003 - the answer

    @on(Button.Pressed, "#cancel")
    def cancelled(self) -> None:
        """No."""
        self.dismiss(None)


LOOK_EVERY_S = 0.25


class LeaveScreen(ConfirmScreen):
    """Answers True for leaving all the same; closes by itself once there is nothing to wait for."""

    @override
    def hint(self) -> str:
        return "←→ chooses · enter · esc waits"

    def __init__(self, plans: Sequence[Plan]) -> None:
        super().__init__(leaving(plans))

    @override
    def subject_of_time(self) -> Snapshot:
        """Of several hubs there may be none on the screen."""
        return self.app.snapshot

    @override
    def cancel_button(self) -> Button:
        return Button("Wait", id="cancel", compact=True)

    def on_mount(self) -> None:
        """Look whether it has ended."""
        self.set_interval(LOOK_EVERY_S, self._close_when_done)

    def _close_when_done(self) -> None:
        if not self.app.unfinished and self.is_current:
            self.dismiss(None)
