"""What Prometheus' own client understands of metrics text."""

from __future__ import annotations

from collections.abc import Iterable

from prometheus_client import Metric
from prometheus_client import parser as old_parser
from prometheus_client.openmetrics import parser as open_parser


def parse_open(text: str) -> Iterable[Metric]:
    return open_parser.text_string_to_metric_families(text)  # type: ignore[no-untyped-call, no-any-return]


def parse_old(text: str) -> Iterable[Metric]:
    return old_parser.text_string_to_metric_families(text)
