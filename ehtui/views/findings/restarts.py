"""Consumers that were stopped to be restarted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.domain.findings.evidence import CONSUMER_DOWN, RESTART_ABANDONED, RESTART_SLOW
from ehtui.views import formats
from ehtui.views.finding_text import About, FindingText
from ehtui.views.restarts import by_hand, obstacle_words

if TYPE_CHECKING:
    from ehtui.domain.findings.evidence import Down, StillRunning

_HALTED = {"stopped": ", stopped (SIGSTOP)", "tracing-stop": ", held by a debugger"}


def _down(found: Down, _: About) -> str:
    return f"{found.pid} is down: {_why(found)}"


def _why(found: Down) -> str:
    if found.exit_code is not None:
        return (
            "it was stopped, and the one started instead ended at once "
            f"(exit code {found.exit_code})"
        )

    if found.obstacle is not None:
        words = obstacle_words(found.obstacle, found.detail)
        return f"it was stopped and could not be started again: {words}"

    return "it was stopped to be restarted, and whoever should start it was ended"


def _down_advice(found: Down, _: About) -> tuple[str, ...]:
    names = formats.listed(found.variables)
    lines = (
        f"Start it again: N, or `ehtui restart {found.pid}`.",
        f"By hand: `{by_hand(found.folder, found.command)}`",
        f"Names that its environment had: {names}." if found.variables else "",
        f"Its log is {found.log_path}." if found.exit_code is not None else "",
        f"If it is not needed any more: `ehtui restart --forget {found.pid}`.",
    )

    return tuple(line for line in lines if line)


def _asked(found: StillRunning, about: About) -> str:
    return f"{found.pid} was sent SIG{found.signal} {about.say.since(found.asked_at)} ago"


def _slow(found: StillRunning, about: About) -> str:
    runs = f"still runs{_HALTED.get(found.status, '')}"

    return f"{_asked(found, about)} and {runs}: it is started again once it has ended"


def _slow_advice(found: StillRunning, _: About) -> tuple[str, ...]:
    if found.status == "stopped":
        return (f"It acts on nothing before it goes on: `kill -CONT {found.pid}`.",)

    return (
        "A consumer takes as long as its handlers take for the events that they have.",
        (
            "If it hangs: `k` sends it SIGKILL. It dies without release, and the restart goes on. "
            f"Its stack: `py-spy dump --pid {found.pid}`, where it is Python."
        ),
    )


def _abandoned(found: StillRunning, about: About) -> str:
    asked = _asked(found, about)

    return f"{asked} to be restarted, and nobody starts it any more once it has ended"


def _abandoned_advice(found: StillRunning, _: About) -> tuple[str, ...]:
    return (
        "Whoever carried the restart out was ended on the way.",
        f"Restart it anew with R or `ehtui restart {found.pid}`: that waits for its end as well.",
    )


RESTART_TEXTS = (
    FindingText(CONSUMER_DOWN, _down, _down_advice),
    FindingText(RESTART_SLOW, _slow, _slow_advice),
    FindingText(RESTART_ABANDONED, _abandoned, _abandoned_advice),
)
