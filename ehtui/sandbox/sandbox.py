"""A whole sandbox in child processes: the servers, real consumers and a producer."""

from __future__ import annotations

import urllib.request
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import msgspec

from ehtui.sandbox import javascript
from ehtui.sandbox.options import OPTIONS, Pace, Ready, ServerOptions
from ehtui.sandbox.supervisor import Supervisor, python

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PRODUCER = "producer"
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")
CONTROL_WITHIN_S = 40.0
# The SDK sends even loopback requests to a proxy that the environment names.
_NO_PROXY = {"no_proxy": "*", "NO_PROXY": "*"}


@dataclass(frozen=True, slots=True)
class SandboxConsumer:
    """A consumer process of the sandbox, and the file with its SDK's log at INFO."""

    name: str
    group: str
    pid: int
    log_path: Path


class Sandbox:
    """Starts everything with `start()` and ends everything with `stop()`, as `with` does.

    `consumers` says how many each group has (a bare number: the first group), `paces` which groups
    have another `pace`; `traffic` is a factor on the producer's rates, and 0 starts no producer;
    `shape` says how its events lie over partitions (`meetings.SHAPES`).
    Nothing outlives this process.
    """

    def __init__(
        self,
        options: ServerOptions | None = None,
        *,
        consumers: int | Mapping[str, int] = 3,
        pace: Pace | None = None,
        paces: Mapping[str, Pace] | None = None,
        traffic: float = 1.0,
        shape: str = "uneven",
    ) -> None:
        self.options = options or ServerOptions()
        self.pace = pace or Pace()
        self._paces = paces or {}
        self._wanted = (
            {self.options.groups[0]: consumers} if isinstance(consumers, int) else dict(consumers)
        )
        self._traffic = traffic
        self._shape = shape
        self._names = _names()
        self._supervisor: Supervisor | None = None
        self._ready: Ready | None = None
        self._consumers: list[SandboxConsumer] = []
        self.producer: SandboxConsumer | None = None  # of no group, once started

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def ready(self) -> Ready:
        """Where its servers listen, once started."""
        if self._ready is None:
            raise RuntimeError("the sandbox is not running")

        return self._ready

    @property
    def folder(self) -> Path:
        """Where its logs are, once started."""
        return self._running.folder

    @property
    def environment(self) -> dict[str, str]:
        """The connection strings, as the lines of a consumer's `.env`."""
        return self.ready.connections.environment

    @property
    def consumers(self) -> tuple[SandboxConsumer, ...]:
        """The consumers that it started, in order, whether they still run or not."""
        return tuple(self._consumers)

    def start(self) -> None:
        """Start the servers, wait until they listen, then start consumers and producer.

        Raises:
            ChildFailedError: The servers did not start.
        """
        self._supervisor = Supervisor()

        try:
            # In its environment, and not on its command line: that is for everybody to see.
            told = {OPTIONS: self.options.to_json()}
            _, line = self._supervisor.start_server("server", python("ehtui.sandbox.server"), told)
            self._ready = Ready.from_json(line)

            for group, number in self._wanted.items():
                for _ in range(number):
                    self.start_consumer(group)

            if self._traffic:
                arguments = (f"--rate={self._traffic}", f"--shape={self._shape}")
                self.producer = self._run(PRODUCER, python("ehtui.sandbox.producer", *arguments))
        except BaseException:
            self.stop()
            raise

    def start_consumer(
        self,
        group: str | None = None,
        *,
        name: str | None = None,
        pace: Pace | None = None,
        switches: Sequence[str] = (),
        address: str | None = None,
        log: str | None = None,
    ) -> SandboxConsumer:
        """Start one more consumer; it claims partitions within a few balancing rounds.

        `switches` are further ones of its command line, `address` is another name by which it
        knows the namespace, `log` the name of a log that others write, too. One that has ended may
        be started again.
        """
        name = name or next(self._names)
        group = group or self.options.groups[0]
        pace = pace or self._paces.get(group, self.pace)
        arguments = ("--name", name, *pace.arguments, *switches)
        command = python("ehtui.sandbox.consumer", *arguments)
        self._consumers.append(self._run(name, command, group, address=address, log=log))
        return self._consumers[-1]

    def start_javascript(self, name: str, group: str | None = None) -> SandboxConsumer:
        """Start a consumer on the JavaScript SDK; its owner id is its name.

        Raises:
            ChildFailedError: Node or npm is missing, or npm failed.
        """
        group = group or self.options.groups[0]
        command = ["node", javascript.PROGRAM, "--name", name, *self.pace.arguments]
        folder = javascript.install()
        debug = "azure:event-hubs:info"
        self._consumers.append(self._run(name, command, group, cwd=folder, DEBUG=debug))
        return self._consumers[-1]

    def control(self, method: str, path: str, **body: Any) -> Any:
        """Pull a lever of the control port: `control("PATCH", "/faults/blobs", latency_s=0.1)`.

        Raises:
            urllib.error.HTTPError: It is refused; `ehtui.sandbox.control` lists the calls.
        """
        headers = {"Authorization": f"Bearer {self.ready.control_token}"}
        url = f"{self.ready.control_url}{path}".rstrip("/")
        data = None if method == "GET" else msgspec.json.encode(body)
        request = urllib.request.Request(url, data, headers, method=method)
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        with direct.open(request, timeout=CONTROL_WITHIN_S) as reply:
            return msgspec.json.decode(reply.read())

    def log_path(self, name: str) -> Path:
        """Where a consumer of that name writes its log."""
        return self.folder / f"{name}.log"

    def is_running(self, consumer: SandboxConsumer) -> bool:
        """Whether its process has not ended."""
        return self._supervisor is not None and self._supervisor.is_running(consumer.pid)

    def stop(self) -> None:
        """End every process, at once: the store in which consumers would release goes too."""
        if self._supervisor is not None:
            self._supervisor.stop(grace_s=0.0)

        self._supervisor = self._ready = None

    def _run(
        self,
        name: str,
        command: Sequence[str],
        group: str = "",
        *,
        address: str | None = None,
        log: str | None = None,
        cwd: Path | None = None,
        **variables: str,
    ) -> SandboxConsumer:
        running, connections = self._running, self.ready.connections

        if address is not None:
            connections = connections.renamed(self.options.host, address)

        told = replace(connections, group=group or connections.group).environment
        # The path tells this sandbox's consumers from another one's, in a list of processes too.
        log_path = self.log_path(log or name)
        command = [*command, f"--log={log_path}"]
        child = running.start(name, command, told | _NO_PROXY | variables, cwd=cwd)
        return SandboxConsumer(name, group, child.pid, log_path)

    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise RuntimeError("the sandbox is not running")

        return self._supervisor


def _names() -> Iterator[str]:
    return chain(NAMES, (f"consumer-{number}" for number in count(len(NAMES) + 1)))
