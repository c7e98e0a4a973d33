"""The kept link against a scripted other side; tests/sources/test_hub.py has the sandbox's."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import groupby
from pathlib import Path

import pytest

from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.wire.amqp.messages import Reply, Request
from ehtui.wire.amqp.performatives import Close, Detach, End, Error, Flow, Transfer
from ehtui.wire.kept_link import KeptLink
from ehtui.wire.reading import Reading
from tests.waiting import wait_for
from tests.wire.certificates import self_signed
from tests.wire.hubs import KEY, access_to
from tests.wire.peer import Peer, hub_of, ok, refuse, serving


@asynccontextmanager
async def linked(peer: Peer, reply_s: float = 5.0) -> AsyncIterator[KeptLink]:
    async with serving(peer):
        link = KeptLink(access_to(peer.port), open_s=5.0, reply_s=reply_s)

        try:
            yield link
        finally:
            await link.close()


async def problem(link: KeptLink, *partitions: str, describe: bool = False) -> Problem:
    with pytest.raises(ProblemError) as caught:
        await link.read(partitions, describe=describe)

    return caught.value.problem


def sequences(reading: Reading) -> dict[str, int]:
    return {sample.partition: sample.last_sequence for sample in reading.samples}


async def test_reads_description_and_partitions_at_once() -> None:
    peer = Peer(answer=hub_of("0", "2", "10"))

    async with linked(peer) as link:
        reading = await link.read(["10", "0"], describe=True)

    hub, sample = reading.hub, reading.samples[0]
    assert hub is not None
    assert hub.partition_ids == ("0", "2", "10")
    assert hub.namespace == f"127.0.0.1:{peer.port}"
    assert hub.name == "hub"
    assert hub.created_at == 1_700_000_000
    assert hub.is_geo_replicated is None
    assert sequences(reading) == {"10": 1007, "0": 7}
    assert (sample.begin_sequence, sample.last_offset, sample.is_empty) == (5, "4096", False)
    assert sample.last_enqueued_at == 1_700_000_100.5
    assert abs(sample.sampled_at - time.time()) < 5


async def test_everything_travels_on_one_connection() -> None:
    peer = Peer()

    async with linked(peer) as link:
        for _ in range(20):
            await link.read(["0", "1"], describe=False)

    assert peer.connections == 1
    assert len(peer.tokens) == 1
    assert len(peer.requests) == 40


async def test_a_round_leaves_in_one_piece() -> None:
    peer = Peer(answer=hub_of(*map(str, range(32))))

    async with linked(peer) as link:
        await link.read(["0"], describe=True)
        before = peer.chunks
        await link.read([str(n) for n in range(32)], describe=True)

    assert peer.chunks - before <= 2  # 33 requests, about 20 kB: what a socket hands over at once


async def test_credit_is_asked_for_while_it_is_quiet() -> None:
    """The service tells of it only now and then: a round would wait for that in its midst."""
    ids = [str(n) for n in range(100)]
    peer = Peer(answer=hub_of(*ids), credit=100, tells_credit=False)

    async with linked(peer) as link:
        for _ in range(3):
            assert len((await link.read(ids, describe=False)).samples) == 100

        await link.read(ids[:50], describe=False)

    kinds = [type(body) for body in peer.frames if getattr(body, "handle", None) == 3]
    assert [(kind, len([*run])) for kind, run in groupby(kinds)][1:] == [
        (Transfer, 100),
        (Flow, 1),
        (Transfer, 100),
        (Flow, 1),
        (Transfer, 100),
        (Flow, 1),
        (Transfer, 50),
    ]


async def test_requests_say_what_the_sdk_says() -> None:
    peer = Peer()

    async with linked(peer) as link:
        await link.read(["1"], describe=False)

    token, read = peer.tokens[0], peer.requests[0]
    signature = f"SharedAccessSignature sr=sb%3A%2F%2F127.0.0.1%3A{peer.port}%2Fhub&sig="
    assert token.value.startswith(signature)
    assert token.properties["operation"] == "put-token"
    assert token.properties["type"] == "servicebus.windows.net:sastoken"
    assert token.properties["name"] == f"sb://127.0.0.1:{peer.port}/hub"
    assert 3_500_000 < token.properties["expiration"] - time.time() * 1000 <= 3_600_000
    assert read.properties == {
        "name": "hub",
        "partition": "1",
        "operation": "READ",
        "type": "com.microsoft:partition",
        "security_token": token.value,
    }


async def test_it_waits_for_credit_and_for_the_session_window() -> None:
    peer = Peer(answer=hub_of(*map(str, range(50))), credit=3, window=2)

    async with linked(peer) as link:
        reading = await link.read([str(n) for n in range(50)], describe=False)

    assert len(reading.samples) == 50


async def test_it_outlives_credit_windows_and_the_sdk() -> None:
    """The SDK's own client falls silent after 10,000 replies."""
    ids = [str(n) for n in range(200)]
    peer = Peer(answer=hub_of(*ids), credit=1000)

    async with linked(peer) as link:
        for _ in range(60):
            assert len((await link.read(ids, describe=False)).samples) == 200

    assert peer.connections == 1


def settled(peer: Peer) -> int:
    """Deliveries, however many of them a disposition names."""
    return sum((d.first if d.last is None else d.last) - d.first + 1 for d in peer.dispositions)


async def test_replies_in_pieces_and_unsettled_are_joined_and_settled() -> None:
    async with linked(Peer(max_frame_bytes=512, answer=hub_of(*map(str, range(200))))) as link:
        reading = await link.read((), describe=True)

    assert reading.hub is not None
    assert len(reading.hub.partition_ids) == 200
    unsettled = Peer(settles_replies=False)

    async with linked(unsettled) as link:
        await link.read(["0", "1"], describe=False)
        await wait_for(lambda: settled(unsettled) >= 3)

    assert all(d.settled and d.is_receiver for d in unsettled.dispositions)


async def test_one_refused_partition_does_not_spoil_the_others() -> None:
    async with linked(Peer()) as link:
        reading = await link.read(["0", "7", "1"], describe=True)

    assert sequences(reading) == {"0": 7, "1": 107}
    [(partition, told)] = reading.refused
    assert (partition, told.kind) == ("7", ProblemKind.NOT_FOUND)
    assert "no partition 7" in told.summary


async def test_a_rejected_request_is_told_apart() -> None:
    peer = Peer(rejects=lambda request: request.properties.get("partition") == "1")

    async with linked(peer) as link:
        reading = await link.read(["0", "1"], describe=False)

    assert sequences(reading) == {"0": 7}
    assert "argument-error" in reading.refused[0][1].summary


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (refuse(401, "No such key."), ProblemKind.UNAUTHORISED, "401 No such key"),
        (refuse(404, "Not here.", "amqp:not-found"), ProblemKind.NOT_FOUND, "no event hub 'hub'"),
        (refuse(503, "Busy."), ProblemKind.THROTTLED, "fewer reads (503 Busy)"),
        (refuse(500, "x", "com.microsoft:server-busy"), ProblemKind.THROTTLED, "server-busy"),
        (refuse(403, "Forbidden."), ProblemKind.FORBIDDEN, "does not let the key 'reader' read"),
    ],
)
async def test_a_refusal_keeps_the_words_of_the_service(
    answer: object, kind: ProblemKind, words: str
) -> None:
    async with linked(Peer(answer=answer)) as link:  # type: ignore[arg-type]
        told = await problem(link, "0", describe=True)

    assert told.kind is kind
    assert words in told.summary
    assert told.advice


async def test_a_busy_service_is_not_asked_for_another_connection() -> None:
    peer = Peer(answer=refuse(503, "Busy."))

    async with linked(peer) as link:
        await problem(link, "0")
        peer.answer = hub_of("0")
        await link.read(["0"], describe=False)

    assert peer.connections == 1


async def test_a_wrong_key_is_named_and_never_shown() -> None:
    async with linked(Peer(token_answer=refuse(401, "InvalidSignature"))) as link:
        told = await problem(link, "0")

    assert told.kind is ProblemKind.UNAUTHORISED
    assert "'reader'" in told.summary
    assert KEY not in told.summary


async def test_a_refused_node_is_told() -> None:
    async with linked(Peer(refuses_node="$management")) as link:
        told = await problem(link, "0")

    assert told.kind is ProblemKind.UNAUTHORISED
    assert "No Listen" in told.summary


async def test_a_server_without_anonymous_is_told() -> None:
    async with linked(Peer(mechanisms=("PLAIN",))) as link:
        assert "ANONYMOUS" in (await problem(link, "0")).summary


@pytest.mark.parametrize(
    "body",
    [
        Close(Error("amqp:connection:forced", "idle")),
        End(None),
        Detach(43, True, Error("amqp:link:detach-forced", "idle")),
        None,
    ],
    ids=["close", "end", "detach", "cut"],
)
async def test_a_link_that_was_let_go_is_opened_again_unnoticed(body: object) -> None:
    peer = Peer()

    async with linked(peer) as link:
        await link.read(["0"], describe=False)

        if body is None:
            peer.drop_all()
        else:
            peer.send_all(body)

        await asyncio.sleep(0.05)
        assert sequences(await link.read(["0"], describe=False)) == {"0": 7}

    assert peer.connections == 2


async def test_a_cut_in_the_middle_of_a_round_is_made_good_once() -> None:
    peer = Peer()
    answer = peer.answer

    def cut(_: Request) -> Reply | None:
        peer.answer = answer
        peer.drop_all()
        return None

    async with linked(peer) as link:
        await link.read(["0"], describe=False)
        peer.answer = cut
        assert sequences(await link.read(["0", "1"], describe=False)) == {"0": 7, "1": 107}

    assert peer.connections == 2


async def test_a_peer_that_always_cuts_is_a_problem_not_a_loop() -> None:
    peer = Peer()

    def cut(_: Request) -> Reply | None:
        peer.drop_all()
        return None

    async with linked(peer) as link:
        peer.answer = cut
        told = await problem(link, "0")

    assert told.kind is ProblemKind.UNREACHABLE
    assert peer.connections == 1


async def test_a_frozen_peer_times_out_and_the_next_read_begins_afresh() -> None:
    peer = Peer()

    async with linked(peer, reply_s=0.2) as link:
        await link.read(["0"], describe=False)
        peer.is_frozen = True
        told = await problem(link, "0")
        assert told.kind is ProblemKind.TIMEOUT
        assert f"127.0.0.1:{peer.port} did not answer within 0.2 s" in told.summary
        peer.is_frozen = False
        assert sequences(await link.read(["0"], describe=False)) == {"0": 7}

    assert peer.connections == 2


async def test_a_cancelled_read_leaves_no_reply_to_the_next() -> None:
    peer = Peer()
    answer, peer.answer = peer.answer, lambda _: None

    async with linked(peer) as link:
        reading = asyncio.create_task(link.read(["0"], describe=False))
        await wait_for(lambda: bool(peer.requests))
        reading.cancel()

        with pytest.raises(asyncio.CancelledError):
            await reading

        peer.answer = answer
        assert sequences(await link.read(["1"], describe=False)) == {"1": 107}


async def test_an_answer_to_nobody_is_ignored() -> None:
    def twice(request: Request) -> Reply:
        return ok(request) if request.properties["partition"] == "x" else hub_of("0")(request)  # type: ignore[return-value]

    async with linked(Peer(answer=twice)) as link:
        reading = await link.read(["0", "x"], describe=False)

    assert sequences(reading) == {"0": 7}
    assert reading.refused[0][1].kind is ProblemKind.MALFORMED


async def test_the_token_is_renewed_before_it_expires_and_reads_carry_the_new_one() -> None:
    peer, now = Peer(), [1_000_000.0]

    async with serving(peer):
        link = KeptLink(access_to(peer.port), clock=lambda: now[0])
        await link.read(["0"], describe=False)
        now[0] += 3200
        await link.read(["0"], describe=False)
        assert len(peer.tokens) == 1
        now[0] += 100
        await link.read(["0"], describe=False)
        await link.close()

    assert len(peer.tokens) == 2
    assert peer.connections == 1
    first, _, last = (r.properties["security_token"] for r in peer.requests)
    assert last == peer.tokens[1].value != first


async def test_a_silent_link_is_kept_alive_as_the_other_side_wishes() -> None:
    peer = Peer(idle_timeout_ms=100)

    async with linked(peer) as link:
        await link.read(["0"], describe=False)
        await wait_for(lambda: peer.empty_frames >= 3)

    assert peer.connections == 1


async def test_closing_says_goodbye_and_may_come_at_any_time() -> None:
    peer = Peer()

    async with serving(peer):
        link = KeptLink(access_to(peer.port))
        await link.close()
        await link.read(["0"], describe=False)
        await link.close()
        await link.close()
        await wait_for(lambda: not peer.live)

    assert peer.said_goodbye == 1


async def test_closing_does_not_wait_for_a_frozen_peer() -> None:
    peer = Peer()

    async with serving(peer):
        link = KeptLink(access_to(peer.port))
        await link.read(["0"], describe=False)
        peer.is_frozen = True
        began = time.monotonic()
        await link.close()
        assert time.monotonic() - began < 1.0


async def test_bytes_that_are_no_amqp_are_told() -> None:
    async def shout(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(shout, "127.0.0.1", 0)

    async with server:
        link = KeptLink(access_to(server.sockets[0].getsockname()[1]))
        told = await problem(link, "0")
        await link.close()

    assert told.kind is ProblemKind.MALFORMED


async def test_tls_is_checked_against_the_roots(tmp_path: Path) -> None:
    certificate, server = self_signed(tmp_path)

    def roots() -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(certificate))

    async with serving(Peer(), server) as peer:
        link = KeptLink(access_to(peer.port, tls=True), roots=roots)
        assert sequences(await link.read(["0"], describe=False)) == {"0": 7}
        await link.close()
        distrusting = KeptLink(access_to(peer.port, tls=True))
        told = await problem(distrusting, "0")
        await distrusting.close()

    assert told.kind is ProblemKind.TLS
    assert "not trusted" in told.summary


async def test_tls_towards_a_plain_port_says_so() -> None:
    async with serving(Peer()) as peer:
        link = KeptLink(access_to(peer.port, tls=True))
        told = await problem(link, "0")
        await link.close()

    assert told.kind is ProblemKind.TLS
    assert "UseDevelopmentEmulator=true" in told.advice


async def test_a_plain_connection_to_a_tls_port_is_told(tmp_path: Path) -> None:
    async with serving(Peer(), self_signed(tmp_path)[1]) as peer:
        link = KeptLink(access_to(peer.port))
        told = await problem(link, "0")
        await link.close()

    assert told.kind in {ProblemKind.UNREACHABLE, ProblemKind.MALFORMED}
