"""What to send, and where to: an editor, beside it the templates, the destinations and the pace."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, OptionList, TextArea
from textual.widgets.option_list import Option
from typing_extensions import override

from ehtui.domain.actions.send import SendRequest
from ehtui.domain.actions.sending import (
    BodySource,
    Outgoing,
    SendTarget,
    is_text,
    json_fault,
    unknown_placeholders,
)
from ehtui.domain.actions.sending import Content as Sent
from ehtui.domain.text import safe
from ehtui.domain.values import Value
from ehtui.tui.screens.dialog import Dialog, Passage
from ehtui.tui.typeahead import FLOOD_ENDS_S
from ehtui.tui.widgets.json_area import JsonArea
from ehtui.views import formats
from ehtui.views.actions.send import read_properties, written_properties

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from textual.message import Message
    from textual.widget import Widget

_KEY = "key"
_ROUND_ROBIN = "round-robin"
MOST = 1_000_000
_EDITOR_LINES = 14
_WIDE = 50  # cells for three buttons
_STATE_LINES = 2
_PLACEHOLDERS = "{{sequence}} {{uuid}} {{now}} {{host}}"


class SendAnswer(Value, frozen=True):
    """What somebody wants sent, and whether that stood before their eyes when they said so."""

    request: SendRequest
    is_read: bool  # no: the plan is shown first


class Templates(OptionList):
    """The next key goes to the destinations, however soon it comes."""

    @override
    def action_select(self) -> None:
        super().action_select()
        self.screen.set_focus(self.screen.query_one("#destinations"))


class SendScreen(Dialog[SendAnswer]):
    """Template, body, properties, destination, key, count and pace.

    The selected partition is offered first, and enter twice sends the first template there.
    """

    PARTS: ClassVar[Mapping[str, int]] = {
        "state": 1,
        "body": 2,
        "destinations": 2,
        "templates": 1,
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "send", "Send", show=False, priority=True),
        Binding("f2", "show_plan", "Show the plan", show=False),
    ]
    DEFAULT_CSS = """
    SendScreen {
        & > #box { width: 100; }
        #inputs { height: 1; }
        #key { width: 1fr; }
        #count { width: 9; margin-left: 1; }
        #rate { width: 9; margin-left: 1; }
        #state { color: $dim; }
        #state.-fault { color: $warning; }
    }
    """
    HEADING = "Send events"
    HINT = "tab moves on · enter, or ctrl+s anywhere, sends · f2 plan · esc"

    def __init__(
        self,
        templates: Sequence[str],
        partitions: Sequence[str],
        selected: str | None,
        group: str = "",
    ) -> None:
        super().__init__()
        self._templates = templates
        first = [selected] if selected is not None and selected in partitions else []
        self._partitions = [*first, *(name for name in partitions if name != selected)]
        self._has_selected = bool(first)
        self._group = group
        self._loaded: Sent | None = None  # as the chosen template has it
        self._reading = ""  # the name of a template that is being read
        self._shown = ""  # its body, as the editor has it
        self._most_bytes: int | None = None

    @override
    def content(self) -> Iterable[Widget]:
        yield Templates(
            *(Option(Content(safe(name)), id=f"t{at}") for at, name in enumerate(self._templates)),
            id="templates",
        )
        yield JsonArea(id="body")
        yield Passage(id="state")
        yield Input(placeholder="properties: name=value name2='two words'", id="properties")
        yield OptionList(*self._destinations(), id="destinations")
        yield Horizontal(
            Input(placeholder="partition key", id="key"),
            Input("1", type="integer", id="count", max_length=7),
            Input(placeholder="per s", type="number", id="rate", max_length=7),
            id="inputs",
        )
        yield Horizontal(
            Button("Cancel", id="cancel", compact=True),
            Button("Plan", id="plan", compact=True),
            Button("Send", id="send", variant="primary", compact=True),
            id="buttons",
        )

    def on_mount(self) -> None:
        """Begin where there is something to choose."""
        only_one = len(self._templates) <= 1
        self.query_one("#templates", OptionList).highlighted = 0 if self._templates else None
        self.query_one("#destinations", OptionList).highlighted = 0
        where = "#destinations" if only_one else "#templates"
        self.set_focus(self.query_one(where if self._templates else "#body"))
        self._tell()
        self.run_worker(self._ask_limit(), exit_on_error=False)

    @override
    def fit(self) -> None:
        for button in self.query("#plan"):  # F2 does the same where there is no room for it
            button.display = self.app.size.width >= _WIDE

        super().fit()

    @override
    def lines_of(self, part: Widget, width: int) -> int:
        if part.id == "body":
            lines = self.query_one(JsonArea).document.line_count
            return max(3, min(_EDITOR_LINES, lines))

        lines = super().lines_of(part, width)

        return min(lines, _STATE_LINES) if part.id == "state" else lines

    # The event.

    @on(OptionList.OptionHighlighted, "#templates")
    def template_chosen(self, event: OptionList.OptionHighlighted) -> None:
        """Show what it holds, unless something else was typed already."""
        name = self._templates[event.option_index]

        if not self._is_edited():
            self._reading = name
            self._tell()
            self.run_worker(self._load(name), group="load", exclusive=True, exit_on_error=False)

    async def _load(self, name: str) -> None:
        try:
            content = await self.app.backend.template(name)
        except OSError as error:
            self._reading = ""
            self._tell()
            self.app.say(f"{safe(name)}: {safe(error.strerror or str(error))}", "warning")
            return

        self._reading = ""

        if self.is_mounted and not self._is_edited():
            self._loaded = content
            event, area = content.events[0], self.query_one(JsonArea)
            area.load_text(event.body.decode("utf-8", "replace"))
            area.read_only = not is_text(event.body)
            self._shown = area.text
            self.query_one("#properties", Input).value = written_properties(event)
            self._tell()
            self.fit()

    async def _ask_limit(self) -> None:
        self._most_bytes = await self.app.backend.most_bytes()

        if self.is_mounted:
            self._tell()

    def _is_edited(self) -> bool:
        """Whether it is another event than the template's."""
        body, properties = self.query_one(JsonArea).text, self.query_one("#properties", Input).value

        if self._loaded is None:
            return bool(body or properties)

        return (body, properties) != (self._shown, written_properties(self._loaded.events[0]))

    @property
    def _body(self) -> bytes:
        """What the editor stands for: the template's own bytes where nobody changed them."""
        typed = self.query_one(JsonArea).text

        if self._loaded is not None and typed == self._shown:
            return self._loaded.events[0].body

        return typed.encode("utf-8", "surrogatepass")

    @on(TextArea.Changed, "#body")
    @on(Input.Changed, "#properties")
    def edited(self, event: Message) -> None:
        """Say at once what it amounts to."""
        event.stop()
        self._tell()

    def _tell(self) -> None:
        if not self.query("#state"):  # the application ends while it opens
            return

        body = self._body
        state = self.query_one("#state", Passage)

        if self._reading and not body:  # nothing is wrong with what is not there yet
            state.set_class(False, "-fault")  # noqa: FBT003 - Textual's own
            state.tell(f"Reading {safe(self._reading)}…")
            return

        fault = json_fault(body) if is_text(body) else None
        size = formats.size(len(body))
        most = f" of {formats.size(self._most_bytes)}" if self._most_bytes is not None else ""
        is_large = self._most_bytes is not None and len(body) > self._most_bytes
        words = "valid JSON" if is_text(body) else "not UTF-8: it can't be edited here"

        if is_large:
            words = "too large for this hub"
        elif fault is not None:
            words = f"not JSON: {safe(fault.message)}, line {fault.line} column {fault.column}"

        odd = unknown_placeholders(body)
        names = formats.listed([f"{{{{{safe(name)}}}}}" for name in odd])
        hint = f"{names} is not a placeholder" if odd else _PLACEHOLDERS
        hint = hint if is_text(body) else "sent as it is"
        state.set_class(is_large or fault is not None, "-fault")
        state.tell(f"{size}{most} · {words} · {hint}")

    # Where to, and the answer.

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
    @on(Button.Pressed, "#send")
    def action_send(self) -> None:
        """Enter in a field is the end of the form; the button says the same."""
        self._answer()

    @on(Button.Pressed, "#plan")
    def action_show_plan(self) -> None:
        """Read the whole plan first."""
        self._answer(is_read=False)

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
            Option(Content("round robin: each partition in turn"), id=_ROUND_ROBIN),
            Option(Content("by key: its hash chooses the partition"), id=_KEY),
        ]

        return [*options[:1], *rest, *options[1:]] if self._has_selected else [*rest, *options]

    def _answer(self, *, is_read: bool = True) -> None:
        """Close with what was chosen; keys that came in one go with the opening read no plan."""
        request = self._request()

        if isinstance(request, str):
            self.notify(request, severity="warning", markup=False)
            return

        is_seen = self.app.typed_at - self.mounted_at > FLOOD_ENDS_S
        self.dismiss(SendAnswer(request, is_read and is_seen))

    def _request(self) -> SendRequest | str:
        """What is asked for, or what is missing."""
        destinations = self.query_one("#destinations", OptionList)
        chosen = destinations.highlighted_option
        place = chosen.id if chosen is not None and chosen.id else _ROUND_ROBIN
        typed, per_s = (self.query_one(f"#{name}", Input).value for name in ("count", "rate"))
        count, key = int(typed) if typed.isdecimal() else 0, self.query_one("#key", Input).value
        rate = _number(per_s)

        if not 1 <= count <= MOST:
            return f"Send 1 to {MOST:,} events."

        if rate is None:
            return "Events a second: a number above 0, or nothing for as fast as they are taken."

        if place == _KEY and not key:
            self.query_one("#key").focus()
            return "Enter a partition key."

        try:
            content = self._typed()
        except ValueError as error:
            return f"Properties: {error}."

        template = self.query_one("#templates", OptionList).highlighted or 0
        name = self._templates[template] if self._templates else ""
        request = SendRequest(
            name, SendTarget.ROUND_ROBIN, count=count, content=content, follow=self._group or None
        )
        request = replace(request, interval_s=1 / rate if rate else 0.0)
        is_marked = self.app.backend.peek_group is not None

        return replace(_aimed(request, place, key, self._partitions), is_marked=is_marked)

    def _typed(self) -> Sent | None:
        """What was typed over the template; None where that is sent as it is.

        Raises:
            ValueError: The properties are not name=value.
        """
        if not self._is_edited():
            return None

        loaded, properties = (
            self._loaded,
            read_properties(self.query_one("#properties", Input).value),
        )

        if loaded is None:
            return Sent(BodySource.TEXT, "text", (Outgoing(self._body, properties),))

        event = loaded.events[0]
        kept = {(name, str(value)): value for name, value in event.properties}  # with its type
        typed = tuple((name, kept.get((name, value), value)) for name, value in properties)
        event = replace(event, body=self._body, properties=typed)

        return replace(
            loaded, source=BodySource.TEXT, name=f"{loaded.name}, edited", events=(event,)
        )


def _aimed(request: SendRequest, place: str, key: str, partitions: Sequence[str]) -> SendRequest:
    if place == _KEY:
        return replace(request, target=SendTarget.KEY, key=key)

    if place == _ROUND_ROBIN:
        return request

    return replace(request, target=SendTarget.PARTITION, partition=partitions[int(place[1:])])


def _number(typed: str) -> float | None:
    """A rate; 0 where nothing is typed, None where it is none."""
    try:
        rate = float(typed or 0)
    except ValueError:
        return None

    return rate if not typed or 0 < rate <= MOST else None
