"""The real hands: this host's processes."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from errno import ENOENT
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from ehtui.actions import launch as launches
from ehtui.actions import supervisors
from ehtui.actions.blueprint import Remembered
from ehtui.actions.preparing import Places, prepare_again, prepare_restart
from ehtui.actions.process_control import BeingRestartedError
from ehtui.actions.signals import ProcessGoneError, send_signal, wait_for_exit
from ehtui.actions.state_files import default_audit_path, default_records_folder
from ehtui.config.settings import ConsumerSettings
from ehtui.domain.actions.start import with_group
from ehtui.domain.world.process import LAUNCH_VARIABLE, LaunchMark
from ehtui.sources.restart_records import restarted_as

if TYPE_CHECKING:
    from ehtui.actions.process_control import Named
    from ehtui.actions.restarting import Prepared
    from ehtui.domain.actions.plans import StartPlan
    from ehtui.domain.world.process import ProcessId, Supervisor

GROUP_VARIABLE = "EVENTHUB_CONSUMER_GROUP"


@dataclass(frozen=True, slots=True)
class LocalControl:
    """Signals, restarts and starts processes of this host."""

    consumers: Mapping[str, ConsumerSettings] = field(default_factory=dict)
    records: Path = field(default_factory=default_records_folder)
    audit: Path = field(default_factory=default_audit_path)
    remembered: Remembered = field(default_factory=Remembered)
    namespace: str | None = None  # of the hub that is watched
    hub: str | None = None

    def signal(self, process: ProcessId, signal: str) -> None:
        """Signal it, pinned."""
        send_signal(process, signal)

    def prepare_restart(self, process: ProcessId, log_path: str, named: Named) -> Prepared:
        """Open what its start takes, and rehearse it.

        Raises:
            BeingRestartedError: Somebody else was quicker, and another one runs in its place.
        """
        try:
            return prepare_restart(process, self._places(log_path), named)
        except ProcessGoneError:
            if (pid := restarted_as(self.records, str(process.pid))) is not None:
                raise BeingRestartedError(f"{pid} runs in its place") from None

            raise

    def prepare_again(self, process: ProcessId, log_path: str, named: Named) -> Prepared:
        """The same by what is remembered of it, or by the record of its restart.

        Raises:
            NotKnownError: Neither is there.
        """
        blueprint = self.remembered.blueprint(process, self.records)

        return prepare_again(blueprint, self._places(log_path), named)

    def remembers(self, process: ProcessId) -> bool:
        """Whether it is in memory."""
        return self.remembered.knows(process)

    def remember(self, process: ProcessId) -> None:
        """In memory only, environment and all."""
        self.remembered.learn(process)

    def wait_for_exit(self, process: ProcessId, timeout_s: float) -> bool:
        """Wait until it ended."""
        return wait_for_exit(process, timeout_s)

    def prepare(self, plan: StartPlan) -> launches.Launch:
        """The configured command with the plan's group, in the consumer's own environment.

        Raises:
            FileNotFoundError: Its env_file is not there: without it, it would be another consumer.
        """
        consumer = self.consumers[plan.consumer]
        environment = dict(os.environ)

        if consumer.env_file:
            path = Path(consumer.env_file).expanduser()

            if not path.is_file():
                raise FileNotFoundError(ENOENT, "its env_file is not there", str(path))

            # Its own values only: what is inherited may hold the word for another program.
            environment |= {
                k: with_group(v, plan.group)
                for k, v in dotenv_values(path).items()
                if v is not None
            }

        environment[GROUP_VARIABLE] = plan.group
        mark = LaunchMark(plan.consumer, plan.group, self.namespace, self.hub)
        environment[LAUNCH_VARIABLE] = mark.text
        argv = tuple(with_group(part, plan.group) for part in consumer.command)
        cwd = str(Path(consumer.cwd).expanduser()) if consumer.cwd else None

        return launches.Launch(argv, cwd, environment, Path(plan.log_path))

    def start(self, launch: launches.Launch) -> launches.Launched:
        """Start it so that it outlives ehtui."""
        return launches.start(launch)

    def watch(self, launched: launches.Launched) -> launches.Launched:
        """See whether it dies at once."""
        return launches.watch(launched)

    def check_supervisor(self, process: ProcessId, supervisor: Supervisor) -> None:
        """Look again at who it is and who supervises it."""
        supervisors.check_supervisor(process, supervisor)

    def ask(self, supervisor: Supervisor, timeout_s: float) -> supervisors.Answer:
        """Run its command, for so long at most."""
        return supervisors.ask(supervisor.command, timeout_s)

    def _places(self, log_path: str) -> Places:
        return Places(Path(log_path), self.records, self.audit)
