"""Whatever a stranger sends ends in a typed error with a sentence to act on, never in a wrong result."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from server.media.decode import decode
from server.media.encoding.cut import cut_by_plan
from server.media.encoding.options import plan_encode
from server.media.facts import MediaLimits
from server.media.plan.cuts import cuts_between
from server.media.probing.probe import probe
from server.media.verify import verify_segment
from tests.media.conftest import Room
from tests.media.corpus import RATE, SAMPLES, ffmpeg, riff, speech_like
from tests.media.damage.trying import outcome_of
from zerokerf.errors import CorruptFile, SourceTooLong, UnsupportedFormat
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

STRANGERS = {
    "empty": (b"", "empty"),
    "text": (b"Dear Sir or Madam,\nplease find attached nothing at all.\n" * 40, "it is text"),
    "utf-16 text": ("Nothing to hear.".encode("utf-16"), "it is text"),
    "html": (b"\n<!DOCTYPE html><html><body>Not found</body></html>", "a web page"),
    "xml page": (b"<?xml version='1.0'?><html xmlns='x'></html>", "a web page"),
    "hls": (b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:10,\nfile:///etc/passwd\n", "an HLS playlist"),
    "ffconcat": (b"ffconcat version 1.0\nfile 16bit.wav\n", "a concatenation script"),
    "sdp": (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n", "an SDP description"),
    "dash": (b"<?xml version='1.0'?>\n<MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>", "a DASH manifest"),
    "png": (b"\x89PNG\r\n\x1a\n" + bytes(2000), "a PNG image"),
    "zip": (b"PK\x03\x04" + bytes(2000), "a ZIP archive"),
    "random": (np.random.default_rng(5).bytes(200_000), "of an unknown kind"),
    "zeros": (bytes(100_000), "of an unknown kind"),
    "webm": (b"\x1aE\xdf\xa3" + bytes(2000), "Matroska"),
    "avi": (b"RIFF\x00\x00\x01\x00AVI LIST" + bytes(2000), "AVI"),
}


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("extension", ["mp3", "wav"])
async def test_what_is_no_audio_is_refused_by_its_content(
    name: str, extension: str, room: Room, tmp_path: Path
) -> None:
    content, sentence = STRANGERS[name]
    path = tmp_path / f"song.{extension}"
    path.write_bytes(content)

    with pytest.raises(UnsupportedFormat, match=sentence):
        await room.probe(path)


async def test_a_relative_script_beside_real_audio_reads_none_of_it(sources: Path, room: Room) -> None:
    shutil.copy(sources / "cbr.mp3", room.folder / "secret.mp3")
    script = room.folder / "list.mp3"
    script.write_bytes(b"ffconcat version 1.0\nfile secret.mp3\n")

    with pytest.raises(UnsupportedFormat, match="concatenation script"):
        await room.probe(script)


async def test_a_playlist_behind_a_tag_is_refused_too(room: Room) -> None:
    path = room.folder / "tagged.mp3"
    path.write_bytes(b"ID3\x04\x00\x00\x00\x00\x00\x0a" + bytes(10) + b"#EXTM3U\nfile:///etc/hosts\n")

    with pytest.raises(UnsupportedFormat, match="HLS"):
        await room.probe(path)


async def test_a_tag_that_claims_more_than_the_file_is_told(room: Room) -> None:
    path = room.folder / "lying.mp3"
    path.write_bytes(b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + bytes(5000))

    with pytest.raises(CorruptFile, match="tags claim more bytes"):
        await room.probe(path)


@pytest.mark.parametrize("extension", ["mp4", "mkv"])
async def test_a_video_without_sound_is_refused(extension: str, room: Room) -> None:
    path = room.folder / f"silent.{extension}"
    ffmpeg(room.decoder.binary, "-f", "lavfi", "-i", "testsrc=d=1:s=64x64:r=5", "-c:v", "mpeg4", path)

    with pytest.raises(UnsupportedFormat, match="video without sound" if extension == "mp4" else "Matroska"):
        await room.probe(path)


async def test_a_film_is_heard_through_its_first_sound_track(sources: Path, room: Room) -> None:
    path = room.folder / "film.mp4"
    picture = ("-f", "lavfi", "-i", "testsrc=d=3:s=64x64:r=5")
    sound = ("-i", sources / "16bit.wav", "-i", sources / "22k_mono.mp3")
    maps = ("-map", "0:v", "-map", "1:a", "-map", "2:a", "-disposition:a:1", "default")
    ffmpeg(room.decoder.binary, *picture, *sound, *maps, "-c:v", "mpeg4", "-c:a", "aac", path)

    pcm = await room.open(path)

    assert (pcm.sample_rate, pcm.channels) == (44_100, 2)


@pytest.mark.parametrize("name", ["vorbis.ogg", "celt.opus", "aac.m4a"])
async def test_a_part_copied_from_a_longer_programme_is_not_called_damaged(
    name: str, sources: Path, room: Room
) -> None:
    path = room.folder / name
    ffmpeg(room.decoder.binary, "-copyts", "-ss", "1.37", "-i", sources / name, "-c", "copy", path)

    outcome = await outcome_of(room, path)

    assert outcome.found_samples > RATE
    assert outcome.notes == ()


@pytest.mark.parametrize("name", ["cbr.mp3", "vorbis.ogg"])
async def test_two_recordings_in_one_file_are_both_read(name: str, sources: Path, room: Room) -> None:
    path = room.folder / name
    path.write_bytes((sources / name).read_bytes() * 2)

    assert (await room.open(path)).sample_count > 1.9 * SAMPLES


async def test_no_samples_at_all_are_told(room: Room) -> None:
    path = room.folder / "nothing.wav"
    path.write_bytes(riff(0, b""))

    with pytest.raises(CorruptFile, match="no samples"):
        await room.open(path)


async def test_a_flac_without_frames_is_told(sources: Path, room: Room) -> None:
    data = (sources / "16bit.flac").read_bytes()
    path = room.folder / "nothing.flac"
    path.write_bytes(data[:4] + bytes([data[4] | 0x80]) + data[5:42])

    with pytest.raises(CorruptFile):
        await room.open(path)


@pytest.mark.parametrize("target", list(Format))
async def test_eight_channels_are_kept_or_mixed_down_and_said(target: Format, room: Room) -> None:
    path = room.folder / "eight.wav"
    soundfile.write(path, speech_like(30_001, 48_000, 8), 48_000)
    pcm = await room.open(path)
    plan = plan_encode(pcm, target)

    assert plan.channels == (2 if target in (Format.MP3, Format.AAC) else 8)
    assert bool(plan.notes) == (plan.channels == 2)
    await cut_and_verify(room, path, target)


@pytest.mark.parametrize("target", list(Format))
@pytest.mark.parametrize("rate", [192_000, 4_000])
async def test_odd_rates_are_kept_or_resampled_and_said(target: Format, rate: int, room: Room) -> None:
    path = room.folder / "odd.wav"
    soundfile.write(path, speech_like(rate + 77, rate), rate)
    pcm = await room.open(path)
    plan = plan_encode(pcm, target)

    keeps = target in (Format.WAV, Format.FLAC, Format.OGG)
    assert (plan.sample_rate == rate) == keeps
    assert bool(plan.notes) != keeps
    await cut_and_verify(room, path, target)


@pytest.mark.parametrize("channels", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("target", [Format.OGG, Format.OPUS, Format.FLAC, Format.AAC, Format.M4A])
async def test_every_number_of_channels_can_be_written(channels: int, target: Format, room: Room) -> None:
    path = room.folder / "many.wav"
    soundfile.write(path, speech_like(12_345, 48_000, channels), 48_000)

    await cut_and_verify(room, path, target)


@pytest.mark.parametrize("target", list(Format))
async def test_a_hundredth_of_a_second_is_a_source_too(target: Format, room: Room) -> None:
    path = room.folder / "short.wav"
    soundfile.write(path, speech_like(441), RATE)

    await cut_and_verify(room, path, target)


@pytest.mark.parametrize("codec", ["libmp3lame", "flac", "libvorbis", "libopus", "aac"])
async def test_a_hundredth_of_a_second_is_read_from_every_format(codec: str, room: Room) -> None:
    master = room.folder / "short.wav"
    soundfile.write(master, speech_like(441), RATE)
    extension = {"libmp3lame": "mp3", "flac": "flac", "libvorbis": "ogg", "libopus": "opus", "aac": "m4a"}[
        codec
    ]
    path = room.folder / f"short.{extension}"
    ffmpeg(room.decoder.binary, "-i", master, "-c:a", codec, path)

    assert 400 < (await room.open(path)).sample_count < 1200


@pytest.mark.parametrize("name", ["cbr.mp3", "16bit.flac", "adts.aac", "aac.m4a", "vorbis.ogg", "24bit.wav"])
async def test_a_wrong_extension_changes_nothing(name: str, sources: Path, room: Room) -> None:
    right = await room.probe(sources / name)
    path = room.folder / "picture.png"
    shutil.copy(sources / name, path)

    assert await room.probe(path) == right


async def test_a_hostile_name_is_only_a_name(sources: Path, room: Room) -> None:
    path = room.folder / "-i http:%d:a,b|c'\"$(x)\n.mp3"
    shutil.copy(sources / "cbr.mp3", path)

    assert (await room.open(path)).sample_count > 0


async def test_more_channels_than_allowed_are_refused(room: Room) -> None:
    path = room.folder / "nine.wav"
    soundfile.write(path, np.zeros((100, 9)), RATE)

    with pytest.raises(UnsupportedFormat, match="9 channels; at most 8"):
        await room.probe(path)


async def test_a_rate_above_the_limit_is_refused(room: Room) -> None:
    path = room.folder / "fast.wav"
    path.write_bytes(riff(400, bytes(400), rate=400_000))

    with pytest.raises(UnsupportedFormat, match="400000 Hz"):
        await room.probe(path)


@pytest.mark.parametrize("name", ["16bit.wav", "16bit.flac", "cbr.mp3"])
async def test_a_source_longer_than_allowed_is_refused(name: str, sources: Path, room: Room) -> None:
    limits = MediaLimits(max_duration_s=2)
    facts = await probe(sources / name, limits, room.prober)

    with pytest.raises(SourceTooLong):
        await decode(sources / name, facts, room.folder, room.decoder, limits)


async def cut_and_verify(room: Room, path: Path, target: Format) -> None:
    pcm = await room.open(path)
    plan = plan_encode(pcm, target)
    cuts = cuts_between(sorted({0, pcm.sample_count * 2 // 3, pcm.sample_count}), "duration")

    segments = cut_by_plan(pcm, cuts, plan, room.folder, room.decoder, 2)
    decoded = 0
    async for segment in segments:
        decoded += (await verify_segment(segment, plan, pcm, room.decoder)).decoded_samples
        decoded -= segment.excess_samples

    whole = pcm.sample_count
    if plan.sample_rate != pcm.sample_rate:
        whole = (2 * whole * plan.sample_rate + pcm.sample_rate) // (2 * pcm.sample_rate)
    assert decoded == whole
