"""What `doctor` found, as lines for people and as a document for programs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from ehtui.domain.diagnosis import Verdict, is_healthy
from ehtui.views.cells import Tone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ehtui.domain.diagnosis import Check

SCHEMA = "ehtui.doctor/1"
VERDICT_CELLS = 9
CHECK_CELLS = 21
TONES = {
    Verdict.OK: Tone.GOOD,
    Verdict.NOTE: Tone.WARNING,
    Verdict.FAILED: Tone.CRITICAL,
    Verdict.SKIPPED: Tone.DIM,
}
# What each check asks, in its order; docs and help come from here.
QUESTIONS = {
    "configuration": "Can the configuration be used?",
    "hub.configuration": "Does it say where the event hub is, and how to get in?",
    "hub.name": "Does the namespace's name resolve?",
    "hub.port": "Is the port open from this host? If not, is 443?",
    "hub.tls": "Is the certificate trusted?",
    "hub.route": "Which way did the connection take?",
    "hub.credential": "Is the key, SAS or identity accepted?",
    "hub.exists": "Is the event hub there, and may its properties be read?",
    "hub.consumers": "Which releases of the SDKs reach it that way?",
    "hub.group": "Is the consumer group there, and may it be read?",
    "hub.peek_group": "Is the group for looking at events there?",
    "store.configuration": "Does it say where the checkpoint store is?",
    "clock": "Do this host's clock and the store's agree?",
    "store.containers": "May the account's containers be listed, where none is named?",
    "store.list": "Is each container there, and may it be listed?",
    "store.read": "May blobs be read?",
    "store.records": "Are there owners or checkpoints of this hub and group, in which layout?",
}


def lines_of(check: Check, cells: int) -> list[tuple[str, Tone]]:
    """One check: how it went, what was found, and below it the next step."""
    lead = f"{check.verdict.value:<{VERDICT_CELLS}}{check.id:<{CHECK_CELLS}}"
    hang = " " * len(lead)
    width = max(cells - len(lead), 24)
    found = textwrap.wrap(check.found, width, break_on_hyphens=False) or [""]
    lines = [(lead + found[0], TONES[check.verdict])]
    lines += [(hang + line, TONES[check.verdict]) for line in found[1:]]
    lines += [(hang + line, Tone.PLAIN) for line in _advice(check, width)]

    return lines


def _advice(check: Check, width: int) -> Iterator[str]:
    # A command stays on one line, so that it can be copied.
    for part in filter(None, (check.advice,)):
        is_command = part.startswith("az ")
        yield from [part] if is_command else textwrap.wrap(part, width, break_on_hyphens=False)


def summary(checks: Sequence[Check]) -> str:
    """One sentence."""
    failed = [check.id for check in checks if check.verdict is Verdict.FAILED]

    if failed:
        many = "check" if len(failed) == 1 else "checks"
        return f"{len(failed)} {many} failed: {', '.join(dict.fromkeys(failed))}."

    notes = sum(check.verdict is Verdict.NOTE for check in checks)
    noted = f" {notes} {'note' if notes == 1 else 'notes'} above." if notes else ""

    return f"Everything that was checked works.{noted}"


def document(checks: Sequence[Check]) -> dict[str, object]:
    """The checks for programs."""
    return {
        "schema": SCHEMA,
        "healthy": is_healthy(checks),
        "checks": [
            {
                "id": check.id,
                "verdict": check.verdict.value,
                "found": check.found,
                "advice": check.advice or None,
            }
            for check in checks
        ],
    }
