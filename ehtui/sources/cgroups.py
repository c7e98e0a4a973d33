"""The container or unit that a process runs in, read off its cgroup (cgroups(7))."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# What runtimes call a container's cgroup, with the systemd driver and without it.
_CONTAINER = re.compile(
    r"(?:^|/)(?P<runtime>docker|libpod|nerdctl|cri-containerd|crio)[-/]"
    r"(?P<id>[0-9a-f]{64})(?:\.scope)?(?:/|$)"
)
_POD = re.compile(r"/kubepods.*?[/-]pod(?P<id>[0-9a-f]{8}(?:[-_][0-9a-f]{4}){3}[-_][0-9a-f]{12})")
_RUNTIMES = {"libpod": "podman", "cri-containerd": "containerd", "crio": "cri-o"}
_USER = re.compile(r"user@(\d+)\.service")
_SHORT_ID = 12  # as the runtimes print and take it


class Unit(NamedTuple):
    """Who keeps a cgroup, and what they call it."""

    keeper: str  # systemd, docker, podman, kubernetes, …
    name: str
    user: int | None = None  # whose own systemd it is; None: the system's

    @property
    def is_container(self) -> bool:
        """Whether all that runs in it starts and ends together."""
        return self.keeper != "systemd"


def unit_of(pid: int) -> Unit | None:
    """The innermost container or service around a process; None where there is none to be seen."""
    try:
        text = Path(f"/proc/{pid}/cgroup").read_text()
    except OSError:
        return None

    return parse(text)


def parse(text: str) -> Unit | None:
    """The same of a cgroup file's text: `0::/system.slice/rag.service`."""
    paths = list(_paths(text))
    units = (found for look in (_pod, _container, _service) for found in map(look, paths))

    return next((unit for unit in units if unit is not None), None)


def _paths(text: str) -> Iterator[str]:
    """The path in each hierarchy that knows of units: the unified one, systemd's, and pids."""
    for line in text.splitlines():
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")

        if controllers in {"", "name=systemd", "pids"}:
            yield path


def _pod(path: str) -> Unit | None:
    match = _POD.search(path)

    return Unit("kubernetes", f"pod {match['id'].replace('_', '-')}") if match else None


def _container(path: str) -> Unit | None:
    match = _CONTAINER.search(path)

    if match is None:
        return None

    runtime = match["runtime"]

    return Unit(_RUNTIMES.get(runtime, runtime), match["id"][:_SHORT_ID])


def _service(path: str) -> Unit | None:
    """The innermost unit, where it is a service: a scope is a terminal or a session."""
    parts = path.split("/")
    innermost = next((p for p in reversed(parts) if p.endswith((".service", ".scope"))), "")

    if not innermost.endswith(".service") or _USER.fullmatch(innermost):
        return None

    users = [int(match[1]) for part in parts if (match := _USER.fullmatch(part))]

    return Unit("systemd", innermost, users[-1] if users else None)
