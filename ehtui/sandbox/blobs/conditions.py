"""Conditional headers: If-Match, If-None-Match, If-Modified-Since and If-Unmodified-Since."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ehtui.sandbox.blobs.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping

NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Conditions:
    """What must hold of a resource before it is read or written."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_modified_since: float | None = None
    if_unmodified_since: float | None = None

    @classmethod
    def from_headers(cls, headers: Mapping[str, str]) -> Conditions:
        """The conditions among lower-case header names."""
        return cls(
            headers.get("if-match"),
            headers.get("if-none-match"),
            _moment(headers.get("if-modified-since")),
            _moment(headers.get("if-unmodified-since")),
        )

    def require_for_create(self, etag: str | None, last_modified: int | None) -> None:
        """Check a write that also creates; `etag` is None while there is nothing."""
        if etag is None or last_modified is None:
            if self.if_match is not None:
                raise StorageError("ConditionNotMet")

            return

        if self.if_none_match == "*":
            raise StorageError("BlobAlreadyExists")

        self.require_for_write(etag, last_modified)

    def require_for_write(self, etag: str, last_modified: int) -> None:
        """Check a write to, or a removal of, what exists."""
        if self._fails_match(etag, last_modified) or self._is_unchanged(etag, last_modified):
            raise StorageError("ConditionNotMet")

    def require_for_read(self, etag: str, last_modified: int) -> None:
        """Check a read; an unchanged resource is answered 304."""
        if self._fails_match(etag, last_modified):
            raise StorageError("ConditionNotMet")

        if self._is_unchanged(etag, last_modified):
            raise StorageError("ConditionNotMet", status=NOT_MODIFIED)

    def _fails_match(self, etag: str, last_modified: int) -> bool:
        if self.if_match is not None and not _matches(self.if_match, etag):
            return True

        return self.if_unmodified_since is not None and last_modified > self.if_unmodified_since

    def _is_unchanged(self, etag: str, last_modified: int) -> bool:
        if self.if_none_match is not None and _matches(self.if_none_match, etag):
            return True

        return self.if_modified_since is not None and last_modified <= self.if_modified_since


def _matches(wanted: str, etag: str) -> bool:
    # Listings give ETags without quotes, and clients send back what they were given.
    return wanted == "*" or etag.strip('"') in {
        part.strip().strip('"') for part in wanted.split(",")
    }


def _moment(text: str | None) -> float | None:
    if text is None:
        return None

    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError as error:
        raise StorageError("InvalidHeaderValue") from error
