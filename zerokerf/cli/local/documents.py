"""What --json prints of a cut on this machine, in the words that jobs are printed in."""

from pathlib import Path
from typing import Any

from server.media.manifest.document import Manifest, ManifestSegment
from server.media.plan.cuts import Cut
from server.media.preview import Preview, PreviewedSegment

Document = dict[str, Any]


def manifest_document(manifest: Manifest, paths: list[Path]) -> Document:
    *segment_paths, manifest_path = paths
    source, output = manifest.source, manifest.output
    return {
        "manifest": str(manifest_path),
        "source": {
            "file_name": source.file_name,
            "size_bytes": source.size_bytes,
            "duration_s": source.sample_count / source.sample_rate,
            "sample_count": source.sample_count,
            "sample_rate_hz": source.sample_rate,
            "channels": source.channels,
            "format": source.format,
            "sha256": source.sha256,
            "is_truncated": source.integrity.is_truncated,
            "is_garbled": source.integrity.is_garbled,
            "resyncs": source.integrity.resyncs,
        },
        "output_format": output.format,
        "copies_frames": output.method == "copy",
        "segments": [
            _segment(segment, path, source.sample_rate)
            for segment, path in zip(manifest.segments, segment_paths, strict=True)
        ],
        "notes": list(manifest.notes),
    }


def plan_document(plan: Preview, file_name: str) -> Document:
    making = plan.making
    return {
        "source": {
            "file_name": file_name,
            "size_bytes": plan.facts.size_bytes,
            "duration_s": making.sample_count / making.sample_rate,
            "sample_count": making.sample_count,
            "sample_rate_hz": making.sample_rate,
            "channels": making.channels,
            "format": plan.facts.format,
            "is_truncated": making.integrity.is_truncated,
            "is_garbled": making.integrity.is_garbled,
            "resyncs": making.integrity.resyncs,
        },
        "output_format": making.format,
        "copies_frames": plan.copies_frames,
        "segments": [_planned(segment, making.sample_rate) for segment in plan.segments],
        "notes": list(plan.notes),
    }


def _segment(segment: ManifestSegment, path: Path, rate: int) -> Document:
    return _place(segment, rate) | {
        "size_bytes": segment.size_bytes,
        "sha256": segment.sha256,
        "excess_samples": segment.excess_samples,
        "proof": segment.proof.level,
        "likeness": segment.proof.likeness,
        "file_name": segment.file_name,
        "path": str(path),
    }


def _planned(segment: PreviewedSegment, rate: int) -> Document:
    return _place(segment.cut, rate) | {
        "expected_size_bytes": segment.expected_bytes,
        "size_is_exact": segment.is_size_exact,
    }


def _place(cut: Cut | ManifestSegment, rate: int) -> Document:
    return {
        "index": cut.index,
        "first_sample": cut.first_sample,
        "sample_count": cut.sample_count,
        "start_s": cut.first_sample / rate,
        "duration_s": cut.sample_count / rate,
        "overlap_samples": cut.overlap_samples,
        "shifted_samples": cut.shifted_samples,
        "reason": cut.reason,
        "title": cut.title,
    }
