"""Where a group's checkpoints stand, and where they are to be moved; the plan in full."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar, NamedTuple

from textual import on
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, OptionList
from textual.widgets.option_list import Option
from typing_extensions import override

from ehtui.domain.actions.checkpoint_plan import (
    ByDuration,
    ShiftBy,
    Strategy,
    ToEarliest,
    ToLatest,
    ToSequence,
    ToTime,
)
from ehtui.domain.text import safe
from ehtui.tui.screens.confirm import ConfirmScreen
from ehtui.tui.screens.dialog import Dialog, Passage
from ehtui.views.moments import moment_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from textual.widget import Widget

    from ehtui.views.actions.text import Confirmation

UNDO, COPY = "undo", "copy"
_DAY_S = 86_400.0
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": _DAY_S}
_LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*([smhd])")


class Way(NamedTuple):
    """One strategy as it is chosen."""

    id: str
    label: str
    note: str
    wanted: str = ""  # what has to be typed for it


WAYS = (
    Way("earliest", "Earliest", "everything that is retained is delivered again"),
    Way("latest", "Latest", "only what comes from now on"),
    Way("sequence", "Sequence…", "that event counts as done", "a sequence number, such as 920"),
    Way("time", "Time…", "from the first event of then", "14:30, or 2026-11-26T14:30:00Z"),
    Way("back", "Back by a time…", "so far back from now", "90m, 6h or 7d"),
    Way("shift", "Shift…", "from where each stands", "events: 50 on, -50 back"),
    Way(UNDO, "Undo…", "what an earlier move wrote over"),
    Way(COPY, "Copy…", "where another group stands"),
)
_BY_ID = {way.id: way for way in WAYS}


class Asked(NamedTuple):
    """What was chosen; `strategy` is None where more has to be asked: `way` says what."""

    way: str
    strategy: Strategy | None
    partitions: tuple[str, ...]  # none: all


class TypedError(ValueError):
    """What was typed is not what is wanted; the text says why."""


def strategy_typed(way: str, typed: str, now: float, utc_offset_s: float) -> Strategy | None:
    """The strategy of that name with what was typed for it; None where more is asked.

    `now` is server time; the zone is that in which times are shown.

    Raises:
        TypedError: It cannot be understood.
    """
    text = typed.strip()
    fixed: Mapping[str, Strategy] = {"earliest": ToEarliest(), "latest": ToLatest()}

    match way:
        case "sequence":
            return ToSequence(_whole(text, least=0))
        case "time":
            return ToTime(_moment(text, now, utc_offset_s))
        case "back":
            return ByDuration(_length(text))
        case "shift":
            return ShiftBy(_whole(text, least=None))
        case _:
            return fixed.get(way)


def _moment(text: str, now: float, utc_offset_s: float) -> float:
    at = moment_of(text, now, utc_offset_s)

    if at is None:
        raise TypedError("type a time such as 14:30, or 2026-11-26T14:30:00Z")

    return at


def _whole(text: str, *, least: int | None) -> int:
    if not re.fullmatch(r"[+-]?\d{1,19}", text, re.ASCII):
        raise TypedError("type a whole number")

    if (least is not None and int(text) < least) or (least is None and not int(text)):
        raise TypedError("no event has that number" if least is not None else "that shifts nothing")

    return int(text)


def _length(text: str) -> float:
    match = _LENGTH.fullmatch(text.lower())

    if match is None or not float(match[1]):
        raise TypedError("type a length of time, such as 90m, 6h or 7d")

    return float(match[1]) * _UNITS[match[2]]


class CheckpointScreen(Dialog[Asked]):
    """Answers with a strategy, and for which partitions."""

    HINT = "tab moves on · enter shows the plan · esc closes"
    PARTS: ClassVar[Mapping[str, int]] = {"ways": 3, "standing": 2, "scope": 1}
    AUTO_FOCUS = "#ways"
    DEFAULT_CSS = """
    CheckpointScreen {
        & > #box { width: 110; }
        #standing { color: $dim; }
        #scope { max-height: 2; }
    }
    """

    def __init__(self, group: str, standing: Sequence[str], chosen: Sequence[str]) -> None:
        super().__init__()
        self._group = group
        self._standing = standing
        self._chosen = tuple(chosen)

    @override
    def heading(self) -> str:
        return f"Checkpoints of {safe(self._group)}"

    @override
    def content(self) -> Iterable[Widget]:
        yield Passage("\n".join(self._standing), id="standing")
        yield OptionList(*self._scopes(), id="scope", classes="dialog--section")
        yield OptionList(*map(_option, WAYS), id="ways", classes="dialog--section")
        yield Input(id="value")
        yield Horizontal(
            Button("Cancel", id="cancel", compact=True),
            Button("Show the plan", id="plan", variant="primary", compact=True),
            id="buttons",
        )

    def _scopes(self) -> Iterable[Option]:
        if self._chosen:
            names = ", ".join(f"P{safe(name)}" for name in self._chosen)
            yield Option(Content.assemble(f"Only {names}", ("  selected", "$dim")), id="chosen")

        yield Option(Content("All partitions"), id="all")

    def on_mount(self) -> None:
        """Begin with the first of both."""
        for name in ("#scope", "#ways"):
            self.query_one(name, OptionList).highlighted = 0

    @property
    def _way(self) -> Way:
        option = self.query_one("#ways", OptionList).highlighted_option
        return _BY_ID[(option.id if option is not None else None) or WAYS[0].id]

    @on(OptionList.OptionHighlighted, "#ways")
    def ask_for_value(self) -> None:
        """The field is there where something has to be typed."""
        field, way = self.query_one("#value", Input), self._way
        field.display, field.placeholder = bool(way.wanted), way.wanted
        self.say_below(None)
        self.fit()

    @on(OptionList.OptionSelected, "#scope")
    def scope_chosen(self) -> None:
        """Now where to."""
        self.set_focus(self.query_one("#ways"))

    @on(OptionList.OptionSelected, "#ways")
    def way_chosen(self) -> None:
        """What needs a value is typed first."""
        field = self.query_one("#value", Input)

        if self._way.wanted and not field.value.strip():
            self.set_focus(field)
        else:
            self.answer()

    @on(Input.Submitted, "#value")
    @on(Button.Pressed, "#plan")
    def answer(self) -> None:
        """Answer, unless what was typed cannot be understood."""
        way = self._way
        scope = self.query_one("#scope", OptionList).highlighted_option
        is_chosen = scope is not None and scope.id == "chosen"
        typed = self.query_one("#value", Input).value
        now, zone_s = self.app.backend.snapshot.server_now, self.app.tables.clock.utc_offset_s

        try:
            strategy = strategy_typed(way.id, typed, now, zone_s)
        except TypedError as error:
            self.say_below(str(error))
            self.set_focus(self.query_one("#value"))
            return

        self.dismiss(Asked(way.id, strategy, self._chosen if is_chosen else ()))

    @on(Button.Pressed, "#cancel")
    def cancelled(self) -> None:
        """Close."""
        self.dismiss(None)


def _option(way: Way) -> Option:
    return Option(Content.assemble(f"{way.label:<17}", (way.note, "$dim")), id=way.id)


class CheckpointPlanScreen(ConfirmScreen):
    """The plan as a table, and as CSV in a file."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "export", "Save the plan as CSV", show=False),
    ]
    DEFAULT_CSS = "CheckpointPlanScreen > #box { width: 110; }"

    def __init__(
        self,
        confirmation: Confirmation,
        save: Callable[[], Awaitable[None]],
        *,
        off: str = "",
        anew: Callable[[], Confirmation | str] | None = None,
        try_out: Callable[[], Awaitable[Sequence[str]]] | None = None,
    ) -> None:
        super().__init__(confirmation, anew, try_out, off=off)
        self._save = save

    @override
    def hint(self) -> str:
        return f"{super().hint()} · ctrl+s saves CSV"

    def action_export(self) -> None:
        """Keep the plan as CSV, which `ehtui checkpoint apply --from-file` reads."""
        self.run_worker(self._save(), group="export", exit_on_error=False)
