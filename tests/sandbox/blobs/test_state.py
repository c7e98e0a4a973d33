"""The account's state without a server: pages, ETags, times."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.listing import PAGE_SIZE, Page, Query, blobs_xml, list_page
from ehtui.sandbox.blobs.state import Access, BlobAccount, Conditions

NOW = 1_761_704_269.75


def account_with(*names: str) -> BlobAccount:
    account = BlobAccount()
    account.create_container("checkpoints", NOW)

    for name in names:
        account.put_blob("checkpoints", name, b"", Access(NOW))

    return account


def pages_of(account: BlobAccount, query: Query) -> list[Page]:
    pages = [list_page(account.container("checkpoints"), query)]

    while marker := pages[-1].next_marker:
        following = Query(query.prefix, query.delimiter, marker, query.max_results)
        pages.append(list_page(account.container("checkpoints"), following))

    return pages


def names_in(page: Page) -> list[str]:
    return [entry if isinstance(entry, str) else entry.name for entry in page.entries]


def test_a_page_has_five_thousand_blobs_whatever_was_asked() -> None:
    account = account_with(*(f"ns/hub/g/ownership/{number}" for number in range(5_001)))

    for asked in (None, 9_000):
        sizes = [len(page.entries) for page in pages_of(account, Query(max_results=asked))]
        assert sizes == [PAGE_SIZE, 1]


names = st.text(st.sampled_from("ab/é글"), min_size=1, max_size=6)


@given(st.sets(names), st.sampled_from(["", "a", "a/", "글"]), st.integers(1, 5))
def test_pages_together_are_the_sorted_names(found: set[str], prefix: str, size: int) -> None:
    pages = pages_of(account_with(*found), Query(prefix, max_results=size))

    assert [name for page in pages for name in names_in(page)] == sorted(
        name for name in found if name.startswith(prefix)
    )
    assert all(len(page.entries) == size for page in pages[:-1])


@given(st.sets(names), st.sampled_from(["", "a", "a/"]), st.integers(1, 3))
def test_names_are_cut_at_the_delimiter(found: set[str], prefix: str, size: int) -> None:
    pages = pages_of(account_with(*found), Query(prefix, "/", max_results=size))
    rests = [name[len(prefix) :] for name in found if name.startswith(prefix)]
    cut = {prefix + (rest.partition("/")[0] + "/" if "/" in rest else rest) for rest in rests}

    assert [name for page in pages for name in names_in(page)] == sorted(cut)


def test_a_marker_that_nobody_gave_is_refused() -> None:
    with pytest.raises(StorageError, match="OutOfRangeInput"):
        list_page(account_with().container("checkpoints"), Query(marker="2!4!€"))


@pytest.mark.parametrize("size", ["0", "-1", "many"])
def test_a_page_needs_a_size(size: str) -> None:
    with pytest.raises(StorageError):
        Query.from_parameters({"maxresults": size})


def test_times_are_whole_seconds_and_etags_always_move() -> None:
    account = account_with("blob")
    before = account.get_blob("checkpoints", "blob", Access(NOW))
    after = account.set_metadata("checkpoints", "blob", {"ownerid": "me"}, Access(NOW + 0.1))

    assert before.last_modified == after.last_modified == int(NOW)
    assert int(after.etag.strip('"'), 16) > int(before.etag.strip('"'), 16)
    again = account.set_metadata("checkpoints", "blob", {}, Access(NOW + 0.1))
    assert again.etag != after.etag


def test_xml_keeps_a_name_that_it_cannot_carry() -> None:
    account = account_with("a<&\x01b", "plain")
    query = Query()
    page = list_page(account.container("checkpoints"), query)
    text = blobs_xml(page, query, url="http://x", container="checkpoints", now=NOW)
    found = ElementTree.fromstring(text).iter("Name")

    assert [(e.text, e.get("Encoded")) for e in found] == [
        ("a%3C%26%01b", "true"),
        ("plain", None),
    ]


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        (Conditions(if_match='"0x1"'), True),
        (Conditions(if_match="0x1"), True),
        (Conditions(if_match="*"), True),
        (Conditions(if_match='"0x2"'), False),
        (Conditions(if_none_match='"0x1"'), False),
        (Conditions(if_none_match='"0x2"'), True),
        (Conditions(if_none_match="*"), False),
        (Conditions(if_modified_since=99), True),
        (Conditions(if_modified_since=100), False),
        (Conditions(if_unmodified_since=100), True),
        (Conditions(if_unmodified_since=99), False),
    ],
)
def test_a_condition_holds_or_not(conditions: Conditions, *, holds: bool) -> None:
    if holds:
        conditions.require_for_write('"0x1"', 100)
        conditions.require_for_read('"0x1"', 100)
        return

    with pytest.raises(StorageError, match="ConditionNotMet"):
        conditions.require_for_write('"0x1"', 100)

    with pytest.raises(StorageError, match="ConditionNotMet"):
        conditions.require_for_read('"0x1"', 100)


def test_metadata_names_are_identifiers() -> None:
    with pytest.raises(StorageError, match="InvalidMetadata"):
        account_with("blob").set_metadata("checkpoints", "blob", {"owner-id": ""}, Access(NOW))
