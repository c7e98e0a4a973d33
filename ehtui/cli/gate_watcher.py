"""Who watches between `gate begin` and `gate end`: a process of its own, spoken to by files.

Each file is written whole and put in place at once. `begun` and `told` are the watcher's, `asked`
is that of whoever ends the gate. Nothing secret is in them.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from ehtui.actions.file_locks import try_lock
from ehtui.actions.state_files import state_folder
from ehtui.domain.gate.checks import (
    STEADY_LOOKS,
    Terms,
    Verdict,
    checks,
    unmoved_since,
    verdict_of,
    with_unmoved,
)
from ehtui.domain.gate.watched import (
    NEEDED,
    Watched,
    baseline_of,
    deployment_ended,
    followed,
    marks_of,
    unread,
    watch_begun,
)
from ehtui.system import OPENED, put_in_place

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ehtui.domain.gate.checks import Check
    from ehtui.domain.gate.watched import Mark
    from ehtui.domain.snapshot import Snapshot
    from ehtui.monitor import Monitor
    from ehtui.views.formats import Clock

LOOKS_EVERY_S = 0.25
LATEST_S = 30.0  # beyond its time, whoever waits for an answer gives up
_IN_NAME = re.compile(r"[^A-Za-z0-9.-]+")


class Asked(Struct, frozen=True):
    """What `gate end` asks the watcher."""

    id: str
    terms: Terms
    timeout_s: float
    steady_s: float  # for which everything has to be so


class Told(NamedTuple):
    """How a gate stands, as the watcher told it last."""

    id: str
    lines: Sequence[str]
    verdict: Verdict | None
    page: str
    document: Mapping[str, Any]


class GateFolder:
    """The files of one group's gate."""

    def __init__(self, namespace: str, hub: str, group: str) -> None:
        name = "\0".join((namespace, hub, group)).lower()
        short = _IN_NAME.sub("_", f"{hub}-{group}")[:60]
        digest = hashlib.sha256(name.encode()).hexdigest()[:10]
        self.path = state_folder() / "gates" / f"{short}-{digest}"

    def clear(self) -> None:
        """Make it, and take what an earlier gate left out of it."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)

        for name in ("begun", "asked", "told", "leave"):
            (self.path / name).unlink(missing_ok=True)

    def write(self, name: str, record: Mapping[str, Any]) -> None:
        """Put a whole record in place."""
        new = self.path / f".{name}.{os.getpid()}"
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)

        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(record, file)

        put_in_place(new, self.path / name)

    def read(self, name: str) -> dict[str, Any] | None:
        """A record; None where there is none yet."""
        try:
            found = json.loads((self.path / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

        return found if isinstance(found, dict) else None

    @property
    def is_watched(self) -> bool:
        """Whether somebody watches: whoever does holds the lock as long as it lives."""
        try:
            descriptor = self.lock()
        except BlockingIOError:
            return True
        except FileNotFoundError:
            return False

        os.close(descriptor)

        return False

    def lock(self) -> int:
        """The lock of who watches; it goes with the descriptor.

        Raises:
            BlockingIOError: Somebody watches already.
            FileNotFoundError: No gate was ever begun.
        """
        descriptor = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT | OPENED, 0o600)

        try:
            try_lock(descriptor)
        except BlockingIOError:
            os.close(descriptor)
            raise

        return descriptor

    def leave(self, within_s: float = 10.0) -> bool:
        """Have whoever watches end; whether nobody does any more."""
        self.write("leave", {})
        deadline = time.monotonic() + within_s

        while self.is_watched and time.monotonic() < deadline:
            time.sleep(LOOKS_EVERY_S)

        return not self.is_watched

    def ask(self, asked: Asked) -> None:
        """Have the deployment judged."""
        import msgspec  # noqa: PLC0415

        self.write("asked", msgspec.to_builtins(asked))

    @property
    def asked(self) -> Asked | None:
        """What was asked for last."""
        import msgspec  # noqa: PLC0415

        found = self.read("asked")
        return None if found is None else msgspec.convert(found, Asked)

    @property
    def told(self) -> Told | None:
        """How it stands."""
        found = self.read("told")
        if found is None:
            return None

        verdict = None if found["verdict"] is None else Verdict(found["verdict"])
        return Told(found["id"], found["lines"], verdict, found["page"], found["document"])


def start_watcher(folder: GateFolder, words: Sequence[str]) -> subprocess.Popen[bytes]:
    """Start `ehtui gate watch` with these flags, apart from this terminal."""
    log = os.open(folder.path / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    apart: dict[str, Any] = {"start_new_session": True}

    if sys.platform == "win32":
        apart = {"creationflags": subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP}

    try:
        child = subprocess.Popen(
            # Nothing is imported from the folder that it is started in (-P).
            [sys.executable, "-P", "-m", "ehtui", "gate", "watch", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            **apart,
        )
    finally:
        os.close(log)

    # It outlives whoever waits for it here; somebody has to reap it all the same.
    threading.Thread(target=child.wait, name="reap watcher", daemon=True).start()

    return child


class Watcher:
    """Takes the baseline, follows what happens, judges when it is asked."""

    def __init__(self, monitor: Monitor, folder: GateFolder, group: str, clock: Clock) -> None:
        self._monitor = monitor
        self._folder = folder
        self._group = group
        self._clock = clock
        self._news = threading.Event()
        monitor.subscribe(lambda _: self._news.set())

    def run(self, *, baseline_s: float, keep_s: float) -> str | None:
        """Until it has judged, or for so long; why there is no baseline, where there is none."""
        looks: list[Snapshot] = []
        self._until(time.monotonic() + baseline_s, lambda: looks.append(self._monitor.snapshot))
        baseline = baseline_of([*looks, self._monitor.snapshot], self._group)

        if baseline is None:
            return f"hub and store do not tell of the group {self._group}."

        if not baseline.owners:
            return (
                f"nobody owns a partition in {self._group}, so nothing could be held against it. "
                "Begin while its consumers run."
            )

        held = [p for p in baseline.partitions if p.owner is not None]
        lags = [p.lag for p in baseline.partitions if p.lag is not None]
        self._folder.write(
            "begun",
            {
                "pid": os.getpid(),
                "partitions": len(baseline.partitions),
                "owned": len(held),
                "owners": len(baseline.owners),
                "lag": sum(lags) if lags else None,
                "findings": sorted({id_ for id_, *_ in baseline.findings}),
                "keep_s": keep_s,
            },
        )
        watched = watch_begun(baseline, self._monitor.snapshot)
        self._watch(watched, time.monotonic() + keep_s)

        return None

    def _watch(self, watched: Watched, ends_at: float) -> None:
        judging: _Judging | None = None

        while time.monotonic() < ends_at and self._folder.read("leave") is None:
            self._wait()
            snapshot = self._monitor.snapshot
            watched = followed(watched, snapshot)
            asked = self._folder.asked

            if asked is not None and (judging is None or judging.asked.id != asked.id):
                policy = snapshot.policy
                look_s = policy.hub_interval_s + policy.store_interval_s
                judging = _Judging(asked, STEADY_LOOKS * look_s, self._monitor)
                ends_at = max(ends_at, judging.ends_at)

            if judging is None:
                continue

            if not judging.has_begun and judging.may_begin(snapshot):
                watched = deployment_ended(watched, snapshot)
                judging.has_begun = True

            found, verdict = judging.judged(watched, snapshot)
            self._tell(watched, found, verdict, judging.asked)

            if verdict is not None:
                return

    def _tell(
        self, watched: Watched, found: Sequence[Check], verdict: Verdict | None, asked: Asked
    ) -> None:
        from ehtui.views import gate  # noqa: PLC0415 - once it is asked for
        from ehtui.views.phrasing import Phrasing  # noqa: PLC0415

        say = Phrasing(self._monitor.snapshot, self._clock, self._group)
        self._folder.write(
            "told",
            {
                "id": asked.id,
                "lines": [gate.check_line(check) for check in found],
                "verdict": verdict,
                "page": "" if verdict is None else gate.gate_page(watched, found, verdict, say),
                "document": gate.gate_document(watched, found, verdict, asked.terms),
            },
        )

    def _until(self, ends_at: float, look: Callable[[], object]) -> None:
        while time.monotonic() < ends_at:
            self._wait()
            look()

    def _wait(self) -> None:
        self._news.wait(LOOKS_EVERY_S)
        self._news.clear()


class _Judging:
    """One question, since when everything is so, and when its time is up."""

    def __init__(self, asked: Asked, least_steady_s: float, monitor: Monitor) -> None:
        self.asked = asked
        self.has_begun = False
        self._at = monitor.snapshot.taken_at
        self._steady_s = max(asked.steady_s, least_steady_s)
        self._late_at = time.monotonic() + asked.timeout_s
        self._so_since: float | None = None
        self._marks: Mapping[str, Mark] = {}
        monitor.refresh()

    @property
    def ends_at(self) -> float:
        """When there is a verdict at the latest."""
        return self._late_at + self._steady_s + LATEST_S

    def may_begin(self, snapshot: Snapshot) -> bool:
        """Whether hub and store were both read since it was asked."""
        read_at = {source.name: source.read_at or 0.0 for source in snapshot.sources}
        return not unread(snapshot) and all(read_at[name] > self._at for name in NEEDED)

    def judged(
        self, watched: Watched, snapshot: Snapshot
    ) -> tuple[Sequence[Check], Verdict | None]:
        """Every check, and the verdict; None is to be waited for.

        What came to be so late has to stay so for a while, too, and checkpoints to move in it.
        """
        now = time.monotonic()
        is_late = now >= self._late_at
        found = checks(watched, snapshot, self.asked.terms)

        if not self.has_begun:
            return found, Verdict.NOT_JUDGED if is_late else None

        verdict = verdict_of(found, is_late=is_late)

        if verdict is not Verdict.PASSED:
            self._so_since = None
            return found, verdict

        if self._so_since is None:
            self._so_since, self._marks = now, marks_of(snapshot, watched.baseline.group)

        if now - self._so_since < self._steady_s:
            return found, None

        found = with_unmoved(found, unmoved_since(self._marks, watched, snapshot))

        return found, verdict_of(found, is_late=is_late)
