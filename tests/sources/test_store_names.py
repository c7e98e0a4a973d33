"""What a store holds of this hub under other names of its namespace: summed up, then read."""

from __future__ import annotations

import pytest

from ehtui.sources.store import WALK_EVERY_S
from ehtui.sources.store_container import FEW_FOREIGN_BLOBS, MOST_OTHER_NAMES
from tests.sources.blob_account import SERVER_AHEAD_S, FakeBlobAccount
from tests.sources.test_store import NS, a_source, listing_of, owners

OTHER = "eventhubs-emulator"


def crowded(account: FakeBlobAccount) -> None:
    for number in range(FEW_FOREIGN_BLOBS + 1):
        account.put("c", f"images/{number}.png")


def filled(account: FakeBlobAccount, namespace: str = OTHER) -> None:
    account.put("c", f"{namespace}/HUB/$default/ownership/0", {"ownerid": "a"})
    account.put("c", f"{namespace}/HUB/$default/ownership/1", {"ownerid": "b"})
    account.put("c", f"{namespace}/HUB/$default/ownership/2", {"ownerid": ""})
    account.now += 5
    account.put("c", f"{namespace}/HUB/$default/checkpoint/0", {"sequencenumber": "5"})
    account.put("c", f"{namespace}/another-hub/$default/checkpoint/0", {"sequencenumber": "5"})


@pytest.mark.parametrize("is_crowded", [False, True])
async def test_what_another_name_holds_is_summed_up(is_crowded: bool) -> None:
    account = FakeBlobAccount()
    began = account.now

    if is_crowded:
        crowded(account)

    filled(account)
    listing = await listing_of(a_source(account, "c"))

    (found,) = listing.elsewhere
    assert owners(listing) == []
    assert (found.namespace, found.hub, found.group, found.container) == (
        OTHER,
        "HUB",
        "$default",
        "c",
    )
    assert (found.owners, found.owned_at, found.written_at) == (2, began, began + 5)
    assert found.seen_at == account.now + SERVER_AHEAD_S


async def test_an_accepted_name_is_read_as_this_namespace_by_its_prefix_too() -> None:
    account = FakeBlobAccount()
    crowded(account)
    filled(account)
    source = a_source(account, "c", aliases=(OTHER,))
    listing = await listing_of(source)

    assert owners(listing) == [
        ("$default", "0", "a"),
        ("$default", "1", "b"),
        ("$default", "2", None),
    ]
    assert listing.elsewhere == ()
    account.asked.clear()
    assert len((await listing_of(source)).ownerships) == 3
    assert account.asked == [("list", "c", f"{OTHER}/HUB/", "", "")]


async def test_a_huge_container_is_asked_for_an_accepted_name() -> None:
    account = FakeBlobAccount(page_size=FEW_FOREIGN_BLOBS + 1)

    for number in range(2 * FEW_FOREIGN_BLOBS):
        account.put("c", f"a{number}/file")

    filled(account)
    assert len((await listing_of(a_source(account, "c", aliases=(OTHER,)))).ownerships) == 3


async def test_another_port_of_this_machine_shows_nothing_of_itself() -> None:
    account = FakeBlobAccount()
    filled(account, "localhost:5691")
    filled(account, "127.0.0.1:5691")
    listing = await listing_of(a_source(account, "c", namespace="localhost:5692"))

    assert (listing.ownerships, listing.checkpoints, listing.elsewhere) == ((), (), ())


async def test_leases_of_old_functions_are_seen_under_the_name_of_a_host_only() -> None:
    account = FakeBlobAccount()
    account.put("c", "old.servicebus.windows.net/hub/$Default/0", {"OWNINGHOST": "web"})
    account.put("c", "reports/hub/2026/0", {})
    listing = await listing_of(a_source(account, "c"))

    assert [(o.namespace, o.owners) for o in listing.elsewhere] == [
        ("old.servicebus.windows.net", 1)
    ]


async def test_a_walk_looks_into_few_folders_and_what_it_found_keeps_its_time() -> None:
    account = FakeBlobAccount()
    crowded(account)

    for number in range(3 * MOST_OTHER_NAMES):
        account.put("c", f"folder-{number:03}/file")

    filled(account, "a-name")
    account.put("c", f"{NS}/hub/$default/ownership/0", {"ownerid": "mine"})
    source = a_source(account, "c")
    first = (await listing_of(source)).elsewhere
    walked = sum(1 for asked in account.asked if asked[2].startswith(("folder-", "a-name")))
    assert walked <= MOST_OTHER_NAMES + 1

    account.asked.clear()
    account.now += 60
    assert (await listing_of(source)).elsewhere == first
    assert len(account.asked) == 1
    account.now += WALK_EVERY_S
    assert (await listing_of(source)).elsewhere[0].seen_at > first[0].seen_at


async def test_a_container_that_was_found_is_searched_for_host_names_only() -> None:
    account = FakeBlobAccount()
    filled(account, "images")
    filled(account, "other.servicebus.windows.net")
    listing = await listing_of(a_source(account))

    assert [o.namespace for o in listing.elsewhere] == ["other.servicebus.windows.net"]
