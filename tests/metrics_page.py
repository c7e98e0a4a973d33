"""Writes docs/metrics.md from the metrics themselves (`make metrics`); a test holds it current."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ehtui.views.metrics import METRICS
from ehtui.views.metrics.text import label_name, prometheus_name

PAGE = Path(__file__).parent.parent / "docs" / "metrics.md"
_HEAD = """\
# Metrics

What `ehtui metrics` tells Prometheus and OpenTelemetry. Made by `make metrics`.

```
ehtui metrics                                             # once, as OpenMetrics text
ehtui metrics --save FILE.prom --every 30s                # node_exporter's textfile collector
ehtui metrics --listen 127.0.0.1:9779                     # Prometheus; pip install 'ehtui[metrics]'
ehtui metrics --otlp http://127.0.0.1:4318 --every 30s    # a collector; pip install 'ehtui[otlp]'
```

- **Names** are OpenTelemetry's where it is pushed (`ehtui.group.partition.lag`, unit `{event}`),
  and Prometheus' by OpenTelemetry's own rules everywhere else (`ehtui_group_partition_lag`): a
  query works on both. OpenTelemetry's conventions for messaging name what clients measure of
  their own calls, and nothing that a monitor sees; what is taken from them is the attributes, so
  that series join with those of instrumented clients.
- **Many hubs** (`--all`) are told apart by `server_address`, `messaging_destination_name` and
  `profile`, which every metric of a hub has where a profile is meant; `server_port` is there only
  where a namespace names a port. Each hub is read every 30 s, and at its own pace while it has a
  warning or worse. Of one whose settings cannot be used `ehtui_hub_usable` is 0 and there may be
  nothing else; once, that is said on standard error too, and the exit code is 3.
- **Unknown is not zero**: what was not read, or cannot be known, has no sample.
  `ehtui_group_lag_unknown_partitions` counts what a sum leaves out.
- **Stale reads** keep their last values, and `ehtui_source_age_seconds` grows. In a file nothing
  grows: there take `time() - ehtui_source_read_timestamp_seconds`.
- **No label grows without bound**: owner ids and process ids are new with every start, so owners
  and processes are counted. Who they are is in `ehtui status --json`.
- `ehtui_group_partition_lag` is the lag of `ehtui status`: of two looks, taken back to one moment.
  The last sequence number minus the checkpoint's, from two metrics of one scrape, can be more by
  what arrived between the two looks.

`contrib/` has a dashboard for Grafana and alert rules for Prometheus.

| metric | type | labels | what it is |
|---|---|---|---|
"""


def page() -> str:
    """The whole page."""
    return _HEAD + "".join(f"{line}\n" for line in _rows())


def _rows() -> Iterator[str]:
    for metric in METRICS:
        labels = ", ".join(f"`{label_name(name)}`" for name in metric.labels)
        name = f"`{prometheus_name(metric)}`<br>`{metric.name}`"
        yield f"| {name} | {metric.kind} | {labels} | {metric.help} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
