"""Where `zerokerf cut` writes, what it never touches, and what it refuses."""

import hashlib
import os
from pathlib import Path

import pytest

from server.media.manifest.document import from_json
from tests.cli.local import cut, names_in, zerokerf
from tests.corpus.recordings import RATE, ffmpeg, music, write_wav
from zerokerf.cli.local.names import MANIFEST_NAME, Names, fields_of, name_in_manifest, template_of

HOSTILE = "..\\evil\x1b[2J \u202efdp.\udcff{n}"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    work = tmp_path / "work"
    work.mkdir()
    write_wav(work / "talk.wav", music(RATE * 2))
    monkeypatch.chdir(work)
    return work


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_second_run_refuses_and_changes_nothing(folder: Path) -> None:
    cut("talk.wav", "--parts", "2", "-o", "out")
    before = {path.name: sha256(path) for path in (folder / "out").iterdir()}

    again = zerokerf("cut", "talk.wav", "--parts", "3", "-o", "out")

    assert again.code == 1
    assert again.err == "Error: out/manifest.json exists already; choose another folder, or say --force.\n"
    assert {path.name: sha256(path) for path in (folder / "out").iterdir()} == before


@pytest.mark.parametrize("name", ["talk 001.wav", "talk 002.wav"])
def test_any_file_in_the_way_is_left_alone_and_so_is_the_folder(folder: Path, name: str) -> None:
    (folder / "out").mkdir()
    (folder / "out" / name).write_text("mine")

    ran = zerokerf("cut", "talk.wav", "--parts", "2", "-o", "out")

    assert (ran.code, f"out/{name} exists already" in ran.err) == (1, True)
    assert [path.read_text() for path in (folder / "out").iterdir()] == ["mine"]


def test_force_replaces_files(folder: Path) -> None:
    cut("talk.wav", "--parts", "2", "-o", "out")

    cut("talk.wav", "--parts", "3", "-o", "out", "--force")

    assert names_in(folder / "out") == [MANIFEST_NAME, *(f"talk 00{n}.wav" for n in (1, 2, 3))]
    assert zerokerf("verify", "out/manifest.json").code == 0


def test_the_recording_itself_is_never_replaced(folder: Path) -> None:
    before = sha256(folder / "talk.wav")

    ran = zerokerf("cut", "talk.wav", "--parts", "1", "-o", ".", "--template", "{title}", "--force")

    assert (ran.code, ran.err) == (1, "Error: talk.wav is the recording itself; choose another folder.\n")
    assert sha256(folder / "talk.wav") == before
    assert names_in(folder) == ["talk.wav"]


def test_hostile_tags_titles_and_templates_stay_in_the_folder(folder: Path, tmp_path: Path) -> None:
    ffmpeg("-i", "talk.wav", "-metadata", "title=../../out", "-metadata", "artist=/etc", "talk.flac")
    (folder / "talk.cue").write_text(
        'FILE "x" WAVE\nTRACK 01 AUDIO\nTITLE "../../../up"\nINDEX 01 00:00:00\n'
        'TRACK 02 AUDIO\nTITLE "/etc/passwd"\nINDEX 01 00:01:00\n'
    )

    cut("talk.flac", "--cue", "talk.cue", "-o", "out", "--template", "../{artist}/{title}/{segment}")

    assert len(names_in(folder / "out")) == 3
    assert names_in(folder) == ["out", "talk.cue", "talk.flac", "talk.wav"]
    assert names_in(tmp_path) == ["work"]


def test_a_hostile_name_of_the_recording_gives_good_names_and_a_good_manifest(folder: Path) -> None:
    source = folder / f"{HOSTILE}.wav"
    os.link(folder / "talk.wav", source)

    ran = zerokerf("cut", str(source), "--parts", "2", "-o", "out")

    assert ran.code == 0, ran.err
    manifest = from_json((folder / "out" / MANIFEST_NAME).read_bytes())
    assert names_in(folder / "out") == sorted(
        [MANIFEST_NAME, *(each.file_name for each in manifest.segments)]
    )
    assert all(char.isprintable() for segment in manifest.segments for char in segment.file_name)


def test_names_are_unique_whatever_they_are_made_of() -> None:
    names = Names(template_of("{segment}", has_titles=True), "mp3", fields_of(Path("talk.wav")))

    titles = ["intro", "INTRO", None, "talk", "intro (2)", "CON"]
    assert list(names.unique(titles, len(titles))) == [
        *("intro.mp3", "INTRO (2).mp3", "talk.mp3", "talk (2).mp3", "intro (2) (2).mp3", "_CON.mp3"),
    ]


def test_names_have_the_tags_of_the_source_and_numbers(folder: Path) -> None:
    ffmpeg("-i", "talk.wav", "-metadata", "title=Rain", "-metadata", "artist=Ann", "talk.flac")

    document = cut("talk.flac", "--parts", "2", "--template", "{artist} - {title} {n:02} of {count}")

    names = [segment["file_name"] for segment in document["segments"]]
    assert names == ["Ann - Rain 01 of 2.flac", "Ann - Rain 02 of 2.flac"]
    assert names_in(folder / "talk-segments") == [*names, MANIFEST_NAME]


@pytest.mark.parametrize("name", ["a/b", "a\\b", "a\nb", "a\udcffb", "x" * 300])
def test_manifests_name_the_source_as_they_can(name: str) -> None:
    assert len(name_in_manifest(Path(name))) <= 255
    assert not set(name_in_manifest(Path(name))) & set("/\\\n\udcff")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["none.wav", "--parts", "2"], 2, "There is no file 'none.wav'."),
        ([".", "--parts", "2"], 2, "There is no file '.'."),
        (["talk.wav"], 2, "Say how to cut with one of --every"),
        (["talk.wav", "--parts", "2", "--to", "mp5"], 2, "'mp5' is not a format"),
        (["talk.wav", "--parts", "2", "--to", "flac", "--bit-rate", "9k"], 2, "--bit-rate"),
        (["talk.wav", "--silence", "10ms"], 2, "a pause lasts at least 0.1 s"),
        (["talk.wav", "--parts", "2", "--template", "{nn}"], 2, "{nn} is no field of a template"),
        (["talk.wav", "--parts", "2", "--plot", "a.jpg"], 2, "must be a name ending in .png"),
        (["talk.wav", "--parts", "2", "--plot", "no/a.png"], 2, "in a folder that exists"),
        (["talk.wav", "--parts", "2", "--ffmpeg", "none"], 2, "none does not run"),
        (["talk.wav", "--every", "10m"], 3, "longer than the source, which lasts 2 s"),
        (["talk.wav", "--chapters"], 3, "The source has no chapters"),
        (["talk.wav", "--parts", "100000"], 3, "at most 10000 are allowed"),
        (["talk.wav", "--at", "1,1.01"], 3, "less than 0.1 s apart"),
        (["talk.wav", "--max-size", "100"], 3, "No segment fits into 100 bytes"),
        (["text.wav", "--parts", "2"], 3, "The source is not a supported audio file"),
        (["empty.wav", "--parts", "2"], 3, "The source"),
        (["short.flac", "--parts", "2", "--strict"], 3, "it should hold 88200 samples"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
@pytest.mark.parametrize("extra", [[], ["--plan"]], ids=["cut", "plan"])
def test_a_refusal_is_one_line_a_code_and_nothing_left_behind(
    folder: Path, arguments: list[str], code: int, sentence: str, extra: list[str]
) -> None:
    (folder / "text.wav").write_text("To be, or not to be: that is the question.\n" * 200)
    (folder / "empty.wav").touch()
    ffmpeg("-i", "talk.wav", "whole.flac")
    (folder / "short.flac").write_bytes((folder / "whole.flac").read_bytes()[:90_000])
    before = names_in(folder)

    ran = zerokerf("cut", *arguments, *extra)

    assert (ran.code, ran.out) == (code, "")
    *_, last = ran.err.splitlines()
    assert last.startswith("Error: ")
    assert sentence in last
    assert names_in(folder) == before


def test_a_file_is_no_folder(folder: Path) -> None:
    ran = zerokerf("cut", "talk.wav", "--parts", "2", "-o", "talk.wav")

    assert (ran.code, ran.err) == (2, "Error: The folder 'talk.wav' cannot be used: File exists.\n")
    assert names_in(folder) == ["talk.wav"]


def test_a_damaged_recording_is_cut_as_far_as_it_goes_and_that_is_said(folder: Path) -> None:
    ffmpeg("-i", "talk.wav", "whole.flac")
    (folder / "short.flac").write_bytes((folder / "whole.flac").read_bytes()[:90_000])

    document = cut("short.flac", "--every", "0.2s")

    assert document["source"]["is_truncated"]
    assert document["notes"]
