"""`ehtui metrics` as scrapers and collectors meet it; what it refuses, and what it writes."""

from __future__ import annotations

import os
import stat
import sys
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import NoReturn

import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from typing_extensions import override

from ehtui.cli import metrics_server, otlp
from ehtui.cli.metrics_file import MetricsFile
from ehtui.cli.metrics_server import serving
from ehtui.cli.otlp import OtlpPush
from ehtui.config.errors import ConfigError
from ehtui.domain.problems import ProblemError
from ehtui.views.metrics import families
from ehtui.views.metrics.text import TextFormat, text_of
from ehtui.views.metrics.values import Family, Picture
from tests import metrics_page
from tests.cli.conftest import HUB, Ehtui
from tests.scraped import parse_open
from tests.views import world

NOWHERE = (
    "Endpoint=sb://127.0.0.1:1/;SharedAccessKeyName=k;SharedAccessKey=YQ==;"
    "UseDevelopmentEmulator=true;EntityPath=h"
)


def pictures() -> list[Picture]:
    return [Picture(world.NAMESPACE, world.HUB, world.snapshot(), world.NOW)]


def known() -> tuple[Family, ...]:
    return families(pictures())


def test_the_reference_is_current() -> None:
    assert metrics_page.PAGE.read_text(encoding="utf-8") == metrics_page.page(), "make metrics"


def test_a_hub_that_does_not_answer_is_down_and_has_no_other_samples(ehtui: Ehtui) -> None:
    said = ehtui("metrics", EVENTHUB_CONNECTION_STRING=NOWHERE)
    found = {
        (each.name, each.labels.get("source")): each.value
        for family in parse_open(said.out)
        for each in family.samples
    }

    assert said.code == 3
    assert "the hub could not be read" in said.err
    assert found["ehtui_source_up", "hub"] == 0
    assert not [name for name, _ in found if name.startswith("ehtui_partition")]


TWO_PROFILES = f"""\
eventhub: {{connection_string: "{NOWHERE.replace("EntityPath=h", "")}"}}
profiles:
  prod: {{hubs: [orders, payments]}}
  same: {{hubs: [{{name: orders, consumer_group: audit}}]}}
  broken: {{hubs: [orders], eventhub: {{connection_string: nonsense}}}}
"""


def test_all_hubs_are_told_apart(ehtui: Ehtui, tmp_path: Path) -> None:
    (tmp_path / "ehtui.yaml").write_text(TWO_PROFILES)
    said = ehtui("metrics", "--all")
    up = [
        (each.labels["profile"], each.labels["messaging_destination_name"])
        for family in parse_open(said.out)
        for each in family.samples
        if each.name == "ehtui_source_up" and each.labels["source"] == "hub"
    ]

    assert said.code == 3
    assert up == [("prod", "orders"), ("prod", "payments"), ("same", "orders")]
    assert "the hub of payments could not be read" in said.err
    assert "the settings of broken/orders cannot be used" in said.err


UNUSABLE = """\
profiles:
  broken: {hubs: [orders, payments], eventhub: {connection_string: nonsense}}
  nameless: {eventhub: {connection_string: "Endpoint=sb://["}}
"""


def test_hubs_that_cannot_be_used_are_told_too(ehtui: Ehtui, tmp_path: Path) -> None:
    (tmp_path / "ehtui.yaml").write_text(UNUSABLE)
    said = ehtui("metrics", "--all")
    found = {
        (each.labels["profile"], each.labels.get("messaging_destination_name")): each.value
        for family in parse_open(said.out)
        for each in family.samples
        if each.name == "ehtui_hub_usable"
    }

    assert said.code == ehtui("hubs").code == 3
    assert found == {("broken", "orders"): 0, ("broken", "payments"): 0, ("nameless", None): 0}
    assert "nonsense" not in said.out
    assert said.err.count("cannot be used: ") == 3


def test_of_one_profile_all_hubs(ehtui: Ehtui, tmp_path: Path) -> None:
    (tmp_path / "ehtui.yaml").write_text(TWO_PROFILES)
    said = ehtui("metrics", "--all", "--profile", "same")

    assert 'profile="same"' in said.out
    assert 'profile="prod"' not in said.out


@pytest.mark.parametrize(
    ("argv", "told"),
    [
        (("--listen", "0.0.0.0:0"), "is not loopback"),
        (("--listen", "[::]:0"), "is not loopback"),
        (("--listen", "localhost:0"), "is not an address"),
        (("--listen", "127.0.0.1"), "is not HOST:PORT"),
        (("--listen", "127.0.0.1:70000"), "is not HOST:PORT"),
        (("--listen", "127.0.0.1:0", "--save", "x"), "does not go with --save"),
        (("--every", "30s"), "--every goes with --save or --otlp"),
        (("--save", "x", "--every", "10ms"), "at least 1 s"),
        (("--otlp", "127.0.0.1:4318"), "not an HTTP address"),
        (("--otlp", "http://[::1/x"), "not an HTTP address"),
        (("--otlp", "http://127.0.0.1:x"), "not an HTTP address"),
        (("--otlp", "http://127.0.0.1:70000/x"), "not an HTTP address"),
        (("--save", "/dev/null"), "not a regular file"),
    ],
)
def test_what_does_not_go_is_said_before_anything_is_read(
    ehtui: Ehtui, argv: tuple[str, ...], told: str
) -> None:
    said = ehtui("metrics", *argv, EVENTHUB_CONNECTION_STRING=HUB, EVENTHUB_NAME="h")

    assert said.code == 64
    assert told in said.err
    assert not said.out


def fetch(url: str, accept: str) -> tuple[str, str]:
    request = urllib.request.Request(url, headers={"Accept": accept})

    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.headers["Content-Type"], answer.read().decode()


def samples_of(text: str) -> set[tuple[str, tuple[tuple[str, str], ...], float]]:
    return {
        (each.name, tuple(sorted(each.labels.items())), round(each.value, 3))
        for family in parse_open(text)
        for each in family.samples
    }


def test_what_is_served_is_what_is_printed() -> None:
    with serving(pictures, "127.0.0.1", 0) as url:
        kind, text = fetch(url, "application/openmetrics-text; version=1.0.0")
        old_kind, old = fetch(url, "text/plain")

    assert kind.startswith("application/openmetrics-text")
    assert samples_of(text) == samples_of(text_of(known(), TextFormat.OPENMETRICS))
    assert old_kind.startswith("text/plain")
    assert "# TYPE ehtui_partition_enqueued_events_total counter" in old


def test_each_scrape_is_of_that_moment() -> None:
    now = [world.NOW]

    def aging() -> list[Picture]:
        return [Picture(world.NAMESPACE, world.HUB, world.snapshot(), now[0])]

    def age(url: str) -> float:
        _, text = fetch(url, "application/openmetrics-text")
        name = "ehtui_source_age_seconds"
        return next(
            v for n, labels, v in samples_of(text) if n == name and ("source", "hub") in labels
        )

    with serving(aging, "127.0.0.1", 0) as url:
        first = age(url)
        now[0] += 60

        assert age(url) == first + 60


def test_a_port_that_is_taken_is_said() -> None:
    with serving(pictures, "127.0.0.1", 0) as url:
        port = int(url.split(":")[2].split("/")[0])

        with pytest.raises(ConfigError, match="in use"), serving(pictures, "127.0.0.1", port):
            pass


def test_a_file_is_replaced_whole_and_others_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "ehtui.prom"
    file = MetricsFile(str(path))
    before = os.umask(0o022)

    try:
        file.replace("# TYPE ehtui_a gauge\n")
        first = path.stat().st_ino
        file.replace("# TYPE ehtui_b gauge\n")
    finally:
        os.umask(before)

    assert path.read_text() == "# TYPE ehtui_b gauge\n"
    assert path.stat().st_ino != first
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("mine")

    with pytest.raises(ConfigError, match="holds no metrics"):
        MetricsFile(str(path))

    MetricsFile(str(tmp_path / "new")).replace(text_of(known(), TextFormat.PROMETHEUS))
    MetricsFile(str(tmp_path / "new"))  # its own it takes again


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match="cannot be written"):
        MetricsFile(str(tmp_path / "no" / "ehtui.prom")).replace("")


class Collector:
    """What an OpenTelemetry collector is asked."""

    def __init__(self, status: int) -> None:
        self.requests: list[tuple[str, bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, body))
                self.send_response(status)
                self.end_headers()

            @override
            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def collector(status: int = 200) -> Iterator[Collector]:
    made = Collector(status)
    thread = threading.Thread(target=made.server.serve_forever)
    thread.start()

    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()
        thread.join()


def test_a_collector_gets_opentelemetrys_names() -> None:
    with collector() as listening:
        OtlpPush(listening.url)(known())

    (path, body), request = listening.requests[0], ExportMetricsServiceRequest()
    request.ParseFromString(body)
    metrics = {each.name: each for each in request.resource_metrics[0].scope_metrics[0].metrics}
    point = metrics["ehtui.group.partition.lag"].gauge.data_points[2]

    assert path == "/v1/metrics"
    assert metrics["ehtui.group.partition.lag"].unit == "{event}"
    assert metrics["ehtui.source.age"].unit == "s"
    assert metrics["ehtui.partition.enqueued_events"].sum.is_monotonic
    assert point.as_int == 1820
    assert {each.key: each.value.string_value for each in point.attributes} == {
        "server.address": world.NAMESPACE,
        "messaging.destination.name": world.HUB,
        "messaging.consumer.group.name": world.GROUP,
        "messaging.destination.partition.id": "2",
    }


def test_a_collector_that_refuses_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    with collector(400) as listening, pytest.raises(ProblemError, match="did not take the metrics"):
        OtlpPush(f"{listening.url}/v1/metrics")(known())

    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("module", "argv", "told"),
    [
        (metrics_server, ("--listen", "127.0.0.1:0"), "pip install 'ehtui[metrics]'"),
        (otlp, ("--otlp", "http://127.0.0.1:1"), "pip install 'ehtui[otlp]'"),
    ],
)
def test_what_lacks_is_said_with_how_to_get_it(
    ehtui: Ehtui,
    monkeypatch: pytest.MonkeyPatch,
    module: ModuleType,
    argv: tuple[str, ...],
    told: str,
) -> None:
    def missing(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(
        module,
        "metadata",
        SimpleNamespace(distribution=missing, PackageNotFoundError=PackageNotFoundError),
    )
    said = ehtui("metrics", *argv, EVENTHUB_CONNECTION_STRING=NOWHERE)

    assert said.code == 64
    assert told in said.err


def test_printed_text_needs_no_extra(ehtui: Ehtui, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("prometheus_client", "opentelemetry"):
        monkeypatch.setitem(sys.modules, name, None)

    assert "ehtui_build_info" in ehtui("metrics", EVENTHUB_CONNECTION_STRING=NOWHERE).out
