"""Opening a storage account. Importing this loads no Azure; opening does, on the caller's loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.wire.blobs import BlobAccount
    from ehtui.wire.storage_address import StorageAddress


def preload() -> None:
    """Import what `open_account` needs: slow (0.3 s), so on another thread than a loop's."""
    import ehtui.wire.storage_client  # noqa: F401, PLC0415


def open_account(address: StorageAddress, *, clock: Callable[[], float]) -> BlobAccount:
    """A client for the account; connects at the first call."""
    from ehtui.wire.storage_client import HttpBlobAccount  # noqa: PLC0415

    return HttpBlobAccount(address, clock=clock)
