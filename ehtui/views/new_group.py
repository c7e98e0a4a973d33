"""How somebody creates a consumer group of a hub."""

from __future__ import annotations

import re

from ehtui.views import formats

NEW_GROUP = "test-group"
_AZURE = re.compile(r"[a-z0-9-]+\.servicebus\.(windows\.net|chinacloudapi\.cn|usgovcloudapi\.net)")


def create_group(namespace: str, hub: str, group: str = NEW_GROUP) -> str:
    """How to create a consumer group of that hub: the literal command, where it is in Azure."""
    command = create_group_command(namespace, hub, group)

    if command is None:
        return (
            f"add “{group}” where this endpoint's hub is configured (it is not an Azure namespace)"
        )

    return f"`{command}`"


def create_group_command(namespace: str, hub: str, group: str) -> str | None:
    """The command itself; None where the namespace is not in Azure."""
    host = namespace.split(":", 1)[0].lower()

    if not _AZURE.fullmatch(host):
        return None

    name = host.split(".", 1)[0]
    query = f"\"[?name=='{name}'].resourceGroup | [0]\""
    resource_group = f'"$(az eventhubs namespace list --query {query} -o tsv)"'
    words = formats.command("--namespace-name", name, "--eventhub-name", hub, "--name", group)
    return f"az eventhubs eventhub consumer-group create --resource-group {resource_group} {words}"
