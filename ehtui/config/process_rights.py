"""What the user of another process may read, told from its credentials and a file's own access.

Whoever runs ehtui may read more: then `--pid` must not become that user's deputy.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

SEARCH, READ = 1, 4
_CAN_READ_ANYTHING = 1 << 1 | 1 << 2  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
_ACCESS = "system.posix_acl_access"
_ENTRY = struct.Struct("<HHI")  # tag, permissions, id; acl(5)
_USER, _GROUP_OBJ, _GROUP, _MASK = 0x02, 0x04, 0x08, 0x10


@dataclass(frozen=True, slots=True)
class Rights:
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
    if not hasattr(os, "getxattr"):
        return

    try:
        # By this name, as a descriptor that was opened for its path alone has no attributes.
        content = os.getxattr(f"/proc/self/fd/{descriptor}", _ACCESS)
    except OSError:
        return

    yield from _ENTRY.iter_unpack(content[4:])
