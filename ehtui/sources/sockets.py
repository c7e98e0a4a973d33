"""Which processes hold connections to given addresses.

Anywhere psutil tells; it looks through every descriptor of every process. Linux names each
connection's inode in one file, so that descriptors are looked through only for new ones.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Address = tuple[str, int]

_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")
_REMOTE, _INODE = 2, 9  # columns, see proc_net_tcp of the kernel's documentation
_MAPPED = "0000000000000000FFFF0000" if sys.byteorder == "little" else "00000000000000000000FFFF"


@dataclass(slots=True)
class Sockets:
    """Remembers who holds which connection."""

    _holders: dict[str, frozenset[int]] = field(default_factory=dict)  # inode → pids

    def counts(self, addresses: Collection[Address]) -> dict[int, int]:
        """How many connections to `addresses` each process has; blocking."""
        inodes = _inodes(addresses) if sys.platform == "linux" else None

        if inodes is None:
            return counts_by_psutil(addresses)

        if not inodes <= self._holders.keys():
            self._holders = _held(inodes)

        counts: dict[int, int] = {}

        for inode in inodes:
            for pid in self._holders[inode]:
                counts[pid] = counts.get(pid, 0) + 1

        return counts


def counts_by_psutil(addresses: Collection[Address]) -> dict[int, int]:
    """The same, by looking through everything; nothing where this user may not look."""
    counts: dict[int, int] = {}

    try:
        connections = psutil.net_connections(kind="tcp")
    except (psutil.Error, OSError):  # macOS asks for root: then nobody is found this way
        return {}

    for connection in connections:
        if connection.pid and connection.raddr and tuple(connection.raddr) in addresses:
            counts[connection.pid] = counts.get(connection.pid, 0) + 1

    return counts


def _inodes(addresses: Collection[Address]) -> frozenset[str] | None:
    """Of all connections to `addresses`; None where the kernel does not tell."""
    wanted = {text for address in addresses for text in _as_kernel_writes(address)}
    found: set[str] = set()

    try:
        for table in _TABLES:
            for line in Path(table).read_text().splitlines()[1:]:
                columns = line.split()

                if columns[_REMOTE] in wanted and columns[_INODE] != "0":
                    found.add(columns[_INODE])
    except (OSError, IndexError):
        return None

    return frozenset(found)


def _as_kernel_writes(address: Address) -> Iterator[str]:
    """Words of 32 bits in the host's order, in hexadecimal; IPv4 also as it stands in IPv6."""
    host, port = address

    if ":" in host:
        yield f"{_words(socket.inet_pton(socket.AF_INET6, host.partition('%')[0]))}:{port:04X}"
    else:
        word = _words(socket.inet_pton(socket.AF_INET, host))
        yield f"{word}:{port:04X}"
        yield f"{_MAPPED}{word}:{port:04X}"


def _words(packed: bytes) -> str:
    parts = (packed[at : at + 4] for at in range(0, len(packed), 4))

    return "".join(f"{int.from_bytes(part, sys.byteorder):08X}" for part in parts)


def _held(inodes: Collection[str]) -> dict[str, frozenset[int]]:
    """Who holds each; nobody where the holder is not ours to look into."""
    links = {f"socket:[{inode}]": inode for inode in inodes}
    held: dict[str, set[int]] = {inode: set() for inode in inodes}

    for pid in psutil.pids():
        with suppress(OSError), os.scandir(f"/proc/{pid}/fd") as descriptors:
            for descriptor in descriptors:
                with suppress(OSError):  # closed meanwhile
                    if (inode := links.get(str(Path(descriptor.path).readlink()))) is not None:
                        held[inode].add(pid)

    return {inode: frozenset(pids) for inode, pids in held.items()}
