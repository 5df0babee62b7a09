"""How a job was asked to be cut and made: in words for people, in numbers for scripts."""

from typing import Any

from google.protobuf.duration_pb2 import Duration

from zerokerf.cli.quantities import format_duration, format_size
from zerokerf.v1.split_pb2 import (
    CutOptions,
    EncodeOptions,
    SilenceMode,
    Split,
    SplitMode,
    TagOptions,
    Verification,
)

Document = dict[str, Any]


def mode_document(mode: SplitMode) -> Document:
    match mode.WhichOneof("mode"):
        case "duration":
            return {"every_s": seconds(mode.duration.segment_duration)}
        case "file_size":
            return {"max_size_bytes": mode.file_size.max_file_size}
        case "parts":
            return {"parts": mode.parts.count}
        case "timestamps":
            return {"at_s": [seconds(each) for each in mode.timestamps.positions]}
        case "cue":
            return {"cue": mode.cue.sheet}
        case "silence":
            return _silence_document(mode.silence)
        case name:
            return {name: True} if name else {}


def options_document(options: CutOptions) -> Document:
    return {
        "snap_s": seconds(options.snap_to_silence) if options.HasField("snap_to_silence") else None,
        "overlap_s": seconds(options.overlap),
        "min_tail_s": seconds(options.min_tail),
    }


def output_document(split: Split) -> Document:
    """What its segments were asked to be."""
    encoding = split.encoding
    return {
        "encoding": {
            "bit_rate": encoding.bit_rate or None,
            "quality": encoding.quality if encoding.HasField("quality") else None,
            "sample_rate_hz": encoding.sample_rate or None,
            "channels": encoding.channels or None,
            "bit_depth": encoding.bit_depth or None,
        },
        "tags": "none" if split.tags.policy == TagOptions.POLICY_NONE else "copy",
        "title": split.tags.title or None,
        "verification": "full" if split.verification == Verification.VERIFICATION_FULL else "edges",
        "strict": split.strict,
    }


def seconds(duration: Duration) -> float:
    return duration.ToNanoseconds() / 1e9


def cut_words(split: Split) -> str:
    """As they follow the word "cut"."""
    return ", ".join([_mode_words(split.mode), *_option_words(split.options)])


def output_words(split: Split) -> str:
    """What its segments were asked to be beyond the usual; empty if nothing."""
    words = _encoding_words(split.encoding)
    if split.tags.policy == TagOptions.POLICY_NONE:
        words.append("without tags")
    if split.tags.title:
        words.append(f"titled {split.tags.title!r}")
    if split.verification == Verification.VERIFICATION_FULL:
        words.append("fully verified")
    if split.strict:
        words.append("only of a whole source")
    return ", ".join(words)


def _encoding_words(encoding: EncodeOptions) -> list[str]:
    amounts = {
        "bit/s": encoding.bit_rate,
        "Hz": encoding.sample_rate,
        "channels": encoding.channels,
        "bit": encoding.bit_depth,
    }
    words = [f"{amount} {unit}" for unit, amount in amounts.items() if amount]
    return [*words, f"quality {encoding.quality:g}"] if encoding.HasField("quality") else words


def _mode_words(mode: SplitMode) -> str:
    match mode.WhichOneof("mode"):
        case "duration":
            return f"every {_length(mode.duration.segment_duration)}"
        case "file_size":
            return f"to at most {format_size(mode.file_size.max_file_size)}"
        case "parts":
            return f"into equal parts: {mode.parts.count}"
        case "timestamps":
            return f"at given positions: {len(mode.timestamps.positions)}"
        case "chapters":
            return "at its chapters"
        case "cue":
            return "by a cue sheet"
        case "silence":
            return f"in pauses of at least {_length(mode.silence.min_silence)}"
        case _:
            return "in a way that this version does not know"


def _option_words(options: CutOptions) -> list[str]:
    words = []
    if options.HasField("snap_to_silence"):
        words.append(f"moved by up to {_length(options.snap_to_silence)} into pauses")
    if options.HasField("overlap"):
        words.append(f"overlapping by {_length(options.overlap)}")
    if options.HasField("min_tail"):
        words.append(f"the last at least {_length(options.min_tail)}")
    return words


def _silence_document(silence: SilenceMode) -> Document:
    longest = silence.max_segment
    return {
        "silence_s": seconds(silence.min_silence),
        "min_length_s": seconds(silence.min_segment),
        "max_length_s": seconds(longest) if silence.HasField("max_segment") else None,
    }


def _length(duration: Duration) -> str:
    return format_duration(duration.ToTimedelta())
