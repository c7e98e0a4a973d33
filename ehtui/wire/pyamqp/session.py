"""What lives as long as one connection: both request links, the token, the encoded requests."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from ehtui.clock import host_ahead_s
from ehtui.domain.problems import Problem, ProblemError
from ehtui.domain.world.hub import HubDescription, PartitionSample, known_integer, known_moment
from ehtui.wire import problems
from ehtui.wire.amqp.messages import Reply
from ehtui.wire.amqp.values import Timestamp
from ehtui.wire.pyamqp.connection import AmqpError, Connection
from ehtui.wire.pyamqp.requests import EncodedRequest, RequestLink
from ehtui.wire.reading import Reading, natural, plausible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractAsyncContextManager

    from ehtui.wire.credentials import HubAccess

RENEW_SHARE = 0.1  # a token is renewed when so much of its life remains
MOST_PARTITIONS = 4096  # four times as many as the largest hub has
ID_LENGTH, TEXT_LENGTH = 64, 1024
HUB, PARTITION = "com.microsoft:eventhub", "com.microsoft:partition"
_OK = range(200, 300)

Answer = tuple[Reply, float] | AmqpError


class ManagementSession:
    """`$cbs` and `$management` of one hub on one connection."""

    def __init__(
        self, access: HubAccess, connection: Connection, clock: Callable[[], float]
    ) -> None:
        self._access = access
        self._connection = connection
        self._clock = clock
        self._tokens = RequestLink(connection, "$cbs", 0, clock)
        self._management = RequestLink(connection, "$management", 2, clock)
        self._token_text = ""
        self._renew_at = float("-inf")
        self._encoded: dict[str | None, EncodedRequest] = {}

    @property
    def error(self) -> AmqpError | None:
        """Why it ended; None while it is usable."""
        return self._connection.error

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

        audience = self._access.audience
        # The service holds a token's end against the real time of day: a clock that was put right
        # counts here, and only here.
        day_time = now + host_ahead_s()
        token = await self._access.credential.token(audience, day_time)
        properties = {
            "name": audience,
            "operation": "put-token",
            "type": token.kind,
            "expiration": Timestamp(int(token.expires_at * 1000)),
        }
        self._token_text = token.text.reveal()
        (answer,) = await self._tokens.exchange([EncodedRequest(properties, self._token_text)])

        if answer is not None and (problem := self._refusal(answer)) is not None:
            raise ProblemError(problem)

        self._renew_at = now + (1.0 - RENEW_SHARE) * (token.expires_at - day_time)
        self._encoded.clear()

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
            value = _map(reply.value)

            if partition is None:
                return _description(self._access, value)

            return _sample(partition, value, asked_at, received_at)
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

    def abort(self) -> None:
        """End at once."""
        self._connection.abort()

    async def close(self) -> None:
        """End in good order, within half a second."""
        await self._connection.close()


def _description(access: HubAccess, value: dict[str, Any]) -> HubDescription:
    ids = value["partition_ids"]

    if not isinstance(ids, list) or not 0 < len(ids) <= MOST_PARTITIONS:
        raise ValueError("it names no partitions, or more than any hub has")

    factor = value.get("georeplication_factor")
    return HubDescription(
        access.namespace,
        _text(value["name"]),
        _seconds(value.get("created_at")),
        tuple(sorted((_text(name, ID_LENGTH) for name in ids), key=natural)),
        None if factor is None else _integer(factor),
    )


def _sample(
    partition: str, value: dict[str, Any], asked_at: float, received_at: float
) -> PartitionSample:
    if _text(value["partition"]) != partition:
        raise ValueError("it is about another partition")

    sample = PartitionSample(
        partition=partition,
        begin_sequence=_integer(value["begin_sequence_number"]),
        last_sequence=_integer(value["last_enqueued_sequence_number"]),
        last_offset=_text(value["last_enqueued_offset"], least=0),
        last_enqueued_at=_seconds(value.get("last_enqueued_time_utc")),
        is_empty=bool(value["is_partition_empty"]),
        sampled_at=received_at,
        asked_at=asked_at,
    )
    return plausible(sample)


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError("it is no map")  # noqa: TRY004 - it is not our type

    return value


def _text(value: Any, most: int = TEXT_LENGTH, *, least: int = 1) -> str:
    text = str(value) if isinstance(value, str | int) else ""

    if not least <= len(text) <= most:
        raise ValueError("a text is missing, or too long")

    return text


def _integer(value: Any) -> int:
    number = known_integer(value)

    if number is None:
        raise ValueError("a number is missing, or out of range")

    return number


def _seconds(milliseconds: Any) -> float | None:
    """A moment of the service; it writes year 1 where nothing ever happened."""
    return known_moment(milliseconds / 1000.0) if isinstance(milliseconds, int | float) else None
