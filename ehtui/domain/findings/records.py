"""What is odd about the records themselves: two names, mixed layouts, unreadable blobs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.case import Case, finding
from ehtui.domain.memory import Mark
from ehtui.domain.ownership import Place, matched, natural
from ehtui.domain.snapshot import Evidence, Finding, Severity, Subject
from ehtui.domain.store import Layout

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.draft import Draft
    from ehtui.domain.store import Ownership

NAMES = 5
SEVERAL = 2


def two_names(case: Case) -> Iterator[Finding]:
    """One group under several spellings: consumers of one do not see those of the other."""
    spellings = case.group.state.spellings

    if len(spellings) < SEVERAL:
        return

    hosts = {spelling.partition("/")[0].lower() for spelling in spellings}
    cases = {spelling.replace(_port(spelling), "", 1) for spelling in spellings}
    differs = [*(["case"] if len(cases) > 1 else []), *(["port"] if len(hosts) > 1 else [])]

    if not differs:
        return

    live = {f"{o.namespace}/{o.hub}/{o.group}" for o in _alive(case)}

    if len(live) >= SEVERAL:
        case.explained.update(place[1] for place in _contested(case))

    evidence: Evidence = {
        "spellings": spellings,
        "differs": "+".join(differs),
        "live_spellings": len(live),
    }
    yield finding("store.two_names", Severity.WARNING, case.subject(), evidence)


def _port(spelling: str) -> str:
    host = spelling.partition("/")[0]
    return host[len(matched(host)) :]


def _contested(case: Case) -> list[Place]:
    look = case.draft.look

    if look is None:
        return []

    return [place for place in look.ownerships.contested if place[0] == case.group.key]


def _alive(case: Case) -> list[Ownership]:
    """Records of this group, of every spelling and layout, whose owner may be alive."""
    look = case.draft.look

    if look is None:
        return []

    expiry_s = case.expiry_s()
    return [
        record
        for record, place in zip(look.ownerships.records, look.ownerships.places, strict=True)
        if place is not None
        and place[0] == case.group.key
        and record.owner is not None
        and (
            record.blob_lease_state == "leased"
            if record.blob_lease_state is not None
            else case.now - record.blob.last_modified < expiry_s
        )
    ]


def mixed(case: Case) -> Iterator[Finding]:
    """Live owners in layouts that do not see each other, or checkpoints that break a reader."""
    if _contested(case) or any(s.marks & Mark.OTHER_LAYOUT for s in case.troubled):
        alive = _alive(case)
        layouts = sorted({record.layout.value for record in alive})

        if len(layouts) >= SEVERAL:
            yield _hazard(case, "two_layouts", layouts, natural({r.partition for r in alive}))
            return

    blank = [s.shown.id for s in case.troubled if s.marks & Mark.NO_SEQUENCE]

    if blank:
        yield _hazard(case, "no_sequence", [Layout.MODERN.value], tuple(blank))


def _hazard(case: Case, reason: str, layouts: list[str], partitions: tuple[str, ...]) -> Finding:
    evidence: Evidence = {"reason": reason, "layouts": tuple(layouts), "partitions": partitions}
    return finding("store.mixed_hazard", Severity.WARNING, case.subject(), evidence)


def unreadable(draft: Draft) -> Iterator[Finding]:
    """Blobs that stand where a record should, and can't be read as one."""
    blobs = draft.look.listing.unreadable if draft.look is not None else ()

    if blobs:
        evidence: Evidence = {
            "count": len(blobs),
            "names": tuple(f"{b.container}/{b.name}" for b in blobs[:NAMES]),
            "reason": blobs[0].reason,
        }
        yield finding("store.unreadable_blob", Severity.WARNING, Subject(), evidence)
