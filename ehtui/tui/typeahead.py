"""Keys act one after the other, each on what the one before it left.

A burst (typing ahead, a paste, a slow line) arrives in one read. What is typed ahead of a dialog
waits for it; what was typed before a dialog closed was meant for it, and acts on nothing else.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Generic, TypeVar

from textual import events, on
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.command import CommandPalette
from textual.constants import ESCAPE_DELAY
from textual.errors import NoWidget
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input
from typing_extensions import override

if TYPE_CHECKING:
    from textual.widget import Widget
    from textual.worker import Worker

Answer = TypeVar("Answer")

_Typed = events.Key | events.Paste | events.MouseDown | events.MouseUp
_MOST_KEYS = 64  # that wait: more is no typing
_MOST_TEXT = 1024  # in a field
_BURST_S = 0.015  # between two keys
FLOOD_ENDS_S = 0.3  # after the last of its keys
_LEAVES_FIELD = {"enter", "tab", "shift+tab"}
_PATIENCE_S = 2.0  # for a widget that does not get round to a key
_TOLD_AGAIN_S = 5.0  # as long as it stands on the screen
_ROUNDS = 2  # what a key posts is handled too: a button's press, a list's choice


class Prompt(ModalScreen[Answer], Generic[Answer]):
    """A screen that answers once, and takes keys when it can be seen."""

    TAKES_TYPED_AHEAD = True
    takes_keys = False
    mounted_at = 0.0  # before it was painted, on the clock of messages
    _has_answered = False
    app: TypeAheadApp

    @on(events.Mount)
    def _take_keys_when_painted(self) -> None:
        self.mounted_at = Message().time
        self.call_after_refresh(self.app.prompt_is_painted, self)

    def heeds(self, event: events.Key) -> bool:
        """Whether a letter does something that changes nothing, where letters mean nothing else."""
        del event
        return False

    @override
    def dismiss(self, result: Answer | None = None) -> AwaitComplete:
        if self._has_answered or not self.is_current:
            return AwaitComplete()

        self._has_answered = True

        return super().dismiss(result)


class Palette(CommandPalette, Prompt[None]):
    """Textual's palette, which answers once too."""


class TypeAheadApp(App[int]):
    """Hands keys, pastes and mouse buttons on one by one, and holds them while a dialog opens."""

    class Handled(Message):
        """Comes back from where a key went, after everything that came of it."""

        def __init__(self, turn: int, widget: Widget, rounds: int) -> None:
            super().__init__()
            self.turn = turn
            self.widget = widget
            self.rounds = rounds

    class GoOn(Message):
        """What a key was waiting for has happened."""

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.asking: Worker[None] | None = None  # what may open a dialog
        self._has_asked = False
        self._waiting: deque[_Typed] = deque()
        self._in_hand: _Typed | None = None
        self._turn = 0
        self._deaf_until = 0.0
        self._last: _Typed | None = None
        self._flooded_at: float | None = None
        self._strayed_at = 0.0
        self._left_field_at = 0.0
        self._ignored_at: dict[str, float] = {}

    # Dialogs.

    def expect_prompt(self, asking: Worker[None]) -> None:
        """Hold keys until `asking` has opened a dialog, or has ended."""
        self.asking, self._has_asked = asking, False

    @property
    def typed_at(self) -> float:
        """When the key in hand was read, on the clock of messages; now where none is."""
        return Message().time if self._in_hand is None else self._in_hand.time

    def stop_asking(self) -> None:
        """No dialog will come any more; keys for one that never came are dropped."""
        self.asking = None

        if not self._has_asked:
            self.drop_typed_ahead()

        self.post_message(self.GoOn())

    def prompt_is_painted(self, prompt: Prompt[Answer]) -> None:
        """The dialog gets what was typed for it, unless it has to be read first."""
        self._has_asked = prompt.takes_keys = True

        if not prompt.TAKES_TYPED_AHEAD:
            ahead = [event for event in self._waiting if event.time <= prompt.mounted_at]
            self.drop_typed_ahead(prompt.mounted_at)

            strays = [each.time for each in ahead if _is_letter(each)]
            self._strayed_at = max([*strays, self._strayed_at])

            if any(_is_escape(event) for event in ahead):
                prompt.dismiss()

        self.post_message(self.GoOn())

    def drop_typed_ahead(self, until: float | None = None) -> None:
        """What was typed until then, or now, acts on nothing."""
        self._deaf_until = Message().time if until is None else until
        self._waiting = deque(event for event in self._waiting if event.time > self._deaf_until)
        self._in_hand = None
        self._turn += 1

    @override
    def pop_screen(self) -> AwaitComplete:
        popped = super().pop_screen()
        self.drop_typed_ahead()
        self.post_message(self.GoOn())

        return popped

    @override
    def action_command_palette(self) -> None:
        if not isinstance(self.screen, CommandPalette):
            self.push_screen(Palette(id="--command-palette"))

    # Keys.

    @override
    async def on_event(self, event: events.Event) -> None:
        if not isinstance(event, _Typed):
            await super().on_event(event)
        elif event.is_forwarded:  # nothing took it: bindings are looked up
            if event.time > self._deaf_until:
                await super().on_event(event)
        elif not self._is_left_over(event) and not self._is_flood(event):
            if not self._is_after_a_stray(event):
                self._take(event)

            await self._hand_on()

    async def on_type_ahead_app_go_on(self) -> None:
        """Hand on the next, if nothing else keeps it."""
        await self._hand_on()

    async def on_type_ahead_app_handled(self, message: Handled) -> None:
        """A key was handled, and in the second round what came of it."""
        if message.turn != self._turn:
            return

        self._settle(message.widget, message.rounds - 1)
        await self._hand_on()

    def _take(self, event: _Typed) -> None:
        """Put it in the row. Escape gives up a dialog that does not come."""
        if _is_escape(event) and self.asking is not None and not isinstance(self.screen, Prompt):
            self.asking.cancel()
            self.stop_asking()
            return

        if self._in_hand is not None and event.time - self._in_hand.time > _PATIENCE_S:
            self._in_hand = None

        self._waiting.append(event)

    def _is_left_over(self, event: _Typed) -> bool:
        """Typed before a dialog closed, or the rest of a burst that closed it."""
        last, self._last = self._last, event

        if last is not None and last.time <= self._deaf_until and _is_one_burst(last, event):
            self._deaf_until = max(self._deaf_until, event.time)

        return event.time <= self._deaf_until

    def _is_flood(self, event: _Typed) -> bool:
        """More at once than anybody types: pasted, and meant for something else."""
        if self._flooded_at is not None:
            is_over = event.time - self._flooded_at > FLOOD_ENDS_S
            self._flooded_at = None if is_over else event.time
        elif len(self._waiting) >= (_MOST_TEXT if takes_text(self.focused) else _MOST_KEYS):
            self._flooded_at = event.time
            self.drop_typed_ahead()
            self._ignore("Too many keys at once: they were ignored.")

        return self._flooded_at is not None

    def _is_after_a_stray(self, event: _Typed) -> bool:
        """Pasted slowly, key by key: letters mean nothing to a plan, and what follows no more."""
        prompt = self.screen

        if not isinstance(prompt, Prompt) or prompt.TAKES_TYPED_AHEAD or _is_escape(event):
            return False

        is_typing = event.time - self._strayed_at <= FLOOD_ENDS_S
        is_after_field = event.time - self._left_field_at <= FLOOD_ENDS_S

        if takes_text(prompt.focused) and not is_after_field:
            self._note_in_field(event)
            return False

        if _is_letter(event) and isinstance(event, events.Key) and prompt.heeds(event):
            return is_typing or is_after_field

        if _is_letter(event) or is_typing:
            self._strayed_at = event.time

        if is_after_field:
            self._left_field_at = event.time

        if (is_typing or is_after_field) and not _is_letter(event):
            self._ignore("Keys typed together with letters were ignored: a plan takes no letters.")

        return is_typing or is_after_field or _is_letter(event)

    def _note_in_field(self, event: _Typed) -> None:
        """Text is meant for a field; what comes in one go with it reaches no button beside it."""
        if _is_letter(event) or isinstance(event, events.Paste):
            self._strayed_at = event.time
        elif isinstance(event, events.Key) and event.key in _LEAVES_FIELD:
            self._left_field_at = event.time

    def _ignore(self, why: str) -> None:
        """Say so, once for all that come together."""
        now = Message().time

        if now - self._ignored_at.get(why, 0.0) > _TOLD_AGAIN_S:
            self._ignored_at[why] = now
            self.notify(why, severity="warning", markup=False)

    async def _hand_on(self) -> None:
        while self._waiting and self._in_hand is None and self._may_act():
            event = self._waiting.popleft()

            if isinstance(event, events.Paste) and not takes_text(self.focused):
                self._ignore("Pasted text was ignored: no text field has the focus.")
                continue

            self._in_hand = event
            self._turn += 1
            target = self._target(event)
            await super().on_event(event)

            if self._in_hand is event:  # a key of the application itself may have closed a dialog
                self._settle(target, _ROUNDS)

    def _may_act(self) -> bool:
        screen = self.screen

        return screen.takes_keys if isinstance(screen, Prompt) else self.asking is None

    def _settle(self, widget: Widget, rounds: int) -> None:
        """Ask to be told when `widget`, and what is around it, has handled everything."""
        if not rounds or not widget.post_message(self.Handled(self._turn, widget, rounds)):
            self._in_hand = None

    def _target(self, event: _Typed) -> Widget:
        if isinstance(event, events.MouseEvent):
            try:
                return self.get_widget_at(int(event.x), int(event.y))[0]
            except NoWidget:
                return self.screen

        return self.focused or self.screen


def takes_text(widget: Widget | None) -> bool:
    """Whether text is typed there: in a field, or in an area that says so (`TAKES_TEXT`)."""
    return isinstance(widget, Input) or getattr(widget, "TAKES_TEXT", False)


def _is_one_burst(first: _Typed, second: _Typed) -> bool:
    """Whether nobody types so fast. A lone escape is known for one only after a pause."""
    if _is_escape(second):
        return second.time - first.time < _BURST_S + ESCAPE_DELAY

    return not _is_escape(first) and second.time - first.time < _BURST_S


def _is_letter(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.is_printable


def _is_escape(event: events.Event) -> bool:
    return isinstance(event, events.Key) and event.key == "escape"
