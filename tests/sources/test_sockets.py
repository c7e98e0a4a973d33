"""The quick way and the plain way agree on who is connected."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys

import pytest

from ehtui import system
from ehtui.sources import sockets as sockets_module
from ehtui.sources.processes import ProcessSource
from ehtui.sources.sockets import (
    Sockets,
    count_elsewhere,
    counts_by_psutil,
    is_networked_elsewhere,
)
from tests.shortcuts import only_linux

CLIENT = """
import socket, sys
family, host, port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
kept = socket.socket(family)
kept.connect((host, port))
print("connected", flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize(
    ("listening", "family", "host", "remote"),
    [
        (socket.AF_INET, socket.AF_INET, "127.0.0.1", "127.0.0.1"),
        (socket.AF_INET6, socket.AF_INET6, "::1", "::1"),
    ],
)
def test_both_ways_find_the_same_processes(
    listening: socket.AddressFamily, family: socket.AddressFamily, host: str, remote: str
) -> None:
    try:
        server = socket.create_server((host, 0), family=listening)
    except OSError:
        pytest.skip(f"{host} is not of this host")

    with server:
        port: int = server.getsockname()[1]
        address = {(remote, port)}
        sockets = Sockets()
        assert sockets.counts(address) == counts_by_psutil(address) == {}

        with subprocess.Popen(
            [sys.executable, "-c", CLIENT, str(int(family)), host, str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as client:
            assert client.stdout is not None
            client.stdout.readline()
            assert sockets.counts(address) == counts_by_psutil(address) == {client.pid: 1}
            assert sockets.web == {}
            own = socket.create_connection((host, port))
            assert sockets.counts(address) == counts_by_psutil(address)
            assert sockets.counts(address) == {client.pid: 1, os.getpid(): 1}
            own.close()
            client.kill()

        assert client.pid not in (sockets.counts(address) or {})


def test_an_ipv4_address_is_found_in_an_ipv6_socket() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_INET6) as client,
    ):
        port: int = server.getsockname()[1]
        client.connect(("::ffff:127.0.0.1", port))
        assert Sockets().counts({("127.0.0.1", port)}) == {os.getpid(): 1}


@pytest.mark.parametrize("is_told", [True, False])
def test_connections_to_443_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, *, is_told: bool
) -> None:
    if not is_told:
        monkeypatch.setattr(sockets_module, "_SOCK_DIAG", 21)  # no such protocol

    with (
        socket.create_server(("127.0.0.1", 0)) as web,
        socket.create_server(("127.0.0.1", 0)) as own,
        socket.create_connection(web.getsockname()),
        socket.create_connection(own.getsockname()),
    ):
        monkeypatch.setattr(sockets_module, "HTTPS_PORT", web.getsockname()[1])
        sockets = Sockets()
        assert sockets.counts({web.getsockname(), own.getsockname()}) == {os.getpid(): 2}
        assert sockets.web == {os.getpid(): 1}


@only_linux("is asked so")
def test_where_the_kernel_does_not_answer_psutil_does(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()),
    ):
        monkeypatch.setattr(sockets_module, "_SOCK_DIAG", 21)  # no such protocol
        port: int = server.getsockname()[1]
        assert Sockets().counts({("127.0.0.1", port)}) == {os.getpid(): 1}


@only_linux("names inodes")
def test_descriptors_are_looked_through_only_for_new_connections(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walks: list[str] = []
    scandir = os.scandir

    def noted(path: str) -> object:
        walks.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", noted)

    with socket.create_server(("127.0.0.1", 0)) as server:
        address = {("127.0.0.1", server.getsockname()[1])}
        sockets = Sockets()
        sockets.counts(address)
        assert walks == []

        with socket.create_connection(server.getsockname()):
            assert sockets.counts(address) == {os.getpid(): 1}
            assert walks
            walks.clear()
            sockets.counts(address)
            assert walks == []


def may_unshare() -> bool:
    if not system.LINUX or shutil.which("unshare") is None:
        return False

    return (
        subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode == 0
    )


ELSEWHERE = """
import socket, subprocess, sys
subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
server = socket.create_server(("127.0.0.1", 0))
kept = socket.create_connection(server.getsockname())
print(server.getsockname()[1], flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(
    not may_unshare() or shutil.which("ip") is None, reason="needs a network namespace of its own"
)
def test_connections_of_another_network_namespace_are_counted_in_there() -> None:
    with subprocess.Popen(
        ["unshare", "-n", sys.executable, "-c", ELSEWHERE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as client:
        assert client.stdout is not None
        port = int(client.stdout.readline())
        address = ("127.0.0.1", port)

        assert is_networked_elsewhere(client.pid)
        assert client.pid not in (Sockets().counts({address}) or {})
        assert count_elsewhere(client.pid, {address}) == 1
        # Under another address nobody is seen: that is no zero.
        assert count_elsewhere(client.pid, {("127.0.0.1", 1)}) is None

        source = ProcessSource(namespace=f"127.0.0.1:{port}", manual_pids=[client.pid])
        (sample,) = source.scan().processes
        assert sample.connections == 1
        hidden = ProcessSource(namespace="127.0.0.1:1", manual_pids=[client.pid])
        (sample,) = hidden.scan().processes
        assert sample.connections is None
        client.communicate("")


def test_this_process_is_networked_here() -> None:
    assert not is_networked_elsewhere(os.getpid())
