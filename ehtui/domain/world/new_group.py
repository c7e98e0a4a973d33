"""The command that creates a consumer group: everybody who misses one offers the same."""

from __future__ import annotations

import re

_AZURE = re.compile(r"[a-z0-9-]+\.servicebus\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)")


def create_group_command(namespace: str, hub: str, group: str) -> str | None:
    """The command with every name filled in; None where the namespace is not in Azure."""
    import shlex  # noqa: PLC0415 - for those who are told to run something

    host = namespace.split(":", 1)[0].lower()

    if not _AZURE.fullmatch(host):
        return None

    name = host.split(".", 1)[0]
    query = f"\"[?name=='{name}'].resourceGroup | [0]\""
    resource_group = f'"$(az eventhubs namespace list --query {query} -o tsv)"'
    words = shlex.join(("--namespace-name", name, "--eventhub-name", hub, "--name", group))
    return f"az eventhubs eventhub consumer-group create --resource-group {resource_group} {words}"
