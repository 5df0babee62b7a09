"""What the segments of one split are called: decided once, written into each when it is finished."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from server.media.chapters.read import Chapter, FoundChapters
from server.media.chapters.within import MAX_WITHIN, chapters_within, in_order
from server.media.facts import MediaLimits, SourceFacts
from server.media.plan.cuts import Cut
from server.media.plan.time import NANOS
from server.media.probing.prober import Prober
from server.media.tags.names import LIMIT_SHARE, TagPolicy, Tags, segment_tags, tags_within, title_fields
from server.media.tags.read import read_tags
from server.media.tags.size import most_tag_bytes
from server.media.tags.write import write_tags
from zerokerf.formats import Format
from zerokerf.template import Template

#: All covers together may be larger than the source by so much.
_COVERS_SPARE_BYTES = 64 * 1024**2
_MOST = 10**7 - 1  # segments there may be


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What the segments of one split are called. `notes` are sentences about what they had to leave behind.

    For cuts by size, which have no titles of their own, none grows by more than `reserve_bytes`.
    """

    kind: Format
    tags: Tags
    policy: TagPolicy
    template: Template | None
    count: int | None
    sample_rate: int
    reserve_bytes: int = 0
    notes: tuple[str, ...] = ()

    def dress(self, path: Path, cut: Cut) -> int:
        """Blocking. Writes what the finished file of a cut is called into it, and returns by how many bytes
        that made it larger. The cut's range is the file's, with what overlaps."""
        before_bytes = path.stat().st_size
        write_tags(path, self.kind, self.tags_of(cut))
        return path.stat().st_size - before_bytes

    def tags_of(self, cut: Cut) -> Tags:
        tags = self._numbered(cut.index + 1, cut.title, self.count)
        start_ns = cut.first_sample * NANOS // self.sample_rate
        end_ns = (cut.first_sample + cut.sample_count) * NANOS // self.sample_rate
        return replace(tags, chapters=chapters_within(tags.chapters, start_ns, end_ns, cut.title))

    def most_bytes(self) -> int:
        """What cuts without titles of their own add at most, whichever chapters they hold and however many of
        them there are."""
        tags = self._numbered(_MOST, None, _MOST)
        if tags.title is not None and self.template is not None:
            title = self.template.unshortened(title_fields(self.tags, _MOST, _MOST, None))
            tags = replace(tags, title=title)
        return most_tag_bytes(self.kind, replace(tags, chapters=_longest(tags.chapters)))

    def _numbered(self, number: int, title: str | None, count: int | None) -> Tags:
        if self.tags == Tags() and title is None and self.template is None:
            return Tags()
        return segment_tags(
            self.tags, self.policy, number, count, segment_title=title, template=self.template
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLabels:
    """What the source is called, and what is wanted of that. `notes` tell what could not be read."""

    tags: Tags
    policy: TagPolicy
    template: Template | None
    size_bytes: int
    notes: tuple[str, ...] = ()

    def for_segments(
        self, kind: Format, count: int | None, sample_rate: int, max_bytes: int | None = None
    ) -> Labels:
        """Without a count, it is not known before the end. Cuts are on the time line of `sample_rate`."""
        tags, notes = self.tags, self.notes
        if max_bytes is None and self._covers_bytes(count) > self.size_bytes + _COVERS_SPARE_BYTES:
            tags = replace(tags, cover=None)
            notes += ("The cover was left out: in every segment it would outgrow the source.",)
        if len(tags.chapters) > MAX_WITHIN:
            notes += (f"At most {MAX_WITHIN} chapters are kept in a segment.",)
        if kind is Format.AAC:
            notes += ("ADTS files have no place for tags.",) if self.writes_any else ()
            tags = Tags()
        labels = Labels(
            kind=kind,
            tags=tags,
            policy=self.policy,
            template=self.template,
            count=count,
            sample_rate=sample_rate,
            notes=notes,
        )
        return labels if max_bytes is None else _within(labels, max_bytes)

    def _covers_bytes(self, count: int | None) -> int:
        return len(self.tags.cover.data) * (count or 1) if self.tags.cover else 0

    @property
    def writes_any(self) -> bool:
        return self.policy is not TagPolicy.NONE and (self.tags != Tags() or self.template is not None)


async def read_labels(
    source: Path,
    facts: SourceFacts,
    policy: TagPolicy,
    template: Template | None,
    chapters: FoundChapters,
    prober: Prober,
    limits: MediaLimits,
) -> SourceLabels:
    """Nothing is read where nothing is wanted. What can't be read is left out, and a note says so."""
    bare = SourceLabels(tags=Tags(), policy=policy, template=template, size_bytes=facts.size_bytes)
    if policy is TagPolicy.NONE:
        return replace(bare, template=None)
    if policy is TagPolicy.COPY:
        bare = replace(bare, template=None)
    found = await read_tags(source, facts.demuxer, limits, prober)
    tags = replace(found.tags, chapters=in_order(chapters.chapters))
    return replace(bare, tags=tags, notes=found.notes + chapters.notes)


def _within(labels: Labels, max_bytes: int) -> Labels:
    def most_bytes(tags: Tags) -> int:
        return replace(labels, tags=tags).most_bytes()

    tags, notes = tags_within(labels.tags, max_bytes, most_bytes)
    kept = replace(labels, tags=tags, notes=labels.notes + notes)
    if kept.most_bytes() > max_bytes // LIMIT_SHARE:
        kept = replace(kept, policy=TagPolicy.NONE)
    return replace(kept, reserve_bytes=kept.most_bytes())


def _longest(chapters: Sequence[Chapter]) -> tuple[Chapter, ...]:
    widest = sorted(chapters, key=lambda each: len((each.title or "").encode()), reverse=True)
    return tuple(widest[:MAX_WITHIN])
