"""The consumer groups that the service lists, where the credential may ask; silent where not."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from ehtui.clock import steady
from ehtui.domain.problems import ProblemError
from ehtui.domain.updates import GroupsListed
from ehtui.domain.values import Value
from ehtui.wire.credentials import HubAccess, access_of

if TYPE_CHECKING:
    from ehtui.config.settings import EventHubSettings

    Ask = Callable[[HubAccess, float], Awaitable[tuple[str, ...]]]

_LOG = logging.getLogger(__name__)
EVERY_S = 600.0
REFUSED_S = 3600.0  # rights are given rarely, and nobody misses the answer
HEAD_START_S = 3.0  # of everything else: groups that nobody uses are no first data
TIMEOUT_S = 60.0  # above all limits of one question
Key = tuple[str, str, str]


class _Answer(Value, frozen=True):
    names: tuple[str, ...] | None  # None: refused
    good_until: float


# Whoever opens a hub again asks no sooner: kept for the whole process.
_answers: dict[Key, _Answer] = {}


async def ask_service(access: HubAccess, now: float) -> tuple[str, ...]:
    """See `listed_groups`."""
    from ehtui.wire.group_listing import listed_groups  # noqa: PLC0415 - loads httpcore

    return await listed_groups(access, now)


def group_list(
    settings: EventHubSettings, clock: Callable[[], float] = steady
) -> GroupListSource | None:
    """The source; None where nobody would answer: an emulator, another address, AMQP's port alone.

    Raises:
        ProblemError: The settings name no hub, or are malformed.
    """
    access = access_of(settings)
    network = access.network
    is_asked = access.use_tls and network.endpoint is None and network.transport != "amqp"

    return GroupListSource(access, clock) if is_asked else None


class GroupListSource(Struct):
    """Asks at most every ten minutes; what was refused, or not answered, once in an hour.

    It never fails: that groups cannot be listed is no trouble of anybody.
    """

    access: HubAccess
    clock: Callable[[], float] = steady
    ask: Ask = ask_service
    head_start_s: float = HEAD_START_S

    @property
    def name(self) -> str:
        """See `Source`."""
        return "groups"

    async def read(self) -> GroupsListed:
        """See `Source`; what was answered lately is told again."""
        delay_s, self.head_start_s = self.head_start_s, 0.0
        await asyncio.sleep(delay_s)
        key = (self.access.namespace, self.access.hub.lower(), self.access.credential.label)
        known = _answers.get(key)

        if known is None or self.clock() >= known.good_until:
            names = await self._asked()
            good_s = REFUSED_S if names is None else EVERY_S
            known = _answers[key] = _Answer(names, self.clock() + good_s)

        return GroupsListed(self.clock(), known.names)

    async def _asked(self) -> tuple[str, ...] | None:
        from ehtui.wire.group_listing import NoGroupsError  # noqa: PLC0415 - loads httpcore

        try:
            return await self.ask(self.access, time.time())
        except (NoGroupsError, ProblemError, TimeoutError) as error:
            _LOG.info("the service does not list its groups: %s", error)
        except Exception:
            _LOG.exception("asking for the list of groups met a fault of ehtui itself")

        return None

    async def close(self) -> None:
        """Its credential lets go of what it holds."""
        await self.access.credential.close()
