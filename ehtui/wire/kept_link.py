"""The kept `$management` link: one connection for the session, all reads of a round pipelined.

The SDK's own calls open a connection each (facts.md §5). Its internal client can be kept, but never
renews link credit or session window, so it falls silent after 10,000 replies.
"""

from __future__ import annotations

import time
from contextlib import nullcontext
from typing import TYPE_CHECKING

from msgspec.structs import replace
from typing_extensions import override

from ehtui.clock import host_ahead_s
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.world.hub import HubDescription, PartitionSample
from ehtui.wire import problems
from ehtui.wire.amqp.performatives import AmqpError
from ehtui.wire.amqp.values import Timestamp
from ehtui.wire.amqp_client import Misunderstood, Silence
from ehtui.wire.dialling import OPEN_S, dial
from ehtui.wire.reading import HubReader, MisfitError, Reading, description_in, sample_in
from ehtui.wire.requests import EncodedRequest, RequestLink

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from ehtui.wire.amqp_client import Connection
    from ehtui.wire.credentials import HubAccess, Token
    from ehtui.wire.requests import Answer

REPLY_S = 8.0  # of silence, while replies are waited for
MOST_PAIRS = 8  # of links; with the credit of 100 that each is given, 1,024 reads take two trips
BEHIND_PAIRS = 100  # a handle that no link pair of a session has
RENEW_SHARE = 0.1  # a token is renewed when so much of its life remains
HUB, PARTITION = "com.microsoft:eventhub", "com.microsoft:partition"
_OK = range(200, 300)


class KeptLink(HubReader):
    """Opened by the first read, and again by the next one after whatever ended it."""

    def __init__(
        self,
        access: HubAccess,
        *,
        clock: Callable[[], float] = time.time,
        open_s: float = OPEN_S,
        reply_s: float = REPLY_S,
        roots: Callable[[], ssl.SSLContext] | None = None,
    ) -> None:
        self._access = access
        self._clock = clock
        self._open_s = open_s
        self._reply_s = reply_s
        self._roots = roots or access.network.roots
        self._silence = Silence()
        self._session: ManagementSession | None = None
        self._most_pairs = MOST_PAIRS

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

    async def try_group(self, group: str, partition: str) -> None:
        """Ask whether a group may be read, by a receiver without credit: it takes nothing.

        Raises:
            AmqpError: The service's refusal.
            ProblemError: It could not be asked.
        """
        # For whoever asks: reading the hub needs none of it.
        from ehtui.domain.world.events import Latest  # noqa: PLC0415
        from ehtui.wire.receivers import Receivers  # noqa: PLC0415

        path = f"{self._access.hub}/ConsumerGroups/{group}"

        try:
            async with self._silence.at_most(self._open_s):
                session = await self._opened()
                receivers = Receivers(session.connection, path, BEHIND_PAIRS)
                receiver = receivers.attach(partition, Latest(), 0, lambda _: None)
                await receiver.attached
                receivers.detach(receiver)
                session.connection.flush()
        except TimeoutError:
            self._drop()
            raise ProblemError(
                problems.timed_out(self._access, "attaching", self._open_s)
            ) from None
        except OSError as error:
            self._drop()
            raise ProblemError(problems.from_os_error(self._access, error)) from None
        except BaseException:
            self._drop()
            raise

    def _translated(self, error: AmqpError) -> Exception:
        if isinstance(error, Misunderstood):
            return MisfitError(str(error))

        told = problems.from_condition(self._access, error.condition, error.description)
        return ProblemError(told)

    async def _attempt(self, partitions: Sequence[str], *, describe: bool) -> Reading:
        step, limit_s = "connecting", self._open_s

        try:
            session = await self._opened()

            step, limit_s = "waiting for replies", self._reply_s

            limit = self._silence.at_most(self._reply_s)
            reading = await session.read(partitions, describe=describe, limit=limit)
            return replace(reading, route=session.connection.route)
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
            if self._session.connection.error is not None:
                raise self._session.connection.error

            async with self._silence.at_most(self._open_s):
                await self._session.renew()

            return self._session

        access = self._access
        connection = await dial(access, self._silence, self._open_s, self._roots)
        session = self._session = ManagementSession(
            access, connection, self._clock, most_pairs=self._most_pairs
        )

        async with self._silence.at_most(self._open_s):
            await session.begin()

        return session

    def _drop(self) -> None:
        if self._session is not None:
            if self._session.is_widening and self._session.connection.error is not None:
                self._most_pairs = 1  # whoever hangs up over a further link is asked for none

            self._session.connection.abort()
            self._session = None

    @override
    async def close(self) -> None:
        if self._session is not None:
            await self._session.connection.close()
            self._session = None

        await self._access.credential.close()


class ManagementSession:
    """`$cbs` and `$management` of one hub on one connection."""

    def __init__(
        self,
        access: HubAccess,
        connection: Connection,
        clock: Callable[[], float],
        also_for: Sequence[str] = (),
        *,
        most_pairs: int = 1,
    ) -> None:
        self._access = access
        self._audiences = (access.audience, *also_for)
        self.connection = connection
        self._clock = clock
        self._tokens = RequestLink(connection, "$cbs", 0, clock)
        self._management = RequestLink(connection, "$management", 2, clock, most_pairs)
        self._token_text = ""
        self._renew_at = float("-inf")
        self._encoded: dict[str | None, EncodedRequest] = {}

    @property
    def is_widening(self) -> bool:
        """Whether a further pair of links was asked for and not answered."""
        return self._management.is_widening

    async def begin(self) -> None:
        """Show the token, then attach to `$management`.

        Raises:
            AmqpError: The connection ended, or a node refused.
            ProblemError: The token was refused.
        """
        await self._tokens.attach()
        await self.renew()
        await self._management.attach()

    async def renew(self) -> None:
        """Show a token where there is none, or where the last one is about to expire.

        Raises:
            AmqpError: The connection ended.
            ProblemError: There is no token, or it was refused.
        """
        now = self._clock()

        if now < self._renew_at:
            return

        # The service holds a token's end against the real time of day: a clock that was put right
        # counts here, and only here.
        day_time = now + host_ahead_s()
        tokens = [await self._show(audience, day_time) for audience in self._audiences]
        self._token_text = tokens[0].text.reveal()
        expires_at = min(token.expires_at for token in tokens)
        self._renew_at = now + (1.0 - RENEW_SHARE) * (expires_at - day_time)
        self._encoded.clear()

    async def _show(self, audience: str, day_time: float) -> Token:
        token = await self._access.credential.token(audience, day_time)
        properties = {
            "name": audience,
            "operation": "put-token",
            "type": token.kind,
            "expiration": Timestamp(int(token.expires_at * 1000)),
        }
        (answer,) = await self._tokens.exchange([EncodedRequest(properties, token.text.reveal())])

        if answer is not None and (problem := self._refusal(answer)) is not None:
            raise ProblemError(problem)

        return token

    async def read(
        self,
        partitions: Sequence[str],
        *,
        describe: bool,
        limit: AbstractAsyncContextManager[None] | None = None,
    ) -> Reading:
        """All reads in one go: a single round trip, however many there are.

        What is not answered within `limit` is refused; the rest stands.

        Raises:
            AmqpError: The connection ended.
            ProblemError: Everything was refused.
            TimeoutError: Nothing was answered.
        """
        wanted = [None, *partitions] if describe else list(partitions)
        asked_at = self._clock()
        answers = await self._management.exchange(
            [self._request(p) for p in wanted], limit or nullcontext()
        )
        hub: HubDescription | None = None
        samples: list[PartitionSample] = []
        refused: list[tuple[str, Problem]] = []
        undescribed: Problem | None = None

        for partition, answer in zip(wanted, answers, strict=True):
            found = self._understood(partition, answer, asked_at)

            if isinstance(found, PartitionSample):
                samples.append(found)
            elif isinstance(found, HubDescription):
                hub = found
            elif partition is None:
                undescribed = found
            else:
                refused.append((partition, found))

        problem = next((problem for _, problem in refused), undescribed)

        if problem is not None and not samples:
            raise ProblemError(problem)

        return Reading(hub, tuple(samples), tuple(refused), undescribed)

    def _request(self, partition: str | None) -> EncodedRequest:
        """A READ of the hub (None) or a partition, encoded once a token."""
        encoded = self._encoded.get(partition)

        if encoded is None:
            properties = {
                "name": self._access.hub,
                "security_token": self._token_text,
                "operation": "READ",
                "type": HUB if partition is None else PARTITION,
            }

            if partition is not None:
                properties["partition"] = partition

            encoded = self._encoded[partition] = EncodedRequest(properties)

        return encoded

    def _understood(
        self, partition: str | None, answer: Answer | None, asked_at: float
    ) -> HubDescription | PartitionSample | Problem:
        if answer is None:
            what = "the event hub" if partition is None else f"partition {partition}"
            return problems.timed_out(self._access, f"about {what}, though about others")

        problem = self._refusal(answer)

        if problem is not None or isinstance(answer, AmqpError):
            return problem or problems.from_condition(self._access, "rejected")

        reply, received_at = answer

        try:
            if partition is None:
                return description_in(reply.value, self._access.namespace)

            return sample_in(reply.value, partition, asked_at, received_at)
        except LookupError as error:
            return problems.odd_answer(self._access, partition, f"it has no {error}")
        except ValueError as error:
            return problems.odd_answer(self._access, partition, str(error))

    def _refusal(self, answer: Answer) -> Problem | None:
        if isinstance(answer, AmqpError):
            return problems.from_condition(self._access, answer.condition, answer.description)

        given = answer[0].properties
        code = given.get("status-code")

        if isinstance(code, int) and code in _OK:
            return None

        return problems.from_status(
            self._access,
            code if isinstance(code, int) else 500,
            str(given.get("status-description") or ""),
            str(given.get("error-condition") or ""),
        )
