"""A store whose answers are odd, not endless: what they say is refused, cut or unknown."""

from __future__ import annotations

import asyncio

import pytest

from ehtui.domain.world.store import Ownership
from ehtui.sources.layouts import candidates, read_blob
from ehtui.sources.layouts.base import Scope, StoredBlob
from ehtui.wire.storage import BlobItem
from ehtui.wire.storage_listing import (
    MalformedListingError,
    epoch_of,
    error_code,
    parse_containers,
    parse_listing,
)
from tests.hostile.measuring import MEGABYTE, peak_bytes
from tests.hostile.store_server import (
    END,
    START,
    blob,
)

LISTINGS = {
    "entities": b'<!DOCTYPE x [<!ENTITY a0 "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY a%d "%b">' % (n, b"&a%d;" % (n - 1) * 10 if n else b"&a;") for n in range(9)
    )
    + b"]>"
    + START
    + b"<Blob><Name>&a9;</Name></Blob>"
    + END,
    "one large entity": b'<!DOCTYPE x [<!ENTITY a "'
    + b"a" * 100_000
    + b'">]>'
    + START
    + b"<Blob><Name>"
    + b"&a;" * 1000
    + b"</Name></Blob>"
    + END,
    "an entity of a file": b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    + START
    + b"<Blob><Name>&a;</Name></Blob>"
    + END,
    "entities in another alphabet": (
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY a "b">]>'
        "<EnumerationResults><Blobs><Blob><Name>&a;</Name></Blob></Blobs></EnumerationResults>"
    ).encode("utf-16"),
    "a million elements": START + b"<a/>" * 1_000_000 + END,
    "a million elements in a blob": START + b"<Blob>" + b"<a/>" * 1_000_000 + b"</Blob>" + END,
    "a thousand deep": START + b"<a>" * 1000 + b"</a>" * 1000 + END,
    "deep in a blob": START + blob("n", "<a>" * 17 + "</a>" * 17) + END,
    "a million attributes": b"<EnumerationResults "
    + b" ".join(b'a%d=">"' % number for number in range(100_000))
    + b"/>",
    "an attribute of a megabyte": b'<EnumerationResults a="' + b"x" * 1_000_000 + b'"></x>' + END,
    "a name of a megabyte": b"<" + b"x" * 1_000_000 + b"/>",
    "a million deep": START + b"<a>" * 500_000 + b"</a>" * 500_000 + END,
    "a name of a mile": START + blob("n" * 5000) + END,
}


@pytest.mark.parametrize("content", LISTINGS.values(), ids=LISTINGS)
def test_a_listing_that_explodes_is_malformed(content: bytes) -> None:
    def parse() -> None:
        with pytest.raises(MalformedListingError):
            asyncio.run(parse_listing(content))

    assert peak_bytes(parse) < 12 * MEGABYTE

    if b"<!DOCTYPE" in content:
        with pytest.raises(MalformedListingError):
            parse_containers(content)

        assert not error_code(content)


@pytest.mark.parametrize("name", ["a thousand deep", "a million attributes"])
def test_so_are_a_list_of_containers_and_an_error_that_explode(name: str) -> None:
    with pytest.raises(MalformedListingError):
        parse_containers(LISTINGS[name])

    assert not error_code(b"<Error><Code>X</Code>" + LISTINGS[name] + b"</Error>")


async def test_long_texts_with_marks_of_their_own_are_no_long_tags() -> None:
    texts = ("x" * 20_000, "'" * 20_000, "&gt;" * 9000, '"' + "y" * 9000)

    for text in texts:
        parsed = await parse_listing(START + blob("n", f"<ownerid>{text}</ownerid>") + END)
        assert parsed.blobs[0].metadata["ownerid"]


async def test_metadata_longer_than_the_services_are_cut() -> None:
    """So an owner of 2 MB costs 8 kB, and is read as none."""
    inside = f"<ownerid>{'x' * 2_000_000}</ownerid>" + "".join(
        f"<k{n}>v</k{n}>" for n in range(5000)
    )
    parsed = await parse_listing(START + blob("n", inside) + blob("m") + END)
    metadata = parsed.blobs[0].metadata

    assert len(metadata["ownerid"]) <= 8192
    assert len(metadata) <= 256
    assert parsed.blobs[1].name == "m"


def test_numbers_and_dates_out_of_range_are_unknown() -> None:
    for date in (
        "Sun, 01 Jan 0001 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "Mon, 01 Jan 0001 00:00:00 +2359",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Wed, 29 Oct 2025 02:17:60 GMT" * 500,
        "٢٩ Oct 2025",
        "Sun, 22 Nov 2²26 10:36:03 GMT",
    ):
        assert epoch_of(date) is None, date

    assert epoch_of("Sun, 22 Nov 2026 10:36:03 GMT") == 1_795_343_763


@pytest.mark.parametrize("size", ["9" * 5000, "-1", "1e9", "²", ""])
async def test_a_size_that_is_none_is_unknown(size: str) -> None:
    content = (
        b"<Blob><Name>n</Name><Properties><Content-Length>"
        + size.encode()
        + b"</Content-Length></Properties></Blob>"
    )
    parsed = await parse_listing(START + content + END)

    assert parsed.blobs[0].size is None


@pytest.mark.parametrize("length", [1025, 8000, 2_000_000])
def test_an_owner_longer_than_any_is_kept_short(length: int) -> None:
    item = BlobItem("ns/hub/g/ownership/0", "e", 1_795_343_763.0, None, {"ownerid": "x" * length})
    scope = Scope("ns", "hub")
    (record,) = read_blob(StoredBlob("c", item), candidates(item, scope))

    assert isinstance(record, Ownership)
    assert 0 < len(record.owner or "") <= 1024
