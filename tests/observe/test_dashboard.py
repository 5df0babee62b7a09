"""The dashboard and the alerts ask for metrics and labels that are really exposed."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.observe.watched import Watched

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD = json.loads((DEPLOY / "grafana" / "zerokerf.json").read_text())
RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]

#: What a scraper adds to everything.
ADDED_LABELS = {"job", "instance"}
SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
METRIC = re.compile(r"\b((?:zerokerf|process)_\w+|up)\b(?:\{([^}]*)\})?")
GROUPING = re.compile(r"\bby \(([^)]*)\)")


def panel_expressions() -> Iterator[str]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"]


EXPRESSIONS = [*panel_expressions(), *(rule["expr"] for rule in RULES)]


@pytest.fixture(scope="session")
def exposed(watched: Watched) -> dict[str, set[str]]:
    """The labels of each metric, by the names that expressions use; none of those without values."""
    found: dict[str, set[str]] = {"up": set()}
    for family in text_string_to_metric_families(watched.metrics()):
        for suffix in SUFFIXES.get(family.type, ()):
            samples = [sample for sample in family.samples if sample.name == family.name + suffix]
            found[family.name + suffix] = {label for sample in samples for label in sample.labels}
    return found


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_asks_for_what_is_exposed(expression: str, exposed: dict[str, set[str]]) -> None:
    asked = list(METRIC.finditer(expression))

    assert asked
    assert expression.count("(") == expression.count(")")
    for metric in asked:
        labels = {re.split(r"!?=|[!=]~", each)[0] for each in (metric[2] or "").split('",') if each}
        assert metric[1] in exposed, metric[1]
        assert labels <= exposed[metric[1]] | ADDED_LABELS, metric[0]


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_groups_by_labels_of_its_metrics(expression: str, exposed: dict[str, set[str]]) -> None:
    known = {label for metric in METRIC.finditer(expression) for label in exposed[metric[1]]}

    for grouping in GROUPING.findall(expression):
        assert {label.strip() for label in grouping.split(",")} <= known | ADDED_LABELS


def test_every_metric_of_ours_is_shown_or_watched(exposed: dict[str, set[str]]) -> None:
    asked = {metric[1] for expression in EXPRESSIONS for metric in METRIC.finditer(expression)}
    stems = {re.sub(r"_(bucket|sum|count)$", "", name) for name in asked}

    missing = {
        re.sub(r"_(bucket|sum|count)$", "", name)
        for name in exposed
        if name.startswith("zerokerf_") and not name.endswith("_created")
    } - stems

    assert missing == set()


def test_every_alert_says_what_it_is_about_and_how_urgent_it_is() -> None:
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "description"}
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


def test_every_alert_and_every_metric_is_explained(exposed: dict[str, set[str]]) -> None:
    guide = (DEPLOY.parent / "docs" / "observability.md").read_text()
    ours = {name for name in exposed if name.startswith("zerokerf_") and not name.endswith("_created")}

    unexplained = [rule["alert"] for rule in RULES if f"`{rule['alert']}`" not in guide]
    unexplained += [name for name in ours if f"`{re.sub(r'_(bucket|sum|count)$', '', name)}`" not in guide]

    assert unexplained == []


def test_panels_have_places_of_their_own() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]]

    assert len(set(ids)) == len(ids)
    assert len(set(places)) == len(places)
