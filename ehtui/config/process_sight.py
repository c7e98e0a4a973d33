"""A process's files as the process sees them, opened with no more rights than its user has.

Paths are walked step by step from the process's own root and working folder, each step held open:
whatever somebody moves meanwhile, what was checked is what is read.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from contextlib import ExitStack
from errno import ENOTSUP
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Self

import psutil

from ehtui import system
from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_LINKS, _MOST_STEPS = 16, 100
_CONTENT = os.O_RDONLY | system.QUIETLY


class NotReadError(Exception):
    """A file that is there and is not read; says why."""


class Folder(Value, frozen=True):
    """A folder that is held open, and its path as the process has it."""

    descriptor: int
    path: PurePosixPath

    @property
    def identity(self) -> tuple[int, int]:
        """What it is, whatever it is called."""
        found = os.fstat(self.descriptor)
        return found.st_dev, found.st_ino


class ProcessSight:
    """What one process sees. A context manager; `rights` is None where nothing may be read.

    Raises OSError or psutil.Error where the process has ended, or is not for this user.
    """

    def __init__(self, pid: int) -> None:
        self._stack = ExitStack()

        try:
            self._root, self.working, self.rights = self._opened(pid)
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def upwards(self, folder: Folder, most: int) -> Iterator[Folder]:
        """The folder, and up to `most` above it, no further than the process's root."""
        yield folder

        for _ in range(most):
            if folder.identity == self._root.identity or folder.path == folder.path.parent:
                return

            try:
                descriptor = self._step(folder.descriptor, "..")
            except (OSError, NotReadError):
                return

            folder = Folder(descriptor, folder.path.parent)
            yield folder

    def folder_of(self, path: str) -> Folder | None:
        """The folder of the regular file that the process calls `path`; None where there is none.

        Links are followed as the process follows them, within its own root.
        """
        start = self._root if path.startswith("/") else self.working
        shown = PurePosixPath(self.working.path, path)

        try:
            *folders, name = PurePosixPath(path).parts
            steps = self._walk(start.descriptor, [f for f in folders if f != "/"], inside=False)
            found = os.stat(name, dir_fd=steps, follow_symlinks=False)
        except (OSError, ValueError, NotReadError):
            return None

        return Folder(steps, shown.parent) if stat.S_ISREG(found.st_mode) else None

    def read(self, folder: Folder, name: str, most_bytes: int) -> bytes | None:
        """A file's content; None where there is none. Links may lead about within the folder.

        Raises:
            NotReadError: It is not a regular file, too large, or not for the process's user.
        """
        *folders, last = PurePosixPath(name).parts

        try:
            holder = self._walk(folder.descriptor, folders, inside=True)
            descriptor = self._open_file(folder, holder, last)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise NotReadError(f"cannot be opened: {error.strerror}") from None

        try:
            return self._content(descriptor, most_bytes)
        finally:
            os.close(descriptor)

    # How it gets there.

    def _opened(self, pid: int) -> tuple[Folder, Folder, Rights | None]:
        if not system.LINUX:
            return self._opened_by_path(pid)

        # It stays the folder of that process: whoever gets the number later has another.
        followed = _folder_flags() & ~system.NO_LINK
        process_folder = self._held(os.open(f"{system.PROC}/{pid}", followed))
        path = os.readlink("cwd", dir_fd=process_folder)
        root_fd = self._held(os.open("root", followed, dir_fd=process_folder))
        working_fd = self._held(os.open("cwd", followed, dir_fd=process_folder))
        status = os.open("status", os.O_RDONLY | system.OPENED, dir_fd=process_folder)

        with os.fdopen(status, encoding="utf-8", errors="replace") as file:
            rights = rights_in(file.read())

        return Folder(root_fd, PurePosixPath("/")), Folder(working_fd, PurePosixPath(path)), rights

    def _opened_by_path(self, pid: int) -> tuple[Folder, Folder, Rights | None]:
        """No root of its own is known, and no group but those that it was started with."""
        if sys.platform == "win32":
            raise OSError(ENOTSUP, "see own_sight")

        process = psutil.Process(pid)
        users = set(process.uids())
        rights = Rights(users.pop(), frozenset(process.gids()))
        root, path = "/", process.cwd()
        here, there = (
            Folder(self._held(os.open(at, _folder_flags())), PurePosixPath(at))
            for at in (root, path)
        )
        return here, there, None if users else rights

    def _held(self, descriptor: int) -> int:
        self._stack.callback(os.close, descriptor)
        return descriptor

    def _step(self, folder: int, name: str) -> int:
        """Open the folder `name`, which must be one and no link to one."""
        if self.rights is None or not self.rights.may(SEARCH, folder):
            raise NotReadError("its user may not look into that folder")

        return self._held(os.open(name, _folder_flags(), dir_fd=folder))

    def _walk(self, start: int, names: list[str], *, inside: bool) -> int:
        """The folder that `names` lead to; with `inside` no link may lead out of `start`."""
        stack, todo, links = [start], list(reversed(names)), 0

        while todo:
            name = todo.pop()

            if len(todo) + len(stack) > _MOST_STEPS:
                raise NotReadError("its path has more steps than any")

            if name == "..":
                stack = self._up(stack, inside=inside)
            elif (target := _link(stack[-1], name)) is None:
                stack.append(self._step(stack[-1], name))
            else:
                links += 1
                target_parts = PurePosixPath(target).parts

                if links > _MOST_LINKS or (inside and target.startswith("/")):
                    raise NotReadError("a link leads out of its folder")

                if target.startswith("/"):
                    stack, target_parts = [self._root.descriptor], target_parts[1:]

                todo += reversed(target_parts)

        return stack[-1]

    def _up(self, stack: list[int], *, inside: bool) -> list[int]:
        if len(stack) > 1:
            return stack[:-1]

        if inside:
            raise NotReadError("a link leads out of its folder")

        if Folder(stack[0], PurePosixPath("/")).identity == self._root.identity:
            return stack

        return [self._step(stack[0], "..")]

    def _open_file(self, folder: Folder, holder: int, name: str) -> int:
        """Open `name` in `holder`, through links that stay within `folder`."""
        for _ in range(_MOST_LINKS):
            if self.rights is None or not self.rights.may(SEARCH, holder):
                raise NotReadError("its user may not look into that folder")

            target = _link(holder, name)

            if target is None:
                return self._open_regular(holder, name)

            # Where the link stands decides what it means: walk there, and on from there.
            holder, name = self._followed(folder, holder, target)

        raise NotReadError("too many links")

    def _followed(self, folder: Folder, holder: int, target: str) -> tuple[int, str]:
        if target.startswith("/"):
            raise NotReadError("a link leads out of its folder")

        *names, last = PurePosixPath(target).parts or (".",)

        if holder == folder.descriptor or ".." not in names:
            return self._walk(holder, names, inside=True), last

        raise NotReadError("a link leads out of its folder")

    def _open_regular(self, holder: int, name: str) -> int:
        """Looked at before it is opened: opening a pipe or a device can wait, or do something."""
        if not system.LINUX:
            found = os.stat(name, dir_fd=holder, follow_symlinks=False)

            if not stat.S_ISREG(found.st_mode):
                raise NotReadError("it is not a regular file")

            return _regular(os.open(name, _CONTENT | system.NO_LINK, dir_fd=holder))

        flags = os.O_PATH | system.NO_LINK | system.OPENED
        place = _regular(os.open(name, flags, dir_fd=holder))

        try:
            return os.open(f"{system.PROC}/self/fd/{place}", _CONTENT)
        finally:
            os.close(place)

    def _content(self, descriptor: int, most_bytes: int) -> bytes:
        if self.rights is None or not self.rights.trusts(descriptor):
            raise NotReadError("it belongs neither to the process's user nor to root")

        if not self.rights.may(READ, descriptor):
            raise NotReadError("the process's user may not read it")

        if not self.rights.is_for(descriptor):
            raise NotReadError("it is root's, and not for everybody to read")

        size, pieces = os.fstat(descriptor).st_size, []

        while size <= most_bytes and (piece := os.read(descriptor, 65536)):
            pieces.append(piece)
            size = max(size, sum(map(len, pieces)))

        if size > most_bytes:
            raise NotReadError(f"it is larger than {most_bytes >> 10} kB")

        return b"".join(pieces)


def _folder_flags() -> int:
    if sys.platform == "win32":
        return os.O_RDONLY

    place = os.O_RDONLY

    if sys.platform == "linux" and system.LINUX:
        place = os.O_PATH

    return place | os.O_DIRECTORY | system.NO_LINK | system.OPENED


def _regular(descriptor: int) -> int:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotReadError("it is not a regular file")

    return descriptor


def _link(folder: int, name: str) -> str | None:
    """Where a link leads; None where `name` is none."""
    if not stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
        return None

    return os.readlink(name, dir_fd=folder)


SEARCH, READ = 1, 4
_CAN_READ_ANYTHING = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_ACCESS = "system.posix_acl_access"
_ENTRY = struct.Struct("<HHI")  # tag, permissions, id; acl(5)
_USER, _GROUP_OBJ, _GROUP, _MASK = 0x02, 0x04, 0x08, 0x10


class Rights(Value, frozen=True):
    """A user and its groups; `reads_anything` where it is root with its capabilities."""

    user: int
    groups: frozenset[int]
    reads_anything: bool = False

    def may(self, wanted: int, descriptor: int) -> bool:
        """Whether it may READ the file, or SEARCH the folder, that is open as `descriptor`."""
        found = os.fstat(descriptor)

        if self.reads_anything:
            return True

        if found.st_uid == self.user:
            return bool(found.st_mode >> 6 & wanted)

        entries = list(_entries(descriptor))

        if entries:
            return self._by_entries(wanted, entries, found)

        return bool(found.st_mode >> (3 if found.st_gid in self.groups else 0) & wanted)

    def trusts(self, descriptor: int) -> bool:
        """Whether what is open belongs to it, or to root: others could have put it there."""
        return os.fstat(descriptor).st_uid in {self.user, 0}

    def is_for(self, descriptor: int) -> bool:
        """Whether the file is its own, or one that everybody may read.

        What root lets a group read may be in the folder by a hard link of anybody in that group.
        """
        found = os.fstat(descriptor)
        return found.st_uid == self.user or bool(found.st_mode & stat.S_IROTH)

    def _by_entries(
        self, wanted: int, entries: list[tuple[int, int, int]], found: os.stat_result
    ) -> bool:
        """The algorithm of acl(5), without the owner."""
        mask = next((bits for tag, bits, _ in entries if tag == _MASK), 7)

        for tag, bits, who in entries:
            if tag == _USER and who == self.user:
                return bool(bits & mask & wanted)

        of_groups = [
            bits & mask
            for tag, bits, who in entries
            if (tag == _GROUP_OBJ and found.st_gid in self.groups)
            or (tag == _GROUP and who in self.groups)
        ]

        if of_groups:
            return any(bits & wanted for bits in of_groups)

        return bool(found.st_mode & wanted)


def rights_in(status: str) -> Rights | None:
    """The rights that a /proc/PID/status tells; None for one that changed its user (setuid).

    Whose it is then nobody can say: it may have been started by somebody else.
    """
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    users = {int(number) for number in fields["Uid"].split()}
    groups = {int(number) for number in (*fields["Gid"].split(), *fields["Groups"].split())}
    user = users.pop()

    if users:
        return None

    capable = int(fields["CapEff"], 16) & _CAN_READ_ANYTHING

    return Rights(user, frozenset(groups), user == 0 and bool(capable))


def _entries(descriptor: int) -> Iterator[tuple[int, int, int]]:
    """The entries of an access list; none where there is only the mode."""
    if not system.LINUX:
        return  # elsewhere the mode is all that is looked at

    try:
        # By this name, as a descriptor that was opened for its path alone has no attributes.
        content = os.getxattr(f"{system.PROC}/self/fd/{descriptor}", _ACCESS)
    except OSError:
        return

    yield from _ENTRY.iter_unpack(content[4:])
