"""What is said of a fault of ours after the screen has gone: where it was, without values.

Textual shows every variable of every frame, and those hold what people configured.
"""

from __future__ import annotations

from typing import Any

from rich.console import Console
from typing_extensions import override

from ehtui.domain.text import mask_secrets, visible
from ehtui.views.width import cut

_FRAME = "╭│╰"


class LastWords(Console):
    """A console that prints no local variables, no secrets and no control characters."""

    @override
    def print(self, *objects: Any, **_: Any) -> None:
        text = "".join(
            segment.text for each in objects for segment in self.render(each) if not segment.control
        )
        self.file.write(f"{cleaned(text, self.width)}\n")
        self.file.flush()


def cleaned(text: str, width: int) -> str:
    """A traceback without the boxes of variables in it, its last sentence on one line."""
    kept: list[str] = []
    column: int | None = None  # where the box of variables begins: below the code, or beside it

    for line in text.splitlines():
        if column is None and " locals " in line and "╭" in line[1:]:
            column = len(line[: line.index("╭", 1)])

        kept.append((line if column is None else cut(line, column, ellipsis="")).rstrip(" │"))

        if column is not None and "╰" in line[1:]:
            column = None

    framed = [line for line in kept if line and line[0] in _FRAME]
    said = [line for line in kept if line and line[0] not in _FRAME]
    told = [*framed, _joined(said, width)]

    return visible(mask_secrets("\n".join(told)), keep_newlines=True)


def _joined(lines: list[str], width: int) -> str:
    """A sentence that was broken for the width: where a line is full, within a word."""
    return "".join(line if len(line) >= width else f"{line} " for line in lines).rstrip()
