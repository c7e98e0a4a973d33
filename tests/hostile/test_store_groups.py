"""A store that names more consumer groups than any hub has: each would be a table of its own."""

from __future__ import annotations

from ehtui.config.settings import CheckpointStoreSettings
from ehtui.domain.world.store import StoreListing
from ehtui.sources.store import MOST_GROUPS, StoreSource
from ehtui.views import findings
from ehtui.views.phrasing import Phrasing
from tests.domain.build import World
from tests.sources.blob_account import FakeBlobAccount

NS = "ns.servicebus.windows.net"
LOST = 200


async def listing_of(account: FakeBlobAccount) -> StoreListing:
    source = StoreSource(
        CheckpointStoreSettings(containers=("c",)),
        namespace=NS,
        hub="hub",
        group="Mine",
        clock=account.clock,
        account=account,
    )
    return (await source.read()).listing


def account_of(groups: int) -> FakeBlobAccount:
    account = FakeBlobAccount()
    account.put("c", f"{NS}/hub/mine/ownership/0", {"ownerid": "me"})  # the oldest of them

    for number in range(groups):
        account.now += 1
        account.put("c", f"{NS}/hub/g{number}/ownership/0", {"ownerid": "a"})
        account.put("c", f"{NS}/hub/G{number}/checkpoint/0", {"sequencenumber": "5"})
        account.put("c", f"{NS}/hub/g{number}/checkpoint/1", {"sequencenumber": "none"})

    return account


async def test_ones_own_and_those_that_wrote_last_are_kept_and_the_rest_is_told() -> None:
    listing = await listing_of(account_of(MOST_GROUPS + LOST - 1))
    kept = {record.group.lower() for record in listing.ownerships}

    assert len(kept) == MOST_GROUPS
    assert "mine" in kept
    assert "g0" not in kept
    assert f"g{LOST - 1}" not in kept
    assert f"g{LOST}" in kept
    assert {record.group.lower() for record in listing.checkpoints} < kept

    *records, told = listing.unreadable
    assert {blob.group for blob in records} < kept
    assert (told.name, told.group) == ("", None)
    assert f"{LOST} more consumer groups" in told.reason


async def test_groups_that_are_left_out_are_told_as_such_and_not_as_a_blob() -> None:
    listing = await listing_of(account_of(MOST_GROUPS + LOST - 1))
    world = World(1)
    world.unreadable = (listing.unreadable[-1],)
    world.look()
    found = world.finding("store.unreadable_blob")
    say = Phrasing(world.snapshot)

    assert findings.sentence(found, say) == (
        f"Container c: {LOST} more consumer groups have records there; the {MOST_GROUPS} that "
        "wrote last are shown, as many as a hub can have"
    )
    assert not any("delete" in line for line in findings.advice(found, say))


async def test_as_many_as_a_hub_can_have_are_all_shown() -> None:
    listing = await listing_of(account_of(MOST_GROUPS - 1))

    assert len(listing.ownerships) == MOST_GROUPS
    assert all(blob.group for blob in listing.unreadable)
