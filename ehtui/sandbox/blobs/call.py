"""A request that is being answered, and what replies have in common."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate

from ehtui.sandbox.blobs.auth import Grant
from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.state import Access, Blob, BlobAccount, Conditions, Container, Metadata
from ehtui.sandbox.http import Request, Response

_METADATA = "x-ms-meta-"


@dataclass(frozen=True, slots=True)
class Call:
    """A request, the account it is for, and what its path names."""

    request: Request
    account: BlobAccount
    url: str  # the account's
    container: str
    blob: str
    now: float
    grant: Grant
    serve: Callable[..., Response]  # another request, as if it had come by itself

    @property
    def access(self) -> Access:
        """The conditions and lease id that came with it."""
        headers = self.request.headers

        return Access(self.now, Conditions.from_headers(headers), headers.get("x-ms-lease-id"))

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata that came with it, names in the sender's case."""
        return {
            name[len(_METADATA) :]: value
            for name, value in self.request.header_lines
            if name.lower().startswith(_METADATA)
        }

    @property
    def content_type(self) -> str:
        """What the blob is said to hold."""
        given = self.request.headers
        plain = given.get("x-ms-blob-content-type") or given.get("content-type")
        return plain or "application/octet-stream"

    def require_replacing(self) -> None:
        """Raise the service's 403 where there is a blob and the caller may create one only."""
        is_there = self.blob in self.account.container(self.container).blobs

        if is_there and "w" not in self.grant.permissions:
            raise StorageError("AuthorizationPermissionMismatch")


def version_headers(resource: Blob | Container) -> dict[str, str]:
    """ETag and Last-Modified."""
    return {
        "ETag": resource.etag,
        "Last-Modified": formatdate(resource.last_modified, usegmt=True),
    }


def metadata_headers(metadata: Metadata) -> dict[str, str]:
    """Metadata, each value a header."""
    return {f"{_METADATA}{name}": value for name, value in metadata.items()}


def xml_reply(body: bytes) -> Response:
    """A document, in chunks as the service sends them."""
    return Response(200, {"Content-Type": "application/xml"}, body, is_chunked=True)
