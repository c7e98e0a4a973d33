"""A whole sandbox in child processes: the servers, real consumers and a producer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ehtui.sandbox import javascript
from ehtui.sandbox.options import Pace, Ready, ServerOptions
from ehtui.sandbox.supervisor import Child, Supervisor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

PRODUCER = "producer"
NAMES = ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa")
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
            _, line = self._supervisor.start_server(
                "server", "ehtui.sandbox.server", [self.options.to_json()], {}
            )
            self._ready = Ready.from_json(line)

            for group, number in self._wanted.items():
                for _ in range(number):
                    self.start_consumer(group)

            if self._traffic:
                arguments: tuple[str, ...] = (f"--rate={self._traffic}", f"--shape={self._shape}")
                log_path = self.log_path(PRODUCER)
                arguments += (f"--log={log_path}",)
                child = self._run(PRODUCER, "ehtui.sandbox.producer", arguments)
                self.producer = SandboxConsumer(PRODUCER, "", child.pid, log_path)
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
        # The path tells this sandbox's consumers from another one's, in a list of processes too.
        log_path = self.log_path(log or name)
        arguments = ("--name", name, *pace.arguments, *switches, f"--log={log_path}")
        child = self._run(name, "ehtui.sandbox.consumer", arguments, group, address)

        return self._entered(SandboxConsumer(name, group, child.pid, log_path))

    def start_javascript(self, name: str, group: str | None = None) -> SandboxConsumer:
        """Start a consumer on the JavaScript SDK; its owner id is its name.

        Raises:
            ChildFailedError: Node or npm is missing, or npm failed.
        """
        folder = javascript.install()
        group = group or self.options.groups[0]
        log_path = self.log_path(name)
        arguments = ("--name", name, *self.pace.arguments, f"--log={log_path}")
        child = self._running.start_program(
            name,
            ["node", javascript.PROGRAM, *arguments],
            self._environment(group) | {"DEBUG": "azure:event-hubs:info"},
            cwd=folder,
        )

        return self._entered(SandboxConsumer(name, group, child.pid, log_path))

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
        module: str,
        arguments: tuple[str, ...],
        group: str | None = None,
        address: str | None = None,
    ) -> Child:
        return self._running.start(name, module, arguments, self._environment(group, address))

    def _environment(self, group: str | None, address: str | None = None) -> dict[str, str]:
        connections = self.ready.connections

        if address is not None:
            connections = connections.renamed(self.options.host, address)

        return replace(connections, group=group or connections.group).environment | _NO_PROXY

    def _entered(self, consumer: SandboxConsumer) -> SandboxConsumer:
        self._consumers.append(consumer)

        return consumer

    @property
    def _running(self) -> Supervisor:
        if self._supervisor is None:
            raise RuntimeError("the sandbox is not running")

        return self._supervisor


def _names() -> Iterator[str]:
    return chain(NAMES, (f"consumer-{number}" for number in count(len(NAMES) + 1)))
