"""What all dialogs share: a quiet box in the middle, escape, and lists that stand still below."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from rich.cells import cell_len
from textual import events, on
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.geometry import Offset, Size
from textual.scroll_view import ScrollView
from textual.widgets import Button, OptionList, Static
from typing_extensions import override

from ehtui.tui.keys import Scope, bindings, motions
from ehtui.tui.strips import wrap
from ehtui.tui.typeahead import Prompt
from ehtui.views.cells import Tone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.app import ComposeResult
    from textual.widget import Widget

    from ehtui.domain.snapshot import Snapshot
    from ehtui.tui.host import Host

Answer = TypeVar("Answer")

LOW = 24  # lines up to which a dialog may have the whole screen
LIST_LINES = 12
TIGHT = 16  # lines below which there is no air between its parts
_ANY_LINES = 10_000
_FRAME = Size(4, 2)  # border and padding


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
    # Ids of parts that scroll where lines are scarce, and the fewest lines that each keeps. What
    # is left goes to the one that is named first.
    PARTS: ClassVar[Mapping[str, int]] = {}
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
        self.fit()
        self.call_after_refresh(self.app.place_toasts)

    def kept_lines(self) -> range:
        """All of it; nothing while it opens or goes."""
        regions = [box.region for box in self.query("#box")]

        return range(regions[0].y, regions[0].bottom) if regions else range(0)

    @on(events.Resize)
    def fit_anew(self) -> None:
        """The terminal has another size."""
        self.fit()

    def fit(self) -> None:
        """Share the screen's lines out among the parts: those that matter are seen whole."""
        screen = self.app.size

        if not self.is_mounted or not (boxes := self.query("#box")):
            return  # the application ends while it opens

        box = boxes.first()
        share = 1.0 if screen.height <= LOW else 0.9
        box.styles.max_height = f"{share:.0%}"
        wide = box.styles.width.cells if box.styles.width is not None else None
        width = min(wide or screen.width, screen.width * 96 // 100)
        room = int(screen.height * share) - _FRAME.height
        shown = [child for child in box.children if child.display]

        for child in shown:
            is_below = child.has_class("dialog--section") or child.id == "buttons"
            child.styles.margin = (int(is_below and screen.height >= TIGHT), 0, 0, 0)
            room -= child.styles.margin.height

        wanted = {child: self.lines_of(child, width - _FRAME.width) for child in shown}
        fixed = [child for child in shown if child.id not in self.PARTS]
        parts = {child.id: child for child in shown if child.id in self.PARTS}
        ranked = [(parts[name], least) for name, least in self.PARTS.items() if name in parts]
        lines = shared_out(
            room - sum(wanted[child] for child in fixed),
            [(least, wanted[part]) for part, least in ranked],
        )

        for (part, _), height in zip(ranked, lines, strict=True):
            part.styles.height = height

    def lines_of(self, part: Widget, width: int) -> int:
        """How many lines a part would take; of a long list it takes a dozen."""
        if isinstance(part, OptionList):
            return min(part.option_count, LIST_LINES)

        return part.get_content_height(Size(width, 0), self.app.size, width)

    @on(OptionList.OptionHighlighted)
    def mark_option(self, event: OptionList.OptionHighlighted) -> None:
        """Let the terminal's own cursor stand on what is chosen: screen readers follow it."""
        options = event.option_list
        line = event.option_index - options.scroll_offset.y
        self.app.cursor_position = options.content_region.offset + Offset(0, max(0, line))

    @on(events.DescendantFocus)
    def mark_button(self, event: events.DescendantFocus) -> None:
        """The same for buttons."""
        if isinstance(event.widget, Button):
            self.app.cursor_position = event.widget.content_region.offset

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


class Reads:
    """What a command can be typed over."""

    app: Host

    def action_command_line(self) -> None:
        """Type a command, which closes this."""
        self.app.type_command()


class Reading(Reads, Dialog[None]):
    """Something to read."""

    BINDINGS: ClassVar[list[BindingType]] = list(bindings(Scope.READING))
    app: Host


def shared_out(room: int, parts: Sequence[tuple[int, int]]) -> list[int]:
    """Lines for parts, given as (fewest, wanted): the fewest to each, the rest to the first."""
    lines = [min(part) for part in parts]
    spare = max(0, room - sum(lines))

    for at, (_, wanted) in enumerate(parts):
        more = min(spare, wanted - lines[at])
        lines[at] += more
        spare -= more

    return lines


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


class Passage(VerticalScroll, can_focus=False):
    """Words in lines of their own, which scroll where those are too few."""

    DEFAULT_CSS = "Passage { height: auto; }"

    def __init__(self, words: str = "", *, id: str, classes: str = "") -> None:  # noqa: A002
        self._words = text(words)
        self._told = words
        super().__init__(self._words, id=id, classes=classes)

    def tell(self, words: str) -> None:
        """Show newer words; without any it takes no line."""
        if words != self._told:
            self._told = words
            self._words.update(Content(words))

        self.display = bool(words)

    @property
    def told(self) -> str:
        """The words that it shows."""
        return self._told

    def scrolls(self, lines: int) -> bool:
        """Scroll by so many lines, and say whether there was anything left that way."""
        is_left = self.scroll_y < self.max_scroll_y if lines > 0 else self.scroll_y > 0
        self.scroll_relative(y=lines, animate=False)

        return is_left and self.display


class Wrapped(Static):
    """Text that is broken anew for the width that it has."""

    def __init__(self, tell: Callable[[int], Content] = lambda _: Content()) -> None:
        super().__init__()
        self._tell = tell

    def show(self, tell: Callable[[int], Content]) -> None:
        """Draw what `tell` says for a width."""
        self._tell = tell
        self._break_lines()

    @override
    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return self._tell(width).get_height({}, width) if width else 0

    @on(events.Resize)
    def _break_lines(self) -> None:
        if self.size.width:
            self.update(self._tell(self.size.width))


def hanging(
    label: str, words: str, width: int, *, style: str = "", label_style: str = ""
) -> Content:
    """A label and words, whose further lines begin below the first one's words."""
    indent = cell_len(label)
    parts = wrap(words, max(10, width - indent), _ANY_LINES)
    told = f"\n{' ' * indent}".join(parts)

    return Content.assemble((label, label_style), (told, style.strip()))
