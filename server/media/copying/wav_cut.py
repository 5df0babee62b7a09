"""Cuts WAV (RIFF, RF64 and W64 with plain PCM) at any sample: a new header and a range of bytes."""

import os
from pathlib import Path

from server.media.copying.copier import Integrity, NotCopyable
from server.media.copying.copy_range import write_all
from server.media.copying.opened import created, opened
from server.media.copying.stretch import Stretch
from server.media.wav import WavHeader, WavHeaderError, build_header, read_header
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format

_CHUNK_BYTES = 1 << 20
_PAGE_BYTES = 4096


def open_wav(path: Path) -> "WavCopier":
    """Reads the header alone. Raises NotCopyable for codecs other than PCM, CorruptFile without samples."""
    try:
        header = read_header(path)
    except WavHeaderError as error:
        raise CorruptFile("its header is damaged or incomplete.") from error
    if header.sample_format is None:
        raise NotCopyable("Its samples are not plain PCM.")
    if not header.found_samples:
        raise CorruptFile("it holds no sample.")
    return WavCopier(path, header)


class WavCopier:
    """A Copier of WAV. The description of the samples is the source's, WAVE_FORMAT_EXTENSIBLE included."""

    format = Format.WAV

    def __init__(self, path: Path, header: WavHeader) -> None:
        self._path, self._header = path, header

    @property
    def sample_rate(self) -> int:
        return self._header.sample_rate

    @property
    def channels(self) -> int:
        return self._header.channels

    @property
    def sample_count(self) -> int:
        return self._header.found_samples

    @property
    def integrity(self) -> Integrity:
        """Nothing is expected of a file whose recorder never wrote down the length."""
        header = self._header
        return Integrity(
            expected_samples=None if header.claimed_bytes is None else header.claimed_samples,
            is_truncated=header.found_samples < header.claimed_samples,
        )

    def snap(self, sample: int) -> int:
        return min(max(sample, 0), self.sample_count)

    def excess_samples(self, first_sample: int, sample_count: int) -> int:  # noqa: ARG002 - the same for all
        return 0

    def size_bytes(self, first_sample: int, sample_count: int) -> int:
        self._check(first_sample, sample_count)
        data_bytes = sample_count * self._header.block_bytes
        return len(self._head(sample_count)) + data_bytes + data_bytes % 2

    def fit(self, first_sample: int, max_bytes: int) -> int:
        left = self.sample_count - first_sample
        count = min(left, max_bytes // self._header.block_bytes)
        while count > 0 and self.size_bytes(first_sample, count) > max_bytes:
            count -= 1
        return max(0, count)

    def write(self, first_sample: int, sample_count: int, output: Path) -> None:
        made = self.stretch(first_sample, sample_count)
        with opened(self._path) as source, created(output) as target:
            write_all(target, made.head)
            _copy(source, target, made.offset, made.size_bytes, len(made.head))
            write_all(target, made.tail)

    def stretch(self, first_sample: int, sample_count: int) -> Stretch:
        self._check(first_sample, sample_count)
        block_bytes = self._header.block_bytes
        size_bytes = sample_count * block_bytes
        offset = self._header.data_offset + first_sample * block_bytes
        return Stretch(self._head(sample_count), offset, size_bytes, bytes(size_bytes % 2))

    def _head(self, sample_count: int) -> bytes:
        return build_header(self._header.format_chunk, self._header.block_bytes, sample_count)

    def _check(self, first_sample: int, sample_count: int) -> None:
        if not 0 <= first_sample < first_sample + sample_count <= self.sample_count:
            raise ValueError(f"no {sample_count} samples at {first_sample} of {self.sample_count}")


def _copy(source: int, target: int, offset: int, size_bytes: int, target_offset: int) -> None:
    """In whole pages of the target; `copy_file_range` is a third slower once the header has moved them."""
    buffer = memoryview(bytearray(min(_CHUNK_BYTES, size_bytes)))
    end = offset + size_bytes
    wanted = min(size_bytes, _CHUNK_BYTES - target_offset % _PAGE_BYTES)
    while offset < end:
        count = os.preadv(source, [buffer[:wanted]], offset)
        if not count:
            raise CorruptFile("it became shorter while it was being cut.")
        offset += os.write(target, buffer[:count])
        wanted = min(end - offset, _CHUNK_BYTES)
