"""What somebody asks for, and what it is judged by."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import field

from ehtui.domain.values import Value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ehtui.domain.actions.base import Place
    from ehtui.domain.actions.outcomes import Refusal
    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.snapshot import Snapshot


class Actor(Value, frozen=True):
    """Who acts, and which processes must never be touched."""

    own_pid: int
    ancestors: frozenset[int] = frozenset()
    user: str | None = None
    is_root: bool = False


class Template(NamedTuple):
    """A test event of the configuration."""

    body: str
    properties: Mapping[str, str]
    content_type: str | None = None


class ConfiguredCommand(NamedTuple):
    """How a consumer of the configuration is started."""

    command: tuple[str, ...]
    cwd: str | None


class PlanningContext(Value, frozen=True):
    """The newest picture, the moment, and what may be done from here."""

    snapshot: Snapshot
    at: float  # local
    actor: Actor
    read_only: bool = False
    log_folder: str = ""
    templates: Mapping[str, Template] = field(default_factory=dict)
    commands: Mapping[str, ConfiguredCommand] = field(default_factory=dict)
    variables: frozenset[str] = frozenset()  # names that ehtui's own environment has
    token: str = ""  # of this plan alone, as a uuid is
    host: str = ""  # the name of this host


class Request(Value, frozen=True, kw_only=True):
    """What somebody asks for: one frozen class an action, beside its planner."""

    place: Place | None = None  # where it was asked for; None: wherever it is planned

    def plan(self, context: PlanningContext) -> Plan | Refusal:
        """What doing it will do, judged by the newest picture; nothing is touched."""
        raise NotImplementedError
