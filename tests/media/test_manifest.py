"""A manifest survives its JSON, refuses what it is not, and finds every file that is no longer its own."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.copying.open_copier import open_copier
from server.media.manifest.check import Finding, reprove, segment_proof
from server.media.manifest.document import (
    Level,
    Likeness,
    Manifest,
    ManifestOutput,
    ManifestSegment,
    ManifestSource,
    Method,
    SegmentProof,
    SourceIntegrity,
    from_json,
    json_schema,
    to_json,
)
from server.media.proof import prove_copies
from tests.media.conftest import Room
from tests.media.proof.test_proof import Segment, cut, source_of
from zerokerf.errors import InvalidManifest
from zerokerf.formats import Format

SCHEMA = Path(__file__).parents[2] / "docs" / "manifest.schema.json"


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def described(segment: Segment) -> ManifestSegment:
    return ManifestSegment(
        index=segment.index,
        file_name=segment.path.name,
        first_sample=segment.first_sample,
        sample_count=segment.sample_count,
        size_bytes=segment.size_bytes,
        sha256=segment.sha256,
        reason="duration",
        output_samples=segment.sample_count,
        proof=SegmentProof(level=Level.EDGES, likeness=Likeness.SAMPLES),
    )


def manifest_of(path: Path, segments: list[Segment]) -> Manifest:
    copier = open_copier(Format.MP3, path)
    return Manifest(
        source=ManifestSource(
            file_name=path.name,
            size_bytes=path.stat().st_size,
            sha256=sha256(path),
            format=Format.MP3,
            codec="mp3",
            sample_rate=copier.sample_rate,
            channels=copier.channels,
            sample_count=copier.sample_count,
            integrity=SourceIntegrity(found_samples=copier.sample_count),
        ),
        options={"mode": "timestamps", "times": ["0.5", 1.25, None], "verify": "full"},
        output=ManifestOutput(
            format=Format.MP3,
            sample_rate=copier.sample_rate,
            channels=copier.channels,
            method=Method.COPY,
        ),
        segments=tuple(map(described, segments)),
        notes=("Nothing had to change.",),
    )


@pytest.fixture
def manifest(sources: Path, tmp_path: Path) -> Manifest:
    source = source_of(sources / "cbr.mp3")
    return manifest_of(source.path, cut(source, [0, 40_000, 90_001, source.copier.sample_count], tmp_path))


def test_a_manifest_survives_its_json(manifest: Manifest) -> None:
    assert from_json(to_json(manifest)) == manifest
    assert to_json(from_json(to_json(manifest))) == to_json(manifest)


def test_the_schema_in_the_docs_is_the_one_of_the_code(manifest: Manifest) -> None:
    schema = json.loads(SCHEMA.read_text())

    assert schema == json_schema(), "write docs/manifest.schema.json anew from json_schema()"
    jsonschema.validate(json.loads(to_json(manifest)), schema)


def first_segment(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document["segments"][0][key] = value

    return change


def top(key: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(document: dict[str, Any]) -> None:
        document[key] = value

    return change


@pytest.mark.parametrize(
    "change",
    [
        top("version", 2),
        top("extra", 1),
        top("segments", None),
        first_segment("index", "0"),
        first_segment("index", -1),
        first_segment("sampleCount", 0),
        first_segment("sampleCount", 1.5),
        first_segment("sha256", "0" * 63),
        first_segment("sha256", "A" * 64),
        first_segment("fileName", "../000.mp3"),
        first_segment("fileName", "a/b.mp3"),
        first_segment("fileName", "a\\b.mp3"),
        first_segment("fileName", ".."),
        first_segment("fileName", "."),
        first_segment("fileName", ""),
        first_segment("fileName", "a\nb"),
        first_segment("fileName", "a" * 256),
        first_segment("proof", {"level": "believed"}),
        first_segment("first_sample", 0),
    ],
)
def test_what_is_no_manifest_is_refused_by_the_code_and_the_schema(
    change: Callable[[dict[str, Any]], None], manifest: Manifest
) -> None:
    document = json.loads(to_json(manifest))
    change(document)

    with pytest.raises(InvalidManifest):
        from_json(json.dumps(document).encode())
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json_schema())


@given(st.binary(max_size=200) | st.from_regex(r'\{"version": ?1[^\0]{0,40}').map(str.encode))
def test_bytes_that_are_no_manifest_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidManifest):
        from_json(data)


def test_files_that_are_as_they_were_made_are_proven(manifest: Manifest, tmp_path: Path) -> None:
    assert list(reprove(manifest, tmp_path)) == [None] * 4


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (Path.unlink, "is missing"),
    "shorter": (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes instead of"),
    "other": (flip, "SHA-256"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_file_that_is_no_longer_its_own_is_found(damage: str, manifest: Manifest, tmp_path: Path) -> None:
    change, sentence = DAMAGES[damage]
    change(tmp_path / manifest.segments[1].file_name)

    sums, first, second, third = reprove(manifest, tmp_path)

    assert (sums, first, third) == (None, None, None)
    assert second is not None
    assert second.index == 1
    assert sentence in second.sentence


def test_a_manifest_that_lies_about_its_files_is_found(manifest: Manifest, tmp_path: Path) -> None:
    one, *others = manifest.segments
    lying = replace(manifest, segments=(replace(one, output_samples=one.output_samples + 1), *others))

    found = list(reprove(lying, tmp_path))

    assert found == [None, Finding(0, "0.mp3 holds 40000 samples instead of 40001."), None, None]


@pytest.mark.parametrize("kept", [(0, 2), (0, 1), (1, 2), (0, 2, 1), (0, 0, 1, 2), ()])
def test_segments_that_do_not_add_up_are_found(
    kept: tuple[int, ...], manifest: Manifest, tmp_path: Path
) -> None:
    chosen = tuple(replace(manifest.segments[at], index=index) for index, at in enumerate(kept))

    assert next(reprove(replace(manifest, segments=chosen), tmp_path)) is not None


@pytest.mark.asyncio(loop_scope="session")
async def test_the_proof_of_a_copy_is_told_as_it_was_seen(sources: Path, room: Room) -> None:
    source = source_of(sources / "adts.aac")
    (segment,) = cut(source, [20_480, 122_880], room.folder)

    (edges,) = await prove_copies(source, [segment], room.prober)
    proof = segment_proof(edges, is_full=False)

    assert (proof.level, proof.likeness) == (Level.EDGES, Likeness.FRAMES)
    assert 0 < proof.settled_samples <= 1024
    assert 0 < proof.deviation < 2
