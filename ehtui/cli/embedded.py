"""The embedded sandbox as the commands use it: what it needs, and the settings that watch it."""

from __future__ import annotations

import re
from importlib import metadata
from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ehtui.config.settings import Settings
    from ehtui.sandbox.sandbox import Sandbox

# The extra `sandbox` of pyproject.toml; a test holds the two together.
SANDBOX_PACKAGES = ("azure-eventhub-checkpointstoreblob-aio", "cryptography")


def require_sandbox() -> None:
    """Say what to install where the sandbox's packages are missing.

    Raises:
        ConfigError: Some of them are not installed.
    """
    missing = [name for name in SANDBOX_PACKAGES if not _is_installed(name)]
    if missing:
        raise ConfigError(
            f"The sandbox needs packages that are not installed: {', '.join(missing)}.",
            "Install them with: pip install 'ehtui[sandbox]'",
        )


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def demo_settings(sandbox: Sandbox, names: Iterable[str] | None = None) -> Settings:
    """The settings that watch a running sandbox, and know its consumers by name.

    `names` are those of consumers to come, where they are not there yet.
    """
    from ehtui.config.secret import Secret  # noqa: PLC0415
    from ehtui.config.settings import (  # noqa: PLC0415
        CheckpointStoreSettings,
        ConsumerSettings,
        EventHubSettings,
        LeaseSettings,
        PollSettings,
        Settings,
    )

    connections = sandbox.ready.connections

    return Settings(
        eventhub=EventHubSettings(
            connection_string=Secret(connections.eventhub),
            name=connections.hub,
            consumer_group=connections.group,
        ),
        checkpoint_store=CheckpointStoreSettings(
            connection_string=Secret(connections.storage), containers=(connections.container,)
        ),
        lease=LeaseSettings(
            expires_after_s=sandbox.pace.expiry_s, renewed_every_s=sandbox.pace.interval_s
        ),
        consumers={
            name: ConsumerSettings(
                match=re.escape(f"--log={sandbox.log_path(name)}"),
                log=str(sandbox.log_path(name)),
            )
            for name in names or [consumer.name for consumer in sandbox.consumers]
        },
        poll=PollSettings(hub_s=1.0, store_s=1.0, processes_s=1.0),
    )
