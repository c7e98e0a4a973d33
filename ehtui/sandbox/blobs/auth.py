"""Who is calling: a Shared Key, a SAS or a bearer token, each really verified."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from ehtui.sandbox.blobs.errors import StorageError
from ehtui.sandbox.blobs.grants import Grant
from ehtui.sandbox.blobs.sas import verify_sas
from ehtui.sandbox.blobs.signing import is_signed, issue_token, read_token, texts_to_sign

if TYPE_CHECKING:
    from ehtui.sandbox.http import Request

_CLOCK_TOLERANCE_S = 15 * 60
CHALLENGE = (
    "Bearer authorization_uri=https://login.microsoftonline.com/"
    "00000000-0000-0000-0000-000000000000/oauth2/authorize resource_id=https://storage.azure.com"
)


@dataclass(frozen=True, slots=True)
class Guard:
    """Verifies callers of one account with its key (base64)."""

    account: str
    key: str

    def identify(self, request: Request, path: tuple[str, str], now: float) -> Grant:
        """What the caller may do; raises the service's 401 or 403."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")

        match scheme:
            case "SharedKey":
                self._verify_key(request, value, now)
                return Grant()
            case "Bearer":
                return Grant(read_token(self.key, value, now))
            case "" if "sig" in request.query:
                return verify_sas(
                    request.query,
                    account=self.account,
                    key=self.key,
                    path=path,
                    source=(request.peer, request.is_secure),
                    now=now,
                )
            case "":
                raise StorageError("NoAuthenticationInformation")
            case _:
                raise StorageError(
                    "AuthenticationFailed", detail=f"{scheme} is not supported here."
                )

    def token(self, permissions: str, expires_at: float) -> str:
        """A bearer token with these permissions, until that moment."""
        return issue_token(self.key, permissions, expires_at)

    def _verify_key(self, request: Request, value: str, now: float) -> None:
        account, _, signature = value.partition(":")
        texts = texts_to_sign(request, self.account)

        if account != self.account or not any(
            is_signed(self.key, text, signature) for text in texts
        ):
            raise StorageError(
                "AuthenticationFailed",
                detail="The MAC signature found in the HTTP request is not the same as any "
                "computed signature.",
            )

        _require_recent(request, now)


def _require_recent(request: Request, now: float) -> None:
    text = request.headers.get("x-ms-date") or request.headers.get("date", "")

    try:
        sent_at = parsedate_to_datetime(text).timestamp()
    except ValueError as error:
        raise StorageError("AuthenticationFailed", detail="No valid date header.") from error

    if abs(now - sent_at) > _CLOCK_TOLERANCE_S:
        raise StorageError("AuthenticationFailed", detail=f"Request date header too old: '{text}'")
