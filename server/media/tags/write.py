# mypy: allow-untyped-calls
# mutagen says that it is typed, but few of its functions are.
"""Writes tags into finished segments of every format that has a place for them."""

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mutagen import MutagenError
from mutagen.flac import FLAC, Picture
from mutagen.id3 import ID3
from mutagen.mp4 import MP4, MP4Cover
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE

from server.media.chapters.mp4 import chapter_list, put_chapter_list
from server.media.chapters.read import Chapter
from server.media.tags.id3 import FRONT_COVER, fill_id3
from server.media.tags.names import Cover, Tags
from zerokerf.formats import Format

_BOX_HEAD_BYTES = 8
_MS = 1_000_000
#: Files whose sizes and offsets of 32 bits would no longer do if they grew.
_NEARLY_FULL = range(2**32 - 32 * 1024**2, 2**32)


def write_tags(path: Path, kind: Format, tags: Tags) -> None:
    """Blocking. Replaces what tags there are; without any to write, the file stays as it is.

    ADTS has no place for tags, nor has a WAV file of 4 GiB or more (RF64). The same tags always give the
    same bytes.
    """
    if tags == Tags() or not can_hold_tags(path, kind):
        return
    try:
        _WRITERS[kind](path, tags)
    except MutagenError as error:
        if error.args and isinstance(error.args[0], OSError):
            raise error.args[0] from error  # a full disk is no fault of the file's
        raise


def can_hold_tags(path: Path, kind: Format) -> bool:
    if kind in (Format.WAV, Format.M4A) and path.stat().st_size in _NEARLY_FULL:
        return False
    if kind is Format.WAV:
        with path.open("rb") as file:
            return file.read(4) == b"RIFF"
    return kind in _WRITERS


def _no_padding(_: object) -> int:
    return 0


def _write_mp3(path: Path, tags: Tags) -> None:
    id3 = ID3()
    fill_id3(id3, tags)
    id3.save(path, v1=0, v2_version=3, padding=_no_padding)


def _write_wav(path: Path, tags: Tags) -> None:
    wav: Any = WAVE(path)
    if wav.tags is None:
        wav.add_tags()
    fill_id3(wav.tags, tags)
    wav.save(v2_version=3, padding=_no_padding)


def _write_flac(path: Path, tags: Tags) -> None:
    flac: Any = FLAC(path)
    if flac.tags is None:
        flac.add_tags()
    flac.tags.clear()
    flac.tags.extend(comments(tags))
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
    opened.tags.extend(comments(tags))
    if tags.cover:
        opened.tags.append(picture_comment(tags.cover))
    opened.save(padding=_no_padding)


def comments(tags: Tags) -> list[tuple[str, str]]:
    """Of a Vorbis comment header, without the cover."""
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
    found = [(name, str(text)) for name, text in texts.items() if text]
    for number, chapter in enumerate(tags.chapters, 1):
        found.append((f"CHAPTER{number:03}", _clock(chapter)))
        if chapter.title:
            found.append((f"CHAPTER{number:03}NAME", chapter.title))
    return found


def _clock(chapter: Chapter) -> str:
    seconds, milliseconds = divmod(chapter.start_ns // _MS, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{milliseconds:03}"


def picture_comment(cover: Cover) -> tuple[str, str]:
    return "METADATA_BLOCK_PICTURE", base64.b64encode(_picture(cover).write()).decode()


def _picture(cover: Cover) -> Any:  # noqa: ANN401 - a class of mutagen, none of whose fields has a type
    picture: Any = Picture()
    picture.type, picture.mime, picture.data = FRONT_COVER, cover.media_type, cover.data
    return picture


def _write_m4a(path: Path, tags: Tags) -> None:
    mp4: Any = MP4(path)
    if mp4.tags is None:
        mp4.add_tags()
    mp4.tags.clear()
    for name, text in atoms(tags):
        mp4.tags[name] = [text]
    if tags.track is not None:
        mp4.tags["trkn"] = [(tags.track, tags.track_count or 0)]
    if cover := tags.cover:
        is_png = cover.media_type == "image/png"
        image_format = MP4Cover.FORMAT_PNG if is_png else MP4Cover.FORMAT_JPEG
        mp4.tags["covr"] = [MP4Cover(cover.data, image_format)]
    room = len(chapter_list(tags.chapters)) - _BOX_HEAD_BYTES if tags.chapters else 0
    mp4.save(padding=lambda _: room)
    if tags.chapters:
        put_chapter_list(path, tags.chapters)


def atoms(tags: Tags) -> list[tuple[str, str]]:
    """The texts of an MP4 file, by the names of their boxes."""
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
