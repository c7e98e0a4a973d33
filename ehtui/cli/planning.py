"""What plans are made of: settings, this host and who acts, as the planners ask for them."""

from __future__ import annotations

import asyncio
import os
import platform
import uuid
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from ehtui import system
from ehtui.actions import state_files
from ehtui.domain.actions.outcomes import Refusal, refusal_elsewhere
from ehtui.domain.actions.requests import Actor, ConfiguredCommand, PlanningContext, Template
from ehtui.domain.actions.sending import BodySource, Content, Outgoing
from ehtui.domain.problems import ProblemError
from ehtui.domain.text import safe
from ehtui.sources import process_facts

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ehtui.config.settings import Settings
    from ehtui.domain.actions.base import Place
    from ehtui.domain.actions.plans import Plan
    from ehtui.domain.actions.requests import Request
    from ehtui.domain.actions.send import SendRequest
    from ehtui.domain.snapshot import Snapshot

T = TypeVar("T")
MOST_BODY = 32 << 20  # bytes: no hub takes more than 20 MB


def own_actor() -> Actor:
    """Who runs ehtui; that does not change, and neither do its ancestors."""
    return Actor(
        own_pid=os.getpid(),
        ancestors=process_facts.own_line(),
        user=process_facts.own_user(),
        is_root=system.user_id() == 0,
    )


def log_folder() -> str:
    """Where the output of consumers goes that ehtui starts."""
    return str(state_files.default_log_folder())


def context_of(settings: Settings, snapshot: Snapshot, at: float, actor: Actor) -> PlanningContext:
    """What planners judge by."""
    return PlanningContext(
        snapshot=snapshot,
        at=at,
        actor=actor,
        read_only=settings.read_only,
        log_folder=log_folder(),
        templates={
            name: Template(each.body, each.properties, each.content_type)
            for name, each in settings.test_events.items()
        },
        commands={
            name: ConfiguredCommand(each.command, each.cwd)
            for name, each in settings.consumers.items()
        },
        variables=frozenset(os.environ),
        token=str(uuid.uuid4()),
        host=platform.node(),
    )


def planned(request: Request, context: PlanningContext, place: Place | None) -> Plan | Refusal:
    """What doing it will do, to be done where it was asked for and nowhere else."""
    if request.place is not None:
        refusal = refusal_elsewhere(request.place, place)

        if refusal is not None:
            return refusal

    plan = request.plan(context)
    return plan if isinstance(plan, Refusal) else plan.meant_for(place)


async def content_of(settings: Settings, name: str) -> Content:
    """A test event of the configuration, with what its file holds now.

    Raises:
        KeyError: None is configured by that name.
        OSError: Its file cannot be read.
    """
    event = settings.test_events[name]
    body = event.body.encode()

    if event.file is not None:
        body = await asyncio.to_thread(read_body, event.file)

    properties = tuple(sorted(event.properties.items()))
    return Content(BodySource.TEMPLATE, name, (Outgoing(body, properties, event.content_type),))


async def with_file(request: SendRequest, settings: Settings) -> SendRequest:
    """The same request with what the file of its test event holds now, where it has one."""
    event = settings.test_events.get(request.template or "")

    if request.content is not None or event is None or event.file is None:
        return request

    try:
        return replace(request, content=await content_of(settings, request.template))
    except OSError as error:
        return replace(request, fault=error.strerror or str(error))


async def answered(asked: Future[T]) -> T | None:
    """What another loop answers; None where the world cannot."""
    with suppress(ProblemError):
        return await asyncio.wrap_future(asked)

    return None


def read_body(path: str) -> bytes:
    """One event's body from a file.

    Raises:
        OSError: It cannot be read, or is larger than any hub takes.
    """
    with Path(path).open("rb") as file:
        body = file.read(MOST_BODY + 1)

    if len(body) > MOST_BODY:
        raise OSError(f"{safe(path)} is larger than {MOST_BODY:,} bytes: no hub takes that.")

    return body
