"""Settings as flat keys, for people."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from msgspec import Struct

from ehtui.config.masking import masked
from ehtui.config.secret import Secret
from ehtui.domain.text import MASK, mask_arguments, safe, safe_value, visible

_PROPERTIES = ".properties."


def leaves(value: object, key: str = "") -> Iterator[tuple[str, object]]:
    """Every single value of nested settings, as ("eventhub.name", …)."""
    if isinstance(value, Struct):
        for name in value.__struct_fields__:
            yield from leaves(getattr(value, name), _joined(key, name))
    elif isinstance(value, Mapping) and (value or key.count(".") > 1):
        # An empty mapping deep inside says nothing: a group's lease has no groups.
        for name, part in value.items():
            yield from leaves(part, _joined(key, str(name)))
    else:
        yield key, value


def shown(value: object, key: str = "") -> str:
    """A value on one line, without secrets and control characters; – is unset.

    A test event's property whose name says that it is a secret is one.
    """
    if value is None or value in ((), {}):
        return "–"

    if isinstance(value, Secret):
        return _shown_secret(value.reveal())

    if isinstance(value, bool):
        return "true" if value else "false"

    if isinstance(value, tuple):
        return visible(shlex.join(mask_arguments(value)).replace(f"'{MASK}'", MASK))

    if isinstance(value, float):
        return f"{value:g}"

    _, is_property, name = key.partition(_PROPERTIES)

    return safe_value(name, str(value)) if is_property else safe(str(value))


def _shown_secret(text: str) -> str:
    if text.startswith(("http://", "https://")):
        address, question, _ = text.partition("?")

        return safe(address.rpartition("@")[2]) + (f"?{MASK}" if question else "")

    return masked(text)


def _joined(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
