"""Every link of every page leads somewhere: to a file that is there, to a heading that it has."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parent.parent
PAGES = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "contrib").rglob("*.md")]
)
_LINK = re.compile(r"!?\[[^\]]*\]\((?P<to>[^)\s]+)\)")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} (?P<text>.+)$", re.MULTILINE)
_MARKUP = re.compile(r"[^\w\- ]")


def anchors(page: Path) -> set[str]:
    """As a forge names headings."""
    text = page.read_text(encoding="utf-8")
    found: set[str] = set()

    for heading in _HEADING.finditer(re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)):
        name = _MARKUP.sub("", heading["text"].strip().lower()).replace(" ", "-")
        found.add(name if name not in found else f"{name}-1")

    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    broken = []

    for link in _LINK.finditer(text):
        place, _, anchor = unquote(link["to"]).partition("#")

        if place.startswith(("http://", "https://", "mailto:")):
            continue

        target = (page.parent / place).resolve() if place else page
        is_there = target.exists() and target.is_relative_to(ROOT)
        is_heading = not anchor or target.suffix != ".md" or anchor in anchors(target)

        if not is_there or not is_heading:
            broken.append(link["to"])

    assert not broken


def test_every_page_is_on_the_site() -> None:
    listed = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")

    for page in PAGES:
        assert f": {page.relative_to(ROOT).as_posix()}\n" in listed
