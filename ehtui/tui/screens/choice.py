"""Lists to choose one from: anything, narrowed by typing, and signals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option
from typing_extensions import override

from ehtui.tui.filtering import FilterError, parse_line
from ehtui.tui.screens.dialog import Dialog, text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.widget import Widget


@dataclass(frozen=True, slots=True)
class Choice:
    """What a choice means and how it reads."""

    value: str
    label: str
    note: str = ""


class ChoiceScreen(Dialog[str]):
    """Answers with the value of the chosen line."""

    DEFAULT_CSS = """
    ChoiceScreen.-typed OptionList { height: 12; margin-top: 1; }
    """

    def __init__(
        self,
        heading: str,
        choices: Sequence[Choice],
        current: str | None = None,
        *,
        is_typed: bool = False,
    ) -> None:
        super().__init__(classes="-typed" if is_typed else None)
        self._heading = heading
        self._choices = choices
        self._shown = choices
        self._current = current
        self._is_typed = is_typed

    @override
    def heading(self) -> str:
        return self._heading

    @override
    def hint(self) -> str:
        keys = "enter chooses · esc closes"

        return f"type to filter · ↑↓ moves · {keys}" if self._is_typed else keys

    @override
    def content(self) -> Iterable[Widget]:
        if self._is_typed:
            yield Input(placeholder="type to filter")

        yield OptionList(*self._options())

    def _options(self) -> Iterable[Option]:
        width = max((len(choice.label) for choice in self._choices), default=0) + 2

        for choice in self._shown:
            label = choice.label.ljust(width)
            yield Option(Content.assemble(label, (choice.note, "$dim")))

    def on_mount(self) -> None:
        """Begin at what is chosen now."""
        values = [choice.value for choice in self._choices]
        options = self.query_one(OptionList)
        options.highlighted = values.index(self._current) if self._current in values else 0
        self.set_focus(self.query_one(Input) if self._is_typed else options)

    @on(Input.Changed)
    def narrow(self, event: Input.Changed) -> None:
        """Lines that match what is typed, which is read as a filter is."""
        try:
            matches, complaint = parse_line(event.value), None
        except FilterError as error:
            matches, complaint = None, f"{error}; all are shown"

        self.say_below(complaint)
        self._shown = [
            choice
            for choice in self._choices
            if matches is None or matches(f"{choice.label} {choice.note}")
        ]
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(self._options())
        options.highlighted = 0 if self._shown else None

    @override
    def moving(self) -> Widget:
        """The list's keys work while one types."""
        return self.query_one(OptionList)

    @on(Input.Submitted)
    def choose_highlighted(self) -> None:
        """Enter in the field chooses in the list."""
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        self.dismiss(self._shown[event.option_index].value)


# What each asks of a process. What it does to this one's leases is the plan's business.
_MEANING = {
    "INT": "asks to stop, as Ctrl-C does",
    "TERM": "asks to stop, as a supervisor does",
    "QUIT": "asks to stop and dump core",
    "KILL": "cannot be caught: it dies without releasing its partitions",
    "HUP": "terminal closed; many programs reload",
    "USR1": "up to the program",
    "USR2": "up to the program",
    "STOP": "freezes it: its leases expire while it looks alive",
    "CONT": "resumes a frozen process",
}


# TERM first; who has not ended by then is killed.
ESCALATING = "SIGTERM, then SIGKILL"


class SignalScreen(Dialog[str]):
    """A menu of signals; the answer is a name such as "TERM"."""

    HEADING = "Signal"
    HINT = "enter shows the plan · esc closes"

    def __init__(self, signals: Sequence[str], targets: Sequence[str]) -> None:
        super().__init__()
        self._signals = signals
        self._targets = targets

    @override
    def content(self) -> Iterable[Widget]:
        yield text("\n".join(self._targets))
        yield OptionList(
            *(Option(_option(name), id=name) for name in self._offered()),
            classes="dialog--section",
        )

    def _offered(self) -> list[str]:
        both = {"TERM", "KILL"} <= set(self._signals)

        return [*self._signals, *([ESCALATING] if both else [])]

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Answer with the chosen signal."""
        self.dismiss(event.option_id)


def _option(name: str) -> Content:
    if name == ESCALATING:
        return Content.assemble((name, "bold"), (" after 10 s", "$dim"))

    meaning = _MEANING.get(name, "")

    return Content.assemble((f"SIG{name:<6}", "bold"), (meaning, "$dim"))
