# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""What was asked of segments is what other programs find in the downloaded files."""

from pathlib import Path

import av
import mutagen
import pytest
from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TALB, TIT2, TPE1
from PIL import Image

from tests.corpus.decoders import decoded_samples
from tests.corpus.recordings import ffmpeg
from tests.end_to_end.service import Json, Service
from tests.end_to_end.talks import CHAPTERS, chapters_text
from tests.services.web import Site

RECORDINGS = ("talk.mp3", "talk.flac")
PARTS: Json = {"splitMode": "parts", "parts": 3}


@pytest.fixture(scope="session")
def cover(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("cover") / "cover.png"
    Image.effect_noise((64, 64), 50).save(path)
    return path.read_bytes()


@pytest.fixture(scope="session")
def tagged(talks: Path, cover: bytes, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An mp3 and a flac with tags, a cover and chapters."""
    folder = tmp_path_factory.mktemp("tagged")
    (folder / "chapters.txt").write_text(chapters_text())
    for name in RECORDINGS:
        chapters = ("-i", folder / "chapters.txt", "-map_metadata", "1")
        ffmpeg("-i", talks / name, *chapters, "-c", "copy", folder / name)
    id3 = ID3(folder / "talk.mp3")
    for frame in (
        TIT2(text="Talk"),
        TPE1(text="Some One"),
        TALB(text="Evenings"),
        APIC(mime="image/png", type=3, data=cover),
    ):
        id3.setall(frame.FrameID, [frame])
    id3.save()
    flac = FLAC(folder / "talk.flac")
    flac.update({"title": ["Talk"], "artist": ["Some One"], "album": ["Evenings"]})
    for number, (title, start, _) in enumerate(CHAPTERS, 1):
        flac.update({f"CHAPTER{number:03}": [f"00:00:{start:06.3f}"], f"CHAPTER{number:03}NAME": [title]})
    picture = Picture()
    picture.data, picture.mime, picture.type = cover, "image/png", 3
    flac.add_picture(picture)
    flac.save()
    return folder


def made(service: Service, site: Site, source: Path, folder: Path, **fields: object) -> list[Path]:
    job_id = service.rest.create(site.add_file(source), None, **fields)["id"]
    return service.download_segments(service.rest.completed(job_id), folder)


@pytest.mark.parametrize(
    ("to", "encoding", "rate", "channels", "bits"),
    [
        ("wav", {"sampleRate": 16_000, "channels": 1, "bitDepth": 24}, 16_000, 1, 24),
        ("wav", {"bitDepth": 8}, 44_100, 2, 8),
        ("flac", {"bitDepth": 24, "channels": 1}, 44_100, 1, 24),
        ("flac", {"sampleRate": 48_000}, 48_000, 2, 16),
        ("mp3", {"bitRate": 64_000, "sampleRate": 22_050, "channels": 1}, 22_050, 1, None),
        ("ogg", {"quality": 1, "channels": 1}, 44_100, 1, None),
        ("aac", {"sampleRate": 32_000, "bitRate": 96_000}, 32_000, 2, None),
    ],
    ids=str,
)
def test_the_encoding_reaches_the_files(
    service: Service,
    site: Site,
    talks: Path,
    tmp_path: Path,
    to: str,
    encoding: Json,
    rate: int,
    channels: int,
    bits: int | None,
) -> None:
    files = made(service, site, talks / "talk.flac", tmp_path, **PARTS, outputFormat=to, encoding=encoding)

    for file in files:
        with av.open(file) as container:
            stream = container.streams.audio[0]
            assert (stream.codec_context.sample_rate, stream.codec_context.channels) == (rate, channels)
        if bits is not None:
            assert mutagen.File(file).info.bits_per_sample == bits
    if to != "aac":  # whose priming cannot be hidden
        whole = decoded_samples(talks / "talk.flac")
        assert abs(sum(map(decoded_samples, files)) - whole * rate / 44_100) <= 1


def test_a_bit_rate_is_kept_and_makes_a_copy_an_encoding(
    service: Service, site: Site, talks: Path, tmp_path: Path
) -> None:
    files = made(service, site, talks / "talk.mp3", tmp_path, **PARTS, encoding={"bitRate": 48_000})

    for file in files:
        info = mutagen.File(file).info
        assert info.bitrate == pytest.approx(48_000, rel=0.1)


@pytest.mark.parametrize("to", [None, "mp3", "flac", "ogg"])
@pytest.mark.parametrize("name", RECORDINGS)
def test_segments_carry_the_tags_renumbered(
    service: Service, site: Site, tagged: Path, cover: bytes, tmp_path: Path, name: str, to: str | None
) -> None:
    files = made(service, site, tagged / name, tmp_path, **PARTS, **({"outputFormat": to} if to else {}))

    for number, file in enumerate(files, 1):
        easy = mutagen.File(file, easy=True)
        assert "Talk" in easy["title"][0]
        assert easy["artist"] == ["Some One"]
        assert easy["album"] == ["Evenings"]
        assert track_of(easy) == (number, 3)
        assert cover_of(file) == cover
    chapters = [[chapter["title"] for chapter in chapters_of(file)] for file in files]
    # What the second segment holds of the last chapter is too short to be one.
    assert chapters == [["Welcome", "Größe & more"], ["Größe & more"], ["Questions"]]


def test_a_template_makes_the_titles(service: Service, site: Site, tagged: Path, tmp_path: Path) -> None:
    tags = {"title": "{album}: {title} {n:02}/{count}"}

    files = made(service, site, tagged / "talk.mp3", tmp_path, **PARTS, tags=tags)

    titles = [mutagen.File(file, easy=True)["title"] for file in files]
    assert titles == [[f"Evenings: Talk {n:02}/3"] for n in (1, 2, 3)]


@pytest.mark.parametrize("to", [None, "flac", "mp3"])
@pytest.mark.parametrize("name", RECORDINGS)
def test_without_tags_there_is_nothing(
    service: Service, site: Site, tagged: Path, cover: bytes, tmp_path: Path, name: str, to: str | None
) -> None:
    fields = {"tags": "none", **({"outputFormat": to} if to else {})}

    files = made(service, site, tagged / name, tmp_path, **PARTS, **fields)

    for file in files:
        content = file.read_bytes()
        assert not any(
            text in content for text in (b"Some One", b"Evenings", b"Talk", b"Welcome", cover[:64])
        )
        assert not mutagen.File(file).tags
        assert chapters_of(file) == []


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"outputFormat": "wav", "encoding": {"bitRate": 64_000}}, "encoding.bitRate"),
        ({"outputFormat": "mp3", "encoding": {"bitDepth": 16}}, "encoding.bitDepth"),
        ({"outputFormat": "mp3", "encoding": {"sampleRate": 44_000}}, "encoding.sampleRate"),
        ({"outputFormat": "mp3", "encoding": {"channels": 3}}, "encoding.channels"),
        ({"outputFormat": "mp3", "encoding": {"quality": 10}}, "encoding.quality"),
        ({"tags": {"title": "{nonsense}"}}, "tags.title"),
        ({"tags": {"title": "a" * 301}}, "tags.title"),
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/splits", "/splits/plan"])
def test_what_no_format_or_title_can_be_is_refused_at_once(
    service: Service, path: str, fields: Json, field: str
) -> None:
    body = {"sourceUrl": "https://media.example.com/a.mp3", **PARTS, **fields}

    answer = service.rest.call("POST", path, json=body)

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_PARAMS")
    assert list(answer.json()["error"]["details"]) == [field]


def track_of(easy: mutagen.FileType) -> tuple[int, int]:
    number, _, count = easy["tracknumber"][0].partition("/")
    return int(number), int(count or easy["tracktotal"][0])


def cover_of(file: Path) -> bytes:
    """As another program than mutagen finds it."""
    with av.open(file) as container:
        packets = container.demux(container.streams.video[0])
        return b"".join(bytes(packet) for packet in packets if packet.size)


def chapters_of(file: Path) -> list[dict[str, str]]:
    with av.open(file) as container:
        return [dict(chapter["metadata"]) for chapter in container.chapters()]
