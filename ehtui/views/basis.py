"""What a judgement of time rests on, in words."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ehtui.domain.targets import Doubt
from ehtui.domain.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping

BASIS = {
    "configured": "the configured expiry",
    "observed": "the takeovers seen",
    "inferred": "the other owners' SDK",
    "guessed": "the usual number of renewals",
    "assumed": "an assumed expiry",
    "released": "free already: the next round of a survivor",
    "expired": "expired already: the next round of a survivor",
    "blob-lease": "a blob lease, whose age is not known",
    "no-survivor": "nobody is left to take it",
}
DOUBTS: Mapping[Doubt | None, str] = {
    Doubt.UNTIMED: ", assumed: no survivor's renewals timed yet",
    Doubt.RATIO: ", assumed: another time where their expiry was set",
    Doubt.OUTLIVED: ", assumed: leases live longer here, how long was not seen yet",
}
_SDK = {
    "python": "Python",
    "dotnet": ".NET",
    "java": "Java",
    "js": "JavaScript",
    "go": "Go",
    "rust": "Rust",
}
_PROFILE = re.compile(r"(\w+)-([\d.]+)/([\d.]+)")


def basis(code: str) -> str:
    """What a forecast rests on: `Python 180/30 s` is that SDK's expiry and round."""
    return " or ".join(_basis(part) for part in code.split("|"))


def _basis(code: str) -> str:
    profile = _PROFILE.fullmatch(code)

    if profile is None:
        return BASIS.get(code, safe(code))

    name, expires_after, period = profile.groups()

    return f"{_SDK.get(name, name)} {expires_after}/{period} s"
