"""A transcript as SubRip subtitles."""

from server.speech.transcript import Transcript
from server.speech.transcript_blocks import Block, BlockShape, blocks


def srt_file(transcript: Transcript, shape: BlockShape) -> bytes:
    """Ends of lines are LF, no byte order mark, an empty line after every block, no labels."""
    numbered = enumerate(blocks(transcript, shape), start=1)
    return "".join(_block(number, block) for number, block in numbered).encode()


def _block(number: int, block: Block) -> str:
    # SubRip cannot escape its arrow.
    text = "\n".join(block.lines).replace("-->", "→")
    return f"{number}\n{_time(block.start_ms)} --> {_time(block.end_ms)}\n{text}\n\n"


def _time(time_ms: int) -> str:
    seconds, milliseconds = divmod(time_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02},{milliseconds:03}"
