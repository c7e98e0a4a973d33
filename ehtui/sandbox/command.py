"""A program that runs while a sandbox serves it, and whose exit code is the sandbox's."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError
from ehtui.sandbox.children import HANG_UP, asked_to_end, at_signal
from ehtui.sandbox.options import reachable

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Sequence

    from ehtui.sandbox.server import SandboxServer

_SIGNALLED = 128  # and the signal's number: a shell's way to tell that one ended a program


async def run_command(server: SandboxServer, command: Sequence[str]) -> int:
    """Serve, run the program with where to connect in its environment, and end when it ends.

    SIGINT, SIGTERM and SIGHUP go on to the program, which decides. Returns its exit code as a
    shell would.

    Raises:
        ConfigError: The program cannot be run.
        ListenError: An address is in use or not of this host.
    """
    asked = asked_to_end(*HANG_UP)

    async with server.serving() as ready:
        try:
            told = ready.environment | ready.control_environment
            own = os.environ | told | _beside_proxies(reachable(server.options.host))
            process = await asyncio.create_subprocess_exec(*command, env=own)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise ConfigError(
                f"'{command[0]}' cannot be run: {reason}.", "It is the first word after --."
            ) from None

        for number in (signal.SIGINT, signal.SIGTERM, *HANG_UP):
            at_signal(number, partial(_pass_on, process, number))

        if asked.is_set():  # while the servers started
            process.terminate()

        code = await process.wait()

    return code if code >= 0 else _SIGNALLED - code


def _pass_on(process: Process, number: signal.Signals) -> None:
    # Ctrl-C goes to everybody in the terminal's foreground: twice would be once too often.
    if number is signal.SIGINT and _is_in_foreground():
        return

    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def _is_in_foreground() -> bool:
    if sys.platform == "win32":
        return True

    try:
        with Path("/dev/tty").open("rb") as terminal:
            return os.tcgetpgrp(terminal.fileno()) == os.getpgrp()
    except OSError:
        return False


def _beside_proxies(host: str) -> dict[str, str]:
    """The SDKs send even loopback requests to a proxy that the environment names."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    direct = ",".join(filter(None, (known, host, "localhost")))
    return {"no_proxy": direct, "NO_PROXY": direct}
