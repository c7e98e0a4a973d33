"""No module needs one that needs it, not even for its types."""

from __future__ import annotations

import ast
from pathlib import Path

import ehtui

PACKAGE = Path(ehtui.__file__).parent


def imports() -> dict[str, set[str]]:
    """Which of our modules each one names, under `TYPE_CHECKING` and within functions too."""
    paths = {
        ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts): path
        for path in PACKAGE.rglob("*.py")
    }
    modules = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    needed: dict[str, set[str]] = {}

    for name, path in modules.items():
        needed[name] = set()

        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                needed[name] |= (whole & modules.keys()) or ({node.module} & modules.keys())

    return needed


def in_circles(needed: dict[str, set[str]]) -> set[str]:
    """What is left once whoever needs nobody, or is needed by nobody, is taken away."""
    left = set(needed)

    while True:
        wanted = {other for name in left for other in needed[name] & left}
        kept = {name for name in left if name in wanted and needed[name] & left}

        if kept == left:
            return left

        left = kept


def test_nothing_goes_in_a_circle() -> None:
    assert in_circles(imports()) == set()
