"""Text from outside: made harmless before anybody sees it."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from ehtui.domain.mask import MASK, mask_arguments, mask_secrets

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["MASK", "mask_arguments", "mask_secrets", "safe", "safe_command", "visible"]


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
    """A command line for people, made harmless word by word, and then as the line that is shown."""
    return safe(" ".join(mask_arguments(words)))
