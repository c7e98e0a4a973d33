"""JSON on standard output: valid in every encoding, without secrets."""

from __future__ import annotations

import json
import math
import sys
from typing import TYPE_CHECKING

from ehtui.domain.secret_names import is_bare_key, is_secret_name
from ehtui.domain.text import mask_arguments, safe, safe_value, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PAIR = 2


def print_document(value: object, *, indent: int | None = 2) -> None:
    """Print `value`: unknown numbers are null, text from outside is masked and made visible."""
    print(text_of(value, indent=indent))


def text_of(value: object, *, indent: int | None = 2) -> str:
    """As `print_document` prints it.

    Only an encoding of Unicode gets characters as they are: what another cannot say would come
    out as an escape of Python, which is none of JSON.
    """
    encoding = (getattr(sys.stdout, "encoding", None) or "").lower()

    return json.dumps(
        _plain(value), ensure_ascii=not encoding.startswith("utf"), indent=indent, allow_nan=False
    )


def _plain(value: object) -> object:
    if isinstance(value, str):
        return safe(value)

    if isinstance(value, float):
        return value if math.isfinite(value) else None

    if isinstance(value, dict):
        return _object(value)

    if isinstance(value, list | tuple):
        return _array(value)

    return value


def _object(value: Mapping[str, object]) -> dict[str, object]:
    # A document's `key` is a partition key.
    return {
        safe(name): safe_value(name, part)
        if isinstance(part, str) and not is_bare_key(name)
        else _plain(part)
        for name, part in value.items()
    }


def _array(value: Sequence[object]) -> list[object]:
    """Texts are the words of a command line, or a pair: the name of a property, and its value."""
    words = [part for part in value if isinstance(part, str)]

    if len(words) < len(value):
        return [_plain(part) for part in value]

    if len(words) == _PAIR and is_secret_name(words[0]):
        return [safe(words[0]), safe_value(*words)]

    return [visible(word) for word in mask_arguments(words)]
