"""Which test event to send, and where to."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option
from typing_extensions import override

from ehtui.domain.actions.send import SendRequest
from ehtui.domain.actions.sending import SendTarget
from ehtui.domain.text import safe
from ehtui.tui.screens.dialog import Dialog, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.widget import Widget

_KEY = "key"
_ROUND_ROBIN = "round-robin"
_MOST = 1000


class Templates(OptionList):
    """The next key goes to the destinations, however soon it comes."""

    @override
    def action_select(self) -> None:
        super().action_select()
        self.screen.set_focus(self.screen.query_one("#destinations"))


class SendScreen(Dialog[SendRequest]):
    """Template, destination, key and count. The selected partition is offered first."""

    PARTS: ClassVar[Mapping[str, int]] = {"destinations": 2, "templates": 1}
    DEFAULT_CSS = """
    SendScreen {
        #inputs { height: 1; }
        #key { width: 1fr; }
        #count { width: 8; margin-left: 1; }
    }
    """
    HEADING = "Send a test event"
    HINT = "tab moves on · enter shows the plan · esc closes"

    def __init__(
        self, templates: Sequence[str], partitions: Sequence[str], selected: str | None
    ) -> None:
        super().__init__()
        self._templates = templates
        first = [selected] if selected is not None and selected in partitions else []
        self._partitions = [*first, *(name for name in partitions if name != selected)]
        self._has_selected = bool(first)

    @override
    def content(self) -> Iterable[Widget]:
        yield text("Event", "hint")
        yield Templates(
            *(Option(Content(safe(name)), id=f"t{at}") for at, name in enumerate(self._templates)),
            id="templates",
        )
        yield text("To", "hint dialog--section")
        yield OptionList(*self._destinations(), id="destinations")
        yield text("Partition key (for “by key”) and number of events", "hint dialog--section")
        yield Horizontal(
            Input(placeholder="key", id="key"),
            Input("1", type="integer", id="count", max_length=4),
            id="inputs",
        )
        yield Horizontal(
            Button("Cancel", id="cancel", compact=True),
            Button("Show the plan", id="plan", variant="primary", compact=True),
            id="buttons",
        )

    def on_mount(self) -> None:
        """Begin where there is something to choose."""
        only_one = len(self._templates) <= 1
        self.query_one("#templates", OptionList).highlighted = 0
        self.query_one("#destinations", OptionList).highlighted = 0
        self.set_focus(self.query_one("#destinations" if only_one else "#templates"))

    @on(OptionList.OptionSelected, "#templates")
    def go_on(self) -> None:
        """The event is clicked; now where to."""
        self.set_focus(self.query_one("#destinations"))

    @on(OptionList.OptionSelected, "#destinations")
    def destination_chosen(self, event: OptionList.OptionSelected) -> None:
        """A key has to be typed; everything else is complete."""
        if event.option_id == _KEY and not self.query_one("#key", Input).value:
            self.set_focus(self.query_one("#key"))
        else:
            self._answer()

    @on(Input.Submitted)
    def typed(self) -> None:
        """Enter in a field is the end of the form."""
        self._answer()

    @on(Button.Pressed, "#plan")
    def planned(self) -> None:
        """The button says the same."""
        self._answer()

    @on(Button.Pressed, "#cancel")
    def cancelled(self) -> None:
        """Close."""
        self.dismiss(None)

    def _destinations(self) -> Iterable[Option]:
        options = [
            Option(
                Content.assemble(f"partition {safe(name)}", ("  selected", "$dim"))
                if self._has_selected and not at
                else Content(f"partition {safe(name)}"),
                id=f"p{at}",
            )
            for at, name in enumerate(self._partitions)
        ]
        rest = [
            Option(Content("round robin: the service chooses the partition"), id=_ROUND_ROBIN),
            Option(Content("by key: its hash chooses the partition"), id=_KEY),
        ]

        return [*options[:1], *rest, *options[1:]] if self._has_selected else [*rest, *options]

    def _answer(self) -> None:
        destinations = self.query_one("#destinations", OptionList)
        chosen = destinations.highlighted_option
        place = chosen.id if chosen is not None and chosen.id else _ROUND_ROBIN
        template = self.query_one("#templates", OptionList).highlighted
        typed = self.query_one("#count", Input).value
        count = int(typed) if typed.isdecimal() else 0
        key = self.query_one("#key", Input).value

        if not 1 <= count <= _MOST:
            self.notify(f"Send 1 to {_MOST} events.", severity="warning", markup=False)
        elif place == _KEY and not key:
            self.notify("Enter a partition key.", severity="warning", markup=False)
            self.query_one("#key").focus()
        else:
            self.dismiss(self._request(place, self._templates[template or 0], key, count))

    def _request(self, place: str, template: str, key: str, count: int) -> SendRequest:
        if place == _KEY:
            return SendRequest(template, SendTarget.KEY, None, key, count)

        if place == _ROUND_ROBIN:
            return SendRequest(template, SendTarget.ROUND_ROBIN, None, None, count)

        return SendRequest(
            template, SendTarget.PARTITION, self._partitions[int(place[1:])], None, count
        )
