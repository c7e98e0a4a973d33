"""Whether the installed azure-eventhub is one whose private AMQP layer is known to fit."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ehtui.domain.problems import Problem, ProblemError, ProblemKind

_PACKAGE = "azure-eventhub"
_LAYER = "azure.eventhub._pyamqp"
_TESTED = ((5, 15, 0), (5, 16, 0))  # from, up to but not including
_NEEDED = {
    "_encode": ("encode_frame", "encode_payload", "encode_value"),
    "endpoints": ("Source", "Target"),
    "error": ("AMQPError",),
    "message": ("Message", "Properties"),
    "outcomes": ("Accepted", "Rejected"),
    "performatives": ("OpenFrame", "AttachFrame", "TransferFrame"),
}


@cache
def ensure_supported() -> None:
    """Check the installed azure-eventhub, once.

    Raises:
        ProblemError: UNSUPPORTED; its version was never tested, or a name that ehtui needs is gone.
    """
    problem = judge(_installed_version()) or _missing_name()

    if problem:
        raise ProblemError(problem)


def private(name: str) -> Any:
    """A module of the SDK's private AMQP layer, such as "performatives".

    Raises:
        ProblemError: UNSUPPORTED, as `ensure_supported()`.
    """
    ensure_supported()
    return import_module(f"{_LAYER}.{name}")


def judge(installed: str | None) -> Problem | None:
    """What is wrong with this version of azure-eventhub; None if nothing is."""
    if installed is None:
        return _unsupported(f"{_PACKAGE} is not installed.")

    if not _TESTED[0] <= _numbers(installed) < _TESTED[1]:
        return _unsupported(
            f"{_PACKAGE} {installed} is outside the range that ehtui was tested with"
            f" ({_dotted(_TESTED[0])} up to, not including, {_dotted(_TESTED[1])})."
        )

    return None


def _missing_name() -> Problem | None:
    for module_name, names in _NEEDED.items():
        place = f"{_LAYER}.{module_name}"

        try:
            module = import_module(place)
        except ImportError:
            return _unsupported(f"{_PACKAGE} {_installed_version()} has no {place}.")

        for name in names:
            if not hasattr(module, name):
                return _unsupported(f"{_PACKAGE} {_installed_version()} has no {place}.{name}.")

    return None


def _installed_version() -> str | None:
    try:
        return version(_PACKAGE)
    except PackageNotFoundError:
        return None


def _numbers(text: str) -> tuple[int, ...]:
    """The leading numbers of a version; a pre-release counts as the release before it."""
    parts = []

    for part in text.split(".")[:3]:
        digits = part[: len(part) - len(part.lstrip("0123456789"))]
        parts.append(int(digits or 0))

        if digits != part:
            parts[-1] -= 1
            break

    return tuple(parts)


def _dotted(numbers: tuple[int, ...]) -> str:
    return ".".join(map(str, numbers))


def _unsupported(summary: str) -> Problem:
    low, high = map(_dotted, _TESTED)
    advice = f'Install a tested one: pip install "{_PACKAGE}>={low},<{high}"'
    return Problem(ProblemKind.UNSUPPORTED, summary, advice)
