"""A short list to choose one from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option
from typing_extensions import override

from ehtui.tui.screens.dialog import Dialog

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

    HINT = "enter chooses · esc closes"

    def __init__(self, heading: str, choices: Sequence[Choice], current: str | None = None) -> None:
        super().__init__()
        self._heading = heading
        self._choices = choices
        self._current = current

    @override
    def heading(self) -> str:
        return self._heading

    @override
    def content(self) -> Iterable[Widget]:
        width = max((len(choice.label) for choice in self._choices), default=0) + 2

        yield OptionList(
            *(
                Option(
                    Content.assemble(choice.label.ljust(width), (choice.note, "$dim")),
                    id=f"c{place}",
                )
                for place, choice in enumerate(self._choices)
            )
        )

    def on_mount(self) -> None:
        """Begin at what is chosen now."""
        values = [choice.value for choice in self._choices]
        options = self.query_one(OptionList)
        options.highlighted = values.index(self._current) if self._current in values else 0
        options.focus()

    @on(OptionList.OptionSelected)
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        self.dismiss(self._choices[event.option_index].value)
