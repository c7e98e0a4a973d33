"""Every key, from the table and the bindings in force; and what signs and states mean."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from typing_extensions import override

from ehtui.tui.keys import KEYS, Key, Section, written
from ehtui.tui.obstacles import Situation, obstacle
from ehtui.tui.screens.dialog import Reading, Wrapped, hanging, text
from ehtui.views.legend import sections
from ehtui.views.legend.words import Chapter

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from textual.widget import Widget

    from ehtui.views.formats import Language

_KEY_CELLS = 13
# Columns and findings are many: `ehtui explain` has them.
_LEGEND = (
    Chapter.SIGNS,
    Chapter.HEALTH,
    Chapter.LEASES,
    Chapter.ROLES,
    Chapter.LOGS,
    Chapter.PROOFS,
    Chapter.SOURCES,
)
_MORE = "Columns and findings: ehtui explain, ehtui explain lease.overdue"


class HelpScreen(Reading):
    """Keys by section; a user's keymap shows as it is in force."""

    HEADING = "Keys and legend"
    DEFAULT_CSS = """
    HelpScreen Wrapped { margin-top: 1; }
    """

    def __init__(
        self,
        keymap: Mapping[str, str],
        *,
        read_only: bool,
        now: Situation | None = None,
        language: Language = "en",
    ) -> None:
        super().__init__()
        self._language = language
        self._keymap = keymap
        self._read_only = read_only
        self._now = now

    @override
    def content(self) -> Iterable[Widget]:
        yield VerticalScroll(*self._sections())

    def _sections(self) -> Iterable[Widget]:
        for section in Section:
            keys = [key for key in KEYS if key.section is section]
            yield text(Content.styled(section, "bold $primary"), "dialog--section")
            yield text(Content("\n").join(self._line(key) for key in keys))

        yield Wrapped(partial(_legend, self._language))
        yield text(Content.styled(_MORE, "$dim"), "dialog--section")

    def _line(self, key: Key) -> Content:
        keys = self._keymap.get(key.id)
        shown = key.written if keys is None else written(keys)
        reason = "read-only" if key.is_dangerous and self._read_only else ""
        reason = reason or (obstacle(key, self._now) if self._now is not None else "")
        note = f"  ({reason})" if reason else ""
        styles = ("$dim", "$dim") if reason else ("bold", "")

        return Content.assemble(
            (f"{shown:<{_KEY_CELLS}}", styles[0]),
            (f"{key.description}  ", styles[1]),
            (key.id + note, "$dim"),
        )


def _legend(language: Language, width: int) -> Content:
    """Chapter by chapter; a meaning that is too long goes on below itself."""
    return Content("\n\n").join(
        Content("\n").join(
            [
                Content.styled(section.heading, "bold $primary"),
                *(
                    hanging(
                        f"{f'{line.label} ':<{_KEY_CELLS}}", line.value, width, label_style="bold"
                    )
                    for line in section.lines
                ),
            ]
        )
        for section in sections(*_LEGEND, language=language)
    )
