"""Metrics over HTTP, by prometheus-client: it chooses the format that the scraper asks for."""

from __future__ import annotations

from contextlib import contextmanager
from importlib import metadata
from typing import TYPE_CHECKING

from ehtui.config.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from prometheus_client import Metric

    from ehtui.views.metrics.values import Picture


def require_client() -> None:
    """Say what to install where prometheus-client is missing.

    Raises:
        ConfigError: It is.
    """
    try:
        metadata.distribution("prometheus-client")
    except metadata.PackageNotFoundError:
        raise ConfigError(
            "--listen needs a package that is not installed: prometheus-client.",
            "Install it with: pip install 'ehtui[metrics]'",
        ) from None


class Collected:
    """What a registry of prometheus-client asks at each scrape."""

    def __init__(self, pictures: Callable[[], Sequence[Picture]]) -> None:
        self._pictures = pictures

    def describe(self) -> Iterable[Metric]:
        """Nothing is read to be registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """What is known now, in prometheus-client's own values."""
        from prometheus_client import Metric  # noqa: PLC0415

        from ehtui.views.metrics import families  # noqa: PLC0415
        from ehtui.views.metrics.text import (  # noqa: PLC0415
            family_name,
            label_name,
            prometheus_name,
            unit_of,
        )

        for family in families(self._pictures()):
            metric = family.metric
            told = Metric(family_name(metric), metric.help, metric.kind, unit_of(metric))

            for sample in family.samples:
                labels = {label_name(name): value for name, value in sample.labels}
                told.add_sample(prometheus_name(metric), labels, sample.value)

            yield told


@contextmanager
def serving(pictures: Callable[[], Sequence[Picture]], host: str, port: int) -> Iterator[str]:
    """Serve them for as long as the block runs; gives the address to scrape.

    Raises:
        ConfigError: The address cannot be listened on.
    """
    from prometheus_client import CollectorRegistry, start_http_server  # noqa: PLC0415

    registry = CollectorRegistry()
    registry.register(Collected(pictures))

    try:
        server, thread = start_http_server(port, host, registry)
    except OSError as error:
        raise ConfigError(
            f"--listen {host}:{port}: {error.strerror or error}.",
            "Choose another port; 0 takes any free one.",
        ) from None

    shown = f"[{host}]" if ":" in host else host

    try:
        yield f"http://{shown}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
