"""How somebody creates a consumer group of a hub."""

from __future__ import annotations

from ehtui.domain.world.new_group import create_group_command

NEW_GROUP = "test-group"


def create_group(namespace: str, hub: str, group: str = NEW_GROUP) -> str:
    """How to create a consumer group of that hub: the literal command, where it is in Azure."""
    command = create_group_command(namespace, hub, group)

    if command is None:
        return (
            f"add “{group}” where this endpoint's hub is configured (it is not an Azure namespace)"
        )

    return f"`{command}`"
