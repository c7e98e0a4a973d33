"""One belief, how it is looked up, and what came out."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum, StrEnum

from ehtui.conform.needs import WITHOUT, Need, NotHereError, SilentError
from ehtui.conform.world import World

LIMIT_S = 30.0  # of a check that says nothing else


class Source(StrEnum):
    """Where a belief comes from."""

    REPORTS = "public reports of the service (docs/sandbox.md)"
    SDK = "what the SDKs expect or write"
    DOCS = "vendor documents"
    SPEC = "AMQP 1.0"
    CHOICE = "a choice of the sandbox, never checked"


@dataclass(frozen=True, slots=True)
class Check:
    """A belief. What `look` finds is to match `pattern`, or without one to be `believes`."""

    id: str
    title: str
    believes: str
    source: Source
    look: Callable[[World], Awaitable[str]]
    needs: Need = Need.NOTHING
    pattern: str | None = None
    limit_s: float = LIMIT_S

    def agrees(self, found: str) -> bool:
        """Whether that is what is believed."""
        pattern = re.escape(self.believes) if self.pattern is None else self.pattern
        return re.fullmatch(pattern, found, re.DOTALL) is not None


@dataclass(frozen=True, slots=True)
class Theme:
    """Checks of one theme, in the order in which they are run."""

    name: str
    checks: list[Check] = field(default_factory=list)

    def believe(
        self,
        key: str,
        title: str,
        believes: str,
        source: Source,
        needs: Need = Need.NOTHING,
        *,
        pattern: str | None = None,
        limit_s: float = LIMIT_S,
    ) -> Callable[[Callable[[World], Awaitable[str]]], Callable[[World], Awaitable[str]]]:
        """The function below finds out: it says in a few words what the service does."""

        def keep(look: Callable[[World], Awaitable[str]]) -> Callable[[World], Awaitable[str]]:
            name = f"{self.name}.{key}"
            made = Check(name, title, believes, source, look, needs, pattern, limit_s)
            self.checks.append(made)
            return look

        return keep


class State(Enum):
    """How a check ended."""

    AS_BELIEVED = "as believed"
    DIFFERENT = "different"
    NO_ANSWER = "no answer"
    NOT_ASKED = "not asked"


@dataclass(frozen=True, slots=True)
class Result:
    """What a check found, or why it was not asked."""

    check: Check
    state: State
    found: str


async def run(check: Check, world: World) -> Result:
    """Run a check, or say why not. Whatever goes wrong is a result."""
    lacking = check.needs & ~world.has

    if lacking:
        why = "; ".join(world.refused.get(need, WITHOUT[need]) for need in lacking)
        return Result(check, State.NOT_ASKED, why)

    try:
        async with asyncio.timeout(check.limit_s):
            found = await check.look(world)
    except NotHereError as error:
        return Result(check, State.NOT_ASKED, str(error))
    except SilentError as error:
        return Result(check, State.NO_ANSWER, str(error))
    except TimeoutError:
        return Result(check, State.NO_ANSWER, f"nothing conclusive within {check.limit_s:g} s")
    except Exception as error:  # also of a library: the next check may do better
        return Result(check, State.NO_ANSWER, f"{type(error).__name__}: {error}")

    return Result(check, State.AS_BELIEVED if check.agrees(found) else State.DIFFERENT, found)
