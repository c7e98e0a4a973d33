"""Writes docs/legend.md and docs/ko/legend.md (`make legend`); a test holds them current."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.views.legend import markdown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.views.formats import Language

_DOCS = Path(__file__).parent.parent / "docs"
PAGES: Mapping[Language, Path] = {"en": _DOCS / "legend.md", "ko": _DOCS / "ko" / "legend.md"}
_HEADS: Mapping[Language, str] = {
    "en": """\
# Legend

What every sign, state, column and finding means. `?` shows the signs and states on the screen,
`ehtui explain NAME` any of these in a terminal: `ehtui explain overdue`,
`ehtui explain 'wait 3/10'`, `ehtui explain lease.expired`. Made by `make legend`.

""",
    "ko": """\
# 범례

기호, 상태, 열, 진단의 뜻입니다. 화면에서 `?`를 누르면 기호와 상태가 보이고,
터미널에서는 `ehtui explain --lang ko NAME`으로 볼 수 있습니다:
`ehtui explain --lang ko overdue`, `ehtui explain --lang ko 인계`,
`ehtui explain --lang ko lease.expired`. `make legend`로 만듭니다.

""",
}


def page(language: Language) -> str:
    """The whole page."""
    return _HEADS[language] + markdown(language)


if __name__ == "__main__":
    for code, path in PAGES.items():
        path.write_text(page(code), encoding="utf-8")
