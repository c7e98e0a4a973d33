"""Finds what a text may name, and asks the checks behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.snapshot import Snapshot, Subject
from ehtui.domain.why.group import why_group
from ehtui.domain.why.partition import why_partition
from ehtui.domain.why.process import why_owner, why_process

if TYPE_CHECKING:
    from ehtui.domain.why.checks import Why


def subjects_of(snapshot: Snapshot, text: str, group: str | None = None) -> tuple[Subject, ...]:
    """What `text` may name: a partition, pid, consumer, owner (or its beginning) or group.

    Best first. A partition is one of `group`, else of the configured one.
    """
    name = group or snapshot.policy.default_group
    wanted = snapshot.group(name)
    found = []

    if any(text == p.id for p in snapshot.partitions) or (
        wanted is not None and any(text == p.id for p in (*wanted.partitions, *wanted.strays))
    ):
        found.append(Subject(group=wanted.name if wanted else name, partition=text))

    found += [
        Subject(pid=c.process.id.pid)
        for c in snapshot.consumers
        if text in {str(c.process.id.pid), c.process.consumer_name}
    ]
    owners = dict.fromkeys(o.id for g in snapshot.groups for o in g.owners)
    owners |= dict.fromkeys(owner for c in snapshot.consumers for owner in c.owners)
    found += [Subject(owner=o) for o in owners if text and o.startswith(text)]
    known = snapshot.group(text)
    return (*found, *([Subject(group=known.name)] if known is not None else []))


def why(snapshot: Snapshot, subject: Subject) -> Why:
    """The checks behind a subject; the most particular part that it names decides."""
    if subject.pid is not None:
        return why_process(snapshot, subject, subject.pid)

    group = snapshot.group(subject.group or snapshot.policy.default_group)

    if subject.partition is not None:
        return why_partition(snapshot, subject, group, subject.partition)

    if subject.owner is not None:
        return why_owner(snapshot, subject, subject.owner)

    return why_group(snapshot, subject, group)
