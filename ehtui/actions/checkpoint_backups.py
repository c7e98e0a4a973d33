"""What stood in a group's checkpoints before ehtui wrote them, and what it wrote: a file an apply.

One line of JSON each: first of the plan, then of every blob as it stood, all on disk before the
first write; then of every write that was done. So whatever breaks an apply off, the file tells what
can be put back. Only its owner can read it: offsets and owner ids are in there, no keys.
"""

from __future__ import annotations

import base64
import json
import os
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from ehtui.actions.state_files import append_line, open_records, state_folder, who
from ehtui.actions.store_writer import standing_in
from ehtui.domain.actions.checkpoint_plan import (
    Change,
    KeptBackup,
    Standing,
    Undo,
    Unwritten,
    WriteKind,
)
from ehtui.domain.world.hub import Names
from ehtui.domain.world.store import Layout
from ehtui.sources.layouts.base import StoredBlob, UnreadableError
from ehtui.sources.store_writer import is_held
from ehtui.wire.storage import BlobItem

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.domain.actions.checkpoint_plan import CheckpointPlan
    from ehtui.domain.world.hub import HubDescription

SCHEMA = "ehtui.checkpoint-backup/1"
MOST_BYTES = 64 << 20
_MOST_AT = 253_402_300_800  # the year 10000
_ODD = re.compile(r"[^A-Za-z0-9.-]+")


def default_backup_folder() -> Path:
    """Backups of this user."""
    return state_folder() / "checkpoints"


def obstacle(folder: Path) -> str | None:
    """Why no backup could be written there now, or None; nothing is made."""
    try:
        known = next(each for each in (folder, *folder.parents) if each.exists())
    except OSError as error:
        return error.strerror or str(error)

    if not known.is_dir():
        return f"{known} is not a folder"

    return None if os.access(known, os.W_OK | os.X_OK) else f"{known} may not be written"


@dataclass(frozen=True, slots=True)
class KeptBlob:
    """One blob as it stood, and what was meant to be written over it."""

    partition: str
    layout: Layout
    blob: StoredBlob  # container and name alone where there was none
    existed: bool
    before: Standing | None
    after: Standing | None
    written_etag: str | None = None  # of the write that was done; None: it is not known to be


@dataclass(frozen=True, slots=True)
class Backup:
    """One file."""

    path: Path
    at: float
    namespace: str
    hub: str
    group: str
    strategy: str
    blobs: tuple[KeptBlob, ...]

    def is_of(self, hub: HubDescription, aliases: tuple[str, ...]) -> bool:
        """Whether it is of that hub, whatever its namespace was called."""
        is_covered = Names(hub.namespace, aliases).cover(self.namespace)

        return is_covered and self.hub.lower() == hub.name.lower()

    @property
    def written(self) -> int:
        """How many writes are known to have been done."""
        return sum(kept.written_etag is not None for kept in self.blobs)


@dataclass
class BackupFile:
    """A backup that is being written."""

    path: Path
    _descriptor: int = field(repr=False)

    @classmethod
    def begin(
        cls,
        folder: Path,
        plan: CheckpointPlan,
        kept: Iterable[tuple[Change, StoredBlob | None]],
        at: float,
    ) -> BackupFile:
        """Write down everything as it stands.

        Raises:
            OSError: It could not be; nothing may be written then.
        """
        path = _new_path(folder, plan.group, at)
        backup = cls(path, open_records(path))

        try:
            backup._line(
                {
                    "schema": SCHEMA,
                    "at": at,
                    **who(),
                    "namespace": plan.namespace,
                    "hub": plan.hub,
                    "group": plan.group,
                    "strategy": type(plan.strategy).__name__,
                }
            )

            for change, blob in kept:
                backup._line(_kept(change, blob))
        except OSError:
            backup.close()
            raise

        return backup

    def wrote(self, change: Change, etag: str | None) -> None:
        """Note that a write was done; what cannot be noted, `undo` tells by the blob itself."""
        self._line({"container": change.container, "name": change.name, "written": etag or ""})

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._descriptor)

    def _line(self, record: dict[str, Any]) -> None:
        append_line(self._descriptor, json.dumps(record).encode())


def _new_path(folder: Path, group: str, at: float) -> Path:
    moment = datetime.fromtimestamp(at, UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
    named = _ODD.sub("", group)[:40] or "group"
    path = folder / f"{moment}-{named}.jsonl"
    number = 1

    while path.exists():
        number += 1
        path = folder / f"{moment}-{named}-{number}.jsonl"

    return path


def _kept(change: Change, blob: StoredBlob | None) -> dict[str, Any]:
    body = blob.body if blob is not None else None

    return {
        "container": change.container,
        "name": change.name,
        "partition": change.partition,
        "layout": change.layout.value if change.layout is not None else None,
        "existed": blob is not None,
        "etag": blob.item.etag if blob is not None else None,
        "metadata": dict(blob.item.metadata) if blob is not None else {},
        "body": base64.b64encode(body).decode() if body is not None else None,
        "before": _told(change.before),
        "after": _told(change.after),
    }


def _told(standing: Standing | None) -> list[object] | None:
    return None if standing is None else [standing.sequence, standing.offset]


def list_backups(folder: Path) -> list[Backup]:
    """Those that can be read, the newest first."""
    found = []

    for path in sorted(folder.glob("*.jsonl"), reverse=True) if folder.is_dir() else ():
        try:
            found.append(read_backup(str(path)))
        except (OSError, ValueError):
            continue

    return found


def kept_of(group: str, hub: str | None) -> tuple[KeptBackup, ...]:
    """What was kept of a group of that hub, the newest first; undos left out."""
    return tuple(
        KeptBackup(str(each.path), each.at, each.strategy, each.written)
        for each in list_backups(default_backup_folder())
        if each.strategy != Undo.__name__
        and each.group.lower() == group.lower()
        and (hub is None or each.hub.lower() == hub.lower())
    )


def read_backup(name: str) -> Backup:
    """Read a backup; its last line may be a half one, of an apply that was broken off.

    Raises:
        OSError: There is no such file, or it cannot be read.
        ValueError: It is not a backup.
    """
    path = Path(name).expanduser()

    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}")

    with path.open("rb") as file:
        text = file.read(MOST_BYTES).decode(errors="replace")

    lines = [record for line in text.splitlines() if (record := _record(line)) is not None]

    if not lines or lines[0].get("schema") != SCHEMA:
        raise ValueError("it is not a backup of checkpoints")

    try:
        head = msgspec.convert(lines[0], _Head)
        noted = [msgspec.convert(each, _Written) for each in lines[1:] if "written" in each]
        kept = [msgspec.convert(each, _Kept) for each in lines[1:] if "existed" in each]
    except msgspec.ValidationError as error:
        raise ValueError(f"it is malformed: {error}") from None

    if not 0 <= head.at < _MOST_AT:  # nan too
        raise ValueError("it is malformed: its time is none")

    written = {(each.container, each.name): each.written for each in noted}

    return Backup(
        path,
        head.at,
        head.namespace,
        head.hub,
        head.group,
        head.strategy,
        tuple(_blob_of(each, written) for each in kept),
    )


class _Head(msgspec.Struct):
    """The first line."""

    at: float
    namespace: str
    hub: str
    group: str
    strategy: str


class _Kept(msgspec.Struct):
    """The line of a blob as it stood."""

    container: str
    name: str
    partition: str
    layout: Layout
    existed: bool
    etag: str | None
    metadata: dict[str, str]
    body: str | None
    before: tuple[int | None, str | None] | None
    after: tuple[int | None, str | None] | None


class _Written(msgspec.Struct):
    """The line of a write that was done."""

    container: str
    name: str
    written: str


def _record(line: str) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None

    return record if isinstance(record, dict) else None


def _blob_of(kept: _Kept, written: dict[tuple[str, str], str]) -> KeptBlob:
    try:
        body = base64.b64decode(kept.body) if kept.body is not None else None
    except ValueError as error:
        raise ValueError(f"it is malformed: {error}") from None

    item = BlobItem(kept.name, kept.etag or "", None, None, kept.metadata)

    return KeptBlob(
        partition=kept.partition,
        layout=kept.layout,
        blob=StoredBlob(kept.container, item, body),
        existed=kept.existed,
        before=_standing(kept.before),
        after=_standing(kept.after),
        written_etag=written.get((kept.container, kept.name)),
    )


def _standing(told: tuple[int | None, str | None] | None) -> Standing | None:
    return None if told is None else Standing(*told)


def undo_of(kept: KeptBlob, found: StoredBlob | None, *, is_forced: bool) -> Change:
    """What putting one blob back takes; it is left alone where somebody else wrote it since."""
    standing, detail = _now(kept, found)
    unwritten: Unwritten | None = None

    if _is_untouched(kept, found):
        unwritten = Unwritten.NOT_IN_BACKUP
    elif found is None and kept.after is None:
        pass  # it was deleted, and is made again
    elif kept.existed and standing is not None and standing == kept.before:
        unwritten = Unwritten.SAME
    elif found is None:
        unwritten, detail = Unwritten.CHANGED, "it is gone"
    elif is_held(found):
        unwritten = Unwritten.HELD
    elif not is_forced and not _is_ours(kept, found, standing):
        unwritten = Unwritten.CHANGED

    return Change(
        partition=kept.partition,
        kind=WriteKind.RESTORE if kept.existed else WriteKind.REMOVE,
        container=kept.blob.container,
        name=kept.blob.item.name,
        layout=kept.layout,
        etag=found.item.etag if found is not None else None,
        before=standing,
        after=kept.before,
        unwritten=unwritten,
        detail=detail,
    )


def _now(kept: KeptBlob, found: StoredBlob | None) -> tuple[Standing | None, str]:
    try:
        return (None if found is None else standing_in(found, kept.layout)), ""
    except UnreadableError as error:
        return None, str(error)


def _is_untouched(kept: KeptBlob, found: StoredBlob | None) -> bool:
    if not kept.existed:
        return found is None

    return found is not None and found.item.etag == kept.blob.item.etag


def _is_ours(kept: KeptBlob, found: StoredBlob, standing: Standing | None) -> bool:
    """By the ETag of the write or, where that was not noted any more, by what was written."""
    return found.item.etag == kept.written_etag or (standing is not None and standing == kept.after)
