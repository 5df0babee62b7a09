"""Each of our own parsers as one call that takes any bytes: it returns, or raises what it may raise."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from fuzz import seeds
from fuzz.repair import with_right_page_sums
from gateway.ranges import UnsatisfiableError, wanted_part
from gateway.strict_json import parse_object
from server.database.page_tokens import parse_page_token
from server.fetch.guard import AddressPolicy, check_url
from server.fetch.names import file_name
from server.media.chapters.cue import parse_cue
from server.media.copying.copier import NotCopyable
from server.media.copying.open_copier import open_copier
from server.media.copying.opened import opened
from server.media.copying.tag_edges import audio_range
from server.media.frame_losses import ADTS_FRAMES, MPEG_FRAMES, count_losses
from server.media.manifest.document import from_json
from server.media.probing.sniff import sniff
from server.media.wav import WavHeaderError, read_header
from storage.signed_links import verify
from zerokerf.errors import ZerokerfError
from zerokerf.formats import Format
from zerokerf.template import Fields, Template, clean

#: What says that the input is not good; everything else that is raised is a fault.
TYPED = (ZerokerfError, NotCopyable, WavHeaderError, UnsatisfiableError)


@dataclass(frozen=True, slots=True)
class Target:
    """`parse` gets a folder of its own for files. `repair` makes right what a change has made wrong."""

    corpus: Callable[[], Sequence[bytes]]
    parse: Callable[[bytes, Path], object]
    tokens: tuple[bytes, ...] = ()
    repair: Callable[[bytes], bytes] | None = None

    def try_one(self, data: bytes, folder: Path) -> None:
        """Raises only what no input may make it raise."""
        with suppress(*TYPED):
            self.parse(data, folder)


def _copying(kind: Format) -> Callable[[bytes, Path], None]:
    def parse(data: bytes, folder: Path) -> None:
        source = folder / "source"
        source.write_bytes(data)
        with suppress(*TYPED):
            sniff(source)
        _cut(kind, source, folder / "output")

    return parse


def _cut(kind: Format, source: Path, output: Path) -> None:
    """Both halves, and each is to be of the size that was promised."""
    copier = open_copier(kind, source)
    middle = copier.snap(copier.sample_count // 2)
    assert 0 <= middle <= copier.sample_count  # noqa: S101  what is looked for
    assert 0 <= copier.fit(0, source.stat().st_size) <= copier.sample_count  # noqa: S101
    for first, count in ((0, middle), (middle, copier.sample_count - middle)):
        if count:
            promised = copier.size_bytes(first, count)
            if promised > 64 << 20:
                return
            copier.write(first, count, output)
            assert output.stat().st_size == promised  # noqa: S101


def _wav(data: bytes, folder: Path) -> None:
    _copying(Format.WAV)(data, folder)
    read_header(folder / "source")


def _tags(data: bytes, folder: Path) -> None:
    source = folder / "source"
    source.write_bytes(data)
    with opened(source) as file:
        start, end = audio_range(file)
        assert 0 <= start <= end <= len(data)  # noqa: S101
        for kind in (MPEG_FRAMES, ADTS_FRAMES):
            count_losses(file, start, end, kind)
    sniff(source)


def _range(data: bytes, _: Path) -> None:
    headers = {"range": data.decode("latin-1")}
    part = wanted_part(headers, 1000, '"x"', seeds.NOW)
    assert part is None or (part.length > 0 and 0 <= part.offset <= 1000 - part.length)  # noqa: S101


def _link(data: bytes, _: Path) -> None:
    query = data.decode("utf-8", "surrogateescape")
    verify((seeds.SIGNING_KEY,), "GET", "accounts/a/jobs/b/c.mp3", query, seeds.NOW)


def _template(data: bytes, _: Path) -> None:
    text = data.decode("utf-8", "surrogateescape")
    clean(text)
    Template(text).unshortened(Fields(number=1, count=10, title="A title", segment="b"))


def _url(data: bytes, _: Path) -> None:
    check_url(data.decode("utf-8", "surrogateescape"), policy=AddressPolicy())


def _name(data: bytes, _: Path) -> None:
    name = file_name(data, "/a/b.mp3")
    assert name and "/" not in name and "\0" not in name  # noqa: S101, PT018


_ID3 = b"ID3\x04\x00\x00\x00\x00\x00\x20TIT2\x00\x00\x00\x08\x00\x00\x03A title" + bytes(20)
_APE = b"APETAGEX\xd0\x07\x00\x00\x20\x00\x00\x00" + bytes(16)


def _tagged() -> tuple[bytes, ...]:
    plain = seeds.audio("mp3")[2]
    lyrics = b"LYRICSBEGININD0000200" + b"000021LYRICS200"
    return (_ID3 + plain + b"TAG" + bytes(125), _ID3 * 2 + plain + _APE, plain + lyrics, plain + _APE + _APE)


_MP4_TOKENS = (
    *(b"ftyp", b"moov", b"mdat", b"trak", b"mdhd", b"stsd", b"mp4a", b"esds", b"alac", b"stts", b"stsc"),
    *(b"stsz", b"stco", b"elst", b"udta", b"meta", b"ilst", b"moof", b"hdlr", b"stbl", b"edts"),
)
_TEXT_TOKENS = (
    b'"',
    b"\\",
    b"\\u",
    b"\0",
    b"\xff",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"-",
    b"%",
    b"\n",
    b"1e999999",
)

TARGETS: Mapping[str, Target] = {
    "mp3": Target(
        lambda: seeds.audio("mp3"),
        _copying(Format.MP3),
        (b"\xff\xfb", b"\xff\xf3", b"\xff\xfd", b"Xing", b"Info", b"LAME", b"Lavc", b"ID3", b"VBRI", b"TAG"),
    ),
    "adts": Target(lambda: seeds.audio("aac"), _copying(Format.AAC), (b"\xff\xf1", b"\xff\xf9")),
    "flac": Target(lambda: seeds.audio("flac"), _copying(Format.FLAC), (b"fLaC", b"\xff\xf8", b"\xff\xf9")),
    "opus": Target(
        lambda: seeds.audio("opus"),
        _copying(Format.OPUS),
        (b"OggS", b"OggS", b"OpusHead", b"OpusTags"),
        with_right_page_sums,
    ),
    "vorbis": Target(
        lambda: seeds.audio("vorbis"),
        _copying(Format.OGG),
        (b"OggS", b"\x01vorbis", b"\x03vorbis", b"\x05vorbis", b"BCV"),
        with_right_page_sums,
    ),
    "mp4": Target(lambda: seeds.audio("m4a"), _copying(Format.M4A), _MP4_TOKENS),
    "wav": Target(
        lambda: seeds.audio("wav"), _wav, (b"RIFF", b"RF64", b"ds64", b"fmt ", b"data", b"riff", b"LIST")
    ),
    "tags": Target(_tagged, _tags, (b"ID3", b"TIT2", b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"LYRICS200")),
    "cue": Target(
        lambda: seeds.CUE,
        lambda data, _: parse_cue(data.decode("utf-8", "surrogateescape")),
        (b"TRACK", b"INDEX", b"FILE", b"TITLE", b"AUDIO", b"\xd9\xa1", *_TEXT_TOKENS),
    ),
    "manifest": Target(lambda: seeds.MANIFEST, lambda data, _: from_json(data), _TEXT_TOKENS),
    "json": Target(
        lambda: seeds.JSON, lambda data, _: parse_object(data), (*_TEXT_TOKENS, b"NaN", b"[" * 5000)
    ),
    "range": Target(lambda: seeds.RANGE, _range, (b"bytes", b"=", b"-", b",", b"9" * 30)),
    "page_token": Target(
        lambda: seeds.PAGE_TOKEN,
        lambda data, _: parse_page_token(data.decode("latin-1"), seeds.ACCOUNT, ("state=done",)),
        (b"=", b"_", b"-", b"W1", b"bnVsbA"),
    ),
    "link": Target(lambda: seeds.LINK, _link, (b"&", b"=", b"s=", b"e=", b"k=", b"%", b"%00", b"+", b"x=")),
    "template": Target(
        lambda: seeds.TEMPLATE, _template, (b"{", b"}", b"{n:09}", b"{title}", b"\xe2\x80\xae")
    ),
    "url": Target(
        lambda: seeds.URL, _url, (b"://", b"@", b":", b"[", b"]", b"\\", b"%", b"0x", b"xn--", b"..")
    ),
    "disposition": Target(
        lambda: seeds.DISPOSITION, _name, (b"filename", b"*", b"=", b"'", b'"', b"%", b";", b"..")
    ),
}
