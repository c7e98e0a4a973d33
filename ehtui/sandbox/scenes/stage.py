"""Where a scene is played: a sandbox of its own, and the levers of whoever tells the story."""

from __future__ import annotations

import json
import re
import socket
import threading
import time
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import psutil

from ehtui import system
from ehtui.sandbox.meetings import POISON
from ehtui.sandbox.options import DEFAULT_GROUP, Pace, ServerOptions
from ehtui.sandbox.sandbox import Sandbox
from ehtui.sandbox.supervisor import ChildFailedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.storage.blob import ContainerClient

    from ehtui.sandbox.sandbox import SandboxConsumer

PATIENCE_S = 40.0  # a line that takes longer has failed, on a slow machine too
_LOOK_EVERY_S = 0.1
_AMQP_PORT = 5672
_LAST_NUMBERS = range(2, 99)
_ACCOUNT = re.compile(r"^(\d+) EventProcessor '([0-9a-f-]{36})' is being started", re.MULTILINE)

# A takeover within seconds: renewals every 1.0 to 1.2 s, leases of 6 s.
QUICK = Pace(interval_s=1.0, expiry_s=6.0, work_s=0.005, checkpoint_s=0.5)


@dataclass(frozen=True, slots=True)
class Setting:
    """A hub, its traffic, and how quick its consumers are."""

    partitions: int = 4
    groups: tuple[str, ...] = (DEFAULT_GROUP,)
    backlog: int = 0
    traffic: float = 1.0  # factor; 0 is silence
    shape: str = "even"  # `meetings.SHAPES`
    pace: Pace = QUICK
    shared_log: str | None = None  # all consumers write this one
    shows_producer: bool = False  # the watcher is told of it as of a consumer
    has_port: bool = True  # without one, Python and JavaScript write the same names (facts.md §7)


class SceneFailedError(Exception):
    """The players did not do what the story says."""


class CurtainError(Exception):
    """The stage is being cleared; the story ends where it is."""


class Stage:
    """A scene's sandbox. `perform()` plays the story on a thread; leaving ends everything."""

    def __init__(self, setting: Setting) -> None:
        host, port = ("127.0.0.1", 0) if setting.has_port else (free_host(_AMQP_PORT), _AMQP_PORT)
        self.setting = setting
        self.sandbox = Sandbox(
            ServerOptions(
                partitions=setting.partitions,
                groups=setting.groups,
                backlog=setting.backlog,
                host=host,
                port=port,
            ),
            consumers=0,
            pace=setting.pace,
            traffic=setting.traffic,
            shape=setting.shape,
        )
        self.cued_at: float | None = None  # local time at which the cause happened
        self.deployed_at: float | None = None  # and at which a deployment was said to be out
        self.failure: str | None = None
        self._javascript: set[str] = set()  # their owner id is their name
        self._store: ContainerClient | None = None
        self._curtain = threading.Event()
        self._player: threading.Thread | None = None

    def __enter__(self) -> Self:
        self.sandbox.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._curtain.set()

        if self._player is not None:
            self._player.join(PATIENCE_S)

        self.sandbox.stop()

    @property
    def is_over(self) -> bool:
        """Whether the last line was spoken."""
        return self._player is not None and not self._player.is_alive()

    def perform(self, story: Callable[[Self], None]) -> None:
        """Let the story begin, on a thread of its own; returns at once."""
        self._player = threading.Thread(target=self._play, args=(story,), name="scene", daemon=True)
        self._player.start()

    def identities(self) -> dict[str, frozenset[str]]:
        """The process ids and owner ids that each player had so far, by its own account."""
        accounts, found = self.accounts(), dict[str, frozenset[str]]()

        for player in self.players:
            own = accounts[player.pid] | {str(player.pid)}
            found[player.name] = found.get(player.name, frozenset()) | own

        return found

    def accounts(self) -> dict[int, frozenset[str]]:
        """Pid → the owner ids that this player had, by its own account, not by its log."""
        accounts: dict[int, frozenset[str]] = {c.pid: frozenset() for c in self.players}

        for player in self.sandbox.consumers:
            if player.name in self._javascript:
                accounts[player.pid] = frozenset({player.name})

        for path in self.sandbox.folder.glob("*.account"):
            for pid, owner in _ACCOUNT.findall(path.read_text(encoding="utf-8", errors="replace")):
                accounts[int(pid)] = accounts.get(int(pid), frozenset()) | {owner}

        return accounts

    @property
    def players(self) -> tuple[SandboxConsumer, ...]:
        """The producer, if there is one, and every consumer, in order of entering."""
        producer = self.sandbox.producer
        return (*((producer,) if producer is not None else ()), *self.sandbox.consumers)

    # The levers, for the story's thread.

    def start(
        self,
        *names: str,
        group: str | None = None,
        pace: Pace | None = None,
        switches: str = "",
        address: str | None = None,
        owners: int | None = None,
    ) -> None:
        """Let consumers enter; `address` is another name by which they know the namespace.

        Where `owners` says how many the group has then, wait until they hold every partition.
        """
        for name in names:
            self._check_curtain()
            account = f"--account={self.sandbox.folder / name}.account"
            self.sandbox.start_consumer(
                group,
                name=name,
                pace=pace,
                switches=[*switches.split(), account],
                address=address,
                log=self.setting.shared_log,
            )

        if owners is not None:
            self.settle(owners, group or DEFAULT_GROUP)

    def start_javascript(self, name: str) -> None:
        """Let a consumer on the JavaScript SDK enter."""
        self._check_curtain()
        self.sandbox.start_javascript(name)
        self._javascript.add(name)

    def kill(self, name: str) -> None:
        """`kill -9`: it releases nothing."""
        psutil.Process(self._player_of(name).pid).kill()

    def ask_to_end(self, name: str) -> None:
        """SIGTERM: it releases what it owns."""
        psutil.Process(self._player_of(name).pid).terminate()

    def await_end(self, name: str) -> None:
        """Wait until a consumer's process is gone."""
        player = self._player_of(name)
        self.wait(lambda: not self.sandbox.is_running(player), f"{name} ends")

    def cue(self) -> None:
        """Now the cause happens: polls are counted from here."""
        self.cued_at = time.time()

    def deployed(self) -> None:
        """Now whoever deploys says that the new version is out."""
        self.deployed_at = time.time()

    def pause(self, seconds: float) -> None:
        """Let the players play."""
        if self._curtain.wait(seconds):
            raise CurtainError

    def wait(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until the world is so.

        Raises:
            SceneFailedError: It does not come to it.
        """
        deadline = time.monotonic() + PATIENCE_S

        while not condition():
            if time.monotonic() > deadline:
                raise SceneFailedError(f"not within {PATIENCE_S:g} s: {what}")

            self.pause(_LOOK_EVERY_S)

    def settle(self, owners: int, group: str = DEFAULT_GROUP) -> None:
        """Wait until so many owners hold every partition of a group."""
        partitions = self.setting.partitions

        def is_settled() -> bool:
            held = self.owners(group)
            return (
                len(held) == partitions and all(held.values()) and len(set(held.values())) == owners
            )

        self.wait(is_settled, f"{owners} owners hold all of {group}")

    def owners(self, group: str = DEFAULT_GROUP) -> dict[str, str]:
        """Who holds each partition by the store's records; "" is nobody."""
        records = self._records(group, "ownership")

        return {pid: metadata.get("ownerid") or "" for pid, metadata in records.items()}

    def checkpoints(self, group: str = DEFAULT_GROUP) -> dict[str, int]:
        """How far each partition was written down."""
        records = self._records(group, "checkpoint")

        return {pid: int(metadata["sequencenumber"]) for pid, metadata in records.items()}

    def rewind(self) -> None:
        """Set every checkpoint back to the first event, as a reset does."""
        for blob, metadata in self._blobs("checkpoint"):
            start = {**metadata, "sequencenumber": "0", "offset": "0"}
            self._container().get_blob_client(blob).set_blob_metadata(start)

    def forget_checkpoints(self) -> None:
        """Delete every checkpoint."""
        for blob, _ in self._blobs("checkpoint"):
            self._container().delete_blob(blob)

    def lock_ownership(self, partition: str) -> None:
        """Lock the record of who owns a partition, so that every claim of it is refused."""
        for blob, _ in self._blobs("ownership"):
            if blob.endswith(f"/{partition}"):
                self._container().get_blob_client(blob).acquire_lease()

    def poison(self, partition: str) -> None:
        """Send an event that no handler can take."""
        body = json.dumps({"eventType": POISON})
        self.control("POST", "events", bodies=[body], partition=partition)

    def control(self, method: str, path: str = "", **body: Any) -> Any:
        """Pull a lever of the control port (`ehtui.sandbox.control`); `/…` is not of the hub."""
        hub = self.sandbox.ready.connections.hub
        place = path if path.startswith("/") else f"/hubs/{hub}/{path}"
        return self.sandbox.control(method, place, **body)

    def _play(self, story: Callable[[Self], None]) -> None:
        try:
            story(self)
        except CurtainError:
            pass
        except SceneFailedError as error:
            self.failure = str(error)
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
        finally:
            if self._store is not None:
                self._store.close()
                self._store = None

    def _check_curtain(self) -> None:
        if self._curtain.is_set():
            raise CurtainError

    def _player_of(self, name: str) -> SandboxConsumer:
        return [c for c in self.sandbox.consumers if c.name == name][-1]

    def _records(self, group: str, kind: str) -> dict[str, dict[str, str]]:
        return {
            blob.rpartition("/")[2]: metadata
            for blob, metadata in self._blobs(kind)
            if blob.split("/")[-3] == group.lower()
        }

    def _blobs(self, kind: str) -> list[tuple[str, dict[str, str]]]:
        """Records of a kind, of all groups: their names and what they say."""
        found = self._container().list_blobs(include=["metadata"])
        return [(blob.name, blob.metadata) for blob in found if blob.name.split("/")[-2] == kind]

    def _container(self) -> ContainerClient:
        if self._store is None:
            from azure.storage.blob import ContainerClient  # noqa: PLC0415  on this thread only

            ready = self.sandbox.ready.connections
            self._store = ContainerClient.from_connection_string(ready.storage, ready.container)

        return self._store


def free_host(port: int) -> str:
    """An address 127.0.0.x that has this port free.

    Raises:
        ChildFailedError: There is none; on macOS only 127.0.0.1 exists unless more are set up.
            Says how to make one there.
    """
    for last in _LAST_NUMBERS:
        host = f"127.0.0.{last}"

        with closing(socket.socket()) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

            try:
                trial.bind((host, port))
            except OSError:
                continue

            return host

    raise ChildFailedError(
        f"no loopback address from 127.0.0.2 on has port {port} free, and this scene needs one. "
        f"{system.without_alias('127.0.0.2')}"
    )
