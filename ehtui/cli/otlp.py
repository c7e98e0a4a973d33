"""Metrics to an OpenTelemetry collector: OTLP over HTTP, by OpenTelemetry's own exporter.

Pushed under OpenTelemetry's names, they are called in Prometheus as those that it scrapes.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from typing_extensions import override

import ehtui
from ehtui.config.addresses import has_gap
from ehtui.config.errors import ConfigError
from ehtui.domain.problems import Problem, ProblemError, ProblemKind
from ehtui.domain.text import safe
from ehtui.views.metrics.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from urllib.parse import SplitResult

    from opentelemetry.sdk.metrics.export import Gauge, Metric, MetricsData, Sum

    from ehtui.views.metrics.values import Family

PATH = "/v1/metrics"  # of a collector's receiver (OTLP/HTTP)
TIMEOUT_S = 10.0  # with the exporter's own tries
_PACKAGES = ("opentelemetry-sdk", "opentelemetry-exporter-otlp-proto-http")
_NANO = 1_000_000_000
_EXPORTER_LOG = "opentelemetry.exporter.otlp"


class OtlpPush:
    """Pushes what is known to one collector."""

    def __init__(self, url: str) -> None:
        """Make ready to push there; nothing is connected yet.

        Raises:
            ConfigError: Packages lack, or that is not an HTTP address.
        """
        _require_packages()
        self._shown = safe(url)
        parts = _collector(url)

        if parts is None:
            raise ConfigError(
                f"--otlp {self._shown} is not an HTTP address.",
                f"Such as --otlp http://127.0.0.1:4318{PATH}",
            )

        from opentelemetry.exporter.otlp.proto.http.metric_exporter import (  # noqa: PLC0415
            OTLPMetricExporter,
        )

        whole = url if parts.path not in {"", "/"} else parts._replace(path=PATH).geturl()
        self._exporter = OTLPMetricExporter(endpoint=whole, timeout=TIMEOUT_S)

    def __call__(self, families: Sequence[Family]) -> None:
        """Push them.

        Raises:
            ProblemError: The collector did not take them.
        """
        from opentelemetry.sdk.metrics.export import MetricExportResult  # noqa: PLC0415

        with _what_it_logs() as said:
            result = self._exporter.export(metrics_data(families, time.time()))

        if result is not MetricExportResult.SUCCESS:
            why = safe(said[-1])[:300] if said else "it did not say why"
            raise ProblemError(
                Problem(
                    ProblemKind.UNREACHABLE,
                    f"{self._shown} did not take the metrics: {why}",
                    "Look whether a collector with an OTLP/HTTP receiver listens there.",
                )
            )


def _collector(url: str) -> SplitResult | None:
    """A collector's address in parts, a user's name may be one; None where it is no address."""
    try:
        parts = urlsplit(url)
        is_address = parts.port != 0 and bool(parts.hostname) and not has_gap(parts.netloc)
    except ValueError:  # a bracket that is never closed, a port that is no number
        return None

    return parts if is_address and parts.scheme in {"http", "https"} else None


def _require_packages() -> None:
    for name in _PACKAGES:
        try:
            metadata.distribution(name)
        except metadata.PackageNotFoundError:
            raise ConfigError(
                f"--otlp needs a package that is not installed: {name}.",
                "Install it with: pip install 'ehtui[otlp]'",
            ) from None


@contextmanager
def _what_it_logs() -> Iterator[list[str]]:
    """What the exporter logs within: the only place where it says why it failed."""
    said: list[str] = []

    class Listener(logging.Handler):
        @override
        def emit(self, record: logging.LogRecord) -> None:
            said.append(record.getMessage())

    logger, listener = logging.getLogger(_EXPORTER_LOG), Listener()
    was_propagating, logger.propagate = logger.propagate, False
    logger.addHandler(listener)

    try:
        yield said
    finally:
        logger.removeHandler(listener)
        logger.propagate = was_propagating


def metrics_data(families: Sequence[Family], at: float) -> MetricsData:
    """Families as OpenTelemetry's values, all of one moment."""
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415
        MetricsData,
        ResourceMetrics,
        ScopeMetrics,
    )
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope  # noqa: PLC0415

    version = ehtui.__version__
    resource = Resource.create({"service.name": "ehtui", "service.version": version})
    metrics = [_metric(family, int(at * _NANO)) for family in families]
    scope = ScopeMetrics(InstrumentationScope("ehtui", version), metrics, "")

    return MetricsData([ResourceMetrics(resource, [scope], "")])


def _metric(family: Family, at_ns: int) -> Metric:
    from opentelemetry.sdk.metrics.export import Metric  # noqa: PLC0415

    told = family.metric
    name = f"{told.name}.info" if told.kind is Kind.INFO else told.name
    return Metric(name, told.help, told.unit, _data(family, at_ns))


def _data(family: Family, at_ns: int) -> Gauge | Sum:
    from opentelemetry.sdk.metrics.export import (  # noqa: PLC0415
        AggregationTemporality,
        Gauge,
        NumberDataPoint,
        Sum,
    )

    # None knows when a counter of the service began: that is zero, as OTLP has it.
    points = [NumberDataPoint(dict(each.labels), 0, at_ns, each.value) for each in family.samples]

    if family.metric.kind is Kind.COUNTER:
        return Sum(points, AggregationTemporality.CUMULATIVE, is_monotonic=True)

    return Gauge(points)
