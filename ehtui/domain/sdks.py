"""What the client families do with leases by default (facts.md §2), and how to tell them apart."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Profile:
    """How processors of one kind renew and take over, in seconds."""

    name: str
    period_s: float
    slowest_s: float  # longest round, jitter included
    expires_after_s: float
    is_greedy: bool = True  # takes all that it may in one round; else one a round

    @property
    def code(self) -> str:
        """`python-180/30`: expiry and period, for a forecast's basis."""
        return f"{self.name}-{self.expires_after_s:g}/{self.period_s:g}"


PYTHON = Profile("python", 30, 36, 180)
DOTNET = Profile("dotnet", 30, 30, 120)
JAVA = Profile("java", 30, 30, 120)
JS = Profile("js", 10, 10, 60, is_greedy=False)
GO = Profile("go", 10, 13, 60, is_greedy=False)
# Mean renewal periods, storage round trips included, that fit each default.
_FITTING = (
    (PYTHON, 29.0, 40.0),
    (DOTNET, 28.0, 31.5),
    (JAVA, 28.0, 31.5),
    (JS, 9.0, 12.5),
    (GO, 8.0, 13.5),
)
UNKNOWN_SDK = (PYTHON, DOTNET)  # nothing known: both windows
PYTHON_JITTER = 1.1  # mean of 1–1.2
PYTHON_EXPIRY_ROUNDS = 6
GO_LINES = ("] Listing ownership for ", "] claimMorePartitions:")


def profiles(period_s: float | None, hints: frozenset[str] = frozenset()) -> tuple[Profile, ...]:
    """Every kind that an owner may be, by its renewal period and what else tells its SDK."""
    if period_s is None:
        hinted = tuple(p for p, _, _ in _FITTING if p.name in hints)
        return hinted or UNKNOWN_SDK

    fitting = tuple(
        p for p, low, high in _FITTING if low <= period_s <= high and (not hints or p.name in hints)
    )

    if fitting:
        return fitting

    # A period that was configured: only Python derives its expiry from it.
    others = tuple(
        Profile(p.name, period_s, period_s * 1.3, p.expires_after_s, p.is_greedy)
        for p, _, _ in _FITTING
        if p.name in hints - {"python"}
    )
    return others or (custom_python(period_s),)


def custom_python(period_s: float) -> Profile:
    """A Python processor whose load_balancing_interval was set: it expires after six of them."""
    interval_s = period_s / PYTHON_JITTER
    interval_s = round(interval_s, 0 if interval_s >= 1 else 1) or interval_s

    return Profile("python", interval_s, interval_s * 1.2 + 1, interval_s * PYTHON_EXPIRY_ROUNDS)


def hints_of(process_name: str | None, evidence: str | None) -> frozenset[str]:
    """What a linked process tells of its SDK: its own log line first, else its program."""
    if evidence and "EventProcessor '" in evidence:
        return frozenset({"python"})

    # Its program may have any name.
    if evidence and any(text in evidence for text in GO_LINES):
        return frozenset({"go"})

    name = (process_name or "").lower()

    for program, sdk in (
        ("python", "python"),
        ("node", "js"),
        ("java", "java"),
        ("dotnet", "dotnet"),
    ):
        if name.startswith(program):
            return frozenset({sdk})

    return frozenset()


def runtime_of(process_name: str | None) -> str | None:
    """The SDK that a program of this name uses: python, js, java or dotnet."""
    return next(iter(hints_of(process_name, None)), None)
