"""Beliefs of the checkpoint store: conditions, ETags, metadata, listings, leases."""

from __future__ import annotations

import asyncio
import base64
import re
from typing import TYPE_CHECKING

from ehtui.config.secret import Secret
from ehtui.conform.checks import Source, Theme
from ehtui.conform.needs import Need
from ehtui.conform.store import Store, code_of

if TYPE_CHECKING:
    from ehtui.conform.world import World

STORING = Theme("store")
_STORE = Need.STORE
_TICK_S = 1.1  # times have whole seconds
_WRONG = '"0x8D0000000000000"'
_NAME = re.compile(r"<Name>([^<]*)</Name>")


def _of(world: World) -> Store:
    assert world.store is not None
    return world.store


def _listed(store: Store, xml: str) -> str:
    return ", ".join(name.removeprefix(store.prefix) for name in _NAME.findall(xml))


def _element(xml: str, tag: str) -> str:
    found = re.search(rf"<{tag}>([^<]*)</{tag}>", xml)
    return found[1] if found else "none"


@STORING.believe("etag", "Form of an ETag", '"0x…"', Source.DOCS, _STORE, pattern=r'"0x[0-9A-F]+"')
async def _etag(world: World) -> str:
    return (await _of(world).put("etag")).headers.get("etag", "none")


@STORING.believe(
    "etag-moves", "Writing the same metadata again moves the ETag", "yes", Source.SDK, _STORE
)
async def _etag_moves(world: World) -> str:
    await _of(world).put("moves", metadata={"ownerid": "a"})
    replies = [await _of(world).set_metadata("moves", {"ownerid": "a"}) for _ in range(2)]
    etags = {reply.headers.get("etag") for reply in replies}
    return "yes" if len(etags) == len(replies) else "no"


@STORING.believe(
    "first-claim",
    "First claim: metadata with If-None-Match: * where there is no blob",
    "404 BlobNotFound",
    Source.SDK,
    _STORE,
)
async def _first_claim(world: World) -> str:
    return code_of(await _of(world).set_metadata("claim", {"ownerid": "a"}, if_none_match="*"))


@STORING.believe(
    "second-claim", "The same where there is one", "412 ConditionNotMet", Source.CHOICE, _STORE
)
async def _second_claim(world: World) -> str:
    await _of(world).put("claimed")
    return code_of(await _of(world).set_metadata("claimed", {"ownerid": "a"}, if_none_match="*"))


@STORING.believe(
    "create-only",
    "Put Blob with If-None-Match: * where there is one",
    "409 BlobAlreadyExists",
    Source.SDK,
    _STORE,
)
async def _create_only(world: World) -> str:
    await _of(world).put("there")
    return code_of(await _of(world).put("there", if_none_match="*"))


@STORING.believe(
    "stale", "Metadata with an ETag that has moved on", "412 ConditionNotMet", Source.SDK, _STORE
)
async def _stale(world: World) -> str:
    await _of(world).put("stale")
    return code_of(await _of(world).set_metadata("stale", {"ownerid": "a"}, if_match=_WRONG))


@STORING.believe("match", "Metadata with the right ETag", "200", Source.SDK, _STORE)
async def _match(world: World) -> str:
    etag = (await _of(world).put("match")).headers["etag"]
    return code_of(await _of(world).set_metadata("match", {"ownerid": "a"}, if_match=etag))


@STORING.believe(
    "unquoted", "The right ETag without its quotes, as listings give it", "200", Source.SDK, _STORE
)
async def _unquoted(world: World) -> str:
    etag = (await _of(world).put("unquoted")).headers["etag"].strip('"')
    return code_of(await _of(world).set_metadata("unquoted", {"ownerid": "a"}, if_match=etag))


@STORING.believe(
    "renew-gone",
    "Metadata with an ETag where there is no blob",
    "404 BlobNotFound",
    Source.SDK,
    _STORE,
)
async def _renew_gone(world: World) -> str:
    return code_of(await _of(world).set_metadata("gone", {"ownerid": "a"}, if_match=_WRONG))


@STORING.believe(
    "put-gone",
    "Put Blob with an ETag where there is no blob",
    "412 ConditionNotMet",
    Source.CHOICE,
    _STORE,
)
async def _put_gone(world: World) -> str:
    return code_of(await _of(world).put("put-gone", if_match=_WRONG))


@STORING.believe(
    "not-modified",
    "A read of what is known already",
    "304 ConditionNotMet",
    Source.DOCS,
    _STORE,
    pattern=r"304( ConditionNotMet)?",
)
async def _not_modified(world: World) -> str:
    etag = (await _of(world).put("known", b"x")).headers["etag"]
    return code_of(await _of(world).ask("GET", "known", {"If-None-Match": etag}))


@STORING.believe(
    "released",
    "An empty value of metadata (a released ownership) is kept",
    "kept",
    Source.SDK,
    _STORE,
)
async def _released(world: World) -> str:
    await _of(world).put("released", metadata={"ownerid": ""})
    headers = (await _of(world).head("released")).headers
    return "kept" if headers.get("x-ms-meta-ownerid") == "" else "dropped"


@STORING.believe(
    "metadata-case", "Names of metadata in a listing", "as they were written", Source.DOCS, _STORE
)
async def _metadata_case(world: World) -> str:
    await _of(world).put("case", metadata={"OwnerId": "a"})
    xml = await _of(world).listing("case", include="metadata")
    return "as they were written" if "<OwnerId>a</OwnerId>" in xml else "changed"


@STORING.believe(
    "metadata-name", "A name of metadata that is none", "400 InvalidMetadata", Source.DOCS, _STORE
)
async def _metadata_name(world: World) -> str:
    return code_of(await _of(world).put("name", metadata={"1a": "b"}))


@STORING.believe(
    "order",
    "A listing's order",
    "byte by byte: o/-, o/1, o/A, o/_, o/a, o/a/b",
    Source.DOCS,
    _STORE,
)
async def _order(world: World) -> str:
    for name in ("a", "A", "_", "1", "-", "a/b"):
        await _of(world).put(f"o/{name}")

    return f"byte by byte: {_listed(_of(world), await _of(world).listing('o/'))}"


@STORING.believe(
    "pages", "Three blobs, two a page", "2 and a marker, then 1 and none", Source.DOCS, _STORE
)
async def _pages(world: World) -> str:
    store = _of(world)

    for name in "abc":
        await store.put(f"p/{name}")

    first = await store.listing("p/", maxresults="2")
    marker = _element(first, "NextMarker")
    then = await store.listing("p/", marker=marker) if marker != "none" else ""
    counts = [len(_NAME.findall(xml)) for xml in (first, then)]
    ends = [
        "none" if _element(xml, "NextMarker") == "none" else "a marker" for xml in (first, then)
    ]
    return f"{counts[0]} and {ends[0]}, then {counts[1]} and {ends[1]}"


@STORING.believe(
    "page-of-none",
    "A page of 0 entries",
    "400 OutOfRangeQueryParameterValue",
    Source.CHOICE,
    _STORE,
)
async def _page_of_none(world: World) -> str:
    store = _of(world)
    return code_of(await store.ask("GET", restype="container", comp="list", maxresults="0"))


@STORING.believe("prefix", "A prefix minds capitals", "a/x", Source.DOCS, _STORE)
async def _prefix(world: World) -> str:
    for name in ("c/A/x", "c/a/x"):
        await _of(world).put(name)

    return _listed(_of(world), await _of(world).listing("c/a")).replace("c/a/", "a/")


@STORING.believe("delimiter", "A delimiter cuts names", "one prefix, one blob", Source.DOCS, _STORE)
async def _delimiter(world: World) -> str:
    for name in ("d/a/1", "d/a/2", "d/b"):
        await _of(world).put(name)

    xml = await _of(world).listing("d/", delimiter="/")
    prefixes, blobs = xml.count("<BlobPrefix>"), xml.count("<Blob>")
    is_so = (prefixes, blobs) == (1, 1)
    return "one prefix, one blob" if is_so else f"{prefixes} prefixes, {blobs} blobs"


@STORING.believe(
    "lease-listed", "A leased blob in a listing", "locked, leased, fixed", Source.DOCS, _STORE
)
async def _lease_listed(world: World) -> str:
    await _of(world).put("leased")
    lease = (await _of(world).lease("leased")).headers.get("x-ms-lease-id", "")
    xml = await _of(world).listing("leased")
    await _of(world).release("leased", lease)
    return ", ".join(_element(xml, f"Lease{part}") for part in ("Status", "State", "Duration"))


@STORING.believe(
    "lease-etag",
    "Taking a lease moves neither ETag nor Last-Modified",
    "neither",
    Source.DOCS,
    _STORE,
)
async def _lease_etag(world: World) -> str:
    before = (await _of(world).put("quiet")).headers
    taken = await _of(world).lease("quiet")
    after = (await _of(world).head("quiet")).headers
    await _of(world).release("quiet", taken.headers.get("x-ms-lease-id", ""))
    moved = [name for name in ("etag", "last-modified") if before.get(name) != after.get(name)]
    return ", ".join(moved) or "neither"


@STORING.believe(
    "lease-missing", "A write to a leased blob", "412 LeaseIdMissing", Source.DOCS, _STORE
)
async def _lease_missing(world: World) -> str:
    await _of(world).put("missing")
    lease = (await _of(world).lease("missing")).headers.get("x-ms-lease-id", "")
    found = code_of(await _of(world).set_metadata("missing", {"a": "b"}))
    await _of(world).release("missing", lease)
    return found


@STORING.believe(
    "condition-first",
    "A write that fails its condition and its lease",
    "412 ConditionNotMet",
    Source.CHOICE,
    _STORE,
)
async def _condition_first(world: World) -> str:
    await _of(world).put("both")
    lease = (await _of(world).lease("both")).headers.get("x-ms-lease-id", "")
    found = code_of(await _of(world).set_metadata("both", {"a": "b"}, if_match=_WRONG))
    await _of(world).release("both", lease)
    return found


@STORING.believe(
    "lease-taken", "A lease that somebody holds", "409 LeaseAlreadyPresent", Source.DOCS, _STORE
)
async def _lease_taken(world: World) -> str:
    await _of(world).put("taken")
    lease = (await _of(world).lease("taken")).headers.get("x-ms-lease-id", "")
    found = code_of(await _of(world).lease("taken"))
    await _of(world).release("taken", lease)
    return found


@STORING.believe(
    "created", "Overwriting a blob keeps its creation time", "kept", Source.CHOICE, _STORE
)
async def _created(world: World) -> str:
    await _of(world).put("created")
    before = _element(await _of(world).listing("created"), "Creation-Time")
    await asyncio.sleep(_TICK_S)
    await _of(world).put("created")
    after = _element(await _of(world).listing("created"), "Creation-Time")
    return "kept" if before == after else "new"


@STORING.believe(
    "missing-blob", "A read of a blob that there is not", "404 BlobNotFound", Source.SDK, _STORE
)
async def _missing_blob(world: World) -> str:
    return code_of(await _of(world).ask("GET", "no-such-blob"))


@STORING.believe(
    "missing-container",
    "A listing of a container that there is not",
    "404 ContainerNotFound",
    Source.SDK,
    _STORE | Need.STORE_KEY,
)
async def _missing_container(world: World) -> str:
    name = "ehtui-conform-no-such-container"
    return code_of(await _of(world).ask("GET", container=name, restype="container", comp="list"))


@STORING.believe("range", "A range behind the end", "416 InvalidRange", Source.DOCS, _STORE)
async def _range(world: World) -> str:
    await _of(world).put("range", b"body")
    return code_of(await _of(world).ask("GET", "range", {"x-ms-range": "bytes=99-"}))


@STORING.believe(
    "wrong-key",
    "A wrong signature",
    "403 AuthenticationFailed",
    Source.SDK,
    _STORE | Need.STORE_KEY,
)
async def _wrong_key(world: World) -> str:
    wrong = Secret(base64.b64encode(b"wrong").decode())
    return code_of(await _of(world).ask("GET", "etag", key=wrong))


@STORING.believe("delete", "Deleting", "202, then 404 BlobNotFound", Source.DOCS, _STORE)
async def _delete(world: World) -> str:
    await _of(world).put("deleted")
    return ", then ".join([code_of(await _of(world).ask("DELETE", "deleted")) for _ in range(2)])


@STORING.believe("date", "Every reply has the service's Date", "yes", Source.SPEC, _STORE)
async def _date(world: World) -> str:
    return "yes" if "date" in (await _of(world).head("etag")).headers else "no"
