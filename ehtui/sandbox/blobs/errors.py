"""The service's errors: code, status and sentence as it words them, and the XML around them."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

_CONDITION = "The condition specified using HTTP conditional header(s) is not met."
_LEASE_MISMATCH = "The lease ID specified did not match the lease ID for the blob."
_NO_LEASE = "There is currently no lease on the blob."
_SEE_CHALLENGE = (
    "Server failed to authenticate the request. "
    "Please refer to the information in the www-authenticate header."
)
_CHECK_SIGNATURE = (
    "Server failed to authenticate the request. Make sure the value of Authorization header "
    "is formed correctly including the signature."
)
_LEASE_PRESENT = "There is already a lease present."
_BREAKING = "The lease ID matched, but the lease is currently in breaking state and cannot be "

_ERRORS: Final[dict[str, tuple[int, str]]] = {
    "AuthenticationFailed": (
        403,
        _CHECK_SIGNATURE,
    ),
    "AuthorizationFailure": (403, "This request is not authorized to perform this operation."),
    "AuthorizationPermissionMismatch": (
        403,
        "This request is not authorized to perform this operation using this permission.",
    ),
    "AuthorizationProtocolMismatch": (
        403,
        "This request is not authorized to perform this operation using this protocol.",
    ),
    "AuthorizationResourceTypeMismatch": (
        403,
        "This request is not authorized to perform this operation using this resource type.",
    ),
    "AuthorizationServiceMismatch": (
        403,
        "This request is not authorized to perform this operation using this service.",
    ),
    "AuthorizationSourceIPMismatch": (
        403,
        "This request is not authorized to perform this operation using this source IP.",
    ),
    "BlobAlreadyExists": (409, "The specified blob already exists."),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "ConditionNotMet": (412, _CONDITION),
    "ContainerAlreadyExists": (409, "The specified container already exists."),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "InternalError": (
        500,
        "Server encountered an internal error. Please try again after some time.",
    ),
    "InvalidAuthenticationInfo": (401, _SEE_CHALLENGE),
    "InvalidHeaderValue": (
        400,
        "The value for one of the HTTP headers is not in the correct format.",
    ),
    "InvalidMetadata": (
        400,
        "The metadata specified is invalid. It has characters that are not permitted.",
    ),
    "InvalidQueryParameterValue": (
        400,
        "Value for one of the query parameters specified in the request URI is invalid.",
    ),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InvalidResourceName": (400, "The specified resource name contains invalid characters."),
    "LeaseAlreadyPresent": (409, _LEASE_PRESENT),
    "LeaseIdMismatchWithBlobOperation": (412, _LEASE_MISMATCH),
    "LeaseIdMismatchWithLeaseOperation": (409, _LEASE_MISMATCH),
    "LeaseIdMissing": (
        412,
        "There is currently a lease on the blob and no lease ID was specified in the request.",
    ),
    "LeaseIsBreakingAndCannotBeAcquired": (409, _BREAKING + "acquired until it is broken."),
    "LeaseIsBreakingAndCannotBeChanged": (409, _BREAKING + "changed."),
    "LeaseIsBrokenAndCannotBeRenewed": (
        409,
        "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.",
    ),
    "LeaseLost": (412, "A lease ID was specified, but the lease for the blob has expired."),
    "LeaseNotPresentWithBlobOperation": (412, _NO_LEASE),
    "LeaseNotPresentWithLeaseOperation": (409, _NO_LEASE),
    "MetadataTooLarge": (
        400,
        "The size of the specified metadata exceeds the maximum size permitted.",
    ),
    "MissingRequiredHeader": (
        400,
        "An HTTP header that's mandatory for this request is not specified.",
    ),
    "NoAuthenticationInformation": (401, _SEE_CHALLENGE),
    "NotImplemented": (
        501,
        "The requested operation is not implemented on the specified resource.",
    ),
    "OperationTimedOut": (500, "Operation could not be completed within the specified time."),
    "OutOfRangeInput": (400, "One of the request inputs is out of range."),
    "RequestBodyTooLarge": (
        413,
        "The request body is too large and exceeds the maximum permissible limit.",
    ),
    "ResourceNotFound": (404, "The specified resource does not exist."),
    "ServerBusy": (503, "The server is busy."),
    "UnsupportedHttpVerb": (405, "The resource doesn't support specified Http Verb."),
}
_CODE_OF_STATUS: Final = {
    403: "AuthorizationPermissionMismatch",
    404: "ResourceNotFound",
    412: "ConditionNotMet",
    500: "InternalError",
    503: "ServerBusy",
}


class StorageError(Exception):
    """One of the service's errors by its code; `detail` is the service's extra sentence."""

    def __init__(self, code: str, *, status: int | None = None, detail: str = "") -> None:
        usual, self.message = _ERRORS[code]
        self.code = code
        self.status = status or usual
        self.detail = detail
        super().__init__(code)


def error_for_status(status: int) -> StorageError:
    """An error with that HTTP status, for faults on demand."""
    return StorageError(_CODE_OF_STATUS.get(status, "InternalError"), status=status)


def error_xml(error: StorageError, request_id: str, time: str) -> bytes:
    """The body of an error reply; `time` is an ISO 8601 moment."""
    message = f"{error.message}\nRequestId:{request_id}\nTime:{time}"
    tag = "AuthenticationErrorDetail"
    detail = f"<{tag}>{escape(error.detail)}</{tag}>" if error.detail else ""
    text = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f"<Error><Code>{error.code}</Code><Message>{escape(message)}</Message>{detail}</Error>"
    )

    return b"\xef\xbb\xbf" + text.encode()
