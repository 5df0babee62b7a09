"""How later news of a job joins earlier news, so that nothing known is lost and no number goes down."""

from dataclasses import fields, replace

from server.jobs.model import Phase, Progress, SourceFacts

_ORDER = (None, *Phase)


def merge_progress(before: Progress, news: Progress) -> Progress:
    """The larger of each two numbers and the later of the phases, whichever report came first."""
    counts = {
        name: max(getattr(before, name), getattr(news, name))
        for name in (field.name for field in fields(Progress))
        if name != "phase"
    }
    of_both_sides = (counts["cut_percent"] + counts["heard_percent"]) // 2
    counts["percent"] = min(max(counts["percent"], of_both_sides), 100)
    return Progress(phase=max(before.phase, news.phase, key=_ORDER.index), **counts)


def merge_facts(before: SourceFacts | None, news: SourceFacts) -> SourceFacts:
    """The news, with what only the earlier facts knew."""
    if before is None:
        return news
    missing = (field.name for field in fields(news) if getattr(news, field.name) is None)
    return replace(news, **{name: getattr(before, name) for name in missing})


def merge_notes(before: tuple[str, ...], news: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(before + news))
