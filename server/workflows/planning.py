"""Finds out where a job would cut, without making one: the source comes into scratch and nowhere else."""

from dataclasses import dataclass

from server.jobs.model import PlannedSegment, SourceFacts, SplitPlan, SplitRequest
from server.media.cutter import Tools
from server.media.preview import Preview, preview
from server.workflows.recipes import recipe_of
from server.workflows.scratch import ScratchFolder
from server.workflows.sources import OnFetched, Sources


@dataclass(frozen=True, slots=True)
class Planning:
    """What planning works with. One value serves every request."""

    sources: Sources
    tools: Tools

    async def run(self, account_id: str, request: SplitRequest, folder: ScratchFolder) -> SplitPlan:
        """Raises what would fail a job of this request."""
        path = folder.path / "source"
        source = await self.sources.into_scratch(account_id, request, path, _reserving(folder))
        seen = await preview(path, recipe_of(request), folder.path, self.tools, folder.reserve)
        return _plan_of(seen, source)


def _reserving(folder: ScratchFolder) -> OnFetched:
    return lambda done_bytes, total_bytes: folder.reserve(max(done_bytes, total_bytes or 0))


def _plan_of(seen: Preview, source: SourceFacts) -> SplitPlan:
    making = seen.making
    return SplitPlan(
        source=SourceFacts(
            file_name=source.file_name,
            size_bytes=source.size_bytes,
            sha256=source.sha256,
            format=seen.facts.format,
            sample_rate=making.sample_rate,
            channels=making.channels,
            sample_count=making.sample_count,
        ),
        output_format=making.format,
        copies_frames=seen.copies_frames,
        segments=tuple(
            PlannedSegment(
                index=each.cut.index,
                first_sample=each.cut.first_sample,
                sample_count=each.cut.sample_count,
                reason=each.cut.reason,
                title=each.cut.title,
                shifted_samples=each.cut.shifted_samples,
                overlap_samples=each.cut.overlap_samples,
                expected_bytes=each.expected_bytes,
                is_size_exact=each.is_size_exact,
            )
            for each in seen.segments
        ),
        notes=seen.notes,
    )
