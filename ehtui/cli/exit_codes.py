"""What the exit codes mean."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """0 to 3 are `status`' judgement; 64, 70 and 74 are those of sysexits.h."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNREADABLE = 3  # a source could not be read, or a hub not whole
    DOWN = 4  # a consumer was stopped, and could not be started again
    USAGE = 64  # the command line or the configuration
    INTERNAL = 70  # a fault of ehtui itself
    OUTPUT = 74  # standard output is closed, or full
    INTERRUPTED = 130  # Ctrl-C
    BROKEN_PIPE = 141  # who read the output has gone
