"""What a judgement of time rests on, in words."""

from __future__ import annotations

import re

from ehtui.domain.text import safe

BASIS = {
    "configured": "the configured expiry",
    "observed": "the renewals seen",
    "inferred": "the other owners' SDK",
    "assumed": "an assumed expiry",
    "released": "free already: the next round of a survivor",
    "expired": "expired already: the next round of a survivor",
    "blob-lease": "a blob lease, whose age is not known",
    "no-survivor": "nobody is left to take it",
}
_SDK = {"python": "Python", "dotnet": ".NET", "java": "Java", "js": "JavaScript", "go": "Go"}
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
