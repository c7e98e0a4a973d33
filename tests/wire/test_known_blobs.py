"""Known blobs are left out of parsing, and nothing else changes."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehtui.wire import storage_listing
from ehtui.wire.storage_listing import (
    KnownBlobs,
    MalformedListingError,
    ParsedListing,
    parse_listing,
)
from tests.wire.test_storage_listing import a_blob, a_listing

ODDITIES = (
    "<Blob><Properties /></Blob>",
    "<Blob><Name>x</Name></Blob> <Blob><Name>y</Name></Blob>",
    "<BlobPrefix><Name>folder/</Name></BlobPrefix>",
    "<!-- </Blob><Blob> -->",
    "<Blob><Name><![CDATA[</Blob><Blob><Name>]]></Name></Blob>",
    a_blob("a", metadata="<Blob>a</Blob><Name>b</Name>"),
    a_blob("a%20b", attributes=' Encoded="true"'),
    a_blob("&lt;&amp;"),
    "\n",
)
BLOBS = st.builds(
    lambda number, value: a_blob(str(number), metadata=f"<offset>{value}</offset>"),
    st.integers(0, 9),
    st.integers(0, 2),
)


@settings(deadline=None, max_examples=300)
@given(
    st.lists(
        st.builds(
            lambda blobs, marker: a_listing(*blobs, marker=marker),
            st.lists(st.one_of(BLOBS, st.sampled_from(ODDITIES)), max_size=12),
            st.sampled_from(["", "", "next"]),
        ),
        max_size=5,
    )
)
def test_it_agrees_with_the_plain_parser(replies: list[bytes]) -> None:
    async def compare() -> None:
        known = KnownBlobs()

        for content in replies:
            ours, plain = await known.parse(content), await parse_listing(content)
            assert (ours.blobs, ours.folders, ours.marker) == (
                plain.blobs,
                plain.folders,
                plain.marker,
            )

    asyncio.run(compare())


async def test_only_what_changed_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[int] = []

    async def counted(content: bytes) -> ParsedListing:
        parser = await parse_listing(content)
        parsed.append(len(parser.blobs))
        return parser

    monkeypatch.setattr(storage_listing, "parse_listing", counted)
    known = KnownBlobs()
    blobs = [a_blob(str(n)) for n in range(1000)]
    pages = [(blobs[:500], "next"), (blobs[500:], "")]

    for page, marker in [*pages, *pages]:
        await known.parse(a_listing(*page, marker=marker))

    for changed in range(100, 110):
        blobs[changed] = a_blob(str(changed), metadata="<ownerid>new</ownerid>")

    for page, marker in [(blobs[:500], "next"), (blobs[500:], "")]:
        await known.parse(a_listing(*page, marker=marker))

    assert parsed == [500, 500, 2, 2, 12, 2]


async def test_what_is_gone_is_forgotten() -> None:
    known = KnownBlobs()
    blobs = [a_blob(str(n)) for n in range(100)]
    first = (await known.parse(a_listing(*blobs))).blobs

    await known.parse(a_listing(*blobs[:10]))
    again = (await known.parse(a_listing(*blobs))).blobs

    assert again == first
    assert again[5] is first[5]
    assert again[50] is not first[50]


async def test_a_broken_reply_is_said_to_be_one() -> None:
    known = KnownBlobs()
    content = a_listing(*(a_blob(str(n)) for n in range(10)))
    await known.parse(content)

    with pytest.raises(MalformedListingError):
        await known.parse(content[:-40])

    assert len((await known.parse(content)).blobs) == 10
