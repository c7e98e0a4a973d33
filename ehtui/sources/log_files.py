"""Where a process logs: the files that it writes, as they can be read from here.

A path belongs to the mount namespace of whoever names it: in a container `/app/a.log` is another
file than here. So on Linux every path is held against the descriptor itself, and one that is not
the same file is read through /proc/PID/root (proc(5)). Elsewhere psutil tells the paths.
"""

from __future__ import annotations

import os
import re
import stat
from contextlib import suppress
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, NamedTuple

import psutil
from msgspec import Struct

from ehtui import system
from ehtui.config.process_memory import words_of
from ehtui.domain.world.process import ProcessId
from ehtui.sources.proc import Identity, descriptors_of, identity_of
from ehtui.sources.process_facts import inner_pids, started_at
from ehtui.sources.recognition import kind_of_process

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

STANDARD_OUTPUTS = frozenset({1, 2})
_LOG_NAME = re.compile(r"\.(?:log|out|err|jsonl|ndjson)(?:[.-][\w-]+)*$", re.IGNORECASE)
_PACKED = frozenset({".gz", ".bz2", ".xz", ".zst", ".zip"})
_LOG_FOLDERS = frozenset({"log", "logs"})
_NO_FILES = ("/dev/", "/proc/", "/sys/", "/memfd:")
_ACCESS = os.O_RDONLY | os.O_WRONLY | os.O_RDWR
_PIPE = re.compile(r"pipe:\[(\d+)\]")
MOST_LOGS = 6
_DEEPEST = 4  # filters that one pipe feeds after another


class OpenFile(NamedTuple):
    """A regular file that is open for writing."""

    descriptor: int
    path: str  # under which it can be read from here
    identity: Identity
    size_bytes: int

    @property
    def is_output(self) -> bool:
        """Whether it takes the standard output or error."""
        return self.descriptor in STANDARD_OUTPUTS

    @property
    def is_named_like_a_log(self) -> bool:
        """By its ending, rotated or dated ones too, or by its folder."""
        return is_named_like_a_log(PurePath(self.path))


def is_named_like_a_log(path: PurePath) -> bool:
    """By its ending, rotated or dated ones too, or by its folder."""
    if path.suffix.lower() in _PACKED:
        return False

    return bool(_LOG_NAME.search(path.name)) or not _LOG_FOLDERS.isdisjoint(path.parts[:-1])


def logs_of(
    pid: int, configured: str | None = None, inputs: StandardInputs | None = None
) -> tuple[str, ...]:
    """Paths of what may be its log, each file once, the best first.

    What it opened itself goes before its output: whoever starts a program redirects that, whether
    or not anything is written there. A file that was named for it counts if it writes that, or
    nothing of its own is seen.
    """
    try:
        written = written_files(pid)
        found = [f for f in written if f.is_output or f.is_named_like_a_log] + _carried(
            pid, inputs or StandardInputs()
        )
    except (psutil.Error, OSError):  # not for this user to see
        return () if configured is None else (configured,)

    found.sort(key=lambda f: (f.size_bytes == 0, f.is_output))
    paths = {f.identity: f.path for f in reversed(found)}
    ordered = [f.path for f in found if paths[f.identity] == f.path]
    named = None if configured is None else _named(pid, configured, written)
    is_its_own = any(not f.is_output for f in found)

    if named is not None and (named.is_written or not is_its_own):
        ordered.insert(0, named.path)

    return tuple(dict.fromkeys(ordered))[:MOST_LOGS]


class _Named(NamedTuple):
    """A log that somebody named for it."""

    path: str  # under which it can be read from here
    is_written: bool  # it has it open


def _named(pid: int, path: str, written: Sequence[OpenFile]) -> _Named:
    identity = identity_of(path)
    same = next((f for f in written if f.identity == identity), None)
    if same is not None or not is_elsewhere(pid):
        return _Named(path, same is not None)

    # It was named as the process names it: a file of that path here is another one.
    inside = f"{system.PROC}/{pid}/root{path}"
    inner = identity_of(inside)
    return _Named(inside if inner is not None else path, any(f.identity == inner for f in written))


def written_files(pid: int) -> tuple[OpenFile, ...]:
    """Regular files that it has open for writing.

    Raises:
        OSError, psutil.Error: Its files are not for this user to see.
    """
    return tuple(_by_proc(pid) if system.LINUX else _by_psutil(pid))


def _by_proc(pid: int) -> Iterator[OpenFile]:
    for descriptor, target in descriptors_of(pid):
        if not target.startswith("/") or target.startswith(_NO_FILES):
            continue

        with suppress(OSError):  # closed meanwhile
            file = _opened(pid, descriptor, target)
            if file is not None:
                yield file


def _opened(pid: int, descriptor: int, target: str) -> OpenFile | None:
    itself = Path(f"{system.PROC}/{pid}/fd/{descriptor}")
    status = itself.stat()
    if not stat.S_ISREG(status.st_mode) or not _is_writable(pid, descriptor):
        return None

    identity = (status.st_dev, status.st_ino)
    ways = (target, f"{system.PROC}/{pid}/root{target}")
    # Removed, or renamed where nobody sees it: it is written all the same.
    path = next((way for way in ways if identity_of(way) == identity), str(itself))
    return OpenFile(descriptor, path, identity, status.st_size)


def _is_writable(pid: int, descriptor: int) -> bool:
    told = Path(f"{system.PROC}/{pid}/fdinfo/{descriptor}").read_text("ascii")

    for line in told.splitlines():
        if line.startswith("flags:"):
            return int(line.split()[1], 8) & _ACCESS != os.O_RDONLY

    return False


def _by_psutil(pid: int) -> Iterator[OpenFile]:
    for file in psutil.Process(pid).open_files():
        if getattr(file, "mode", "a") != "r":  # only Linux tells how a file was opened
            with suppress(OSError):
                status = Path(file.path).stat()
                identity = (status.st_dev, status.st_ino)
                yield OpenFile(file.fd, str(file.path), identity, status.st_size)


def _carried(pid: int, inputs: StandardInputs, depth: int = _DEEPEST) -> list[OpenFile]:
    """Where a program at the other end of its output writes it to: `consumer | tee a.log`.

    One that writes several files carries for several, and which is whose cannot be told. Only
    Linux tells who reads a pipe.
    """
    if not system.LINUX or not depth:
        return []

    pipes = {
        match[1]
        for descriptor, target in descriptors_of(pid)
        if descriptor in STANDARD_OUTPUTS and (match := _PIPE.fullmatch(target))
    }
    found: dict[Identity, OpenFile] = {}

    for reader in inputs.readers_of(pipes) - {pid, os.getpid()} if pipes else ():
        with suppress(OSError):
            files = {f.identity: f for f in written_files(reader)}
            more = _carried(reader, inputs, depth - 1) if not files else ()
            found.update(files or {f.identity: f for f in more})

    return list(found.values()) if len(found) == 1 else []


class StandardInputs(Struct):
    """Which pipe each process reads as its standard input: walked once for all of one scan."""

    _by_pipe: dict[str, list[int]] | None = None

    def readers_of(self, pipes: set[str]) -> set[int]:
        """Processes that read one of these, told by inode."""
        found = self._by_pipe

        if found is None:
            found = self._by_pipe = self._walk()

        return {pid for inode in pipes for pid in found.get(f"pipe:[{inode}]", ())}

    def _walk(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}

        for pid in psutil.pids():
            with suppress(OSError):
                target = os.readlink(f"{system.PROC}/{pid}/fd/0")  # noqa: PTH115 - a Path takes four times

                if target.startswith("pipe:"):
                    found.setdefault(target, []).append(pid)

        return found


def writers_of(path: str) -> frozenset[int]:
    """Every process that has this very file open for writing, of those that may be looked into."""
    identity = identity_of(path)
    if identity is None:
        return frozenset()

    has_it = _has_open if system.LINUX else _has_open_by_psutil
    found = set()

    for pid in psutil.pids():
        with suppress(psutil.Error, OSError):
            if has_it(pid, identity):
                found.add(pid)

    return frozenset(found)


def _has_open(pid: int, identity: Identity) -> bool:
    for descriptor, target in descriptors_of(pid):
        if target.startswith("/") and not target.startswith(_NO_FILES):
            with suppress(OSError):
                itself = f"{system.PROC}/{pid}/fd/{descriptor}"
                if identity_of(itself) == identity and _is_writable(pid, descriptor):
                    return True

    return False


def _has_open_by_psutil(pid: int, identity: Identity) -> bool:
    return any(file.identity == identity for file in _by_psutil(pid))


def holders_of(path: str) -> dict[ProcessId, frozenset[int]]:
    """Every process that may write to this file itself, and what each may call itself.

    Shells and launchers hold what they redirected for others, and write nothing.
    """
    found = {}

    for pid in writers_of(path) - {os.getpid()}:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            if not kind_of_process(process, words_of(process)).is_bystander:
                found[ProcessId(pid, started_at(pid))] = inner_pids(pid) | {pid}

    return found


def is_elsewhere(pid: int) -> bool:
    """Whether its paths are not ours: it lives in another mount namespace, or another root."""
    if not system.LINUX:
        return False  # containers of other systems run on a Linux of their own

    try:
        own, its = (Path(f"{system.PROC}/{who}/ns/mnt").readlink() for who in ("self", pid))
        return own != its or not Path(f"{system.PROC}/{pid}/root").samefile("/")
    except OSError:
        return False
