"""SASL as the SDKs do it: who only says hello puts a token later, PLAIN brings a key at once."""

from __future__ import annotations

import hmac
import math
from typing import TYPE_CHECKING

from ehtui.sandbox.eventhubs.sas import Claim
from ehtui.wire.amqp.performatives import SaslInit, SaslMechanisms, SaslOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.sandbox.eventhubs.namespace import AccessKey

MECHANISMS = SaslMechanisms(("MSSBCBS", "PLAIN", "ANONYMOUS", "EXTERNAL"))
_OK, _AUTH = 0, 1
_PLAIN_PARTS = 3


def answer(init: SaslInit, keys: Mapping[str, AccessKey]) -> tuple[SaslOutcome, Claim | None]:
    """The outcome, and for PLAIN with a right key what it gives access to."""
    if init.mechanism not in MECHANISMS.mechanisms:
        return SaslOutcome(_AUTH), None

    if init.mechanism != "PLAIN":
        return SaslOutcome(_OK), None

    # RFC 4616: on whose behalf (which changes nothing here), who, and the password.
    parts = (init.initial_response or b"").split(b"\0")
    key = keys.get(parts[1].decode(errors="replace")) if len(parts) == _PLAIN_PARTS else None

    if key is None or not hmac.compare_digest(key.value.encode(), parts[2]):
        return SaslOutcome(_AUTH), None

    return SaslOutcome(_OK), Claim("", key.rights, math.inf)
