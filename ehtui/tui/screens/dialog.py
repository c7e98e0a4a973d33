"""What all dialogs share: a quiet box in the middle, escape, and lists that stand still below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.scroll_view import ScrollView
from textual.widgets import OptionList, Static
from typing_extensions import override

from ehtui.tui.keys import motions
from ehtui.tui.typeahead import Prompt
from ehtui.views.cells import Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.app import ComposeResult
    from textual.widget import Widget

    from ehtui.domain.snapshot import Snapshot
    from ehtui.tui.host import Host

Answer = TypeVar("Answer")


class Dialog(Prompt[Answer | None], Generic[Answer]):
    """A question. Escape answers None; the overview below is frozen until then."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss_none", "Close", show=False),
        *motions(),
    ]
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: $background 50%;
        & > #box {
            width: 76;
            max-width: 96%;
            height: auto;
            max-height: 90%;
            background: $background;
            border: round $rule;
            border-title-color: $primary;
            border-title-style: bold;
            border-subtitle-color: $dim;
            padding: 0 1;
        }
        .hint { color: $dim; }
        .dialog--section { margin-top: 1; }
        Button { margin-left: 2; }
        #buttons { height: 1; margin-top: 1; align-horizontal: right; }
    }
    Dialog:ansi { background: ansi_default; }
    """
    HEADING = ""
    app: Host
    _words_below: str | None = None
    HINT = "esc closes"

    @override
    def compose(self) -> ComposeResult:
        box = Vertical(*self.content(), id="box")
        box.border_title = Content(self.heading())
        box.border_subtitle = Content(self._foot())

        if self.app.has_class("-ascii"):
            box.styles.border = ("ascii", "white")

        yield box

    @on(events.Mount)
    def date(self) -> None:
        """Say of which moment it speaks, also when that becomes long ago while it is open."""
        self.watch(self.app, "snapshot", self._redate, init=False)

    def say_below(self, words: str | None) -> None:
        """Something else at the foot than the keys; None is the keys again."""
        self._words_below = words
        self._redate()

    def _redate(self) -> None:
        box, words = self.query_one("#box"), Content(self._foot())

        if str(box.border_subtitle) != words.plain:
            box.border_subtitle = words

    def _foot(self) -> str:
        as_of = self.app.pause.as_of(self.subject_of_time())
        words = self.hint() if self._words_below is None else self._words_below

        return f"{as_of} · {words}" if as_of else words

    def subject_of_time(self) -> Snapshot:
        """The picture that it speaks of."""
        return self.app.snapshot

    def heading(self) -> str:
        """The title in the border."""
        return self.HEADING

    def hint(self) -> str:
        """The keys, at the foot."""
        return self.HINT

    def content(self) -> Iterable[Widget]:
        """What stands in the box."""
        raise NotImplementedError

    # The keys that move in a table move here too.

    def moving(self) -> Widget | None:
        """The list or the text that they move: what has the focus, else the first that scrolls."""
        if isinstance(self.focused, OptionList | ScrollView | VerticalScroll):
            return self.focused

        return None if self.focused is not None else next(iter(self.query(VerticalScroll)), None)

    def action_move(self, rows: int) -> None:
        """A line up or down."""
        moved = self.moving()

        if isinstance(moved, OptionList):
            moved.action_cursor_down() if rows > 0 else moved.action_cursor_up()
        elif moved is not None:
            moved.scroll_relative(y=rows, animate=False)

    def action_page(self, pages: int) -> None:
        """A screen of lines up or down."""
        moved = self.moving()

        if isinstance(moved, OptionList):
            pagings: dict[bool, Callable[[], None]] = {
                True: moved.action_page_down,
                False: moved.action_page_up,
            }
            pagings[pages > 0]()
        elif moved is not None:
            moved.scroll_relative(y=pages * moved.size.height, animate=False)

    def action_half_page(self, pages: int) -> None:
        """Half a screen of lines up or down."""
        moved = self.moving()
        lines = max(1, moved.size.height // 2) if moved is not None else 0

        if isinstance(moved, OptionList):
            for _ in range(lines):
                self.action_move(pages)
        elif moved is not None:
            moved.scroll_relative(y=pages * lines, animate=False)

    def action_first(self) -> None:
        """To the beginning."""
        moved = self.moving()

        if isinstance(moved, OptionList):
            moved.action_first()
        elif moved is not None:
            moved.scroll_home(animate=False)

    def action_last(self) -> None:
        """To the end."""
        moved = self.moving()

        if isinstance(moved, OptionList):
            moved.action_last()
        elif moved is not None:
            moved.scroll_end(animate=False)

    def action_dismiss_none(self) -> None:
        """Close without an answer."""
        self.dismiss(None)


TONES = {
    Tone.PLAIN: "",
    Tone.DIM: "$dim",
    Tone.GOOD: "$success",
    Tone.INFO: "$primary",
    Tone.WARNING: "$warning",
    Tone.CRITICAL: "bold $error",
}


def text(words: str | Content, classes: str = "") -> Static:
    """Words as text, never as markup."""
    return Static(Content(words) if isinstance(words, str) else words, classes=classes)
