"""The service's errors: code, status and sentence as it words them, and the XML around them."""

from __future__ import annotations

from typing import Final
from xml.sax.saxutils import escape

_LEASE_MISMATCH = "The lease ID specified did not match the lease ID for the blob."
_NO_LEASE = "There is currently no lease on the blob."
_NOT_AUTHENTICATED = "Server failed to authenticate the request. "
_SEE_CHALLENGE = (
    f"{_NOT_AUTHENTICATED}Please refer to the information in the www-authenticate header."
)
_NOT_AUTHORISED = "This request is not authorized to perform this operation"
_MATCHED = "The lease ID matched, but the lease "
_BREAKING = f"{_MATCHED}is currently in breaking state and cannot be "

# By status; its first code is what a fault says that is switched on.
_MESSAGES: Final[dict[int, dict[str, str]]] = {
    400: {
        "InvalidHeaderValue": "The value for one of the HTTP headers is not in the correct format.",
        "InvalidBlobOrBlock": "The specified blob or block content is invalid.",
        "InvalidBlockId": "The specified block ID is invalid. The block ID must be Base64-encoded.",
        "InvalidBlockList": "The specified block list is invalid.",
        "InvalidInput": "One of the request inputs is not valid.",
        "InvalidMetadata": "The metadata specified is invalid. It has characters that are not "
        "permitted.",
        "InvalidQueryParameterValue": "Value for one of the query parameters specified in the "
        "request URI is invalid.",
        "InvalidResourceName": "The specified resource name contains invalid characters.",
        "InvalidXmlDocument": "XML specified is not syntactically valid.",
        "MetadataTooLarge": "The size of the specified metadata exceeds the maximum size "
        "permitted.",
        "MissingRequiredHeader": "An HTTP header that's mandatory for this request is not "
        "specified.",
        "OutOfRangeQueryParameterValue": "One of the query parameters specified in the request URI "
        "is outside the permissible range.",
        "OutOfRangeInput": "One of the request inputs is out of range.",
    },
    401: {
        "InvalidAuthenticationInfo": _SEE_CHALLENGE,
        "NoAuthenticationInformation": _SEE_CHALLENGE,
    },
    403: {
        "AuthorizationPermissionMismatch": f"{_NOT_AUTHORISED} using this permission.",
        "AuthenticationFailed": f"{_NOT_AUTHENTICATED}Make sure the value of Authorization header "
        "is formed correctly including the signature.",
        "AuthorizationFailure": f"{_NOT_AUTHORISED}.",
        "AuthorizationProtocolMismatch": f"{_NOT_AUTHORISED} using this protocol.",
        "AuthorizationResourceTypeMismatch": f"{_NOT_AUTHORISED} using this resource type.",
        "AuthorizationServiceMismatch": f"{_NOT_AUTHORISED} using this service.",
        "AuthorizationSourceIPMismatch": f"{_NOT_AUTHORISED} using this source IP.",
    },
    404: {
        "ResourceNotFound": "The specified resource does not exist.",
        "BlobNotFound": "The specified blob does not exist.",
        "CannotVerifyCopySource": "The copy source could not be verified.",
        "ContainerNotFound": "The specified container does not exist.",
    },
    405: {"UnsupportedHttpVerb": "The resource doesn't support specified Http Verb."},
    409: {
        "BlobAlreadyExists": "The specified blob already exists.",
        "BlockCountExceedsLimit": "The uncommitted block count cannot exceed the maximum limit.",
        "ContainerAlreadyExists": "The specified container already exists.",
        "LeaseAlreadyPresent": "There is already a lease present.",
        "LeaseIdMismatchWithLeaseOperation": _LEASE_MISMATCH,
        "LeaseIsBreakingAndCannotBeAcquired": f"{_BREAKING}acquired until it is broken.",
        "LeaseIsBreakingAndCannotBeChanged": f"{_BREAKING}changed.",
        "LeaseIsBrokenAndCannotBeRenewed": f"{_MATCHED}has been broken explicitly and cannot be "
        "renewed.",
        "LeaseNotPresentWithLeaseOperation": _NO_LEASE,
    },
    412: {
        "ConditionNotMet": "The condition specified using HTTP conditional header(s) is not met.",
        "LeaseIdMismatchWithBlobOperation": _LEASE_MISMATCH,
        "LeaseIdMissing": "There is currently a lease on the blob and no lease ID was specified in "
        "the request.",
        "LeaseLost": "A lease ID was specified, but the lease for the blob has expired.",
        "LeaseNotPresentWithBlobOperation": _NO_LEASE,
    },
    413: {
        "RequestBodyTooLarge": "The request body is too large and exceeds the maximum permissible "
        "limit.",
    },
    416: {
        "InvalidRange": "The range specified is invalid for the current size of the resource.",
    },
    500: {
        "InternalError": "Server encountered an internal error. Please try again after some time.",
        "OperationTimedOut": "Operation could not be completed within the specified time.",
    },
    501: {
        "NotImplemented": "The requested operation is not implemented on the specified resource.",
    },
    503: {"ServerBusy": "The server is busy."},
}
_ERRORS = {c: (s, message) for s, by_code in _MESSAGES.items() for c, message in by_code.items()}


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
    return StorageError(next(iter(_MESSAGES.get(status, _MESSAGES[500]))), status=status)


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
