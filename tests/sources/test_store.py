"""The store as a source: what it lists, when it looks again, and what it says when it cannot."""

from __future__ import annotations

import subprocess
import sys
from typing import cast

import pytest

from ehtui.config.secret import Secret
from ehtui.config.settings import CheckpointStoreSettings, NamelessLayout
from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.domain.world.store import Layout, StoreListing
from ehtui.sources.store import NOTHING_FOUND_EVERY_S, WALK_EVERY_S, StoreSource
from ehtui.sources.store_container import FEW_FOREIGN_BLOBS
from tests.sources.blob_account import SERVER_AHEAD_S, FakeBlobAccount

NS = "ns.servicebus.windows.net"


def a_source(
    account: FakeBlobAccount,
    *containers: str,
    layout: str | None = None,
    group: str = "$Default",
    namespace: str = NS,
    aliases: tuple[str, ...] = (),
) -> StoreSource:
    settings = CheckpointStoreSettings(
        containers=containers, layout=cast("NamelessLayout | None", layout)
    )

    return StoreSource(
        settings,
        namespace=namespace,
        hub="Hub",
        group=group,
        aliases=aliases,
        clock=account.clock,
        account=account,
    )


async def listing_of(source: StoreSource) -> StoreListing:
    return (await source.read()).listing


def owners(listing: StoreListing) -> list[tuple[str, str, str | None]]:
    return sorted((o.group, o.partition, o.owner) for o in listing.ownerships)


async def test_one_request_reads_a_small_container_in_every_spelling() -> None:
    account = FakeBlobAccount()
    account.put("c", f"{NS}/hub/$default/ownership/0", {"ownerid": "python"})
    account.put("c", f"{NS.upper()}:5671/HUB/$Default/ownership/0", {"ownerid": "go"})
    account.put("c", f"{NS}/hub/g2/checkpoint/7", {"sequencenumber": "5", "offset": "x"})
    account.put("c", f"{NS}/hub2/g2/checkpoint/7", {"sequencenumber": "5", "offset": "x"})
    source = a_source(account, "c")

    for reads in (1, 2, 3):
        listing = await listing_of(source)

        assert owners(listing) == [("$Default", "0", "go"), ("$default", "0", "python")]
        assert [(c.group, c.partition, c.sequence) for c in listing.checkpoints] == [("g2", "7", 5)]
        assert (listing.pages, listing.blobs_seen) == (1, 4)
        assert len(account.asked) == reads


async def test_time_is_the_servers() -> None:
    account = FakeBlobAccount()
    account.containers["c"] = {}
    read = await a_source(account, "c").read()

    assert read.listing.server_time == account.now + SERVER_AHEAD_S
    assert (read.listing.read_at, read.at, read.duration_s) == (account.now, account.now, 0.0)


async def test_an_empty_container_is_no_error_and_the_first_claim_is_seen_at_once() -> None:
    account = FakeBlobAccount()
    account.containers["c"] = {}
    source = a_source(account, "c")
    assert owners(await listing_of(source)) == []

    account.put("c", f"{NS}/hub/$default/ownership/0", {"ownerid": "me"})
    assert owners(await listing_of(source)) == [("$default", "0", "me")]


async def test_more_than_a_page_is_read_page_by_page_and_completely() -> None:
    account = FakeBlobAccount(page_size=50)
    account.put("c", "aaa-nothing-of-ours/file", {})

    for partition in range(120):
        account.put("c", f"{NS}/hub/$default/ownership/{partition}", {"ownerid": f"o{partition}"})

    source = a_source(account, "c")
    assert len((await listing_of(source)).ownerships) == 120

    account.asked.clear()
    listing = await listing_of(source)
    assert len(listing.ownerships) == 120
    assert listing.pages == 3
    assert [asked[:3] for asked in account.asked] == [("list", "c", "")] * 3


async def test_a_crowded_container_is_polled_by_observed_prefix_only() -> None:
    account = FakeBlobAccount()

    for number in range(FEW_FOREIGN_BLOBS + 1):
        account.put("c", f"images/{number}.png")

    account.put("c", f"{NS}/HUB/$Default/ownership/0", {"ownerid": "go"})
    source = a_source(account, "c")
    await source.read()
    listing = await listing_of(source)

    assert owners(listing) == [("$Default", "0", "go")]
    assert (listing.pages, listing.blobs_seen) == (1, 1)
    assert account.asked[-1] == ("list", "c", f"{NS}/HUB/", "", "")


async def test_a_new_spelling_in_a_crowded_container_is_found_by_the_next_walk() -> None:
    account = FakeBlobAccount()

    for number in range(FEW_FOREIGN_BLOBS + 1):
        account.put("c", f"images/{number}.png")

    account.put("c", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    source = a_source(account, "c")
    await source.read()
    account.put("c", f"{NS}:5671/hub/$default/ownership/0", {"ownerid": "py2"})

    account.now += WALK_EVERY_S - 1
    assert len(owners(await listing_of(source))) == 1
    account.now += 2
    assert len(owners(await listing_of(source))) == 2


async def test_a_huge_container_with_nothing_of_ours_first_is_searched_by_folder() -> None:
    account = FakeBlobAccount(page_size=FEW_FOREIGN_BLOBS + 1)

    for number in range(2 * FEW_FOREIGN_BLOBS):
        account.put("c", f"a{number}/file")

    account.put("c", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    source = a_source(account, "c")
    assert owners(await listing_of(source)) == [("$default", "0", "py")]
    assert {asked[2] for asked in account.asked} == {"", NS, f"{NS}/", f"{NS}/hub/"}

    account.asked.clear()
    await source.read()
    assert account.asked == [("list", "c", f"{NS}/hub/", "", "")]


async def test_a_huge_container_with_nothing_of_ours_is_asked_for_the_usual_spelling() -> None:
    account = FakeBlobAccount()

    for number in range(FEW_FOREIGN_BLOBS + 1):
        account.put("c", f"images/{number}.png")

    source = a_source(account, "c")
    assert owners(await listing_of(source)) == []

    account.put("c", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    account.asked.clear()
    assert owners(await listing_of(source)) == [("$default", "0", "py")]
    assert account.asked == [("list", "c", f"{NS}/hub/", "", "")]


async def test_containers_are_discovered_and_only_those_with_something_are_polled() -> None:
    account = FakeBlobAccount()
    account.put("mine", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    account.put("other", "other.servicebus.windows.net/hub/$default/ownership/0", {"ownerid": "x"})
    account.put("$logs", "blob/0")
    source = a_source(account)
    assert owners(await listing_of(source)) == [("$default", "0", "py")]
    assert "$logs" not in {asked[1] for asked in account.asked if asked[0] == "list"}

    account.asked.clear()
    await source.read()
    assert account.asked == [("list", "mine", f"{NS}/hub/", "", "")]

    account.put("new", f"{NS}/hub/g2/ownership/0", {"ownerid": "later"})
    account.now += WALK_EVERY_S + 1
    assert len(owners(await listing_of(source))) == 2


async def test_while_nothing_is_found_anywhere_it_looks_again_soon() -> None:
    account = FakeBlobAccount()
    account.put("other", "else/file")
    source = a_source(account)
    listing = await listing_of(source)
    assert owners(listing) == []

    account.put("new", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    listing = await listing_of(source)
    assert owners(listing) == []
    assert listing.server_time - listing.read_at == SERVER_AHEAD_S  # remembered

    account.now += NOTHING_FOUND_EVERY_S
    assert owners(await listing_of(source)) == [("$default", "0", "py")]


async def test_unchanged_records_stay_the_same_objects_and_etags_say_what_changed() -> None:
    account = FakeBlobAccount()
    account.put("c", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    account.put("c", f"{NS}/hub/$default/ownership/1", {"ownerid": "py"})
    source = a_source(account, "c")
    before = (await listing_of(source)).ownerships
    account.put("c", f"{NS}/hub/$default/ownership/1", {"ownerid": "py"})
    after = (await listing_of(source)).ownerships

    assert after[0] is before[0]
    assert after[1] != before[1]
    assert after[1].blob.etag != before[1].blob.etag


LEASE = b'{"PartitionId":"0","Owner":"web","Token":"t","Epoch":1,"Offset":"10","SequenceNumber":%d}'


async def test_bodies_are_fetched_only_when_their_etag_changed() -> None:
    account = FakeBlobAccount()
    account.put("leases", "$Default/0", {"OWNINGHOST": "web"}, LEASE % 1, "leased")
    source = a_source(account, "leases")
    first = await listing_of(source)
    assert [(o.layout, o.owner, o.blob_lease_state) for o in first.ownerships] == [
        (Layout.EPH_DOTNET, "web", "leased")
    ]
    assert first.checkpoints[0].sequence == 1

    # The blob lease runs out: the blob itself does not change.
    item, body = account.containers["leases"]["$Default/0"]
    account.containers["leases"]["$Default/0"] = (item._replace(lease_state="expired"), body)
    second = await listing_of(source)
    assert second.ownerships[0].blob_lease_state == "expired"
    assert second.checkpoints[0].sequence == 1
    assert account.requests("get") == 1

    account.put("leases", "$Default/0", {"OWNINGHOST": "web"}, LEASE % 2, "leased")
    assert (await listing_of(source)).checkpoints[0].sequence == 2
    assert account.requests("get") == 2


async def test_a_body_that_may_not_be_read_hides_nothing_and_is_tried_again() -> None:
    account = FakeBlobAccount(body_failures={"$Default/0": ProblemKind.FORBIDDEN})
    account.put("leases", "$Default/0", {}, LEASE % 1, "leased")
    account.put("leases", "$Default/1", {}, LEASE % 1, "leased")
    source = a_source(account, "leases")
    listing = await listing_of(source)
    assert [o.partition for o in listing.ownerships] == ["1"]
    assert [(u.name, u.partition) for u in listing.unreadable] == [("$Default/0", "0")]

    account.body_failures.clear()
    listing = await listing_of(source)
    assert [o.partition for o in listing.ownerships] == ["0", "1"]
    assert listing.unreadable == ()


async def test_a_body_bigger_than_a_lease_is_not_fetched() -> None:
    account = FakeBlobAccount()
    account.put("leases", "photos/1", {}, b"x" * 100_000)
    listing = await listing_of(a_source(account, "leases"))

    assert (listing.ownerships, listing.unreadable) == ((), ())
    assert account.requests("get") == 0


async def test_a_body_that_fails_for_the_moment_fails_the_read() -> None:
    account = FakeBlobAccount(body_failures={"$Default/0": ProblemKind.THROTTLED})
    account.put("leases", "$Default/0", {}, LEASE % 1, "leased")

    with pytest.raises(ProblemError) as caught:
        await a_source(account, "leases").read()

    assert caught.value.problem.kind is ProblemKind.THROTTLED


async def test_formats_without_names_are_read_when_configured() -> None:
    account = FakeBlobAccount()
    body = b'{"partition_id":"3","sequence_number":45,"owner":"host9","token":"t","offset":"88"}'
    account.put("eph-leases", "3", {}, body, "leased")
    assert owners(await listing_of(a_source(account, "eph-leases"))) == []

    source = a_source(account, "eph-leases", layout="eph-python", group="billing")
    listing = await listing_of(source)
    assert owners(listing) == [("billing", "3", "host9")]
    assert (listing.ownerships[0].namespace, listing.ownerships[0].hub) == (NS, "Hub")


async def test_lasting_trouble_with_one_container_is_told_and_the_others_stand() -> None:
    account = FakeBlobAccount(failures={"b": ProblemKind.FORBIDDEN})
    account.put("a", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    listing = await listing_of(a_source(account, "a", "b", "missing"))

    assert owners(listing) == [("$default", "0", "py")]
    assert [(u.container, u.name) for u in listing.unreadable] == [("b", ""), ("missing", "")]


async def test_passing_trouble_fails_the_read_because_half_a_listing_looks_like_lost_leases() -> (
    None
):
    account = FakeBlobAccount()
    account.put("a", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    account.put("b", f"{NS}/hub/g2/ownership/0", {"ownerid": "py"})
    account.put("c", "something/else")
    source = a_source(account, "a", "b", "c")
    await source.read()

    account.failures["c"] = ProblemKind.TIMEOUT  # nothing of ours was in it
    listing = await listing_of(source)
    assert len(listing.ownerships) == 2
    assert [u.container for u in listing.unreadable] == ["c"]

    account.failures["b"] = ProblemKind.TIMEOUT
    with pytest.raises(ProblemError) as caught:
        await source.read()
    assert caught.value.problem.kind is ProblemKind.TIMEOUT

    account.failures.clear()
    assert len((await listing_of(source)).ownerships) == 2


async def test_a_container_that_was_found_and_is_gone_is_no_trouble() -> None:
    account = FakeBlobAccount()
    account.put("mine", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    account.put("soon-gone", f"{NS}/hub/g2/ownership/0", {"ownerid": "py"})
    source = a_source(account)
    assert len((await listing_of(source)).ownerships) == 2

    del account.containers["soon-gone"]
    listing = await listing_of(source)
    assert (len(listing.ownerships), listing.unreadable) == (1, ())


async def test_a_namespace_may_be_given_as_an_endpoint() -> None:
    account = FakeBlobAccount()
    account.put("c", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    settings = CheckpointStoreSettings(containers=("c",))
    source = StoreSource(settings, namespace=f"sb://{NS}/", hub="hub", account=account)
    assert len((await listing_of(source)).ownerships) == 1


async def test_when_nothing_is_readable_the_first_problem_is_raised() -> None:
    account = FakeBlobAccount(failures={"a": ProblemKind.NOT_FOUND, "b": ProblemKind.FORBIDDEN})

    with pytest.raises(ProblemError) as caught:
        await a_source(account, "a", "b").read()

    assert caught.value.problem.kind is ProblemKind.NOT_FOUND


async def test_discovery_that_is_refused_is_raised_and_tried_again() -> None:
    account = FakeBlobAccount(failures={"": ProblemKind.FORBIDDEN})
    account.put("mine", f"{NS}/hub/$default/ownership/0", {"ownerid": "py"})
    source = a_source(account)

    with pytest.raises(ProblemError):
        await source.read()

    account.failures.clear()
    assert len((await listing_of(source)).ownerships) == 1


async def test_a_malformed_connection_string_fails_at_the_read_and_closing_is_harmless() -> None:
    settings = CheckpointStoreSettings(connection_string=Secret("AccountKey"))
    source = StoreSource(settings, namespace=NS, hub="hub")
    assert source.name == "store"

    with pytest.raises(ProblemError) as caught:
        await source.read()

    assert caught.value.problem.kind is ProblemKind.MALFORMED
    await source.close()


async def test_closing_closes_the_account() -> None:
    account = FakeBlobAccount()
    await a_source(account, "c").close()
    assert account.closed


def test_importing_it_loads_no_azure() -> None:
    code = "import ehtui.sources.store, sys; print(*(name.split('.')[0] for name in sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert not set(run.stdout.split()) & {"azure", "aiohttp"}
