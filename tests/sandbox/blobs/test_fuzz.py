"""Whatever is asked, the endpoint answers as the service would: a status, and an error in XML."""

from __future__ import annotations

from urllib.parse import quote
from xml.etree import ElementTree

from hypothesis import example, given
from hypothesis import strategies as st

from ehtui.sandbox.blobs import BlobEndpoint
from ehtui.sandbox.blobs.auth import _account_text, sign
from ehtui.sandbox.http import Request

NOW = 1_761_704_269.0
HEADERS = (
    "if-match",
    "if-none-match",
    "if-modified-since",
    "if-unmodified-since",
    "x-ms-lease-action",
    "x-ms-lease-id",
    "x-ms-proposed-lease-id",
    "x-ms-lease-duration",
    "x-ms-lease-break-period",
    "x-ms-blob-type",
    "x-ms-range",
    "x-ms-meta-owner",
    "x-ms-date",
    "content-length",
)
PARAMETERS = ("restype", "comp", "prefix", "delimiter", "marker", "maxresults", "include")
SAS = ("sv", "sr", "ss", "srt", "sp", "se", "st", "sip", "spr", "sig")
WORDS = (
    "acquire",
    "renew",
    "break",
    "change",
    "release",
    "BlockBlob",
    "list",
    "container",
    "metadata",
    "lease",
    "*",
    "0",
    "15",
    "-1",
    "bytes=0-",
    "bytes=9-2",
    "Wed, 29 Oct 2025 02:17:49 GMT",
    "2025-10-29T02:17:49Z",
    "2!4!YQ==",
    "10.0.0.1-x",
)
values = st.sampled_from(WORDS) | st.text(st.characters(max_codepoint=255, min_codepoint=32))
paths = st.lists(st.sampled_from(["ehtui", "checkpoints", "blob", "", "../x", "한"]), max_size=5)


def endpoint_with_a_blob() -> BlobEndpoint:
    endpoint = BlobEndpoint(now=lambda: NOW)
    endpoint.create_container("checkpoints")
    put = {"x-ms-blob-type": "BlockBlob"}
    assert ask(endpoint, "PUT", "/ehtui/checkpoints/blob", put, authorised=True) == 201

    return endpoint


def ask(
    endpoint: BlobEndpoint,
    method: str,
    target: str,
    headers: dict[str, str],
    *,
    authorised: bool,
    body: bytes = b"body",
) -> int:
    if authorised:
        headers = headers | {"Authorization": f"Bearer {endpoint.token()}"}

    request = Request(method, target, tuple(headers.items()), body, "127.0.0.1")
    response = endpoint._serve(request)
    wire = b"".join(response.pieces(with_body=method != "HEAD"))

    if "x-ms-error-code" in response.headers:
        assert 300 <= response.status < 600
        error = ElementTree.fromstring(response.body)
        assert error.findtext("Code") == response.headers["x-ms-error-code"]
    else:
        assert response.status < 300

    assert wire.startswith(b"HTTP/1.1 ")

    return response.status


@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE", "POST", "BREW"]),
    path=paths,
    query=st.dictionaries(st.sampled_from(PARAMETERS), values),
    headers=st.dictionaries(st.sampled_from(HEADERS), values),
)
@example("PUT", ["ehtui", "checkpoints", "blob"], {"comp": "lease"}, {"x-ms-lease-action": "x"})
def test_any_request_of_somebody_is_answered(
    method: str, path: list[str], query: dict[str, str], headers: dict[str, str]
) -> None:
    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    target = f"/{'/'.join(map(quote, path))}?{text}"

    ask(endpoint_with_a_blob(), method, target, headers, authorised=True)


PIECES = (
    b"<BlockList>",
    b"</BlockList>",
    b"<Latest>QQ==</Latest>",
    b"<Committed>QQ==</Committed>",
    b"<!DOCTYPE x>",
    b"<\xff>",
    b"--x",
    b"--",
    b"\r\n",
    b"\n\n",
    b"Content-ID: 0\r\n\r\n",
    b"DELETE /ehtui/checkpoints/blob HTTP/1.1\r\n",
    b"DELETE //../%ff HTTP/1.1\r\n",
    b"Authorization: SharedKey ehtui:x\r\n",
)
SOURCES = (
    "http://127.0.0.1:0/ehtui/checkpoints/blob",
    "/ehtui",
    "http://[",
    "?sig=x",
    "http://x/%ff",
)


@given(
    comp=st.sampled_from(["block", "blocklist", "batch", "", "properties"]),
    block=st.sampled_from(["QQ==", "", "!", "QUFB"]) | values,
    path=st.sampled_from(
        ["/ehtui/checkpoints/blob", "/ehtui/checkpoints", "/ehtui/", "/ehtui/gone/b"]
    ),
    method=st.sampled_from(["PUT", "GET", "POST"]),
    source=st.sampled_from(["", *SOURCES]),
    body=st.lists(st.sampled_from(PIECES) | st.binary(max_size=20), max_size=8),
)
@example("blocklist", "QQ==", "/ehtui/checkpoints/blob", "PUT", "", [PIECES[0], PIECES[1]])
def test_any_block_copy_or_batch_is_answered(
    comp: str, block: str, path: str, method: str, source: str, body: list[bytes]
) -> None:
    endpoint = endpoint_with_a_blob()
    headers = {"Content-Type": "multipart/mixed; boundary=x"}
    headers |= {"x-ms-copy-source": source} if source else {}
    restype = "container" if path.count("/") == 2 and comp == "batch" else ""
    target = f"{path}?comp={comp}&blockid={quote(block)}&restype={restype}&blocklisttype=all"

    for _ in range(2):  # with what the first one left
        ask(endpoint, method, target, headers, authorised=True, body=b"".join(body))

    used = sum(container.size_bytes for container in endpoint.state.containers.values())
    assert endpoint.state.used_bytes == used


@given(
    query=st.dictionaries(st.sampled_from(SAS), values),
    headers=st.dictionaries(st.sampled_from([*HEADERS, "Authorization"]), values),
    scheme=st.sampled_from(["", "Bearer ", "SharedKey ", "SharedKey ehtui:"]),
)
@example({"sig": "é", "sip": "x"}, {}, "")
@example({}, {"Authorization": "é.é.é"}, "Bearer ")
def test_nobody_gets_in_with_nonsense(
    query: dict[str, str], headers: dict[str, str], scheme: str
) -> None:
    if "Authorization" in headers:
        headers["Authorization"] = scheme + headers["Authorization"]

    text = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    target = f"/ehtui/checkpoints?restype=container&comp=list&{text}"

    assert ask(endpoint_with_a_blob(), "GET", target, headers, authorised=False) in {401, 403}


@given(sip=values, start=values, end=values)
@example("10.0.0.1-x", "2025-10-29", "2030-01-01T00:00:00Z")
@example("::1", "2025-10-29", "2030-01-01")
def test_a_signed_sas_with_nonsense_in_it_is_refused_too(sip: str, start: str, end: str) -> None:
    endpoint = endpoint_with_a_blob()
    query = {"sv": "2021-12-02", "ss": "b", "srt": "sco", "sp": "l"}
    query |= {"se": end, "st": start, "sip": sip}
    query["sig"] = sign(endpoint.key, _account_text(query, "ehtui"))
    text = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    target = f"/ehtui/checkpoints?restype=container&comp=list&{text}"

    assert ask(endpoint, "GET", target, {}, authorised=False) in {200, 403}
