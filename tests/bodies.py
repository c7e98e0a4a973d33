"""Bodies of events, as whoever receives them sees them."""

from __future__ import annotations

from ehtui.wire.amqp.messages import DATA, sections


def decode_body(payload: bytes) -> bytes:
    return b"".join(section.value for section in sections(payload) if section.code == DATA)
