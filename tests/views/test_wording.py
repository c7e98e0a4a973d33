"""Sentences are read at night: the field's words, one word for one thing, no riddles."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import ehtui

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(ehtui.__file__).parent
ROOMS = ("views", "tui", "cli")
# What was said once, and how it is said now.
BETTER = {
    r"\bgets? on\b": "is making progress, or is stuck",
    r"\bruns? out\b|\bran out\b|\blapses?\b": "a lease expires",
    r"\bstands? by\b": "is on standby",
    r"\bof this host\b(?!')": "on this host",
    r"\bnot known any more\b|\bnot judged any more\b": "no longer",
    r"\bcreated anew\b|\bwrite it anew\b": "recreated, rewrite",
    r"\bsince ehtui watches\b": "since ehtui started",
    r"(?<!here )\bis no (?!longer)": "is not a",
    r"\bknows nothing of\b": "has no records of",
    r"\bof (its|their) own\b": "its own",
    r"\bwithout release\b": "without releasing",
    r"\breads? on\b": "continues",
    r"\bwhoever\b": "say who",
}


def sentences() -> Iterator[tuple[str, str]]:
    """Every text of these rooms that is not a docstring, with the place where it stands."""
    for room in ROOMS:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}

            for node in ast.walk(tree):
                if isinstance(node, ast.JoinedStr):
                    texts = [part.value for part in node.values if isinstance(part, ast.Constant)]
                    yield f"{path.name}:{node.lineno}", " … ".join(map(str, texts))
                elif isinstance(node, ast.Constant) and id(node) not in bare:
                    yield f"{path.name}:{node.lineno}", str(node.value)


def test_no_sentence_is_a_riddle() -> None:
    said = [
        f"{place}: “{text}” — better: {better}"
        for place, text in sentences()
        for pattern, better in BETTER.items()
        if re.search(pattern, text)
    ]

    assert not said, "\n".join(said)
