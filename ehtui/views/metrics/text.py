"""Metrics as text: OpenMetrics 1.0, and the older format of Prometheus.

Names and units become Prometheus' by OpenTelemetry's rules ("Prometheus and OpenMetrics
Compatibility"): dots are underscores, seconds a suffix, an annotation such as `{event}` nothing,
counters end in `_total`. node_exporter's textfile collector and `promtool check metrics` read the
older format alone: there a counter's family is called as its samples are.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ehtui.views.metrics.values import Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ehtui.views.metrics.values import Family, Metric, Sample

_DIGITS = 3
_UNITS = {"s": "seconds"}
_SUFFIXES = {Kind.COUNTER: "_total", Kind.INFO: "_info", Kind.GAUGE: ""}


class TextFormat(StrEnum):
    """How metrics are written."""

    OPENMETRICS = "openmetrics"  # application/openmetrics-text; version=1.0.0
    PROMETHEUS = "prometheus"  # text/plain; version=0.0.4


def prometheus_name(metric: Metric) -> str:
    """What its samples are called."""
    return family_name(metric) + _SUFFIXES[metric.kind]


def family_name(metric: Metric) -> str:
    """What OpenMetrics calls its family: without the suffix of its samples."""
    name, unit = label_name(metric.name), unit_of(metric)
    return f"{name}_{unit}" if unit else name


def unit_of(metric: Metric) -> str:
    """Its unit as Prometheus spells it; empty for counts."""
    return _UNITS.get(metric.unit, "")


def label_name(attribute: str) -> str:
    """An attribute of OpenTelemetry as a label."""
    return attribute.replace(".", "_")


def text_of(families: Iterable[Family], text_format: TextFormat) -> str:
    """All of it, ready to be written."""
    is_open = text_format is TextFormat.OPENMETRICS
    lines = [line for family in families for line in _lines(family, is_open=is_open)]
    end = ["# EOF"] if is_open else []
    return "".join(f"{line}\n" for line in (*lines, *end))


def _lines(family: Family, *, is_open: bool) -> Iterator[str]:
    metric = family.metric
    name = family_name(metric) if is_open else prometheus_name(metric)
    kind = metric.kind if is_open or metric.kind is not Kind.INFO else Kind.GAUGE
    yield f"# TYPE {name} {kind}"

    if is_open and unit_of(metric):
        yield f"# UNIT {name} {unit_of(metric)}"

    # Older text knows no escaped quotation mark in a HELP.
    told = metric.help.replace("\\", "\\\\").replace("\n", "\\n")
    yield f"# HELP {name} {told.replace(chr(34), chr(92) + chr(34)) if is_open else told}"

    for sample in family.samples:
        yield f"{prometheus_name(metric)}{_labels(sample)} {number(sample.value)}"


def _labels(sample: Sample) -> str:
    pairs = ",".join(f'{label_name(name)}="{_escaped(value)}"' for name, value in sample.labels)
    return f"{{{pairs}}}" if pairs else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def number(value: float) -> str:
    """All digits that mean something: a time to the millisecond, counts whole."""
    return str(int(value)) if float(value).is_integer() else repr(round(value, _DIGITS))
