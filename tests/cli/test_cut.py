"""`zerokerf cut`: every way to cut, every format, and what is left behind."""

import hashlib
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import soundfile

from tests.cli.conftest import ROOT
from tests.cli.local import assert_whole, cut, names_in, zerokerf
from tests.corpus.decoders import pcm
from tests.corpus.recordings import RECORDINGS, SAMPLES, ffmpeg, make_recordings, music, write_wav
from zerokerf.formats import Format

SHEET = """FILE "take.wav" WAVE
  TRACK 01 AUDIO
    TITLE "Opening"
    INDEX 01 00:00:00
  TRACK 02 AUDIO
    TITLE "Close"
    INDEX 01 00:03:37
"""


@pytest.fixture(scope="session")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recordings")
    make_recordings(folder)
    (folder / "take.cue").write_text(SHEET)
    samples = music(SAMPLES)
    samples[90_000:125_000] = 0
    write_wav(folder / "pause.wav", samples)
    return folder


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "counts"),
    [
        (["--every", "2s"], [88_200, 88_200, 44_223]),
        (["--every", "2s", "--min-tail", "1.5s"], [88_200, 132_423]),
        (["--parts", "4"], [55_156, 55_156, 55_155, 55_156]),
        (["--at", "1,0:02.5"], [44_100, 66_150, 110_373]),
        (["--silence"], [107_500, 113_123]),
        (["--every", "2s", "--snap", "1s"], None),
        (["--every", "2s", "--overlap", "250ms"], [88_200, 88_200, 44_223]),
        (["--max-size", "300000"], None),
    ],
    ids=lambda value: " ".join(map(str, value or [])),
)
def test_a_recording_is_cut_where_it_was_said(
    recordings: Path, arguments: list[str], counts: list[int] | None
) -> None:
    document = cut(recordings / "pause.wav", *arguments, "-o", "out")

    assert_whole(document)
    if counts is not None:
        found = [segment["sample_count"] for segment in document["segments"]]
        assert all(abs(one - other) <= 441 for one, other in zip(found, counts, strict=True))


def test_segments_overlap_as_asked(recordings: Path) -> None:
    document = cut(recordings / "take.wav", "--every", "2s", "--overlap", "250ms", "-o", "out")

    assert [segment["overlap_samples"] for segment in document["segments"]] == [0, 11_025, 11_025]


def test_chapters_of_a_file_and_tracks_of_a_sheet_name_the_segments(recordings: Path, folder: Path) -> None:
    by_cue = cut(recordings / "take.wav", "--cue", recordings / "take.cue", "-o", "cue", "--to", "flac")
    (folder / "tracks.txt").write_text(
        ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=2000\ntitle=One\n"
        "[CHAPTER]\nTIMEBASE=1/1000\nSTART=2000\nEND=5000\ntitle=Two\n"
    )
    ffmpeg("-i", recordings / "take.m4a", "-i", "tracks.txt", "-map_metadata", "1", "-c", "copy", "ch.m4a")
    by_chapters = cut("ch.m4a", "--chapters", "-o", "chapters")

    assert_whole(by_cue)
    assert_whole(by_chapters)
    assert names_in(folder / "cue") == ["001 Opening.flac", "002 Close.flac", "manifest.json"]
    assert names_in(folder / "chapters") == ["001 One.m4a", "002 Two.m4a", "manifest.json"]


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_format_is_copied(recordings: Path, name: str) -> None:
    document = cut(recordings / name, "--every", "1.7s", "-o", "out")

    assert document["copies_frames"]
    assert_whole(document)
    assert {segment["proof"] for segment in document["segments"]} == {"edges"}


@pytest.mark.parametrize("target", Format)
def test_every_format_is_made(recordings: Path, target: Format) -> None:
    source = "take.wav" if target is not Format.WAV else "take.flac"
    document = cut(recordings / source, "--every", "2s", "--to", target, "-o", "out")

    assert not document["copies_frames"]
    assert document["output_format"] == target
    assert_whole(document)


def test_lossless_segments_joined_are_the_source(recordings: Path) -> None:
    document = cut(recordings / "take.wav", "--parts", "3", "--to", "flac", "--jobs", "1", "-o", "out")

    joined = b"".join(pcm(Path(segment["path"])) for segment in document["segments"])
    assert joined == pcm(recordings / "take.wav")


def test_a_size_limit_is_a_limit(recordings: Path) -> None:
    document = cut(recordings / "take.wav", "--max-size", "40k", "--to", "mp3", "-o", "out")

    sizes = [Path(segment["path"]).stat().st_size for segment in document["segments"]]
    assert len(sizes) > 1
    assert max(sizes) <= 40 * 1024
    assert_whole(document)


def test_segments_are_encoded_as_asked(recordings: Path) -> None:
    document = cut(
        *(recordings / "take.wav", "--parts", "2", "-o", "out", "--to", "flac"),
        *("--sample-rate", "16k", "--channels", "1", "--bit-depth", "24"),
    )

    info = soundfile.info(document["segments"][0]["path"])
    assert (info.samplerate, info.channels, info.subtype) == (16_000, 1, "PCM_24")


def test_the_manifest_is_one_and_its_hashes_are_those_of_the_files(recordings: Path, folder: Path) -> None:
    document = cut(recordings / "take-cbr.mp3", "--every", "2s", "--verify", "full", "-o", "out")

    manifest = json.loads((folder / "out/manifest.json").read_text())
    jsonschema.validate(manifest, json.loads((ROOT / "docs/manifest.schema.json").read_text()))
    assert manifest["source"]["sha256"] == sha256(recordings / "take-cbr.mp3")
    assert manifest["options"] == {"mode": "duration", "segmentDuration": "2s", "verification": "full"}
    for said, printed in zip(manifest["segments"], document["segments"], strict=True):
        assert said["sha256"] == printed["sha256"] == sha256(folder / "out" / said["fileName"])
        assert said["proof"]["level"] == "full"


@pytest.mark.parametrize(
    "arguments",
    [
        ["take.wav", "--every", "2s", "--overlap", "0.5s"],
        ["take.ogg", "--parts", "3"],
        ["take-vbr.mp3", "--max-size", "30k"],
        ["take.wav", "--max-size", "40k", "--to", "ogg"],
        ["take.wav", "--max-size", "40k", "--to", "aac"],
        ["pause.wav", "--silence", "--to", "mp3"],
    ],
    ids=" ".join,
)
def test_a_plan_is_what_is_made_and_writes_nothing(
    recordings: Path, folder: Path, arguments: list[str]
) -> None:
    name, *rest = arguments
    plan = zerokerf("cut", recordings / name, *rest, "--plan", "--json")
    assert names_in(folder) == []
    made = cut(recordings / name, *rest, "-o", "out")

    def places(document: dict[str, Any]) -> list[list[Any]]:
        fields = ("first_sample", "sample_count", "overlap_samples", "shifted_samples", "reason", "title")
        return [[segment[field] for field in fields] for segment in document["segments"]]

    assert places(plan.document) == places(made)
    for planned, segment in zip(plan.document["segments"], made["segments"], strict=True):
        if planned["size_is_exact"]:
            assert planned["expected_size_bytes"] == segment["size_bytes"]


def test_people_read_where_why_and_how_it_was_proven(recordings: Path) -> None:
    made = zerokerf("cut", recordings / "take.wav", "--every", "2s")
    plan = zerokerf("cut", recordings / "take.wav", "--every", "2s", "--to", "mp3", "--plan")

    header, _, second, *_ = made.out.splitlines()
    assert header.split() == ["#", "start", "duration", "size", "cut", "proof", "file"]
    assert second.split() == [
        *("2", "0:00:02", "0:00:02", "344.6", "KB", "duration"),
        *("both", "ends", "=", "source", "take", "002.wav"),
    ]
    assert "3 segments, 0:00:05.003, 861.9 KB; sum of segments = source: 220623 samples." in made.out
    assert "Written to take-segments, with manifest.json." in made.out
    assert "100% proven, 3 of 3 segments" in made.err
    assert "3 segments, 0:00:05.003, about 117.3 KB; nothing was written." in plan.out


def test_quiet_prints_the_names_of_segments_and_nothing_else(recordings: Path) -> None:
    ran = zerokerf("cut", recordings / "take.wav", "--parts", "2", "-q", "-o", "deep/er")

    assert (ran.out, ran.err) == ("deep/er/take 001.wav\ndeep/er/take 002.wav\n", "")


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
