"""The kept `$management` link: one connection for the session, all reads of a round pipelined.

The SDK's own calls open a connection each (facts.md §5). Its internal client can be kept, but never
renews link credit or session window, so it falls silent after 10,000 replies.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from typing import TYPE_CHECKING

import certifi
from typing_extensions import override

from ehtui.domain.problems import ProblemError, ProblemKind
from ehtui.wire import problems
from ehtui.wire.pyamqp.connection import AmqpError
from ehtui.wire.pyamqp.handshake import open_connection
from ehtui.wire.pyamqp.session import ManagementSession
from ehtui.wire.pyamqp.silence import Silence
from ehtui.wire.reading import HubReader, MisfitError, Reading

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ehtui.wire.credentials import HubAccess

OPEN_S = 8.0  # of silence, while a link is opened
REPLY_S = 8.0  # and while replies are waited for


def trusted_roots() -> ssl.SSLContext:
    """The machine's roots (and SSL_CERT_FILE), and those that the SDK brings."""
    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context


class KeptLink(HubReader):
    """Opened by the first read, and again by the next one after whatever ended it."""

    def __init__(
        self,
        access: HubAccess,
        *,
        clock: Callable[[], float] = time.time,
        open_s: float = OPEN_S,
        reply_s: float = REPLY_S,
        roots: Callable[[], ssl.SSLContext] = trusted_roots,
    ) -> None:
        self._access = access
        self._clock = clock
        self._open_s = open_s
        self._reply_s = reply_s
        self._roots = roots
        self._silence = Silence()
        self._tls: ssl.SSLContext | None = None
        self._session: ManagementSession | None = None

    @override
    async def read(self, partitions: Sequence[str], *, describe: bool) -> Reading:
        was_open = self._session is not None

        try:
            return await self._attempt(partitions, describe=describe)
        except AmqpError as error:
            if not was_open:
                raise self._translated(error) from None

        # A link that worked and was let go (idle, a moved gateway, an old token) is no failure yet.
        try:
            return await self._attempt(partitions, describe=describe)
        except AmqpError as error:
            raise self._translated(error) from None

    def _translated(self, error: AmqpError) -> Exception:
        if error.is_misfit:
            return MisfitError(str(error))

        told = problems.from_condition(self._access, error.condition, error.description)
        return ProblemError(told)

    async def _attempt(self, partitions: Sequence[str], *, describe: bool) -> Reading:
        step, limit_s = "connecting", self._open_s

        try:
            async with self._silence.at_most(self._open_s):
                session = await self._opened()

            step, limit_s = "waiting for replies", self._reply_s

            limit = self._silence.at_most(self._reply_s)
            return await session.read(partitions, describe=describe, limit=limit)
        except TimeoutError:
            self._drop()
            raise ProblemError(problems.timed_out(self._access, step, limit_s)) from None
        except OSError as error:
            self._drop()
            is_lost = isinstance(error, ConnectionError) and step != "connecting"
            lost = problems.hung_up(self._access) if is_lost else None
            raise ProblemError(lost or problems.from_os_error(self._access, error)) from None
        except ProblemError as error:
            # An answered refusal says nothing against the connection, except that of the token.
            if error.problem.kind is ProblemKind.UNAUTHORISED:
                self._drop()

            raise
        except BaseException:
            # Also when cancelled: replies that are still on their way belong to nobody.
            self._drop()
            raise

    async def _opened(self) -> ManagementSession:
        if self._session is not None:
            if self._session.error is not None:
                raise self._session.error

            await self._session.renew()
            return self._session

        access = self._access

        if access.use_tls and self._tls is None:
            self._tls = await asyncio.to_thread(self._roots)

        connection = await open_connection(
            access.host, access.port, self._tls, self._silence.broken
        )
        session = self._session = ManagementSession(access, connection, self._clock)
        await session.begin()
        return session

    def _drop(self) -> None:
        if self._session is not None:
            self._session.abort()
            self._session = None

    @override
    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

        await self._access.credential.close()
