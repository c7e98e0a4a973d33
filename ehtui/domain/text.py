"""Text from outside: made harmless before anybody sees it."""

from __future__ import annotations

import re
import unicodedata

_SECRET_VALUE = re.compile(
    r"(?ix)"
    r"(?P<key>shared\s?access\s?key|sharedaccesskey|accountkey|sharedaccesssignature"
    r"|account_key|shared_access_key|client_secret|password|passwd|token|secret|api[_-]?key|sig)"
    r"(?P<sep>\s*[=:]\s*)"
    r"(?P<value>\"[^\"]*\"|'[^']*'|(?:SharedAccessSignature\s+)?[^;&\s\"',}]+)"
)
_BEARER = re.compile(r"(?i)\b(bearer|SharedAccessSignature)\s+[^\s\"']+")
MASK = "***"


def mask_secrets(text: str) -> str:
    """Replace the value of every key, signature, token and password in `text` by `***`."""
    text = _BEARER.sub(lambda m: f"{m.group(1)} {MASK}", text)
    return _SECRET_VALUE.sub(lambda m: f"{m['key']}{m['sep']}{MASK}", text)


def visible(text: str, *, keep_newlines: bool = False) -> str:
    r"""Show control characters, escapes and bidirectional overrides as `\x1b`-like text."""
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
