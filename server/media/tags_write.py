# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""Writes tags into finished segments of every format that has a place for them."""

import base64
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mutagen.flac import FLAC, Picture
from mutagen.id3 import APIC, ID3, TALB, TCON, TDRC, TIT2, TPE1, TPE2, TRCK, Frame
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from server.media.tags import Cover, Tags
from zerokerf.formats import Format

_FRONT_COVER = 3
_UTF16 = 1  # ID3v2.3 has no other encoding for every language


def write_tags(path: Path, kind: Format, tags: Tags) -> None:
    """Blocking. Replaces what tags there are; without any to write, the file stays as it is.

    ADTS has no place for tags, nor has a WAV file above 4 GiB (RF64). The same tags always give the same
    bytes.
    """
    if tags != Tags() and can_hold_tags(path, kind):
        _WRITERS[kind](path, tags)


def can_hold_tags(path: Path, kind: Format) -> bool:
    if kind is Format.WAV:
        with path.open("rb") as file:
            return file.read(4) == b"RIFF"
    return kind in _WRITERS


def tag_bytes(sample: Path, kind: Format, tags: Tags, scratch: Path) -> int:
    """Exactly what these tags add to a segment, measured on a copy of `sample`: a small one of the same job.

    Blocking. `scratch` is the name of the copy, which is gone afterwards.
    """
    try:
        shutil.copyfile(sample, scratch)
        write_tags(scratch, kind, tags)
        return scratch.stat().st_size - sample.stat().st_size
    finally:
        scratch.unlink(missing_ok=True)


def _no_padding(_: object) -> int:
    return 0


def _write_mp3(path: Path, tags: Tags) -> None:
    id3 = ID3()
    for frame in _id3_frames(tags):
        id3.add(frame)
    id3.update_to_v23()
    id3.save(path, v1=0, v2_version=3, padding=_no_padding)


def _write_wav(path: Path, tags: Tags) -> None:
    wav: Any = WAVE(path)
    if wav.tags is None:
        wav.add_tags()
    wav.tags.clear()
    for frame in _id3_frames(tags):
        wav.tags.add(frame)
    wav.tags.update_to_v23()
    wav.save(v2_version=3, padding=_no_padding)


def _id3_frames(tags: Tags) -> Iterator[Frame]:
    texts = {
        TIT2: tags.title,
        TPE1: tags.artist,
        TALB: tags.album,
        TPE2: tags.album_artist,
        TCON: tags.genre,
        TDRC: tags.date,
        TRCK: _track(tags),
    }
    for frame, text in texts.items():
        if text:
            yield frame(encoding=_UTF16, text=text)
    if cover := tags.cover:
        yield APIC(encoding=0, mime=cover.media_type, type=_FRONT_COVER, data=cover.data)


def _track(tags: Tags) -> str | None:
    if tags.track is None:
        return None
    return str(tags.track) if tags.track_count is None else f"{tags.track}/{tags.track_count}"


def _write_flac(path: Path, tags: Tags) -> None:
    flac: Any = FLAC(path)
    if flac.tags is None:
        flac.add_tags()
    flac.tags.clear()
    flac.tags.extend(_comments(tags))
    flac.clear_pictures()
    if tags.cover:
        flac.add_picture(_picture(tags.cover))
    flac.save(padding=_no_padding)


def _write_vorbis(path: Path, tags: Tags) -> None:
    _save_ogg(OggVorbis(path), tags)


def _write_opus(path: Path, tags: Tags) -> None:
    _save_ogg(OggOpus(path), tags)


def _save_ogg(ogg: OggVorbis | OggOpus, tags: Tags) -> None:
    opened: Any = ogg
    opened.tags.clear()
    opened.tags.extend(_comments(tags))
    if tags.cover:
        data = base64.b64encode(_picture(tags.cover).write()).decode()
        opened.tags.append(("METADATA_BLOCK_PICTURE", data))
    opened.save(padding=_no_padding)


def _comments(tags: Tags) -> list[tuple[str, str]]:
    texts = {
        "TITLE": tags.title,
        "ARTIST": tags.artist,
        "ALBUM": tags.album,
        "ALBUMARTIST": tags.album_artist,
        "GENRE": tags.genre,
        "DATE": tags.date,
        "TRACKNUMBER": tags.track,
        "TRACKTOTAL": tags.track_count,
    }
    return [(name, str(text)) for name, text in texts.items() if text]


def _picture(cover: Cover) -> Any:  # noqa: ANN401 - a class of mutagen, none of whose fields has a type
    picture: Any = Picture()
    picture.type, picture.mime, picture.data = _FRONT_COVER, cover.media_type, cover.data
    return picture


def _write_m4a(path: Path, tags: Tags) -> None:
    mp4: Any = MP4(path)
    if mp4.tags is None:
        mp4.add_tags()
    mp4.tags.clear()
    for name, text in _atoms(tags):
        mp4.tags[name] = [text]
    if tags.track is not None:
        mp4.tags["trkn"] = [(tags.track, tags.track_count or 0)]
    if cover := tags.cover:
        is_png = cover.media_type == "image/png"
        image_format = MP4Cover.FORMAT_PNG if is_png else MP4Cover.FORMAT_JPEG
        mp4.tags["covr"] = [MP4Cover(cover.data, image_format)]
    mp4.save(padding=_no_padding)


def _atoms(tags: Tags) -> list[tuple[str, str]]:
    texts = {
        "\xa9nam": tags.title,
        "\xa9ART": tags.artist,
        "\xa9alb": tags.album,
        "aART": tags.album_artist,
        "\xa9gen": tags.genre,
        "\xa9day": tags.date,
    }
    return [(name, text) for name, text in texts.items() if text]


_WRITERS: Mapping[Format, Callable[[Path, Tags], None]] = {
    Format.MP3: _write_mp3,
    Format.WAV: _write_wav,
    Format.FLAC: _write_flac,
    Format.OGG: _write_vorbis,
    Format.OPUS: _write_opus,
    Format.M4A: _write_m4a,
}
