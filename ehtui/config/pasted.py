"""What pasting adds to a value: blanks, quotes, marks that nobody sees."""

from __future__ import annotations

import string

_UNSEEN = "\ufeff\u200b\u200c\u200d\u2060\u00a0"  # byte order mark, zero-width, no-break space
_QUOTES = "\"'`“”‘’«»"


def cleaned(text: str) -> str:
    """`text` without blanks, quotes and unseen marks around it: none of them begins or ends one."""
    return text.strip(string.whitespace + _UNSEEN + _QUOTES)
