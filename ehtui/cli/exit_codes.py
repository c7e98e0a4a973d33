"""What exit codes mean: said once, for every help text, the README and the page of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ehtui.cli.flags import ExitCode

if TYPE_CHECKING:
    from collections.abc import Mapping

# Of every command; those above 128 are 128 and the signal's number, as shells have it.
MEANINGS: Mapping[ExitCode, str] = {
    ExitCode.OK: "fine, or done",
    ExitCode.WARNING: "a warning, or refused, or not reached in time",
    ExitCode.CRITICAL: "a critical finding, or an action that failed",
    ExitCode.UNREADABLE: "a source could not be read, or not all of a hub; what was read is told",
    ExitCode.DOWN: "a consumer was stopped, and could not be started again",
    ExitCode.NOT_PASSED: "events were sent, and the group that is followed does not read them",
    ExitCode.NO_VERDICT: "events were sent, and what becomes of them was not seen in time",
    ExitCode.USAGE: "the command line or the configuration cannot be used",
    ExitCode.INTERNAL: "a fault of ehtui itself",
    ExitCode.OUTPUT: "standard output is closed, or full",
    ExitCode.INTERRUPTED: "interrupted with Ctrl-C",
    ExitCode.BROKEN_PIPE: "the reader of the output has gone",
}
_OF_JUDGING = {
    ExitCode.OK: "fine",
    ExitCode.WARNING: "a warning (only with --fail-on warning)",
    ExitCode.CRITICAL: "a critical finding (not with --fail-on never)",
    ExitCode.UNREADABLE: "a source could not be read, or not all of a hub; what was read is told",
}
_OF_ACTING = {
    ExitCode.OK: "done",
    ExitCode.WARNING: "refused",
    ExitCode.CRITICAL: "failed",
}
_OF_CHECKPOINTS = {
    ExitCode.OK: "done, or nothing to do",
    ExitCode.WARNING: "refused, or some partitions left as they are",
    ExitCode.CRITICAL: "failed: see the report, and 'ehtui checkpoint undo'",
}
_FINE = {ExitCode.OK: "fine"}

# What a command means by those that it gives itself; all of them give those from 64 on too.
OF_COMMAND: Mapping[str, Mapping[ExitCode, str]] = {
    "status": _OF_JUDGING,
    "hubs": {
        **_OF_JUDGING,
        ExitCode.UNREADABLE: "a hub could not be read, or its profile not be used",
    },
    "profiles": {ExitCode.OK: "fine", ExitCode.USAGE: "something in a profile cannot be used"},
    "findings": _OF_JUDGING,
    "report": {
        **_OF_JUDGING,
        ExitCode.CRITICAL: "a critical finding (only with --fail-on critical or warning)",
        ExitCode.INTERRUPTED: "Ctrl-C ended the watching; the page is of what was seen by then",
    },
    "timeline": {
        ExitCode.OK: "fine",
        ExitCode.UNREADABLE: "the hub or the store cannot be read at the end",
        ExitCode.INTERRUPTED: "Ctrl-C ended the watching; what was seen by then is told",
    },
    "consumers": {
        ExitCode.OK: "fine",
        ExitCode.UNREADABLE: "the processes, their logs or the store could not be read",
    },
    "metrics": {
        ExitCode.OK: "fine",
        ExitCode.UNREADABLE: "a source could not be read; its metrics are left out",
    },
    "signal": _OF_ACTING,
    "restart": {**_OF_ACTING, ExitCode.DOWN: MEANINGS[ExitCode.DOWN]},
    "start": _OF_ACTING,
    "send": {
        **_OF_ACTING,
        ExitCode.NOT_PASSED: "with --follow: the group does not read what was sent",
        ExitCode.NO_VERDICT: "with --follow: what becomes of it was not seen in time",
    },
    "release": _OF_ACTING,
    "checkpoint": _OF_CHECKPOINTS,
    "checkpoint list": {
        ExitCode.OK: "fine",
        ExitCode.WARNING: "no group has checkpoints, or none of that name",
        ExitCode.UNREADABLE: "the hub or the store could not be read",
    },
    "checkpoint plan": {
        ExitCode.OK: "'apply' would write all of it",
        ExitCode.WARNING: "it would not",
    },
    "checkpoint apply": _OF_CHECKPOINTS,
    "checkpoint undo": _OF_CHECKPOINTS,
    "checkpoint copy": _OF_CHECKPOINTS,
    "audit": {ExitCode.OK: "fine", ExitCode.WARNING: "the audit log cannot be read"},
    "wait": {
        ExitCode.OK: "reached",
        ExitCode.WARNING: "not reached in time, or a warning (only with --fail-on warning)",
        ExitCode.CRITICAL: "reached, with a critical finding (only with --fail-on)",
        ExitCode.UNREADABLE: "not reached, and the hub or the store cannot be read",
    },
    "why": {
        ExitCode.OK: "fine",
        ExitCode.UNREADABLE: "the hub or the store could not be read; the checks say as much",
    },
    "gate": {
        ExitCode.OK: "begun; or the deployment is a good one",
        ExitCode.WARNING: "it is not, or was not shown to be one in time",
        ExitCode.UNREADABLE: "it could not be judged: hub or store cannot be read, nobody watched",
    },
    "explain": {ExitCode.OK: "fine", ExitCode.USAGE: "there is nothing of that name"},
    "watch": {
        ExitCode.OK: "after --for",
        ExitCode.WARNING: "a warning at its end (only with --fail-on warning)",
        ExitCode.CRITICAL: "a critical finding at its end (only with --fail-on)",
        ExitCode.UNREADABLE: "the hub or the store cannot be read at its end",
    },
    "events": _FINE,
    "config": _FINE,
    "completion": _FINE,
    "doctor": {ExitCode.OK: "fine", ExitCode.UNREADABLE: "a check failed"},
    "demo": _FINE,
    "sandbox": {ExitCode.OK: "fine; with a command behind '--' the code of that"},
    "conform": {
        ExitCode.OK: "everything that was looked at is as believed",
        ExitCode.WARNING: "something is not",
    },
}


def sentence(command: str) -> str:
    """For the end of its help: `Exit code: 0 fine; 3 …`; empty where it has words of its own."""
    own = OF_COMMAND.get(command)

    if own is None:
        return ""

    told = "; ".join(f"{code.value} {own[code]}" for code in sorted(own))
    return f"Exit code: {told}; all others: see 'ehtui --help'."


def all_of_them() -> str:
    """For the end of `ehtui --help`."""
    told = "; ".join(f"{code.value} {meaning}" for code, meaning in MEANINGS.items())
    return f"Exit codes: {told}. What a command means by the first ones stands in its own help."
