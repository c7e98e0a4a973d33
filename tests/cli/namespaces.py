"""Two namespaces with ten hubs in all, and a file with a profile for each."""

from __future__ import annotations

from pathlib import Path

from ehtui.sandbox.options import HubOptions, ServerOptions
from ehtui.sandbox.sandbox import Sandbox

HUBS = 5  # of each


def serving(name: str, partitions: int = 2) -> Sandbox:
    """A namespace of five hubs, with nobody who sends or reads."""
    first, *others = (HubOptions(f"{name}{number}", partitions) for number in range(HUBS))
    options = ServerOptions(hub=first.name, partitions=partitions, more_hubs=tuple(others))
    return Sandbox(options, consumers=0, traffic=0)


def profile_of(sandbox: Sandbox, name: str, *more: str) -> str:
    """Its lines in a file; `more` are further ones of the profile."""
    known = sandbox.ready.connections
    key = known.eventhub.partition(";EntityPath")[0]
    hubs = ", ".join(hub.name for hub in sandbox.options.hubs)
    store = f"connection_string: '{known.storage}', containers: [{known.container}]"
    lines = [
        f"eventhub: {{connection_string: '{key}'}}",
        f"checkpoint_store: {{{store}}}",
        f"hubs: [{hubs}]",
        *more,
    ]
    return "\n".join([f"  {name}:", *(f"    {line}" for line in lines)])


def write_profiles(path: Path, *profiles: str, top: str = "") -> None:
    path.write_text("\n".join([top, "profiles:", *profiles]), encoding="utf-8")
