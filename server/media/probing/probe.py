"""Says what a file really is, by its content, in a limited process of its own."""

import asyncio
from pathlib import Path
from typing import Any

from server.media.facts import MediaLimits, SourceFacts
from server.media.pcm import SampleFormat
from server.media.probing.claims import Claims, read_claims
from server.media.probing.prober import Prober
from server.media.probing.sniff import sniff
from server.media.wav import WavHeader
from zerokerf.errors import CorruptFile, UnsupportedFormat
from zerokerf.formats import Format

_FORMATS = {"wav": Format.WAV, "w64": Format.WAV, "mp3": Format.MP3, "aac": Format.AAC, "flac": Format.FLAC}
_OGG_FORMATS = {"vorbis": Format.OGG, "opus": Format.OPUS, "flac": Format.FLAC}
_FRAME_FORMATS = {
    "u8": SampleFormat.U8,
    "s16": SampleFormat.S16,
    "s32": SampleFormat.S32,
    "flt": SampleFormat.F32,
    "dbl": SampleFormat.F64,
}


async def probe(path: Path, limits: MediaLimits, prober: Prober) -> SourceFacts:
    """Facts by content. Raises UnsupportedFormat or CorruptFile with a sentence a person can act on.

    A file that is cut short is no reason to raise, as long as some of it can be decoded.
    """
    demuxer, claims, size_bytes = await asyncio.to_thread(_look, path)
    if claims.wav is not None and claims.wav.sample_format is not None:
        facts = _wav_facts(claims, claims.wav, claims.wav.sample_format, demuxer, size_bytes)
    else:
        answer = await prober.ask(_request(path, demuxer, limits), limits.probe_wall_s + 5)
        _refuse_problem(answer)
        facts = _facts(answer, demuxer, claims, size_bytes)
    _check_limits(facts, limits)
    return facts


def _look(path: Path) -> tuple[str, Claims, int]:
    demuxer = sniff(path)
    return demuxer, read_claims(path, demuxer), path.stat().st_size


def _request(path: Path, demuxer: str, limits: MediaLimits) -> dict[str, Any]:
    return {
        "path": str(path.absolute()),
        "demuxer": demuxer,
        "wall_s": limits.probe_wall_s,
        "cpu_s": limits.probe_cpu_s,
        "memory_bytes": limits.memory_bytes,
    }


def _refuse_problem(answer: dict[str, Any]) -> None:
    problem = answer.get("problem")
    if problem == "no_audio":
        what = "it is a video without sound." if answer.get("has_video") else "it holds no audio."
        raise UnsupportedFormat(what)
    if problem == "unreadable":
        raise CorruptFile("its header is damaged or incomplete.")
    if problem == "died":
        raise CorruptFile("examining it took more memory or time than is allowed.")
    if problem is not None:
        raise CorruptFile("not one piece of audio in it can be decoded.")


def _facts(answer: dict[str, Any], demuxer: str, claims: Claims, size_bytes: int) -> SourceFacts:
    codec: str = answer["codec"]
    bits = claims.bits_per_sample or _alac_bits(codec, bytes.fromhex(answer["extradata"]))
    sample_format = _sample_format(codec, answer["frame_format"], bits)
    return SourceFacts(
        format=_format(demuxer, codec),
        demuxer=demuxer,
        codec=codec,
        sample_rate=answer["sample_rate"],
        channels=answer["channels"],
        sample_format=sample_format,
        bits_per_sample=bits,
        stream_index=0,
        duration_hint_samples=answer["duration_samples"],
        claimed_samples=claims.samples,
        size_bytes=size_bytes,
        is_truncated=claims.is_truncated,
    )


def _wav_facts(
    claims: Claims, header: WavHeader, sample_format: SampleFormat, demuxer: str, size_bytes: int
) -> SourceFacts:
    """Plain samples need no decoder, and so no other process."""
    return SourceFacts(
        format=Format.WAV,
        demuxer=demuxer,
        codec=sample_format.codec,
        sample_rate=header.sample_rate,
        channels=header.channels,
        sample_format=sample_format,
        bits_per_sample=sample_format.sample_bytes * 8,
        stream_index=0,
        duration_hint_samples=header.found_samples,
        claimed_samples=header.claimed_samples,
        size_bytes=size_bytes,
        is_truncated=claims.is_truncated,
    )


def _format(demuxer: str, codec: str) -> Format:
    if demuxer == "mov":
        return Format.M4A
    if demuxer != "ogg":
        return _FORMATS[demuxer]
    if codec not in _OGG_FORMATS:
        raise UnsupportedFormat(f"it is an Ogg file with {codec} audio; Vorbis, Opus and FLAC are accepted.")
    return _OGG_FORMATS[codec]


def _sample_format(codec: str, frame_format: str, bits: int | None) -> SampleFormat:
    """Lossy codecs decode to 16 bit, as players and recorders take them; anything else keeps every bit."""
    is_lossless = codec.startswith("pcm_") or codec in ("flac", "alac")
    if not is_lossless:
        return SampleFormat.S16
    found = _FRAME_FORMATS.get(frame_format, SampleFormat.S32)
    if found is SampleFormat.S32 and bits is not None and bits <= 24:
        return SampleFormat.S24
    return found


def _alac_bits(codec: str, extradata: bytes) -> int | None:
    return extradata[17] if codec == "alac" and len(extradata) > 17 else None


def _check_limits(facts: SourceFacts, limits: MediaLimits) -> None:
    if facts.channels > limits.max_channels:
        raise UnsupportedFormat(
            f"it has {facts.channels} channels; at most {limits.max_channels} are accepted.",
            channels=facts.channels,
        )
    if facts.sample_rate > limits.max_sample_rate:
        raise UnsupportedFormat(
            f"its sample rate is {facts.sample_rate} Hz; at most {limits.max_sample_rate} Hz are accepted.",
            sampleRate=facts.sample_rate,
        )
    if facts.claimed_samples == 0:
        raise CorruptFile("it holds no samples.")
