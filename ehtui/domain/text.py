"""Text from outside: made harmless before anybody sees it."""

from __future__ import annotations

import unicodedata
from hashlib import sha256
from typing import TYPE_CHECKING

from ehtui.domain.mask import MASK, mask_arguments, mask_secrets
from ehtui.domain.secret_names import is_secret_name

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = [
    "MASK",
    "bounded_name",
    "mask_arguments",
    "mask_secrets",
    "safe",
    "safe_command",
    "safe_value",
    "visible",
]

_COMMAND = 8192
_NAME, _NAME_KEEPS, _DIGEST = 512, 256, 16  # characters


def visible(text: str, *, keep_newlines: bool = False) -> str:
    r"""Show control characters, escapes and bidirectional overrides as `\x1b`-like text."""
    if text.isprintable():
        return text

    return "".join(_visible_char(c, keep_newlines=keep_newlines) for c in text)


def _visible_char(char: str, *, keep_newlines: bool) -> str:
    if char == "\n" and keep_newlines:
        return char

    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and char != "\u200d":
        return char.encode("unicode_escape", "surrogatepass").decode("ascii")

    return char


def safe(text: str) -> str:
    """Mask secrets and show control characters: for anything that was not written by ehtui."""
    return visible(mask_secrets(text))


def safe_command(words: Sequence[str]) -> str:
    """A command line for people, made harmless word by word, and then as the line that is shown.

    What stands behind 8,192 characters is left out: a host allows two million.
    """
    taken: list[str] = []
    room = _COMMAND

    for word in words:
        if room <= 0:
            taken.append("…")
            break

        taken.append(word)
        room -= len(word) + 1

    shown = safe(" ".join(mask_arguments(taken)))

    return shown if len(shown) <= _COMMAND else f"{shown[:_COMMAND]}…"


def safe_value(name: str, value: str) -> str:
    """A named value for people: hidden where its name says that it is a secret."""
    return MASK if value and is_secret_name(name) else safe(value)


def bounded_name(text: str) -> str:
    """A name from outside; one that is longer than any client writes is shortened.

    Its digest stays, so that two of them stay two.
    """
    if len(text) <= _NAME:
        return text

    digest = sha256(text.encode("utf-8", "backslashreplace")).hexdigest()

    return f"{text[:_NAME_KEEPS]}…{digest[:_DIGEST]}"
