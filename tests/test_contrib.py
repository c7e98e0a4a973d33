"""What stands in contrib/ uses metrics and labels that exist, and promtool agrees with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from ehtui.views.metrics import families
from ehtui.views.metrics.text import TextFormat, text_of
from ehtui.views.metrics.values import Picture
from tests import metrics_page
from tests.promtool import promtool
from tests.views import world

CONTRIB = Path(__file__).parent.parent / "contrib"
RULES = CONTRIB / "prometheus" / "ehtui-alerts.yml"
RULE_TESTS = CONTRIB / "prometheus" / "ehtui-alerts.test.yml"
DASHBOARD = CONTRIB / "grafana" / "ehtui-dashboard.json"

REFERENCE = metrics_page.PAGE.read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(?P<name>ehtui_\w+)`<br>.*? \| \w+ \| (?P<labels>[^|]*) \|", re.MULTILINE)
METRICS = {row["name"]: set(re.findall(r"\w+", row["labels"])) for row in ROW.finditer(REFERENCE)}
SCRAPED = {
    "server_port",
    "profile",
    "instance",
    "job",
    "__name__",
}  # of some hubs; of every scraper
LABELS = set().union(*METRICS.values()) | SCRAPED

NAMED = re.compile(r"\behtui_\w+")
SELECTED = re.compile(r"(ehtui_\w+)\{([^}]*)\}")
MATCHED = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)\s*\"")
GROUPED = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")
SHOWN = re.compile(r"\{\{\s*(?:\$labels\.)?(\w+)")


def rules() -> list[dict[str, Any]]:
    [group] = yaml.safe_load(RULES.read_text())["groups"]
    return list(group["rules"])


def panels() -> list[dict[str, Any]]:
    return list(json.loads(DASHBOARD.read_text())["panels"])


def targets() -> Iterator[dict[str, Any]]:
    return (target for panel in panels() for target in panel["targets"])


def queries() -> list[str]:
    """Of the dashboard, those of its variables too, and of the rules."""
    variables = json.loads(DASHBOARD.read_text())["templating"]["list"]
    asked = [each["query"]["query"] for each in variables if each["type"] == "query"]
    return [*asked, *(each["expr"] for each in targets()), *(each["expr"] for each in rules())]


@pytest.mark.parametrize("query", queries())
def test_a_query_uses_metrics_and_labels_that_exist(query: str) -> None:
    assert (named := set(NAMED.findall(query)))
    assert named <= set(METRICS)

    for name, matchers in SELECTED.findall(query):
        assert set(MATCHED.findall(matchers)) <= METRICS[name] | SCRAPED, name

    for labels in GROUPED.findall(query):
        assert set(re.findall(r"\w+", labels)) <= LABELS


def test_legends_and_annotations_show_labels_that_exist() -> None:
    legends = [each["legendFormat"] for each in targets()]
    told = [text for rule in rules() for text in rule["annotations"].values()]
    shown = {name for text in (*legends, *told) for name in SHOWN.findall(text)}

    assert shown <= LABELS
    assert shown


def test_every_alert_is_tested() -> None:
    tests = yaml.safe_load(RULE_TESTS.read_text())["tests"]
    tried = {each["alertname"] for test in tests for each in test["alert_rule_test"]}

    assert tried == {rule["alert"] for rule in rules()}


def test_panels_stand_beside_each_other() -> None:
    taken: set[tuple[int, int]] = set()

    for panel in panels():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        assert panel["description"]
        taken |= cells


def test_promtool_accepts_the_rules() -> None:
    promtool("check", "rules", str(RULES))


def test_promtool_passes_the_tests_of_the_rules() -> None:
    promtool("test", "rules", str(RULE_TESTS))


def test_promtool_parses_the_queries_of_the_dashboard(tmp_path: Path) -> None:
    written = [re.sub(r"\$__rate_interval", "5m", each["expr"]) for each in targets()]
    recorded = [{"record": f"r{place}", "expr": expr} for place, expr in enumerate(written)]
    path = tmp_path / "queries.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": recorded}]}))

    promtool("check", "rules", str(path))


def test_promtool_accepts_the_metrics() -> None:
    pictures = [Picture(world.NAMESPACE, world.HUB, world.snapshot(), world.NOW)]

    promtool("check", "metrics", given=text_of(families(pictures), TextFormat.PROMETHEUS))
