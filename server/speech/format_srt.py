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
    return f"{number}\n{block.times(',')}\n{text}\n\n"
