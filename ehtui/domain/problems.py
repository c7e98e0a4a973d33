"""Why something could not be read or done."""

from __future__ import annotations

from enum import StrEnum

from ehtui.domain.values import Value


class ProblemKind(StrEnum):
    """What went wrong, coarse enough to choose advice by."""

    UNAUTHORISED = "unauthorised"  # a wrong or expired key, SAS or token
    FORBIDDEN = "forbidden"  # known, but without the right to do this
    NOT_FOUND = "not_found"  # hub, group, partition or container does not exist
    UNRESOLVED = "unresolved"  # the host name does not resolve
    UNREACHABLE = "unreachable"  # port closed, connection lost, or down: errors of its own
    TLS = "tls"
    TIMEOUT = "timeout"
    THROTTLED = "throttled"
    CONFLICT = "conflict"  # changed meanwhile, or held by somebody else
    MALFORMED = "malformed"  # the answer could not be understood
    UNSUPPORTED = "unsupported"  # this version or tier cannot do it
    INTERNAL = "internal"  # a fault of ehtui itself


class Problem(Value, frozen=True):
    """One failure, in words that carry no secret and no control character.

    `summary` is one sentence that names the endpoint, key or masked value; `advice` the next step.
    `retry_after_s` is how long the other side asks to be left alone, where it does.
    """

    kind: ProblemKind
    summary: str
    advice: str = ""
    retry_after_s: float | None = None


class ProblemError(Exception):
    """Raised by sources and actions: an update to the monitor, one line to a command."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.summary)
        self.problem = problem
