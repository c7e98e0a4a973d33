"""Writes docs/legend.md from the legend (`make legend`); a test holds it current."""

from __future__ import annotations

from pathlib import Path

from ehtui.views.legend import markdown

PAGE = Path(__file__).parent.parent / "docs" / "legend.md"
_HEAD = """\
# Legend

What every sign, state, column and finding means. `?` shows the signs and states on the screen,
`ehtui explain NAME` any of these in a terminal: `ehtui explain overdue`,
`ehtui explain 'wait 3/10'`, `ehtui explain lease.expired`. Made by `make legend`.

"""


def page() -> str:
    """The whole page."""
    return _HEAD + markdown()


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
