"""What is written of the wire: every frame, nothing secret, not without an end."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from msgspec.structs import replace

from ehtui.config.secret import Secret
from ehtui.domain.problems import ProblemError
from ehtui.domain.world.route import Carrier, Route
from ehtui.sandbox.eventhubs import AccessKey, EventHubsEndpoint, Namespace
from ehtui.sources.hub import HubSource
from ehtui.wire import trace as trace_module
from ehtui.wire.amqp.frames import encode_frame, encode_transfer
from ehtui.wire.amqp.messages import encode_event
from ehtui.wire.amqp.performatives import Open
from ehtui.wire.trace import ConnectionTrace, Trace, trace_into
from tests.wire.hubs import settings_of

KEY = AccessKey("reader", "c2VjcmV0LWtleQ==", frozenset({"Listen"}))
ROUTE = Route(Carrier.AMQP, "ns.example", 5671, uses_tls=True, proxy="10.0.0.1:3128")


@contextmanager
def following(file: Path) -> Iterator[ConnectionTrace]:
    with closing(Trace(str(file))) as trace:
        yield trace.follow(ROUTE)


async def test_a_session_is_written_and_nothing_secret_of_it(tmp_path: Path) -> None:
    namespace = Namespace(keys=[KEY])
    namespace.create_hub("hub", 2)
    file = tmp_path / "wire.log"

    async with EventHubsEndpoint(namespace) as endpoint:
        text = endpoint.connection_string("hub", KEY.name)
        settings = settings_of(endpoint.port)
        source = HubSource(replace(settings, connection_string=Secret(text), trace_wire=str(file)))
        await source.read()
        await source.close()

    told = file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"1 -- amqp 127.0.0.1:{endpoint.port}" in told

    for piece in ("Open(", "Attach(", "'put-token'", "'READ'", "'status-code': 200", "ended:"):
        assert piece in told, piece

    for secret in (KEY.value, "SharedAccessSignature", "sig=", "skn="):
        assert secret not in told, secret


def test_bodies_and_properties_of_events_are_not_written(tmp_path: Path) -> None:
    event = encode_event(
        b"the body is somebody's",
        {"customer": "4711", "operation": "secret-act", "type": "secret-kind"},
    )

    with following(tmp_path / "wire.log") as trace:
        trace.received(encode_frame(0, Open("c", "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln")))
        trace.received(encode_transfer(0, 0, 1, event, 65536))

    told = (tmp_path / "wire.log").read_text()

    assert f"{len(event)} bytes" in told
    assert "'customer': '***'" in told
    assert "through the proxy 10.0.0.1:3128" in told

    for hidden in ("somebody's", "4711", "secret-kind", "secret-act", "eyJ"):
        assert hidden not in told, hidden


def test_what_is_no_amqp_is_counted(tmp_path: Path) -> None:
    with following(tmp_path / "wire.log") as trace:
        trace.received(b"HTTP/1.1 200 OK\r\n\r\nAccountKey=hunter2")
        trace.received(b"hunter2")

    told = (tmp_path / "wire.log").read_text()

    assert "no AMQP from here on" in told
    assert "7 bytes" in told
    assert "hunter2" not in told


def test_it_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace_module, "MOST_BYTES", 2000)
    file = tmp_path / "wire.log"

    with following(file) as trace:
        for number in range(500):
            trace.say("--", f"line {number}")

    files = sorted(each.name for each in tmp_path.iterdir())
    assert files == ["wire.log", "wire.log.1"]
    assert all(each.stat().st_size < 3000 for each in tmp_path.iterdir())
    assert all(stat.S_IMODE(each.stat().st_mode) == 0o600 for each in tmp_path.iterdir())
    assert "line 499" in file.read_text() + (tmp_path / "wire.log.1").read_text()


def test_somebody_elses_file_is_left_alone(tmp_path: Path) -> None:
    mine = tmp_path / "notes.txt"
    mine.write_text("important")
    link = tmp_path / "link"
    link.symlink_to(mine)

    for path in (mine, link, tmp_path, tmp_path / "none" / "wire.log"):
        with pytest.raises(ProblemError, match="trace"):
            Trace(str(path))

    assert mine.read_text() == "important"


def test_one_process_has_one_trace_and_the_next_run_begins_anew(tmp_path: Path) -> None:
    path = str(tmp_path / "wire.log")
    trace = trace_into(path)
    assert trace_into(path) is trace
    trace.line("before")

    with following(Path(path)) as again:
        again.say("--", "after")

    trace.close()
    told = Path(path).read_text(encoding="utf-8")
    assert "before" not in told
    assert "after" in told
