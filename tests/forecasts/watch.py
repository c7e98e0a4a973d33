"""The store seen by itself: who holds which partition, and to a tenth of a second since when."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from azure.storage.blob import ContainerClient

EVERY_S = 0.1
IDLE_S = 0.5


@dataclass(frozen=True, slots=True)
class Claim:
    """A record as it was first seen under its owner; times of this host, whose clock all share."""

    owner: str
    after: float  # the look that did not show it
    at: float  # the look that did


class Watch:
    """Polls one container on a thread of its own; nothing of ehtui has a part in it."""

    def __init__(self, storage: str, container: str) -> None:
        self._client = ContainerClient.from_connection_string(storage, container)
        self._claims: dict[str, Claim] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._is_close = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Create the container and begin."""
        self._client.create_container()
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._ended.set()
        self._thread.join(10)
        self._client.close()

    def look_closely(self, *, is_close: bool) -> None:
        """Ten times a second, or twice."""
        (self._is_close.set if is_close else self._is_close.clear)()

    def claims(self) -> dict[str, Claim]:
        """Every partition's record; one without an owner is left out."""
        with self._lock:
            return {pid: claim for pid, claim in self._claims.items() if claim.owner}

    def _run(self) -> None:
        before_at = time.time()

        while not self._ended.wait(EVERY_S if self._is_close.is_set() else IDLE_S):
            asked_at = time.time()
            found = self._owners()
            now = time.time()

            with self._lock:
                for pid, owner in found.items():
                    known = self._claims.get(pid)

                    if known is None or known.owner != owner:
                        self._claims[pid] = Claim(owner, before_at, now)

            before_at = asked_at

    def _owners(self) -> dict[str, str]:
        found: dict[str, str] = {}

        for blob in self._client.list_blobs(include=["metadata"]):
            *_, kind, partition = blob.name.split("/")

            if kind == "ownership":
                found[partition] = (blob.metadata or {}).get("ownerid") or ""

        return found
