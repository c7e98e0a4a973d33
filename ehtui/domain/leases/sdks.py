"""What the client families do with leases by default (facts.md §2), and how to tell them apart."""

from __future__ import annotations

from msgspec.structs import replace

from ehtui.domain.values import Value


class SdkProfile(Value, frozen=True):
    """How processors of one kind renew and take over, in seconds."""

    name: str
    period_s: float
    slowest_s: float  # longest round, jitter included
    expires_after_s: float
    is_greedy: bool = True  # takes all that it may in one round; else one a round
    is_custom: bool = False  # its interval was set: its expiry may have been as well

    @property
    def code(self) -> str:
        """`python-180/30`: expiry and period, for a forecast's basis."""
        return f"{self.name}-{self.expires_after_s:g}/{self.period_s:g}"


PYTHON = SdkProfile("python", 30, 36, 180)
DOTNET = SdkProfile("dotnet", 30, 30, 120)
JAVA = SdkProfile("java", 30, 30, 120)
JS = SdkProfile("js", 10, 10, 60, is_greedy=False)
GO = SdkProfile("go", 10, 13, 60, is_greedy=False)
RUST = SdkProfile("rust", 30, 33, 60)
# Mean renewal periods, storage round trips included, that fit each default.
_FITTING = (
    (PYTHON, 29.0, 40.0),
    (DOTNET, 28.0, 31.5),
    (JAVA, 28.0, 31.5),
    (JS, 9.0, 12.5),
    (GO, 8.0, 13.5),
)
_FITTING_IF_NAMED = ((RUST, 28.0, 34.0),)  # as rare as a Rust consumer is
UNKNOWN_SDK = (PYTHON, DOTNET)  # nothing known: both windows
PYTHON_JITTER = 1.1  # mean of 1 to 1.2
GO_JITTER = 1.24  # 1.3 against the mean, 1.05
PYTHON_EXPIRY_ROUNDS = 6
ROUND_WORK_S = 0.5  # listing and claiming, beside the rest
LIKELY = 0.08  # a period is measured as exactly as that
GO_LINES = ("] Listing ownership for ", "] claimMorePartitions:")
RUST_LINE = "azure_messaging_eventhubs"  # the crate: target of its log lines


def sdk_profiles(
    period_s: float | None, hints: frozenset[str] = frozenset()
) -> tuple[SdkProfile, ...]:
    """Every kind that an owner may be, by its renewal period and what else tells its SDK."""
    known = (*_FITTING, *_FITTING_IF_NAMED) if hints else _FITTING
    named = tuple(kind for kind in known if not hints or kind[0].name in hints)

    if period_s is None:
        return tuple(p for p, _, _ in named) if hints and named else UNKNOWN_SDK

    fitting = tuple(p for p, low, high in named if low <= period_s <= high)
    if fitting:
        return fitting

    # A period that was configured: only Python derives its expiry from it.
    others = tuple(_custom(p, period_s) for p, _, _ in named if p.name in hints - {"python"})
    return others or (custom_python(period_s),)


def _custom(default: SdkProfile, period_s: float) -> SdkProfile:
    """A processor whose interval was set; its expiry is taken for as many intervals as usual."""
    jitter = GO_JITTER if default is GO else 1.0
    interval_s = _likely(period_s)
    return replace(
        default,
        period_s=interval_s,
        slowest_s=period_s * jitter + ROUND_WORK_S,
        expires_after_s=interval_s * default.expires_after_s / default.period_s,
        is_custom=True,
    )


def custom_python(period_s: float) -> SdkProfile:
    """A Python processor whose load_balancing_interval was set: it expires after six of them."""
    interval_s = _likely(period_s / PYTHON_JITTER)
    expires_after_s = interval_s * PYTHON_EXPIRY_ROUNDS
    slowest_s = max(interval_s * 1.2, period_s) + ROUND_WORK_S
    return SdkProfile("python", interval_s, slowest_s, expires_after_s, is_custom=True)


def _likely(interval_s: float) -> float:
    """The roundest number that a measured interval may be: people set round ones."""
    for step_s in (30.0, 10.0, 5.0, 1.0, 0.5):
        rounded_s = round(interval_s / step_s) * step_s
        if rounded_s and abs(rounded_s - interval_s) <= LIKELY * interval_s:
            return rounded_s

    return round(interval_s, 1) or interval_s


def hints_of(process_name: str | None, evidence: str | None) -> frozenset[str]:
    """What a linked process tells of its SDK: its own log line first, else its program."""
    if evidence and "EventProcessor '" in evidence:
        return frozenset({"python"})

    # Its program may have any name.
    if evidence and any(text in evidence for text in GO_LINES):
        return frozenset({"go"})

    if evidence and RUST_LINE in evidence:
        return frozenset({"rust"})

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
