"""Keys that are typed while a dialog is being opened: they are meant for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events
from textual.app import App
from typing_extensions import override

if TYPE_CHECKING:
    from textual.worker import Worker


class TypeAheadApp(App[int]):
    """Between a key that asks for a dialog and the dialog, no key acts on the screen below.

    What is typed meanwhile is held for the dialog, and dropped where none comes.
    """

    asking: Worker[None] | None = None  # what will open a dialog
    _is_open = False
    _held: tuple[events.Key, ...] = ()

    def stop_asking(self) -> None:
        """No dialog will come any more."""
        self.asking, self._held = None, ()

    def replay(self) -> None:
        """The dialog is there: it gets what was typed for it."""
        self._is_open = True
        held, self._held = self._held, ()

        for key in held:
            self.post_message(events.Key(key.key, key.character).set_sender(self))

    @override
    async def on_event(self, event: events.Event) -> None:
        # Forwarded: it was offered to what has the focus, and now bindings would be looked up.
        if isinstance(event, events.Key) and event.is_forwarded and self._holds():
            self._hold(event)
        else:
            await super().on_event(event)

    def _holds(self) -> bool:
        self._is_open = self._is_open and len(self.screen_stack) > 1

        return self.asking is not None and not self._is_open

    def _hold(self, key: events.Key) -> None:
        """Escape gives up a dialog that does not come."""
        if key.key == "escape" and self.asking is not None:
            self.asking.cancel()
            self.stop_asking()
        else:
            self._held = (*self._held, key)
