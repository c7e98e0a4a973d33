"""What takeovers cost, in words and as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypedDict

from ehtui.domain.costs import CostUnknown
from ehtui.domain.text import safe
from ehtui.views import formats
from ehtui.views.phrasing import joined
from ehtui.views.status_values import Count, Moment, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ehtui.domain.costs import Bounds, CountedTakeover, Deployment, Ledger, TakeoverCost
    from ehtui.views.cells import Fact
    from ehtui.views.phrasing import Phrasing

WHY = {
    CostUnknown.NOT_COUNTED_YET: "counted with the next readings",
    CostUnknown.NO_READER_BEFORE: "nobody is known to have read it before",
    CostUnknown.NO_CHECKPOINT: "no checkpoint says where the new owner begins",
    CostUnknown.NO_POSITION: "its checkpoint does not say where every client begins",
    CostUnknown.OTHER_STREAM: "its checkpoint is of a former hub, or beyond the stream",
    CostUnknown.TWO_RECORDS: "it has records under several names, so several may read it",
    CostUnknown.HUB_NOT_READ: "the hub was not read in time",
}
_UNTOLD = frozenset({CostUnknown.NOT_COUNTED_YET, CostUnknown.NO_READER_BEFORE})


def bounds_words(bounds: Bounds) -> str:
    """`12`, `0 to 412`, `at least 3`; `–` where nothing is known."""
    if bounds.least is None:
        return formats.UNKNOWN

    if bounds.most is None:
        return f"at least {formats.count(bounds.least)}"

    if bounds.most == bounds.least:
        return formats.count(bounds.least)

    return f"{formats.count(bounds.least)} to {formats.count(bounds.most)}"


def cost_words(cost: TakeoverCost) -> str:
    """As the end of a sentence: `read twice 0 to 412`, and what is certainly missing."""
    if cost.why in _UNTOLD:
        return ""

    if not cost.read_again.is_known:
        why = cost.why
        return f"read twice {formats.UNKNOWN} ({WHY[why]})" if why is not None else ""

    return ", ".join(_parts(cost.read_again, cost.skipped, cost.lost))


def _parts(read_again: Bounds, skipped: Bounds, lost: Bounds) -> Iterator[str]:
    if read_again.is_zero:
        yield "nothing read twice"
    else:
        yield f"read twice {bounds_words(read_again)}"

    # What may be none at all is no alarm; details and JSON have it.
    if skipped.least:
        yield f"skipped {bounds_words(skipped)}"

    if lost.least:
        yield f"lost {bounds_words(lost)}"


def deployment_words(deployment: Deployment, say: Phrasing) -> str:
    """`4 since 12:03:41; read twice 3 to 412`; what is missing in it stands behind."""
    parts: list[str] = []

    if deployment.read_again.is_known:
        parts += _parts(deployment.read_again, deployment.skipped, deployment.lost)

    if deployment.uncounted:
        parts.append(f"{formats.count(deployment.uncounted)} not counted yet")

    if deployment.unknown:
        parts.append(f"not all known of {formats.count(deployment.unknown)}")

    when = f"{formats.count(deployment.takeovers)} since {say.time(deployment.since_at)}"
    return joined(when, ", ".join(parts))


def last_deployment(ledger: Ledger, say: Phrasing) -> str:
    """The newest one; empty where there was none."""
    return deployment_words(ledger.deployments[-1], say) if ledger.deployments else ""


def cost_facts(takeover: CountedTakeover, say: Phrasing) -> Iterator[Fact]:
    """The last takeover of a partition, for its details."""
    cost = takeover.cost
    yield "claimed", say.full(takeover.at)
    yield "by", safe(takeover.owner) if takeover.owner else None
    yield "from", safe(takeover.previous_owner) if takeover.previous_owner else None
    yield "read twice", _counted(cost.read_again)
    yield "skipped", _counted(cost.skipped)
    yield "lost to retention", _counted(cost.lost)

    if cost.why is not None:
        yield "not known", WHY[cost.why]


def _counted(bounds: Bounds) -> str | None:
    return bounds_words(bounds) if bounds.is_known else None


class BoundsDocument(TypedDict):
    """A number of events that lies between two, both included."""

    least: Annotated[Count | None, "At least; null where nothing is known."]
    most: Annotated[Count | None, "At most; null where nothing bounds it."]


class TakeoverCostDocument(TypedDict):
    """What a change of hands cost, in events."""

    read_again: Annotated[
        BoundsDocument,
        "Sent to an owner before, and sent again: they stand behind where the new owner begins.",
    ]
    skipped: Annotated[
        BoundsDocument, "Never sent to anybody, before where the new owner begins: a reset's."
    ]
    lost: Annotated[BoundsDocument, "Never sent to anybody, and removed by retention."]
    why: Annotated[CostUnknown | None, "Why something of it is not known; null where all is."]


class LastTakeoverDocument(TypedDict):
    """The last time that a partition found a new owner."""

    at: Annotated[Moment, "When it was claimed, server time."]
    owner: Annotated[str | None, "By whom."]
    previous_owner: Annotated[str | None, "Who had it before."]
    cost: TakeoverCostDocument


class DeploymentDocument(TypedDict):
    """Takeovers with no more than five minutes between each and the next."""

    since_at: Annotated[Moment, "The first claim."]
    until_at: Annotated[Moment, "The last one so far."]
    takeovers: Annotated[Count, "How many."]
    uncounted: Annotated[Count, "Whose cost is not known yet."]
    unknown: Annotated[Count, "Of which something will not be known: it is not in the sums."]
    read_again: Annotated[BoundsDocument, "The sum of what was read twice."]
    skipped: Annotated[BoundsDocument, "The sum of what was skipped."]
    lost: Annotated[BoundsDocument, "The sum of what retention took unread."]


def bounds_document(bounds: Bounds) -> BoundsDocument:
    """For JSON."""
    return {"least": bounds.least, "most": bounds.most}


def cost_document(cost: TakeoverCost) -> TakeoverCostDocument:
    """For JSON; unknown is null."""
    return {
        "read_again": bounds_document(cost.read_again),
        "skipped": bounds_document(cost.skipped),
        "lost": bounds_document(cost.lost),
        "why": cost.why,
    }


def takeover_document(takeover: CountedTakeover | None) -> LastTakeoverDocument | None:
    """For JSON."""
    if takeover is None:
        return None

    return {
        "at": moment(takeover.at),
        "owner": safe(takeover.owner) if takeover.owner else None,
        "previous_owner": safe(takeover.previous_owner) if takeover.previous_owner else None,
        "cost": cost_document(takeover.cost),
    }


def deployment_document(deployment: Deployment) -> DeploymentDocument:
    """For JSON."""
    return {
        "since_at": moment(deployment.since_at),
        "until_at": moment(deployment.until_at),
        "takeovers": deployment.takeovers,
        "uncounted": deployment.uncounted,
        "unknown": deployment.unknown,
        "read_again": bounds_document(deployment.read_again),
        "skipped": bounds_document(deployment.skipped),
        "lost": bounds_document(deployment.lost),
    }
