"""Where a loopback address is missing, as on macOS, whoever needs it says how to make one."""

from __future__ import annotations

import socket
from errno import EADDRINUSE, EADDRNOTAVAIL
from typing import NoReturn

import pytest

from ehtui.sandbox.scenes.stage import free_host
from ehtui.sandbox.server import ListenError
from ehtui.sandbox.supervisor import ChildFailedError

ALIAS = "sudo ifconfig lo0 alias 127.0.0.2"


def test_a_scene_that_needs_one_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> NoReturn:
        raise OSError(EADDRNOTAVAIL, "Can't assign requested address")

    monkeypatch.setattr(socket.socket, "bind", refuse)

    with pytest.raises(ChildFailedError, match=ALIAS) as caught:
        free_host(5672)

    assert "this scene needs one" in str(caught.value)


@pytest.mark.parametrize(
    ("host", "errno", "is_advised"),
    [
        ("127.0.0.2", EADDRNOTAVAIL, True),
        ("127.0.0.2", EADDRINUSE, False),
        ("127.0.0.1", EADDRNOTAVAIL, False),
        ("10.1.2.3", EADDRNOTAVAIL, False),
    ],
)
def test_a_sandbox_on_an_address_of_its_own_too(host: str, errno: int, *, is_advised: bool) -> None:
    told = str(ListenError(host, 5672, OSError(errno, "no")))

    assert told.startswith(f"cannot listen on {host}, port 5672: ")
    assert (ALIAS in told) is is_advised
