"""What the hands raise before anything is done, as refusals."""

from __future__ import annotations

from ehtui.actions.obstacles import BeingRestartedError, CannotStartError, NotKnownError
from ehtui.actions.signals import IdentityChangedError, ProcessGoneError, ProgramChangedError
from ehtui.actions.supervisors import SupervisorChangedError
from ehtui.domain.outcomes import Refusal, RefusalReason

OTHER_TARGET = (ProcessGoneError, IdentityChangedError, ProgramChangedError, PermissionError)
NOT_DONE = (*OTHER_TARGET, CannotStartError, BeingRestartedError, NotKnownError)
_REASONS: dict[type[Exception], RefusalReason] = {
    ProcessGoneError: RefusalReason.GONE,
    IdentityChangedError: RefusalReason.IDENTITY_CHANGED,
    ProgramChangedError: RefusalReason.PROGRAM_CHANGED,
    SupervisorChangedError: RefusalReason.SUPERVISOR_CHANGED,
    NotKnownError: RefusalReason.NOT_KNOWN_ANY_MORE,
}


def refusal_of(error: Exception, subject: str) -> Refusal:
    """Why it was not done."""
    if isinstance(error, CannotStartError):
        return Refusal(RefusalReason.CANNOT_START, subject, error.detail, obstacle=error.obstacle)

    if isinstance(error, BeingRestartedError):
        return Refusal(RefusalReason.BEING_RESTARTED, subject, error.who)

    return Refusal(_REASONS.get(type(error), RefusalReason.FOREIGN_USER), subject)
