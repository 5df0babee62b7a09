"""The files that a transcript is written as: their names, their media types, their bytes."""

from enum import StrEnum

from server.speech.format_json import JobFacts, json_file
from server.speech.format_srt import srt_file
from server.speech.format_txt import txt_file
from server.speech.format_vtt import vtt_file
from server.speech.transcript import Transcript
from server.speech.transcript_blocks import BlockShape


class TranscriptFormat(StrEnum):
    """The value is also the end of the file's name."""

    JSON = "json"
    TXT = "txt"
    SRT = "srt"
    VTT = "vtt"


MEDIA_TYPES = {
    TranscriptFormat.JSON: "application/json",
    TranscriptFormat.TXT: "text/plain; charset=utf-8",
    TranscriptFormat.SRT: "application/x-subrip",
    TranscriptFormat.VTT: "text/vtt; charset=utf-8",
}


def transcript_file(
    wanted: TranscriptFormat, transcript: Transcript, facts: JobFacts, shape: BlockShape
) -> bytes:
    """The same arguments give the same bytes."""
    match wanted:
        case TranscriptFormat.JSON:
            return json_file(transcript, facts)
        case TranscriptFormat.TXT:
            return txt_file(transcript)
        case TranscriptFormat.SRT:
            return srt_file(transcript, shape)
        case TranscriptFormat.VTT:
            return vtt_file(transcript, shape)
