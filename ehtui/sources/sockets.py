"""Which processes hold connections to given addresses.

Anywhere psutil tells; it looks through every descriptor of every process. Linux names each
connection's inode, so that descriptors are looked through only for new ones. It is asked as `ss`
asks (sock_diag(7)): to write /proc/net/tcp the kernel takes twelve times as long. macOS tells
whoever is not root of each of this user's own processes alone.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil
from msgspec import Struct, field

from ehtui import system
from ehtui.sources.proc import descriptors_of, namespace_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

Address = tuple[str, int]
HTTPS_PORT = 443

# linux/netlink.h, linux/sock_diag.h, linux/inet_diag.h
_SOCK_DIAG, _BY_FAMILY, _DONE, _DUMP = 4, 20, 3, 0x301
_NOT_LISTENING = 0xFFF & ~(1 << 10)  # states, a bit each
_HEADER = struct.Struct("=IHHII")  # length, kind, flags, number, sender
_REQUEST = struct.Struct("=BBBxI48x")  # family, protocol, extensions, states, any socket
_PORT, _HOST_AT, _INODE_AT, _INODE = slice(6, 8), 24, 68, struct.Struct("=I")
_NOBODY: frozenset[int] = frozenset()
_MAPPED = bytes(10) + b"\xff\xff"
_FAMILIES = ((socket.AF_INET, 4), (socket.AF_INET6, 16))  # and the bytes of a host
_ANSWER_BYTES, _PATIENCE_S = 1 << 16, 1.0
# One socket with its counters: the bytes that tell which (inet_diag_sockid), and tcp_info.
_ONE, _REQUEST_ONE, _WITH_INFO, _INFO = 0x1, struct.Struct("=BBBxI48s"), 1 << 1, 2
_SOCKET_ID, _ATTRIBUTES_AT, _ATTRIBUTE = slice(4, 52), 72, struct.Struct("=HH")
_VOLUME_AT, _VOLUME = 120, struct.Struct("=QQ")  # tcpi_bytes_acked, tcpi_bytes_received


class Volume(NamedTuple):
    """How much went over one connection since it was opened, both ways."""

    pids: frozenset[int]
    port: int  # of the other side
    sent_bytes: int  # and acknowledged
    received_bytes: int


class Sockets(Struct):
    """Remembers who holds which connection."""

    _holders: dict[int, frozenset[int]] = field(default_factory=dict)  # inode → pids
    web: dict[int, int] = field(default_factory=dict)  # by pid: of these, to port 443
    # Whose connections are not told, while there may be some that nobody is seen to hold.
    hidden: frozenset[int] = frozenset()
    _latest: tuple[bytes, ...] = ()  # what the kernel told of each connection, at the last count
    _closed: frozenset[int] = frozenset()  # processes that are not for this user to look into

    def counts(self, addresses: Collection[Address]) -> dict[int, int] | None:
        """How many connections to `addresses` each process has; None if nobody may know. Blocking.

        Only of this network namespace: a container's connections are not seen.
        """
        found = _connections(addresses) if system.LINUX else None
        if found is None:
            return self._counted_by_psutil(addresses)

        self._latest = found
        inodes = frozenset(_inode(message) for message in found)

        if not inodes <= self._holders.keys():
            self._holders, self._closed = _held(inodes)

        self.hidden = self._closed if not all(self._holders[each] for each in inodes) else _NOBODY

        self.web = self._counted(
            _inode(message)
            for message in found
            if int.from_bytes(message[_PORT], "big") == HTTPS_PORT
        )
        return self._counted(inodes)

    def _counted_by_psutil(self, addresses: Collection[Address]) -> dict[int, int] | None:
        told = told_by_psutil(addresses)
        self._latest = ()
        self.web = {} if told is None else told.web
        self.hidden = _NOBODY if told is None else told.hidden

        return None if told is None else told.counts

    def _counted(self, inodes: Iterable[int]) -> dict[int, int]:
        return dict(Counter(pid for inode in set(inodes) for pid in self._holders[inode]))

    def volumes(self) -> dict[int, Volume]:
        """By inode, how much went over the connections that were counted last; Linux only."""
        volumes: dict[int, Volume] = {}

        with suppress(OSError, struct.error), _diagnosis() as kernel:
            for message in self._latest:
                inode = _inode(message)
                bytes_ = _volume(kernel, message)
                if bytes_ is not None:
                    port = int.from_bytes(message[_PORT], "big")
                    pids = self._holders.get(inode, frozenset())
                    volumes[inode] = Volume(pids, port, *bytes_)

        return volumes


class Told(NamedTuple):
    """Connections to some addresses by process, as psutil tells of them."""

    counts: dict[int, int]
    web: dict[int, int]  # of these, to port 443
    hidden: frozenset[int]  # who may have some that are not told


def told_by_psutil(addresses: Collection[Address]) -> Told | None:
    """The same, by looking through everything; None where nobody may look at anything."""
    try:
        everybodys = [(c.pid or 0, c) for c in psutil.net_connections(kind="tcp")]
    except (psutil.Error, OSError):  # macOS asks for root
        everybodys, hidden = _each_by_itself()
        if not everybodys and not hidden:
            return None
    else:
        hidden = _NOBODY

    counts: Counter[int] = Counter()
    web: Counter[int] = Counter()

    for pid, connection in everybodys:
        if not connection.raddr or _plain(*connection.raddr) not in addresses:
            continue

        if pid:
            counts[pid] += 1
            web[pid] += connection.raddr[1] == HTTPS_PORT
        elif connection.status == psutil.CONN_ESTABLISHED:  # somebody's who is not told
            hidden = hidden or _foreign()

    return Told(dict(counts), dict(+web), hidden)


def counts_by_psutil(addresses: Collection[Address]) -> dict[int, int] | None:
    """How many connections to `addresses` each process has, by looking through everything."""
    told = told_by_psutil(addresses)

    return None if told is None else told.counts


def _each_by_itself() -> tuple[list[tuple[int, Any]], frozenset[int]]:
    """What each process has, and those that are not for this user."""
    found: list[tuple[int, Any]] = []
    hidden = set()

    for process in psutil.process_iter():
        try:
            found += ((process.pid, each) for each in process.net_connections(kind="tcp"))
        except psutil.AccessDenied:
            hidden.add(process.pid)
        except (psutil.Error, OSError):  # it has ended
            continue

    return found, frozenset(hidden)


def _foreign() -> frozenset[int]:
    """Processes of others; nobody's are closed to root, and Windows tells of all."""
    if sys.platform == "win32" or system.user_id() == 0:
        return _NOBODY

    found = set()

    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.uids().effective != system.user_id():
                found.add(process.pid)

    return frozenset(found)


def _plain(host: str, port: int) -> Address:
    """An IPv4 address as it stands in IPv6 is that address."""
    return host.removeprefix("::ffff:"), port


def _diagnosis() -> socket.socket:
    if sys.platform != "linux":
        raise OSError(errno.EOPNOTSUPP, "no socket diagnosis")

    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _SOCK_DIAG)
    kernel.settimeout(_PATIENCE_S)

    return kernel


def _inode(message: bytes) -> int:
    inode: int = _INODE.unpack_from(message, _INODE_AT)[0]
    return inode


def _connections(addresses: Collection[Address]) -> tuple[bytes, ...] | None:
    """What is told of each connection to `addresses`; None where the kernel does not tell."""
    wanted = {key for address in addresses for key in _as_kernel_writes(address)}

    try:
        with _diagnosis() as kernel:
            return tuple(
                message
                for family, length in _FAMILIES
                for message in _asked(kernel, family)
                if message[_PORT] + message[_HOST_AT : _HOST_AT + length] in wanted
                and _inode(message)
            )
    except (OSError, struct.error):
        return None


def _volume(kernel: socket.socket, message: bytes) -> tuple[int, int] | None:
    """Bytes sent and received over one socket; None where it was closed meanwhile."""
    body = _REQUEST_ONE.pack(
        message[0], socket.IPPROTO_TCP, _WITH_INFO, _NOT_LISTENING, message[_SOCKET_ID]
    )
    kernel.send(_HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _ONE, 1, 0) + body)
    answer = kernel.recv(_ANSWER_BYTES)
    length, kind, *_ = _HEADER.unpack_from(answer)

    if kind != _BY_FAMILY:
        return None

    at = _HEADER.size + _ATTRIBUTES_AT
    while at + _ATTRIBUTE.size <= length:
        size, name = _ATTRIBUTE.unpack_from(answer, at)
        if name == _INFO and size >= _ATTRIBUTE.size + _VOLUME_AT + _VOLUME.size:
            sent, received = _VOLUME.unpack_from(answer, at + _ATTRIBUTE.size + _VOLUME_AT)
            return sent, received

        at += max(_ATTRIBUTE.size, size + -size % 4)

    return None


def _asked(kernel: socket.socket, family: int) -> Iterator[bytes]:
    """An `inet_diag_msg` for each TCP socket of a family that is not listening.

    Raises:
        OSError: The kernel refuses.
    """
    body = _REQUEST.pack(family, socket.IPPROTO_TCP, 0, _NOT_LISTENING)
    kernel.send(_HEADER.pack(_HEADER.size + len(body), _BY_FAMILY, _DUMP, 1, 0) + body)

    while True:
        answer, at = kernel.recv(_ANSWER_BYTES), 0
        while at < len(answer):
            length, kind, *_ = _HEADER.unpack_from(answer, at)
            if kind == _DONE:
                return

            if kind != _BY_FAMILY:
                raise OSError(errno.EOPNOTSUPP, "no socket diagnosis")

            yield answer[at + _HEADER.size : at + length]
            at += length + -length % 4


def _as_kernel_writes(address: Address) -> Iterator[bytes]:
    """Port and host as they travel; IPv4 also as it stands in IPv6."""
    host, number = address
    port = number.to_bytes(2, "big")

    if ":" in host:
        yield port + socket.inet_pton(socket.AF_INET6, host.partition("%")[0])
    else:
        packed = socket.inet_pton(socket.AF_INET, host)
        yield port + packed
        yield port + _MAPPED + packed


def _held(inodes: Collection[int]) -> tuple[dict[int, frozenset[int]], frozenset[int]]:
    """Who holds each, nobody where the holder is not ours to look into; and who is not."""
    links = {f"socket:[{inode}]": inode for inode in inodes}
    held: dict[int, set[int]] = {inode: set() for inode in inodes}
    closed = set()

    for pid in psutil.pids():
        try:
            for _, target in descriptors_of(pid):
                if (inode := links.get(target)) is not None:
                    held[inode].add(pid)
        except PermissionError:
            closed.add(pid)
        except OSError:
            continue

    return {inode: frozenset(pids) for inode, pids in held.items()}, frozenset(closed)


def count_elsewhere(pid: int, addresses: Collection[Address]) -> int | None:
    """How many connections a process of another network namespace has to `addresses`; Linux only.

    None where none is seen: from in there the other side may have another address.
    """
    wanted = {key for address in addresses for key in _as_kernel_writes(address)}
    found = 0

    try:
        own = {target for _, target in descriptors_of(pid)}

        for table in ("tcp", "tcp6"):
            for line in (
                Path(f"{system.PROC}/{pid}/net/{table}").read_text("ascii").splitlines()[1:]
            ):
                fields = line.split()
                found += f"socket:[{fields[9]}]" in own and _remote(fields[2]) in wanted
    except OSError:
        return None

    return found or None


def _remote(text: str) -> bytes:
    """An address of /proc/net/tcp, `0100007F:1F90`, as the kernel's messages have it."""
    host, _, port = text.partition(":")
    words = (bytes.fromhex(host[at : at + 8]) for at in range(0, len(host), 8))
    # Each word of four bytes is written as a number of this machine.
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)

    return bytes.fromhex(port) + packed


def is_networked_elsewhere(pid: int) -> bool:
    """Whether it lives in another network namespace, where its connections are not seen."""
    with suppress(OSError):
        return namespace_of("self", "net") != namespace_of(pid, "net")

    return False
