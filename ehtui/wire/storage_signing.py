"""Short-lived SAS made from an account key by azure-storage-blob's public functions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from azure.storage.blob import (
    AccountSasPermissions,
    ContainerSasPermissions,
    ResourceTypes,
    generate_account_sas,
    generate_container_sas,
)

from ehtui.config.secret import Secret

LIFETIME_S = 3600.0
REFRESH_BEFORE_S = 900.0


class KeySigner:
    """Makes SAS that last an hour, and a new one a quarter of an hour before the end."""

    def __init__(self, account: str, key: Secret) -> None:
        self._account = account
        self._key = key
        self._kept: dict[tuple[str | None, bool], tuple[float, Secret]] = {}

    def sas(self, container: str | None, *, server_now: float, write: bool = False) -> Secret:
        """A SAS that may read and list a container, or list an account's containers (None).

        It only may write where that is asked for. `server_now` is the server's clock, so that a
        host whose clock is wrong still signs something valid.
        """
        ends_at, kept = self._kept.get((container, write), (0.0, None))

        if kept is not None and REFRESH_BEFORE_S < ends_at - server_now <= LIFETIME_S:
            return kept

        expiry = datetime.fromtimestamp(server_now, UTC) + timedelta(seconds=LIFETIME_S)
        made = self._make(container, expiry, write=write)
        self._kept[container, write] = (server_now + LIFETIME_S, made)

        return made

    def _make(self, container: str | None, expiry: datetime, *, write: bool) -> Secret:
        if container is None:
            return Secret(
                generate_account_sas(
                    self._account,
                    self._key.reveal(),
                    ResourceTypes(service=True),
                    AccountSasPermissions(list=True),
                    expiry,
                )
            )

        return Secret(
            generate_container_sas(
                self._account,
                container,
                self._key.reveal(),
                permission=ContainerSasPermissions(read=True, list=True, write=write, create=write),
                expiry=expiry,
            )
        )
