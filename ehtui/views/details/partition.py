"""Everything known about one partition, as the hub, the store and the rules have it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.leases.timing import TimingBasis
from ehtui.domain.progress import Rule
from ehtui.domain.progress.proofs import Proofs
from ehtui.domain.snapshot import (
    BehindBasis,
    Finding,
    GroupPartition,
    GroupState,
    Lease,
    PartitionState,
    Snapshot,
)
from ehtui.domain.text import safe
from ehtui.domain.world.hub import NoStartPosition, end_of
from ehtui.views import findings, formats
from ehtui.views.cells import Fact, Section, section
from ehtui.views.costs import cost_facts
from ehtui.views.keys import is_about, partition_at, partitions_of
from ehtui.views.lags import checkpoint_sequence, last_sequence
from ehtui.views.phrasing import Phrasing, partition
from ehtui.views.processes import link_words
from ehtui.views.states import (
    HEALTH,
    HEALTH_MEANING,
    LEASE,
    LEASE_MEANING,
    PROOF_NOT_KNOWN,
    RULES,
    proof_sentence,
)
from ehtui.views.takeovers import DOUBTS, basis

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ehtui.domain.world.hub import HubDescription, PartitionSample
    from ehtui.domain.world.store import Checkpoint

TIMING = {
    TimingBasis.CONFIGURED: "configured",
    TimingBasis.OBSERVED: "from the renewals seen",
    TimingBasis.INFERRED: "from the other owners' SDK and period",
    TimingBasis.GUESSED: "assumed: their interval was set, so the expiry may be too",
    TimingBasis.ASSUMED: "assumed: nothing shows it",
}
_GUESSES = frozenset({TimingBasis.GUESSED, TimingBasis.ASSUMED})
EXPIRY = TIMING | {TimingBasis.OBSERVED: "from the takeovers seen"}
BEHIND = {
    BehindBasis.MEASURED: "measured: nothing to read",
    BehindBasis.INTERPOLATED: "estimated between two readings",
    BehindBasis.AT_LEAST: "at least: from before ehtui started",
    BehindBasis.EXACT: "read from the event itself",
}

_UNKNOWN_PROCESS = "not a known process on this host: it runs elsewhere, or its log was not found"


def partition_details(snapshot: Snapshot, group: str, key: str, say: Phrasing) -> list[Section]:
    """The findings, the forecast, the lag, the lease, the checkpoint, what the hub tells."""
    of_hub, of_group = partition_at(snapshot, group, key)
    about = [f for f in snapshot.findings if key in partitions_of(f) and is_about(f, group)]
    sections = [section("Findings", findings_facts(about, say))] if about else []

    if of_group is not None:
        state = snapshot.group(group)
        takeover = _takeover(of_group, say)
        sections += [
            *([section("Takeover", takeover)] if of_group.takeover is not None else []),
            *_last_takeover(state, key, say),
            section("Lag and health", _lag(of_group)),
            section("Lease", [*_lease(of_group.lease, say), *_process(of_group, state, say)]),
            section(
                "Checkpoint",
                [
                    *_checkpoint(of_group, say),
                    *_proof(of_group, Proofs(snapshot, state)),
                    *_unreadable(of_group, say),
                ],
            ),
        ]

    return [*sections, section(f"{partition(key)} in the hub", _hub(of_hub, of_group, say))]


def _last_takeover(state: GroupState | None, key: str, say: Phrasing) -> list[Section]:
    """What its last change of hands cost, where one was seen."""
    last = state.ledger.latest.get(key) if state is not None else None
    return [] if last is None else [section("Last takeover", cost_facts(last, say))]


def findings_facts(about: Iterable[Finding], say: Phrasing) -> Iterator[Fact]:
    """Findings by their severities."""
    return (
        (findings.severity_word(f.severity, say.language), findings.sentence(f, say)) for f in about
    )


def _number(shown: int | None, newest: int) -> str:
    """The one that the lag counts, as in the table, and what has come since."""
    since = f", by now {formats.count(newest)}" if shown not in {None, newest} else ""
    return formats.count(newest if shown is None else shown) + since


def _hub(
    state: PartitionState | None, of_group: GroupPartition | None, say: Phrasing
) -> Iterator[Fact]:
    sample = state.sample if state else None

    if state is None or sample is None:
        yield "sampled", None
        return

    age = formats.age(max(0.0, say.snapshot.taken_at - sample.sampled_at))
    yield (
        "sampled",
        f"{say.clock.full(say.snapshot.host_at(sample.sampled_at))} ({age}), from the hub",
    )
    last = _number(last_sequence(state, of_group), sample.last_sequence)
    yield "last sequence", last if not sample.is_empty else "empty"
    yield "last offset", safe(sample.last_offset) + _no_start(say.snapshot.hub, sample)
    yield "last event arrived", say.full(sample.last_enqueued_at)
    yield "first retained", formats.count(sample.begin_sequence) if not sample.is_empty else "empty"
    retained = 0 if sample.is_empty else sample.last_sequence - sample.begin_sequence + 1
    yield "retained", formats.plural(retained, "event")
    yield "coming in", _per_s(state.in_per_s)
    yield from _replication(say.snapshot.hub)


_NO_START = {
    "geo-replicated": "the hub is geo-replicated",
    "opaque-offset": "the hub does not say whether it is geo-replicated",
}


def _no_start(hub: HubDescription | None, sample: PartitionSample) -> str:
    """What keeps an offset from being a place to begin at."""
    position = end_of(hub, sample) if hub is not None else None

    if not isinstance(position, NoStartPosition) or position.why not in _NO_START:
        return ""

    return f" (no position to start from: {_NO_START[position.why]})"


def _per_s(value: float | None) -> str | None:
    return None if value is None else f"{formats.rate(value)}/s"


def _replication(hub: HubDescription | None) -> Iterator[Fact]:
    factor = hub.georeplication_factor if hub is not None else None

    if factor is not None:
        yield "geo-replication", f"over {factor} regions" if factor > 1 else "none (factor 1)"


def _lease(lease: Lease, say: Phrasing) -> Iterator[Fact]:
    yield "state", f"{LEASE[lease.state].text}: {LEASE_MEANING[lease.state]}"
    yield "owner", safe(lease.owner) if lease.owner else "none"
    yield "renewed", say.full(lease.renewed_at)
    yield "renewed every", _timing(lease.renewed_every_s, lease.period_basis, TIMING)
    yield "expires", say.full(lease.expires_at)
    yield "expires after", _timing(lease.expires_after_s, lease.basis, EXPIRY)
    yield "held since", say.full(lease.claimed_at)
    yield "Last-Modified", say.full(lease.last_modified)
    yield "ETag", safe(lease.etag) if lease.etag else None
    yield "blob", safe(lease.blob) if lease.blob else None

    if lease.remark:
        yield "remark", safe(lease.remark)


def _timing(
    seconds: float | None, rests_on: TimingBasis | None, words: Mapping[TimingBasis, str]
) -> str | None:
    if seconds is None:
        return None

    guess = "~" if rests_on in _GUESSES else ""
    return guess + formats.duration(seconds) + (f" ({words[rests_on]})" if rests_on else "")


def _process(partition: GroupPartition, group: GroupState | None, say: Phrasing) -> Iterator[Fact]:
    owners = group.owners if group else ()
    owner = next((o for o in owners if o.id == partition.lease.owner), None)

    if partition.lease.owner:
        yield "process", link_words(owner.link, say) if owner and owner.link else _UNKNOWN_PROCESS


def _checkpoint(partition: GroupPartition, say: Phrasing) -> Iterator[Fact]:
    checkpoint = partition.checkpoint

    if checkpoint is None:
        is_broken = partition.lag_reason == Rule.UNREADABLE
        yield "sequence", None if is_broken else "none: never checkpointed"
        return

    yield (
        "sequence",
        (
            "unset"
            if checkpoint.sequence is None
            else _number(checkpoint_sequence(partition), checkpoint.sequence)
        ),
    )
    yield from _record(checkpoint, say)
    yield "format", partition.layout.value if partition.layout else checkpoint.layout.value


def _proof(partition: GroupPartition, proofs: Proofs) -> Iterator[Fact]:
    if partition.checkpoint is not None:
        yield "proves", proof_sentence(proofs.of(partition)) or f"not known: {PROOF_NOT_KNOWN}"


def _unreadable(partition: GroupPartition, say: Phrasing) -> Iterator[Fact]:
    """Each record that cannot be read, where it stands and why."""
    for blob in partition.unreadable:
        kind = blob.kind.value if blob.kind else "record"
        yield f"unreadable {kind}", safe(blob.reason)
        yield "blob", safe(f"{blob.container}/{blob.name}")
        yield "written", say.full(blob.written_at)


def _record(checkpoint: Checkpoint, say: Phrasing) -> Iterator[Fact]:
    yield "offset", safe(checkpoint.offset) if checkpoint.offset else "unset"
    yield "written", say.full(checkpoint.blob.last_modified)
    yield "ETag", safe(checkpoint.blob.etag)
    yield "blob", safe(f"{checkpoint.blob.container}/{checkpoint.blob.name}")

    if checkpoint.client_identifier:
        yield "written by", safe(checkpoint.client_identifier)

    if checkpoint.remark:
        yield "remark", safe(checkpoint.remark)


def _lag(partition: GroupPartition) -> Iterator[Fact]:
    yield "lag", _lag_words(partition)

    if partition.lost:
        yield "lost to retention", formats.count(partition.lost)

    if partition.ahead:
        yield "ahead of the stream by", formats.count(partition.ahead)

    behind = partition.behind
    yield "behind", f"{formats.behind(behind)} ({BEHIND[behind.basis]})" if behind else None
    yield "read", _per_s(partition.out_per_s)
    yield "caught up in", formats.duration(partition.drain_s)
    yield "health", f"{HEALTH[partition.health].text}: {HEALTH_MEANING[partition.health]}"
    yield "judged by", RULES.get(partition.rule, safe(partition.rule) or None)
    yield "checkpoints seen", "{} of {}".format(*partition.window)


def _lag_words(partition: GroupPartition) -> str | None:
    if partition.lag is not None:
        bound = " (never checkpointed: at most this many)" if partition.lag_is_bound else ""
        return formats.lag(partition.lag, is_bound=partition.lag_is_bound) + bound

    return f"not known: {RULES[partition.lag_reason]}" if partition.lag_reason else None


def _takeover(partition: GroupPartition, say: Phrasing) -> Iterator[Fact]:
    window = partition.takeover

    if window is not None:
        yield "at the earliest", say.full(window.earliest_at)
        yield "at the latest", say.full(window.latest_at)
        yield "judged by", basis(window.basis) + DOUBTS.get(window.doubt, "")
