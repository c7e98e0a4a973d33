"""What to choose from: lists, by typing or by a letter; columns; signals; a line at the foot."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual import events, on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, SelectionList, Static
from textual.widgets.option_list import Option
from textual.widgets.selection_list import Selection
from typing_extensions import override

from ehtui.domain.actions import signalling
from ehtui.domain.values import Value
from ehtui.tui.filtering import FilterError, parse_line
from ehtui.tui.screens.dialog import LIST_LINES, Dialog, Passage, text
from ehtui.tui.strips import fit
from ehtui.tui.typeahead import Prompt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget


class Choice(Value, frozen=True):
    """What a choice means and how it reads."""

    value: str
    label: str
    note: str = ""
    letter: str = ""  # chooses it at once
    searched: str = ""  # what typing narrows by, where that is more than what is shown


LABEL_CELLS = 48  # before a note


class ChoiceScreen(Dialog[str]):
    """Answers with the value of the chosen line."""

    PARTS: ClassVar[Mapping[str, int]] = {"choices": 3}

    def __init__(
        self,
        heading: str,
        choices: Sequence[Choice],
        current: str | None = None,
        *,
        is_typed: bool = False,
    ) -> None:
        super().__init__()
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

        if any(choice.letter for choice in self._choices):
            return f"a letter chooses at once · {keys}"

        return f"type to filter · ↑↓ moves · {keys}" if self._is_typed else keys

    @override
    def content(self) -> Iterable[Widget]:
        if self._is_typed:
            yield Input(placeholder="type to filter")

        classes = "dialog--section" if self._is_typed else ""
        yield OptionList(*self._options(), id="choices", classes=classes)

    @override
    def lines_of(self, part: Widget, width: int) -> int:
        """A list that is narrowed by typing keeps its height."""
        is_steady = self._is_typed and part.id == "choices"

        return LIST_LINES if is_steady else super().lines_of(part, width)

    def _options(self) -> Iterable[Option]:
        longest = max((cell_len(choice.label) for choice in self._choices), default=0)
        width = min(longest, LABEL_CELLS)
        has_letters = any(choice.letter for choice in self._choices)

        for choice in self._shown:
            letter = f"{choice.letter:<3}" if has_letters else ""
            label = f"{fit(choice.label, width)}  " if choice.note else choice.label
            yield Option(Content.assemble((letter, "bold $primary"), label, (choice.note, "$dim")))

    def on_mount(self) -> None:
        """Begin at what is chosen now."""
        values = [choice.value for choice in self._choices]
        options = self.query_one(OptionList)
        options.highlighted = values.index(self._current) if self._current in values else 0
        self.set_focus(self.query_one(Input) if self._is_typed else options)

    def on_key(self, event: events.Key) -> None:
        """A letter chooses its line at once."""
        letters = {choice.letter: choice.value for choice in self._choices if choice.letter}

        if event.character in letters and not self._is_typed:
            event.stop()
            self.dismiss(letters[event.character])

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
            if matches is None or matches(f"{choice.label} {choice.searched or choice.note}")
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


MOTION_LETTERS = "jk"


def letters(names: Iterable[tuple[str, str]], first: str = "") -> dict[str, str]:
    """A letter for each of these (key, title): its initial, or the next of its own that is free.

    The one whose key is `first` has its initial for sure.
    """
    chosen: dict[str, str] = {}

    for key, title in sorted(names, key=lambda name: name[0] != first):
        free = (
            letter
            for letter in f"{title}{key}".lower()
            if letter.isalpha() and letter not in MOTION_LETTERS and letter not in chosen.values()
        )
        chosen[key] = next(free, "")

    return chosen


class LetterScreen(Prompt[str | None]):
    """Answers with the letter that is pressed of those that a line at the foot names."""

    DEFAULT_CSS = """
    LetterScreen {
        background: transparent;
        &:ansi { background: transparent; }
        Static { dock: bottom; height: auto; background: $panel; padding: 0 1; }
    }
    """

    def __init__(self, heading: str, choices: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._heading = heading
        self._choices = choices

    @override
    def compose(self) -> ComposeResult:
        pieces: list[Content | tuple[str, str] | str] = [(f"{self._heading}:", "bold")]

        for letter, what in (*self._choices, ("esc", "nothing")):
            pieces += [
                "  ",
                (letter, "bold $primary"),
                "\u00a0",
                (what.replace(" ", "\u00a0"), "$dim"),
            ]

        yield Static(Content.assemble(*pieces))

    def on_key(self, event: events.Key) -> None:
        """Answer; any other key is none."""
        event.stop()
        known = {letter for letter, _ in self._choices}
        self.dismiss(event.character if event.character in known else None)


class ColumnsScreen(Dialog[tuple[str, ...]]):
    """Answers with the keys of the columns to show."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", "Apply", show=False, priority=True),
    ]
    HEADING = "Columns"
    PARTS: ClassVar[Mapping[str, int]] = {"columns": 3}
    HINT = "space shows or hides · enter applies · esc closes"
    DEFAULT_CSS = """
    ColumnsScreen SelectionList, ColumnsScreen SelectionList:focus {
        border: none;
        padding: 0;
        background: transparent;
    }
    """

    def __init__(self, pane: str, columns: Sequence[Choice], shown: Sequence[str]) -> None:
        super().__init__()
        self._pane = pane
        self._columns = columns
        self._shown = shown

    @override
    def content(self) -> Iterable[Widget]:
        width = max(len(column.label) for column in self._columns) + 2

        yield SelectionList[str](
            *(
                Selection(
                    Content.assemble(column.label.ljust(width), (column.value, "$dim")),
                    column.value,
                    column.value in self._shown,
                )
                for column in self._columns
            ),
            id="columns",
        )
        yield text("", "hint dialog--section")

    @on(SelectionList.SelectedChanged)
    @on(events.Mount)
    def tell_how_to_keep_them(self) -> None:
        """As config.yaml has them."""
        wanted = f"ui: {{columns: {{{self._pane}: [{', '.join(self._chosen())}]}}}}"
        self.query_one(".hint", Static).update(
            Content(f"For this session. For good, in config.yaml:\n{wanted}")
        )

    def _chosen(self) -> tuple[str, ...]:
        """In the order of the table."""
        selected = set(self.query_one(SelectionList).selected)

        return tuple(column.value for column in self._columns if column.value in selected)

    def action_apply(self) -> None:
        """Answer; without any there would be no table."""
        if chosen := self._chosen():
            self.dismiss(chosen)
        else:
            self.say_below("at least one column · space shows it · esc closes")


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
    "BREAK": "asks to stop, as Ctrl-Break does; only reaches a group of ehtui's own console",
}


# TERM first; who has not ended by then is killed.
ESCALATING = "SIGTERM, then SIGKILL"


MOST_LINES = {"targets": 4, "costs": 8}


class SignalScreen(Dialog[str]):
    """A menu of signals; the answer is a name such as "TERM"."""

    HINT = "enter shows the plan · esc closes"
    PARTS: ClassVar[Mapping[str, int]] = {"signals": 3, "costs": 2, "targets": 1}
    DEFAULT_CSS = """
    SignalScreen {
        & > #box { width: 92; }
        #costs { color: $warning; }
    }
    """

    def __init__(
        self,
        about: str,
        signals: Sequence[str],
        targets: Sequence[str],
        costs: Callable[[str], Sequence[str]],
    ) -> None:
        super().__init__()
        self._about = about
        self._signals = signals
        self._targets = targets
        self._costs = costs  # of each that is on offer
        self._most_costs = 0

    @override
    def heading(self) -> str:
        return f"Signal {self._about}"

    @override
    def content(self) -> Iterable[Widget]:
        yield Passage("\n".join(self._targets), id="targets")
        yield OptionList(
            *(Option(_option(name), id=name) for name in self._offered()),
            id="signals",
            classes="dialog--section",
        )
        yield Passage(id="costs", classes="dialog--section")

    @override
    def lines_of(self, part: Widget, width: int) -> int:
        """What one signal costs takes as many lines as the longest before: the box stands still."""
        lines = super().lines_of(part, width)

        if part.id == "costs":
            lines = self._most_costs = max(lines, self._most_costs)

        return min(lines, MOST_LINES.get(part.id or "", lines))

    @on(OptionList.OptionHighlighted)
    def tell_costs(self, event: OptionList.OptionHighlighted) -> None:
        """What the signal under the cursor would cost."""
        if event.option_id is not None:
            self.query_one("#costs", Passage).tell("\n".join(self._costs(event.option_id)))
            self.fit()

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

    return Content.assemble((f"{signalling.here.called(name):<8} ", "bold"), (meaning, "$dim"))
