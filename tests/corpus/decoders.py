"""How long a file really is, counted by decoders that share no code with the service or with each other."""

from pathlib import Path

import soundfile

from tests.corpus.recordings import ffmpeg

#: What libsndfile reads; it knows no AAC.
SECOND_OPINIONS = frozenset({".wav", ".flac", ".mp3", ".ogg", ".opus"})


def decoded_samples(path: Path) -> int:
    """Samples per channel. Where a second decoder knows the format, both have to agree."""
    count = len(ffmpeg("-i", path, "-ac", "1", "-f", "s16le", "-")) // 2
    if path.suffix in SECOND_OPINIONS:
        assert samples_by_soundfile(path) == count, f"two decoders disagree about {path.name}"
    return count


def pcm(path: Path) -> bytes:
    """The samples as 16 bit, every bit of them for what is lossless."""
    return ffmpeg("-i", path, "-f", "s16le", "-")


def samples_by_soundfile(path: Path) -> int:
    """Without a process of its own, for where there are many files."""
    with soundfile.SoundFile(path) as file:
        return sum(len(block) for block in file.blocks(blocksize=65536, dtype="int16"))
