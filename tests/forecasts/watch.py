"""The store seen by itself: who holds which partition, and to a tenth of a second since when."""

from __future__ import annotations

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

from azure.storage.blob import ContainerClient

EVERY_S = 0.1
IDLE_S = 0.5
SAME_ROUND_S = 0.6  # in which it writes all that it has


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
        self._etags: dict[str, str] = {}
        self._rounds: dict[str, list[float]] = {}  # by owner: when it was seen to write
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

    def longest_rest_s(self, owners: Collection[str], since: float, until: float) -> float:
        """How long one of them rested at most between two rounds that touch this time."""
        longest_s = 0.0

        with self._lock:
            for owner in owners:
                for begun, ended in pairwise(self._rounds.get(owner, [])):
                    if ended > since and begun < until:
                        longest_s = max(longest_s, ended - begun)

        return longest_s

    def _run(self) -> None:
        before_at = time.time()

        while not self._ended.wait(EVERY_S if self._is_close.is_set() else IDLE_S):
            asked_at = time.time()
            found = self._records()
            now = time.time()

            with self._lock:
                self._note(found, before_at, now)

            before_at = asked_at

    def _note(self, found: dict[str, tuple[str, str]], before_at: float, now: float) -> None:
        for pid, (owner, etag) in found.items():
            known = self._claims.get(pid)

            if known is None or known.owner != owner:
                self._claims[pid] = Claim(owner, before_at, now)

            if self._etags.get(pid) != etag:
                self._etags[pid] = etag
                rounds = self._rounds.setdefault(owner, [])

                if not rounds or now - rounds[-1] > SAME_ROUND_S:
                    rounds.append(now)

    def _records(self) -> dict[str, tuple[str, str]]:
        """Owner and ETag of each partition."""
        found: dict[str, tuple[str, str]] = {}

        for blob in self._client.list_blobs(include=["metadata"]):
            *_, kind, partition = blob.name.split("/")

            if kind == "ownership":
                found[partition] = ((blob.metadata or {}).get("ownerid") or "", str(blob.etag))

        return found
