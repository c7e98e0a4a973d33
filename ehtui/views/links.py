"""What ties a process to an owner id, and why it is in the list, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.text import safe
from ehtui.domain.world.process import LinkBasis, OwnerLink, RecognisedBy

if TYPE_CHECKING:
    from ehtui.views.telling import Telling

LINK = {
    LinkBasis.STARTED: "started by ehtui",
    LinkBasis.LOG: "its log names the owner",
    LinkBasis.IDENTIFIER: "its identifier is the owner id",
    LinkBasis.EXCLUSION: "a guess: several processes write this log, and the others are other "
    "owners",
    LinkBasis.ELIMINATION: "a guess: no other owner is without a process, and no other client of "
    "this host without an owner",
}
RECOGNISED = {
    RecognisedBy.STARTED: "started by ehtui",
    RecognisedBy.PATTERN: "its command line matches the configuration",
    RecognisedBy.MANUAL: "chosen by hand",
    RecognisedBy.CONNECTION: "connected to the namespace; what it does there is not known",
}


def link_words(link: OwnerLink, say: Telling) -> str:
    """`51257: its log names the owner (12:00:41): …has claimed partition '0'`."""
    guess = "~" if link.is_guess else ""
    at = say.host_time(link.seen_at)
    said = f": {safe(link.evidence)}" if link.evidence else ""

    return f"{guess}{link.process.pid}: {LINK[link.basis]} ({at}){said}"
