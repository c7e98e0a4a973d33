"""What docs, README and sample say of the keys, from `ehtui.tui.keys`; `make keys` writes it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from ehtui.tui.commands import COMMANDS
from ehtui.tui.keys import KEYS, VIM, Key, Section, default_keys, written

ROOT = Path(__file__).parent.parent
# Between two of these lines everything is made here.
_MARKED = {
    "README.md": ("<!-- keys: made by `make keys` -->", "<!-- end of keys -->"),
    "docs/keys.md": ("<!-- keys: made by `make keys` -->", "<!-- end of keys -->"),
    "config.yaml": ("# Actions and their keys, which `keymap` can change:", "#  keymap: {}"),
}
_README_PER_SECTION = {
    Section.ACT: "Act",
    Section.LOOK: "Look",
    Section.FIND: "Find",
    Section.MOVE: "Move",
    Section.GENERAL: "General",
}
_PANES = tuple("12345")
# What one comes for, by how many keys at most, from the screen as it opens; a test presses them.
KEYSTROKES = (
    ("the partition that lags most, and why", 2, "W"),
    ("why the selected row is as it is", 1, "w"),
    ("end the selected partition's or finding's consumer, gracefully", 4, "K enter right enter"),
    ("restart it", 3, "R right enter"),
    ("the event that a checkpoint stands before", 1, "e"),
    ("copy an owner id", 2, "y o"),
    ("a link to the selected row for a colleague", 2, "y l"),
    ("what changed in the last five minutes", 2, "t"),
    ("the largest lag first", 2, "o l"),
    ("only what is wrong", 1, "f"),
    ("another consumer group", 3, "g j enter"),
)
_WIDTH = 100


def code(keys: str) -> str:
    """Keys for Markdown."""
    return " ".join(f"`{key}`" for key in keys.split())


def _readme() -> Iterator[str]:
    yield "| | |"
    yield "|---|---|"

    for section, title in _README_PER_SECTION.items():
        # One key may be heard in two places, as two actions.
        keys = dict.fromkeys(
            f"{code(key.written)} {key.label}"
            for key in KEYS
            if key.section is section and key.keys not in _PANES
        )

        if section is Section.MOVE:
            keys["`1`–`5` panes"] = None

        yield f"| {title} | {' · '.join(keys)} |"


def _docs() -> Iterator[str]:
    yield "## Counted"
    yield ""
    yield "From the screen as it opens, with nothing but what is on it:"
    yield ""
    yield from _strokes()
    for section in Section:
        yield f"### {section}"
        yield ""
        yield "| keys | what | name for `ui.keymap` |"
        yield "|---|---|---|"

        for key in KEYS:
            if key.section is section:
                yield f"| {code(key.written)} | {_cell(key.description)} | `{key.id}` |"

        yield ""

    yield "With `ui.keys: vim` these differ:"
    yield ""
    yield "| name | keys | otherwise |"
    yield "|---|---|---|"

    for name, keys in VIM.items():
        yield f"| `{name}` | {code(written(keys))} | {code(written(default_keys(name)))} |"

    yield ""
    yield "## Commands"
    yield ""
    yield "`:` takes them, or how one of them alone begins; `tab` completes. An unknown one says"
    yield "the nearest, and stays to be mended."
    yield ""
    yield "| command | also | what |"
    yield "|---|---|---|"

    for each in COMMANDS:
        also = " ".join(f"`{name}`" for name in each.synonyms)
        yield f"| `:{each.usage}` | {also} | {_cell(each.what)} |"


def _strokes() -> Iterator[str]:
    yield "| what | keys | how many |"
    yield "|---|---|---|"

    for what, _, keys in KEYSTROKES:
        shown = " ".join(written(key) for key in keys.split())
        yield f"| {what} | {code(shown)} | {len(keys.split())} |"

    yield ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _sample() -> Iterator[str]:
    pieces = " · ".join(f"{key.id} {_spelt(key)}" for key in KEYS)

    for line in textwrap.wrap(pieces, _WIDTH - 2, break_on_hyphens=False, break_long_words=False):
        yield f"# {line}"


def _spelt(key: Key) -> str:
    return ",".join(name.strip() for name in key.keys.split(","))


_MADE = {"README.md": _readme, "docs/keys.md": _docs, "config.yaml": _sample}


def made(name: str, text: str) -> str:
    """`text` of that file with its marked part as it should be."""
    begin, end = _MARKED[name]
    pattern = re.compile(f"({re.escape(begin)}\n).*?({re.escape(end)})", re.DOTALL)
    body = "\n".join(_MADE[name]()) + "\n"
    new, count = pattern.subn(lambda found: f"{found[1]}{body}{found[2]}", text)

    if count != 1:
        raise ValueError(f"{name} should have one part between {begin!r} and {end!r}")

    return new


def files() -> Iterator[tuple[str, Path]]:
    """What has such a part."""
    for name in _MARKED:
        yield name, ROOT / name


if __name__ == "__main__":
    for name, path in files():
        path.write_text(made(name, path.read_text(encoding="utf-8")), encoding="utf-8")
