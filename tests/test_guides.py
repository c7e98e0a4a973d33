"""What guides tell somebody to type, press, play or open is there, in both languages."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from ehtui.cli.parser import build_parser
from ehtui.sandbox.scenes import SCENES
from ehtui.tui.keys import KEYS, default_keys, written
from ehtui.views import legend

ROOT = Path(__file__).parent.parent
# A page, and the same in Korean.
PAIRS = (
    ("docs/guide.md", "docs/ko/guide.md"),
    ("docs/cookbook.md", "docs/ko/cookbook.md"),
)
PAGES = [*(page for pair in PAIRS for page in pair), "README.ko.md"]
COPIES = {"o", "l"}  # what follows <kbd>y</kbd>
_WORDS = re.compile(r"`(ehtui [^`\n]+)`")
_LINES = re.compile(r"^\$ (?:\w+=\S+ )*(ehtui .*)$", re.MULTILINE)
_LINK = re.compile(r"\]\(([^)#\s]+)?(#[^)]*)?\)")


def text_of(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """Every command of ehtui, as a shell gives its words, in the order of the page."""
    found = sorted(
        (match.start(), match[1])
        for pattern in (_LINES, _WORDS)
        for match in pattern.finditer(text)
    )
    words = [shlex.split(line.split(" > ")[0].split(" | ")[0], comments=True) for _, line in found]
    return [given[1:] for given in words]


def without_language(words: list[str]) -> list[str]:
    place = words.index("--lang") if "--lang" in words else len(words)
    return words[:place] + words[place + 2 :]


PARSER = build_parser()


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_understood(page: str) -> None:
    told = commands(text_of(page))
    assert told

    for words in told:
        PARSER.parse_args([word for word in words if word != "&"])


@pytest.mark.parametrize("page", PAGES)
def test_every_scene_is_there_to_play(page: str) -> None:
    scenes = re.findall(r"--scene ([a-z-]+)", text_of(page))

    assert set(scenes) <= set(SCENES)


@pytest.mark.parametrize("page", PAGES)
def test_every_key_is_one(page: str) -> None:
    pressed = set(re.findall(r"<kbd>(.*?)</kbd>", text_of(page)))
    keys = {key for each in KEYS for key in written(default_keys(each.id)).split()}

    assert pressed <= keys | COPIES


@pytest.mark.parametrize("page", PAGES)
def test_every_word_that_is_to_be_explained_is(page: str) -> None:
    for words in map(without_language, commands(text_of(page))):
        if words[:1] == ["explain"]:
            assert legend.explained(" ".join(words[1:])), words


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    folder = (ROOT / page).parent

    for path, anchor in _LINK.findall(text_of(page)):
        if path.startswith("http"):
            continue

        target = folder / path if path else ROOT / page
        assert target.exists(), path
        headings = (
            re.findall(r"^#+ (.*)$", target.read_text("utf-8"), re.MULTILINE) if anchor else ()
        )
        slugs = {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}
        assert not anchor or anchor[1:] in slugs, anchor


@pytest.mark.parametrize(("english", "korean"), PAIRS)
def test_korean_shows_the_same_commands_and_keys_in_the_same_order(
    english: str, korean: str
) -> None:
    told = [without_language(words) for words in commands(text_of(english))]
    said = [without_language(words) for words in commands(text_of(korean))]

    assert sorted(said) == sorted(told)
    assert sorted(re.findall(r"<kbd>.*?</kbd>", text_of(korean))) == sorted(
        re.findall(r"<kbd>.*?</kbd>", text_of(english))
    )
    shown = r"^\$ .*$"
    lines = re.findall(shown, text_of(korean).replace(" --lang ko", ""), re.MULTILINE)
    assert lines == re.findall(shown, text_of(english), re.MULTILINE)
