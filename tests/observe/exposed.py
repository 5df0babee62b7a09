"""Reads what is exposed, as a scraper does."""

from prometheus_client.parser import text_string_to_metric_families

Labels = frozenset[tuple[str, str]]


def samples(text: str) -> dict[tuple[str, Labels], float]:
    """By name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def names(text: str) -> set[str]:
    return {name for name, _ in samples(text)}


def value(text: str, name: str, **labels: str) -> float:
    """Nothing is counted as nothing."""
    return samples(text).get((name, frozenset(labels.items())), 0.0)
