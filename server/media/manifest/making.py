"""Makes the parts of a manifest from what splitting saw."""

from server.media.manifest.document import (
    ManifestOutput,
    ManifestSegment,
    ManifestSource,
    SourceIntegrity,
)
from server.media.splitting import FinishedSegment, Opened


def manifest_source(opened: Opened, file_name: str, sha256: str | None) -> ManifestSource:
    facts, making = opened.facts, opened.making
    integrity = making.integrity
    return ManifestSource(
        file_name=file_name,
        size_bytes=facts.size_bytes,
        sha256=sha256 or None,
        format=facts.format,
        codec=facts.codec,
        sample_rate=making.sample_rate,
        channels=making.channels,
        sample_count=making.sample_count,
        integrity=SourceIntegrity(
            found_samples=making.sample_count,
            expected_samples=integrity.expected_samples,
            is_truncated=integrity.is_truncated,
            resyncs=integrity.resyncs,
            is_garbled=integrity.is_garbled,
        ),
    )


def manifest_output(opened: Opened) -> ManifestOutput:
    making = opened.making
    return ManifestOutput(
        format=making.format,
        sample_rate=making.output_sample_rate,
        channels=making.output_channels,
        method=making.method,
        why_not_copied=making.why_not_copied,
    )


def manifest_segment(segment: FinishedSegment, file_name: str) -> ManifestSegment:
    cut, file, proven = segment.cut, segment.file, segment.proven
    return ManifestSegment(
        index=cut.index,
        file_name=file_name,
        first_sample=cut.first_sample,
        sample_count=cut.sample_count,
        overlap_samples=cut.overlap_samples,
        size_bytes=file.size_bytes,
        sha256=file.sha256 or None,
        reason=file.reason,
        shifted_samples=cut.shifted_samples,
        title=cut.title,
        output_samples=file.output_samples,
        excess_samples=file.excess_samples,
        pre_roll_samples=proven.pre_roll_samples,
        padding_samples=proven.padding_samples,
        proof=proven.proof,
    )
