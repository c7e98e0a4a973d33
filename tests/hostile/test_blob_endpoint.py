"""The Blob endpoint under attack: every request is answered, and what is kept has a limit."""

from __future__ import annotations

from urllib.parse import quote
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.blobs.auth import _account_text, sign
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.state import Access, BlobAccount
from ehtui.sandbox.http import Request, Response

NOW = 1_761_704_269.0
PUT = {"x-ms-blob-type": "BlockBlob"}
# What breaks whoever takes a number, a date or a name for one.
ODD = st.sampled_from(
    [
        "9" * 5000, "²", "٣", "1e400", "nan", "-0", "0x10", "1_000", "", " ", "\x00", "\u202e",
        "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0000-00-00T00:00:00Z",
        "Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 -9999", "Mon, 99 Xyz 2025",
        "1 Jan 1 00:00:00 +9999", "bytes=9999999999999999999999-", "bytes=0-" + "9" * 5000,
        "2!4!" + "A" * 5000, "2!4!/w==", "x" * 5000, "(" * 3000, "/" * 3000, "%" * 50, "%ff%fe",
    ]
)  # fmt: skip


def account_of(most_bytes: int = 1 << 20) -> BlobEndpoint:
    endpoint = BlobEndpoint(now=lambda: NOW)
    endpoint.state.most_bytes = most_bytes
    endpoint.create_container("checkpoints")
    return endpoint


def ask(
    endpoint: BlobEndpoint,
    method: str,
    target: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
) -> Response:
    given = {"Authorization": f"Bearer {endpoint.token()}"} | (headers or {})
    response = endpoint._serve(Request(method, target, tuple(given.items()), body, "127.0.0.1"))
    assert b"".join(response.pieces())

    if "x-ms-error-code" in response.headers:
        assert ElementTree.fromstring(response.body).findtext("Code")

    return response


@settings(deadline=None, max_examples=300)
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE"]),
    names=st.lists(ODD | st.just("checkpoints"), max_size=2),
    query=st.dictionaries(
        st.sampled_from(["restype", "comp", "prefix", "marker", "maxresults", "include"]),
        ODD | st.sampled_from(["list", "container", "metadata", "lease"]),
    ),
    headers=st.dictionaries(
        st.sampled_from(
            [
                "if-match", "if-modified-since", "if-unmodified-since", "x-ms-lease-action",
                "x-ms-lease-id", "x-ms-lease-duration", "x-ms-lease-break-period", "x-ms-range",
                "x-ms-meta-owner", "x-ms-date", "date", "x-ms-blob-type",
            ]
        ),
        ODD | st.sampled_from(["acquire", "break", "BlockBlob"]),
    ),
)  # fmt: skip
def test_odd_values_are_answered(
    method: str, names: list[str], query: dict[str, str], headers: dict[str, str]
) -> None:
    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    ask(account_of(), method, f"/ehtui/{'/'.join(map(quote, names))}?{text}", headers)


@settings(deadline=None, max_examples=200)
@given(start=ODD, end=ODD, source=ODD, date=ODD)
def test_odd_moments_let_nobody_in_and_break_nothing(
    start: str, end: str, source: str, date: str
) -> None:
    endpoint = account_of()
    query = {"sv": "2021-12-02", "ss": "b", "srt": "sco", "sp": "l", "se": end, "st": start}
    query["sip"] = source
    query["sig"] = sign(endpoint.key, _account_text(query, "ehtui"))
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())

    for headers in (
        {"Authorization": ""},
        {"Authorization": "SharedKey ehtui:x", "x-ms-date": date},
    ):
        target = f"/ehtui/checkpoints?restype=container&comp=list&{text}"
        assert ask(endpoint, "GET", target, headers).status in {200, 401, 403}


def test_an_account_is_full_at_some_time() -> None:
    endpoint = account_of(most_bytes=100_000)
    statuses = [
        ask(endpoint, "PUT", f"/ehtui/checkpoints/b{n}", PUT, bytes(10_000)).status
        for n in range(20)
    ]

    assert statuses[:8] == [201] * 8
    assert set(statuses[9:]) == {413}
    assert endpoint.state.used_bytes <= 100_000
    assert ask(endpoint, "PUT", "/ehtui/checkpoints/b1", PUT, b"").status == 201
    assert ask(endpoint, "DELETE", "/ehtui/checkpoints/b2").status == 202
    assert ask(endpoint, "PUT", "/ehtui/checkpoints/b19", PUT, bytes(10_000)).status == 201
    assert ask(endpoint, "DELETE", "/ehtui/checkpoints?restype=container").status == 202
    assert endpoint.state.used_bytes == 0


def test_blobs_without_a_byte_are_not_free() -> None:
    account = BlobAccount(most_bytes=100_000)
    account.create_container("checkpoints", NOW)

    def fill() -> None:
        for number in range(1000):
            account.put_blob("checkpoints", f"b{number}", b"", Access(NOW))

    with pytest.raises(StorageError, match="RequestBodyTooLarge"):
        fill()

    assert len(account.containers["checkpoints"].blobs) < 100


def test_names_and_metadata_are_no_longer_than_the_services() -> None:
    endpoint = account_of()

    assert ask(endpoint, "PUT", f"/ehtui/checkpoints/{'x' * 1024}", PUT).status == 201
    assert ask(endpoint, "PUT", f"/ehtui/checkpoints/{'x' * 1025}", PUT).status == 400
    fitting, large = {"x-ms-meta-a": "x" * 8000}, {"x-ms-meta-a": "x" * 9000}
    assert ask(endpoint, "PUT", "/ehtui/checkpoints/b", PUT | fitting).status == 201
    assert ask(endpoint, "PUT", "/ehtui/checkpoints/b", PUT | large).status == 400
    refused = ask(endpoint, "PUT", "/ehtui/checkpoints/b?comp=metadata", large)
    assert refused.headers["x-ms-error-code"] == "MetadataTooLarge"


def test_containers_have_a_number() -> None:
    account = BlobAccount()

    def fill() -> None:
        for number in range(6000):
            account.create_container(f"c-{number}", NOW)

    with pytest.raises(StorageError):
        fill()

    assert len(account.containers) == 5000
