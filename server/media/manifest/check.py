"""Proves anew that the files in a folder are those that a manifest describes."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from server.media.copying.copier import NotCopyable
from server.media.copying.open_copier import open_copier
from server.media.edges.proof import EdgeProof
from server.media.edges.values import Match
from server.media.manifest.document import Level, Likeness, Manifest, ManifestSegment, SegmentProof
from zerokerf.errors import CorruptFile


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, for a person. No index: with all segments together."""

    index: int | None
    sentence: str


def segment_proof(edges: EdgeProof, *, is_full: bool) -> SegmentProof:
    """A copied segment's, as its manifest says it."""
    likeness = Likeness.SAMPLES if min(edges.head, edges.tail) is Match.SAMPLES else Likeness.FRAMES
    return SegmentProof(
        level=Level.FULL if is_full else Level.EDGES,
        likeness=likeness,
        settled_samples=edges.settled_samples,
        deviation=edges.deviation,
    )


def reprove(manifest: Manifest, folder: Path) -> Iterator[Finding | None]:
    """Blocking. One step for the sums, then one for each segment: what is wrong with it, or None.

    A file is read once for its hash, which proves every byte, and once for its frames, which proves that the
    manifest spoke the truth about it. Of a file without a hash the frames are all there is to go by.
    """
    yield _wrong_sums(manifest)
    for segment in manifest.segments:
        why = _wrong_file(manifest, segment, folder / segment.file_name)
        yield None if why is None else Finding(segment.index, f"{segment.file_name} {why}")


def _wrong_sums(manifest: Manifest) -> Finding | None:
    segments = manifest.segments
    if [segment.index for segment in segments] != list(range(len(segments))):
        return Finding(None, "The segments are not numbered from 0 on.")
    if len({segment.file_name for segment in segments}) != len(segments):
        return Finding(None, "Two segments have the same file.")
    for one, other in pairwise(segments):
        if one.first_sample + one.sample_count != other.first_sample:
            return Finding(None, f"Segment {other.index} does not begin where segment {one.index} ends.")
    total = sum(segment.sample_count for segment in segments)
    if not segments or segments[0].first_sample != 0 or total != manifest.source.sample_count:
        expected = manifest.source.sample_count
        return Finding(None, f"The segments hold {total} samples in a row; the source has {expected}.")
    return None


def _wrong_file(manifest: Manifest, segment: ManifestSegment, path: Path) -> str | None:
    if not path.is_file():
        return "is missing."
    size_bytes = path.stat().st_size
    if size_bytes != segment.size_bytes:
        return f"has {size_bytes} bytes instead of {segment.size_bytes}."
    if segment.sha256 is not None and _sha256(path) != segment.sha256:
        return "is not the file that was made: its SHA-256 is another one."
    return _wrong_structure(manifest, segment, path)


def _sha256(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _wrong_structure(manifest: Manifest, segment: ManifestSegment, path: Path) -> str | None:
    try:
        copier = open_copier(manifest.output.format, path)
    except NotCopyable:
        return None  # of a kind that our own readers do not count, nor stores compose: its hash proved it
    except CorruptFile:
        return "can't be read."
    expected = segment.output_samples + segment.excess_samples
    if copier.sample_count != expected:
        return f"holds {copier.sample_count} samples instead of {expected}."
    if (copier.sample_rate, copier.channels) != (manifest.output.sample_rate, manifest.output.channels):
        return "has another sample rate or number of channels than the manifest says."
    return None
