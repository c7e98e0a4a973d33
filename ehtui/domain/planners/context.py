"""What every planner gets: a request, and what it must know of this host and session."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from ehtui.domain.snapshot import Snapshot

if TYPE_CHECKING:
    from ehtui.domain.outcomes import Refusal
    from ehtui.domain.plans import Plan


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and which processes must never be touched."""

    own_pid: int
    ancestors: frozenset[int] = frozenset()
    user: str | None = None
    is_root: bool = False


class Template(NamedTuple):
    """A test event of the configuration."""

    body: str
    properties: Mapping[str, str]


class ConfiguredCommand(NamedTuple):
    """How a consumer of the configuration is started."""

    command: tuple[str, ...]
    cwd: str | None


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """The newest picture, the moment, and what may be done from here."""

    snapshot: Snapshot
    at: float  # local
    actor: Actor
    read_only: bool = False
    log_folder: str = ""
    templates: Mapping[str, Template] = field(default_factory=dict)
    commands: Mapping[str, ConfiguredCommand] = field(default_factory=dict)
    variables: frozenset[str] = frozenset()  # names that ehtui's own environment has


class Request(ABC):
    """What somebody asks for: one frozen class an action, beside its planner."""

    __slots__ = ()

    @abstractmethod
    def plan(self, context: PlanningContext) -> Plan | Refusal:
        """What doing it will do, judged by the newest picture; nothing is touched."""
