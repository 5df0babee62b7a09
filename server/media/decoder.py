"""Which ffmpeg is used, whether it can do what is needed, and how it may open files."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import imageio_ffmpeg

from server.media.run import RunLimits, run
from zerokerf.errors import ConfigError

_NEEDED = ("libmp3lame", "libvorbis", "libopus", "flac", "aac", "alac", "pcm_s16le", "pcm_s24le")
_CHECK_LIMITS = RunLimits(wall_s=30, cpu_s=30, memory_bytes=2 * 1024**3)

#: Said to every ffmpeg: no terminal, errors only, overwrite (a fresh temporary name), no giant allocation,
#: and no thread for each core of a large machine, whose stacks alone would break the memory limit.
QUIET = ("-nostdin", "-hide_banner", "-v", "error", "-y", "-max_alloc", str(1 << 28), "-filter_threads", "1")
PROGRESS = ("-progress", "pipe:1", "-stats_period", "0.25")


@dataclass(frozen=True, slots=True)
class Decoder:
    """One ffmpeg binary."""

    binary: Path


def find_decoder(binary: Path | None = None) -> Decoder:
    """The given one, else the tested build that comes as a package."""
    return Decoder(binary or Path(imageio_ffmpeg.get_ffmpeg_exe()))


async def check_decoder(decoder: Decoder) -> str:
    """The version line. Raises ConfigError if the binary does not run or lacks an encoder."""
    version = (await _ask(decoder, "-version")).partition("\n")[0]
    listing = await _ask(decoder, "-encoders")
    present = {line.split()[1] for line in listing.splitlines() if len(line.split()) > 1}
    missing = [name for name in _NEEDED if name not in present]
    if missing:
        raise ConfigError(
            f"{decoder.binary} lacks the encoder {missing[0]}; point ZEROKERF_FFMPEG at a full build."
        )
    return version


def source_options(demuxer: str) -> dict[str, str]:
    """For files of strangers: exactly this demuxer, and no way out to other files or the network."""
    return {"f": demuxer, "format_whitelist": demuxer, "protocol_whitelist": "file,pipe"}


async def _ask(decoder: Decoder, question: str) -> str:
    argv = [str(decoder.binary), question]
    with tempfile.TemporaryFile() as file:
        try:
            finished = await run(argv, folder=Path("/"), limits=_CHECK_LIMITS, stdout_fd=file.fileno())
        except OSError as error:
            raise ConfigError(
                f"{decoder.binary} cannot be started; set ZEROKERF_FFMPEG to a working ffmpeg."
            ) from error
        if finished.exit_code != 0:
            raise ConfigError(
                f"{decoder.binary} does not run ({finished.stderr[-200:]}); check ZEROKERF_FFMPEG."
            )
        file.seek(0)
        return file.read().decode(errors="replace")
