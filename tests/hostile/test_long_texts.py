"""Texts without end are shortened where they come in: the screen cleans every text it shows."""

from __future__ import annotations

from ehtui.domain.text import bounded_name, safe_command
from tests.sources.blob_account import FakeBlobAccount
from tests.sources.test_store import NS, a_source, listing_of

ENDLESS = "owner-" * 350_000  # 2 MB
MOST = 1000  # characters: an id, not a document


async def test_an_owner_id_without_end_is_kept_short_and_still_one() -> None:
    account = FakeBlobAccount()
    account.put("c", f"{NS}/hub/$default/ownership/0", {"ownerid": f"{ENDLESS}0"})
    account.put("c", f"{NS}/hub/$default/ownership/1", {"ownerid": f"{ENDLESS}1"})
    account.put("c", f"{NS}/hub/$default/ownership/2", {"ownerid": f"{ENDLESS}0"})
    listing = await listing_of(a_source(account, "c"))
    owners = {ownership.partition: ownership.owner or "" for ownership in listing.ownerships}

    assert all(len(owner) < MOST for owner in owners.values())
    assert owners["0"] == owners["2"] != owners["1"]
    assert owners["0"].startswith("owner-owner-")


async def test_an_author_and_an_offset_without_end_are_kept_short() -> None:
    account = FakeBlobAccount()
    account.put(
        "c",
        f"{NS}/hub/$default/checkpoint/0",
        {"sequencenumber": "5", "offset": ENDLESS, "clientidentifier": ENDLESS},
    )
    checkpoint = (await listing_of(a_source(account, "c"))).checkpoints[0]

    assert checkpoint.sequence == 5
    assert len(checkpoint.offset or "") < MOST
    assert len(checkpoint.client_identifier or "") < MOST


def test_a_name_that_a_client_writes_stays_as_it_is() -> None:
    for name in ("", "73fda457-1111-4d3a-9c55-0a8f6e1b0001", "x" * 256, "회의" * 100):
        assert bounded_name(name) == name


def test_a_command_line_without_end_is_shown_from_its_beginning() -> None:
    for words in (["run", *["--key", "S3cr3t"] * 500_000], ["run", "x" * 2_000_000]):
        shown = safe_command(words)
        assert len(shown) < 20_000
        assert shown.startswith("run ")
        assert "S3cr3t" not in shown
