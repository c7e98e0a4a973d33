"""How much a storage account may say: no more than the largest honest listing."""

from __future__ import annotations

from ehtui.wire.storage_http import MEGABYTE, TooMuchError

LISTING_BYTES = 128 * MEGABYTE  # of all pages of one listing
ACCOUNT_BYTES = 256 * MEGABYTE  # of all listings of an account that are kept
MOST_PAGES = 1000
MOST_CONTAINERS = 5000
BODY_BYTES = MEGABYTE  # of one blob: leases have some hundred bytes, and more than 64 KiB is none
LONGEST_MARKER = 8192

Listing = tuple[str, ...]


class Listings:
    """Follows the listings of an account page by page, and ends those that never end."""

    def __init__(self) -> None:
        self._markers: dict[Listing, set[str]] = {}  # of listings that go on
        self._bytes: dict[Listing, int] = {}  # of each as far as it went, last time or now

    def begin(self, listing: Listing, marker: str) -> None:
        """A page is about to be asked for; without a marker a listing begins anew.

        Raises:
            TooMuchError: It has had too many pages.
        """
        if not marker:
            self._markers[listing] = set()
            self._bytes[listing] = 0

        if len(self._markers.setdefault(listing, set())) >= MOST_PAGES:
            raise TooMuchError(f"the listing has more than {MOST_PAGES} pages")

    def took(self, listing: Listing, size_bytes: int, next_marker: str) -> None:
        """A page came.

        Raises:
            TooMuchError: Its marker was there before, or all pages together are too large.
        """
        size_bytes += self._bytes.pop(listing, 0)

        if size_bytes > LISTING_BYTES:
            raise TooMuchError(f"the listing is larger than {LISTING_BYTES // MEGABYTE} MB")

        if size_bytes + sum(self._bytes.values()) > ACCOUNT_BYTES:
            most = ACCOUNT_BYTES // MEGABYTE
            raise TooMuchError(f"all listings of the account are larger than {most} MB")

        self._bytes[listing] = size_bytes
        markers = self._markers.setdefault(listing, set())

        if not next_marker:
            del self._markers[listing]
            return

        if next_marker in markers:
            raise TooMuchError("the listing goes in a circle: a marker came twice")

        if len(next_marker) > LONGEST_MARKER:
            raise TooMuchError("a marker is longer than any")

        markers.add(next_marker)
