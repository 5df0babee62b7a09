"""A transcript as WebVTT subtitles: the blocks of the SubRip file, for browsers."""

from server.speech.transcript import Transcript
from server.speech.transcript_blocks import Block, BlockShape, blocks

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def vtt_file(transcript: Transcript, shape: BlockShape) -> bytes:
    numbered = enumerate(blocks(transcript, shape), start=1)
    return ("WEBVTT\n\n" + "".join(_cue(number, block) for number, block in numbered)).encode()


def _cue(number: int, block: Block) -> str:
    text = "\n".join(block.lines).translate(_ESCAPES)
    return f"{number}\n{_time(block.start_ms)} --> {_time(block.end_ms)}\n{text}\n\n"


def _time(time_ms: int) -> str:
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}.{milliseconds:03}"
