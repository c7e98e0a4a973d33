"""Who talks to the namespace, and in which direction."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from threading import Thread
from typing import TYPE_CHECKING

from msgspec import Struct, field

from ehtui.domain.world.process import Traffic
from ehtui.sources.recognition import namespace_addresses
from ehtui.sources.sockets import Sockets, Volume, count_elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

RESOLVE_EVERY_S = 300.0
RESOLVE_WAIT_S = 1.0
STRETCH_S = 3.0  # over which bytes are compared
WORTH_BYTES = 200  # less is keeping a link alive
EVENTS_BYTES = 400  # of a window: less may be answers that came late
MANY_EVENTS_BYTES = 2000  # of a stretch: so much is never that
WINDOW = 5
ANSWER_BYTES = 20  # a disposition: every event that is sent gets one
CLEARLY = 2  # times as much one way as the other
MORE = 1.5  # an event of a few bytes takes 49 with its frame, and its answer 26
LEAST_STRETCHES = 5
MOSTLY = 0.8
SETTLED_S = 60.0
KAFKA_PORT = 9093  # a Kafka consumer asks again and again, and gets less than it asks


class _Connection(Struct):
    """One connection over time."""

    pids: frozenset[int]
    sent_bytes: int
    received_bytes: int
    seen_at: float
    has_sent: bool = False
    # Bytes sent and received in each of the latest stretches: an answer may come in a later one.
    stretches: deque[tuple[int, int]] = field(default_factory=lambda: deque(maxlen=WINDOW))

    def receives(self) -> bool:
        """Whether much more came than went: in the latest stretch, or in all of late together."""
        sent, received = self.stretches[-1]
        if received >= MANY_EVENTS_BYTES and received > CLEARLY * sent:
            return True

        sent, received = (sum(stretch[way] for stretch in self.stretches) for way in (0, 1))
        return received >= EVENTS_BYTES and received > CLEARLY * sent

    def sends(self) -> bool:
        """Whether much more went than came; or, of small events, a little more all the time."""
        sent, received = self.stretches[-1]
        if sent >= WORTH_BYTES and sent > CLEARLY * received:
            return True

        return len(self.stretches) == WINDOW and all(
            received >= ANSWER_BYTES and sent > MORE * received for sent, received in self.stretches
        )


class _Balance(Struct):
    """Stretches of a process's connections in which much more went one way than the other."""

    sending: int = 0
    answered: int = 0  # of these: the other side said something, as it does to an event
    receiving: int = 0
    is_sender: bool = False


class TrafficMeter(Struct):
    """Tells senders by the bytes that go over their connections. Pure; moments are passed in.

    Whoever receives events gets much and says little; whoever sends says much and gets a short
    answer to each. A receiver on an idle hub may grant credit for ever: that is answered by nobody.
    """

    _connections: dict[int, _Connection] = field(default_factory=dict)  # by inode
    _balances: dict[int, _Balance] = field(default_factory=dict)  # by pid
    _measured_at: float = float("-inf")

    def is_due(self, at: float) -> bool:
        """Whether a stretch has passed since the measurement before."""
        return at - self._measured_at >= STRETCH_S

    def measure(self, volumes: Mapping[int, Volume], at: float) -> None:
        """Compare with the measurement before."""
        self._measured_at = at
        known, self._connections = self._connections, {}

        for inode, volume in volumes.items():
            if volume.port == KAFKA_PORT:
                continue

            before = known.get(inode)
            if before is None or before.pids != volume.pids:
                before = _Connection(volume.pids, volume.sent_bytes, volume.received_bytes, at)
            else:
                self._weigh(before, volume)

            self._connections[inode] = before

        living = {pid for volume in volumes.values() for pid in volume.pids}
        self._balances = {pid: b for pid, b in self._balances.items() if pid in living}

        for pid, balance in self._balances.items():
            self._judge(pid, balance)

    def _weigh(self, connection: _Connection, volume: Volume) -> None:
        sent = volume.sent_bytes - connection.sent_bytes
        received = volume.received_bytes - connection.received_bytes
        connection.sent_bytes, connection.received_bytes = volume.sent_bytes, volume.received_bytes
        connection.stretches.append((sent, received))

        for pid in volume.pids:
            balance = self._balances.setdefault(pid, _Balance())

            if connection.sends():
                connection.has_sent = True
                balance.sending += 1
                balance.answered += received >= ANSWER_BYTES
            else:
                balance.receiving += connection.receives()

    def _judge(self, pid: int, balance: _Balance) -> None:
        mine = [c for c in self._connections.values() if pid in c.pids]
        silent = [c for c in mine if not c.has_sent]
        settled = [c for c in silent if self._measured_at - c.seen_at >= SETTLED_S]

        # What carried nothing for long may be there to receive.
        if balance.receiving or not _may_be_a_producers(settled, mine):
            balance.is_sender = False
        elif balance.sending >= LEAST_STRETCHES and _may_be_a_producers(silent, mine):
            balance.is_sender = balance.answered >= MOSTLY * balance.sending

    def traffic(self, pid: int) -> Traffic | None:
        """What a process does there; None while nothing tells."""
        balance = self._balances.get(pid)
        if balance is None:
            return None

        if balance.receiving:
            return Traffic.RECEIVES

        return Traffic.SENDS if balance.is_sender else None


def _may_be_a_producers(silent: Sequence[_Connection], mine: Sequence[_Connection]) -> bool:
    """Whether a producer may have so many silent connections.

    The Python SDK opens one to the hub as a whole to learn how large a message may be, and sends to
    partitions over others.
    """
    return len(silent) <= 1 and 2 * len(silent) < len(mine)


class NamespaceClients(Struct):
    """Connections to one namespace, by process. All of it blocks."""

    namespace: str | None
    aliases: tuple[str, ...] = ()  # other names of it, which clients may connect to
    addresses: frozenset[tuple[str, int]] = frozenset()  # of the namespace, as far as known
    _resolved_at: float = float("-inf")
    _resolving: Thread | None = None
    _sockets: Sockets = field(default_factory=Sockets)
    _meter: TrafficMeter = field(default_factory=TrafficMeter)
    _counts: Mapping[int, int] | None = None  # None: not to be known

    def count(self, at: float) -> None:
        """Look anew who is connected."""
        if self.namespace is None:
            return

        if at - self._resolved_at >= RESOLVE_EVERY_S or not self.addresses:
            self._resolve(self.namespace, at)

        self._counts = self._sockets.counts(self.addresses) if self.addresses else None

    def measure(self, at: float) -> None:
        """Look anew how much goes over the connections that were counted last."""
        if self._counts and self._meter.is_due(at):
            self._meter.measure(self._sockets.volumes(), at)

    @property
    def pids(self) -> Iterable[int]:
        """Whoever is connected."""
        return (self._counts or {}).keys()

    def connections_of(self, pid: int) -> int | None:
        """How many connections a process of this network namespace has; None: not to be known."""
        if self._counts is None:
            return None

        return self._counts.get(pid, None if pid in self._sockets.hidden else 0)

    def are_hidden(self, pid: int) -> bool:
        """Whether its connections are looked for, and are not for this user to see."""
        if self._counts is None:
            return bool(self.addresses)

        return pid in self._sockets.hidden and pid not in self._counts

    def web_connections_of(self, pid: int) -> int:
        """Of these, how many are to port 443: of a client perhaps of something else."""
        return self._sockets.web.get(pid, 0)

    def connections_elsewhere(self, pid: int) -> int | None:
        """The same of a process of another one, as in a container; None where none is seen."""
        return count_elsewhere(pid, self.addresses) if self.addresses else None

    def traffic_of(self, pid: int) -> Traffic | None:
        """What it does there; None while nothing tells."""
        return self._meter.traffic(pid)

    def _resolve(self, namespace: str, at: float) -> None:
        """Begin to ask for the addresses; a name server that is silent holds up nobody for long."""

        def ask() -> None:
            names = (namespace, *self.aliases)
            found = frozenset().union(*map(namespace_addresses, names))
            self.addresses = found or self.addresses

        if self._resolving is None or not self._resolving.is_alive():
            self._resolved_at = at
            self._resolving = Thread(target=ask, name="ehtui-resolve", daemon=True)
            self._resolving.start()

        self._resolving.join(RESOLVE_WAIT_S)
