"""`zerokerf verify` finds whatever is no longer as it was made."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.local import cut, zerokerf
from tests.corpus.recordings import RATE, music, write_wav


@pytest.fixture(params=["wav", "mp3", "opus"])
def made(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_wav(tmp_path / "talk.wav", music(RATE * 3))
    cut("talk.wav", "--parts", "3", "--to", request.param, "-o", "out")
    return tmp_path / "out"


def segments(made: Path) -> list[Path]:
    return sorted(path for path in made.iterdir() if path.suffix != ".json")


def test_what_was_made_is_proven_from_anywhere(made: Path) -> None:
    elsewhere = made.parent / "elsewhere"
    made.rename(elsewhere)
    (elsewhere / "manifest.json").rename(made.parent / "paper.json")

    ran = zerokerf("verify", "paper.json", "elsewhere")

    assert ran.code == 0
    assert ran.out == "3 segments, 132300 samples: all of it is there, byte for byte.\n"
    assert "100% proving, 3 of 3 segments" in ran.err


def remove(paths: list[Path]) -> None:
    paths[1].unlink()


def flip(paths: list[Path]) -> None:
    content = bytearray(paths[1].read_bytes())
    content[len(content) // 2] ^= 1
    paths[1].write_bytes(content)


def lengthen(paths: list[Path]) -> None:
    paths[1].write_bytes(paths[1].read_bytes() + b"\0")


def swap(paths: list[Path]) -> None:
    one, other = paths[1].read_bytes(), paths[2].read_bytes()
    paths[1].write_bytes(other)
    paths[2].write_bytes(one)


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (remove, "talk 002.* is missing."),
        (flip, "talk 002.* its SHA-256 is another one."),
        (lengthen, "talk 002.* bytes instead of"),
        (swap, "talk 002.*\ntalk 003"),
    ],
)
def test_damaged_files_are_named(made: Path, damage: Callable[[list[Path]], None], sentence: str) -> None:
    damage(segments(made))

    ran = zerokerf("verify", "out/manifest.json", "-q")

    assert (ran.code, ran.err) == (3, "")
    first, *others = sentence.split("\n")
    name, _, words = first.partition(".*")
    assert name in ran.out
    assert words in ran.out
    assert all(other in ran.out for other in others)
    assert len(ran.out.splitlines()) == 1 + len(others)


def drop_a_segment(document: dict[str, Any]) -> None:
    del document["segments"][1]


def move_a_sample(document: dict[str, Any]) -> None:
    document["segments"][0]["sampleCount"] += 1
    document["segments"][1]["firstSample"] += 1
    document["segments"][1]["sampleCount"] -= 1
    document["segments"][0]["outputSamples"] += 1
    document["segments"][1]["outputSamples"] -= 1


def shorten_the_source(document: dict[str, Any]) -> None:
    document["source"]["sampleCount"] -= 1


def name_a_file_twice(document: dict[str, Any]) -> None:
    document["segments"][1]["fileName"] = document["segments"][0]["fileName"]


@pytest.mark.parametrize("lie", [drop_a_segment, move_a_sample, shorten_the_source, name_a_file_twice])
def test_an_edited_manifest_is_found_out(made: Path, lie: Callable[[dict[str, Any]], None]) -> None:
    document = json.loads((made / "manifest.json").read_text())
    lie(document)
    (made / "manifest.json").write_text(json.dumps(document))

    ran = zerokerf("verify", "out/manifest.json", "--json")

    assert ran.code == 3
    assert ran.document["findings"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["none.json"], "There is no manifest 'none.json'."),
        (["paper.json", "none"], "There is no folder 'none'."),
        (["paper.json"], "This is not a valid manifest: it: Invalid JSON"),
        (["outside.json"], "This is not a valid manifest: segments.0.fileName"),
        (["talk.wav"], "This is not a valid manifest"),
    ],
)
def test_what_is_no_manifest_is_refused_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    write_wav(tmp_path / "talk.wav", music(RATE))
    cut("talk.wav", "--parts", "1", "-o", "out")
    document = json.loads((tmp_path / "out/manifest.json").read_text())
    document["segments"][0]["fileName"] = "../talk.wav"
    (tmp_path / "outside.json").write_text(json.dumps(document))
    (tmp_path / "paper.json").write_text("To be, or not to be")

    ran = zerokerf("verify", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"Error: {sentence}")
    assert len(ran.err.splitlines()) == 1
