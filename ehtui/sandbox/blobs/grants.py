"""What an operation needs and what a caller may do."""

from __future__ import annotations

from dataclasses import dataclass

from ehtui.sandbox.blobs.errors import StorageError

SERVICE, CONTAINER, OBJECT = "s", "c", "o"
EVERYTHING = "racwdxltmeopi"


@dataclass(frozen=True, slots=True)
class Need:
    """What an operation asks of its caller: one of the permissions, on that kind of resource."""

    permissions: str  # letters as a SAS spells them
    resource: str  # SERVICE, CONTAINER or OBJECT
    account_only: bool = False  # no service SAS covers it


@dataclass(frozen=True, slots=True)
class Grant:
    """What a verified caller may do."""

    permissions: str = EVERYTHING
    resources: str = SERVICE + CONTAINER + OBJECT
    is_service_sas: bool = False

    def require(self, need: Need) -> None:
        """Raise the service's 403 where the grant does not cover the need."""
        if need.account_only and self.is_service_sas:
            raise StorageError("AuthorizationFailure")

        if need.resource not in self.resources:
            raise StorageError("AuthorizationResourceTypeMismatch")

        if not set(need.permissions) & set(self.permissions):
            raise StorageError("AuthorizationPermissionMismatch")
