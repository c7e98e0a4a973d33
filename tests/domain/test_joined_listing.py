"""How records of all spellings and layouts are joined by group and partition."""

from __future__ import annotations

from ehtui.domain.world.hub import Names
from ehtui.domain.world.joined_listing import (
    HubNames,
    checkpoint_at,
    join_listing,
    natural,
    ownership_at,
)
from ehtui.domain.world.store import Checkpoint, Layout, Ownership, StoreListing
from tests.domain.records import T, checkpoint, ownership


def listing(*records: Ownership | Checkpoint) -> StoreListing:
    owns = tuple(r for r in records if isinstance(r, Ownership))
    reads = tuple(r for r in records if isinstance(r, Checkpoint))
    return StoreListing(owns, reads, (), T, T, len(records), 1)


def test_names_match_without_case_and_port() -> None:
    look = join_listing(
        listing(
            ownership("a", namespace="NS:5672", group="$Default"),
            checkpoint(7, namespace="ns", group="$default"),
            ownership("x", namespace="other", group="$Default"),
        ),
        HubNames(Names("ns"), "hub"),
        None,
    )

    assert ownership_at(look, ("$default", "0"), None) == look.listing.ownerships[0]
    assert checkpoint_at(look, ("$default", "0"), None) == look.listing.checkpoints[0]
    assert look.spellings == {"$default": ("NS:5672/hub/$Default", "ns/hub/$default")}


def test_a_modern_record_beats_the_legacy_one_it_replaced() -> None:
    old = ownership("old", T, layout=Layout.FUNCTIONS_LEGACY, blob_lease_state="available")
    new = ownership("new", T - 30)

    assert ownership_at(join_listing(listing(old, new), None, None), ("g", "0"), None) == new


def test_of_two_live_spellings_the_shown_one_stays() -> None:
    one, two = ownership("a", T, namespace="ns"), ownership("b", T + 5, namespace="ns:5672")
    look = join_listing(listing(one, two), None, None)

    assert ownership_at(look, ("g", "0"), None) == two
    assert ownership_at(look, ("g", "0"), one) == one
    late = ownership("b", T + 100, namespace="ns:5672")
    assert ownership_at(join_listing(listing(one, late), None, None), ("g", "0"), one) == late


def test_natural_order() -> None:
    assert natural({"10", "2", "x", "0"}) == ("0", "2", "10", "x")
