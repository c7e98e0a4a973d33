"""What consumers' logs complain of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.views import formats
from ehtui.views.case import Case, Words
from ehtui.views.findings.forecast import joined
from ehtui.views.telling import partitions

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# What one line says: as a sentence about the process, and about it where it stands beside.
SAID: Mapping[str, str] = {
    "log.claim_failed": "could not claim or renew a partition",
    "log.ownership_lost": "lost a partition",
    "log.link_stolen": "was disconnected by another reader",
    "log.receiver_quota": "was refused: five readers are connected already",
    "log.checkpoint_failed": "could not write a checkpoint",
    "log.balancing_failed": "could not run its balancing round",
    "log.receive_failed": "could not receive, or its handler raised",
}
_UNSEEN = {"log.ownership_lost", "log.link_stolen"}
_LOOK = "Its log has the reason: press `l` on it, or see the line in the evidence."
_STORE = (
    "Look whether it may read and write the checkpoint container (a key that was rotated, a role "
    "Storage Blob Data Contributor that is missing, a firewall), and whether it is throttled."
)
_ADVICE: Mapping[str, tuple[str, ...]] = {
    "log.claim_failed": (_LOOK, _STORE),
    "log.ownership_lost": (
        (
            "The store that is shown here has nobody who took it, so somebody else writes these "
            "records: look for a second tool that resets or copies them, or a clock that is wrong."
        ),
        _LOOK,
    ),
    "log.link_stolen": (
        (
            "A reader with a higher owner level took its place, and no ownership in this store "
            "changed: another program reads the same group with another store or none."
        ),
        (
            "Find it, and give it a consumer group of its own. The line names its receiver where "
            "the SDK sends a name (Python sends none)."
        ),
    ),
    "log.receiver_quota": (
        (
            "A consumer group has room for five readers without an owner level in one partition: "
            "end those that are left over, or give each program a consumer group of its own."
        ),
    ),
    "log.checkpoint_failed": (
        _STORE,
        "Until it can, a restart or takeover reads again from the last checkpoint.",
    ),
    "log.balancing_failed": (
        _STORE,
        "Meanwhile it renews nothing: its leases run out, and others may take its partitions.",
    ),
    "log.receive_failed": (
        _LOOK,
        (
            "An exception of the handler itself shows here too: the partition is closed and "
            "claimed again, from the last checkpoint."
        ),
    ),
}


def said(kind: str, case: Case) -> str:
    """`could not claim a partition 4 times: P0 and P2`."""
    count = case.whole("count") or 0
    named = case.names("partitions")
    where = f": {partitions(named)}" if named else ""
    times = f" {formats.plural(count, 'time')}" if count > 1 else ""

    return f"{SAID[kind]}{times}{where}"


def _words(kind: str) -> Words:
    def sentence(case: Case) -> str:
        lasting = f" within {case.lasting('window_s')}" if case.whole("window_s") else ""
        unseen = "the store shows nobody who took it" if kind in _UNSEEN else ""

        return joined(f"{case.pid} {said(kind, case)}{lasting}", unseen)

    return Words(sentence, lambda _: _ADVICE[kind])


def _sentence(kind: str) -> Callable[[Case], str]:
    return lambda case: f"its log: it {said(kind, case)}"


LOG_WORDS: Mapping[str, Words] = {kind: _words(kind) for kind in SAID}
LOG_SENTENCES: Mapping[str, Callable[[Case], str]] = {kind: _sentence(kind) for kind in SAID}
