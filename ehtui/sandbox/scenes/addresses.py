"""Loopback addresses on which a well-known port is free."""

from __future__ import annotations

import socket
from contextlib import closing

from ehtui.sandbox.supervisor import ChildFailedError

_LAST = range(2, 99)


def free_host(port: int) -> str:
    """An address 127.0.0.x that has this port free.

    Raises:
        ChildFailedError: There is none; on macOS only 127.0.0.1 exists unless more are set up.
    """
    for last in _LAST:
        host = f"127.0.0.{last}"

        with closing(socket.socket()) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

            try:
                trial.bind((host, port))
            except OSError:
                continue

            return host

    raise ChildFailedError(f"no loopback address from 127.0.0.2 on has port {port} free")
