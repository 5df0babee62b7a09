"""A transcript as WebVTT subtitles: the blocks of the SubRip file, for browsers."""

from server.speech.transcript import Transcript
from server.speech.transcript_blocks import Block, BlockShape, blocks

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def vtt_file(transcript: Transcript, shape: BlockShape) -> bytes:
    numbered = enumerate(blocks(transcript, shape), start=1)
    return ("WEBVTT\n\n" + "".join(_cue(number, block) for number, block in numbered)).encode()


def _cue(number: int, block: Block) -> str:
    text = "\n".join(block.lines).translate(_ESCAPES)
    return f"{number}\n{block.times('.')}\n{text}\n\n"
