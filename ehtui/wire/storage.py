"""Opening a storage account: what loads the Azure libraries (0.3 s), not importing this."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ehtui.wire.blobs import BlobAccount
    from ehtui.wire.storage_address import StorageAddress


def open_account(address: StorageAddress, *, clock: Callable[[], float] = time.time) -> BlobAccount:
    """A client for the account; connects at the first call. May be called on any thread."""
    from ehtui.wire.storage_client import HttpBlobAccount  # noqa: PLC0415

    return HttpBlobAccount(address, clock=clock)
