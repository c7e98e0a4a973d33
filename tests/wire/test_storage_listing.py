from __future__ import annotations

import asyncio
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehtui.wire import storage_listing
from ehtui.wire.storage import BlobItem
from ehtui.wire.storage_listing import (
    MalformedListingError,
    ParsedListing,
    epoch_of,
    error_code,
    parse_containers,
    parse_listing,
)


def a_blob(name: str, *, metadata: str = "", properties: str = "", attributes: str = "") -> str:
    return (
        f"<Blob><Name{attributes}>{name}</Name><Properties>"
        f"<Last-Modified>Sun, 22 Nov 2026 10:36:03 GMT</Last-Modified>{properties}"
        f"</Properties><Metadata>{metadata}</Metadata></Blob>"
    )


def a_listing(*blobs: str, marker: str = "", before: str = "\ufeff") -> bytes:
    return (
        f'{before}<?xml version="1.0" encoding="utf-8"?><EnumerationResults><Blobs>{"".join(blobs)}'
        f"</Blobs><NextMarker>{marker}</NextMarker></EnumerationResults>"
    ).encode()


def parsed(content: bytes, piece: int = 1 << 20) -> ParsedListing:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage_listing, "PIECE_BYTES", piece)
        return asyncio.run(parse_listing(content))


def test_a_blob_with_everything() -> None:
    properties = (
        '<Etag>"0x8D"</Etag><Content-Length>12</Content-Length><LeaseState>leased</LeaseState>'
    )
    result = parsed(
        a_listing(a_blob("a/b", metadata="<ownerid>me</ownerid><E />", properties=properties))
    )

    assert result.blobs == [
        BlobItem("a/b", "0x8D", 1795343763.0, "leased", {"ownerid": "me", "E": ""}, 12)
    ]
    assert (result.folders, result.marker) == ([], "")


def test_folders_and_marker() -> None:
    listing = a_listing("<BlobPrefix><Name>ns/</Name></BlobPrefix>", marker="2!92!abc")
    result = parsed(listing)

    assert (result.folders, result.marker, result.blobs) == (["ns/"], "2!92!abc", [])


def test_a_name_that_xml_cannot_carry_is_decoded() -> None:
    listing = a_listing(a_blob("a%20%EF%BF%BF/0", attributes=' Encoded="true"'), a_blob("a%20b"))

    assert [b.name for b in parsed(listing).blobs] == ["a \uffff/0", "a%20b"]


def test_metadata_keys_named_as_elements_of_the_listing_do_no_harm() -> None:
    metadata = "<NextMarker>x</NextMarker><Blob>y</Blob><BlobPrefix>z</BlobPrefix><Name>n</Name>"
    result = parsed(a_listing(a_blob("a", metadata=metadata), a_blob("b")))

    assert [b.name for b in result.blobs] == ["a", "b"]
    assert result.blobs[0].metadata == {
        "NextMarker": "x",
        "Blob": "y",
        "BlobPrefix": "z",
        "Name": "n",
    }
    assert (result.marker, result.folders) == ("", [])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>Sign in to the hotel's Wi-Fi</body></html>",
        b"{}",
        a_listing(a_blob("a"))[:-30],
        a_listing(a_blob("a")).replace(b"</Blob>", b"</Blub>"),
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="klingon"?><EnumerationResults/>',
    ],
)
def test_what_is_no_listing_is_said_to_be_none(content: bytes) -> None:
    with pytest.raises(MalformedListingError):
        parsed(content)


def test_entities_do_not_blow_up() -> None:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE x [<!ENTITY a0 "lol">{entities}]><EnumerationResults>&a9;'

    with pytest.raises(MalformedListingError):
        parsed(bomb.encode() + b"</EnumerationResults>")


@settings(deadline=None)
@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")),
        max_size=5,
    ),
    st.integers(1, 50),
)
def test_where_a_reply_is_cut_into_pieces_does_not_matter(names: list[str], piece: int) -> None:
    listing = a_listing(*(a_blob(escape(name)) for name in names), marker="m")
    result = parsed(listing, piece)

    assert [b.name for b in result.blobs] == names
    assert result.marker == "m"


@settings(max_examples=2000, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 400))
def test_garbage_is_refused_and_nothing_else(garbage: bytes, at: int) -> None:
    listing = a_listing(a_blob("a"), before="")

    try:
        parsed(listing[:at] + garbage + listing[at:])
    except MalformedListingError:
        return


async def test_parsing_gives_the_loop_back_often() -> None:
    content = a_listing(*(a_blob(f"ns/hub/g/ownership/{n}") for n in range(5000)))
    turns = 0
    done = False

    async def other() -> None:
        nonlocal turns

        while not done:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    result = await parse_listing(content)
    done = True
    await task

    assert len(result.blobs) == 5000
    assert turns > len(content) / 40_000


def test_containers() -> None:
    content = (
        b"<EnumerationResults><Containers><Container><Name>a</Name></Container>"
        b"<Container><Name>b</Name></Container></Containers><NextMarker>c</NextMarker>"
        b"</EnumerationResults>"
    )

    assert parse_containers(content) == (["a", "b"], "c")

    for malformed in (b"", b"<Error/>"):
        with pytest.raises(MalformedListingError):
            parse_containers(malformed)


def test_error_codes() -> None:
    assert error_code(b"\xef\xbb\xbf<Error><Code>ServerBusy</Code></Error>") == "ServerBusy"
    assert error_code(b"<html>") == ""
    assert error_code(b"") == ""


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        ("Sun, 22 Nov 2026 10:36:03 GMT", 1795343763.0),
        ("Sun, 22 Nov 2026 10:36:03 +0000", 1795343763.0),
        ("Sun, 2 Nov 2026 10:36:03 GMT", 1793615763.0),
        ("yesterday", None),
        ("", None),
        ("Sun, 22 Nov 2026 99:99:99 GMT", None),
    ],
)
def test_dates(text: str, epoch: float | None) -> None:
    assert epoch_of(text) == epoch
