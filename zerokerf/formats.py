"""The audio formats by their names, with the endings and media types of their files."""

from enum import StrEnum


class Format(StrEnum):
    MP3 = "mp3"
    WAV = "wav"
    FLAC = "flac"
    #: Vorbis in Ogg.
    OGG = "ogg"
    #: AAC in ADTS.
    AAC = "aac"
    #: Opus in Ogg.
    OPUS = "opus"
    #: AAC in MP4.
    M4A = "m4a"

    @property
    def extension(self) -> str:
        return self.value

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self]


CONTENT_TYPES = {
    Format.MP3: "audio/mpeg",
    Format.WAV: "audio/wav",
    Format.FLAC: "audio/flac",
    Format.OGG: "audio/ogg",
    Format.AAC: "audio/aac",
    Format.OPUS: "audio/ogg; codecs=opus",
    Format.M4A: "audio/mp4",
}
