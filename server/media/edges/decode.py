"""Decodes stretches of one audio file by their place on its time line, exact to the sample.

Runs in the limited process that opens strangers' files.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
from av.codec.context import Flags2
from av.container import InputContainer

from server.media.edges.ogg import last_page_start
from server.media.edges.stretch import Piece, Samples, Stretch, assembled, place_of

# Some time stamps of Vorbis are wrong, most are right. Those of the other codecs are right.
_PLACING_FRAMES = {"vorbis": 24}
# Told to show everything, this decoder makes noise of the packet that only primes it.
_HIDING = ("vorbis",)
# Else up to megabytes of samples are searched for other codecs in disguise, or frames are decoded to see what
# the header says already.
_OPENING = {"wav": {"probesize": "4096"}, "mov": {"probesize": "4096", "analyzeduration": "1"}}
_FLOW_FRAMES = 24
_ANY_LENGTH = 1 << 62


@dataclass(frozen=True, slots=True)
class Anchor:
    """A frame: its first byte in the file, and the place of its first sample."""

    offset: int
    place: int


class AudioFile:
    """One open file. What its container hides at the start has places below 0, what it hides at the end is
    cut off. Raises FFmpegError or ValueError for what can't be opened or read."""

    def __init__(self, path: str, demuxer: str, anchors: Sequence[Anchor] = ()) -> None:
        """With anchors, which rise, stretches begin at them and need no way through the file."""
        self._path = path
        self._demuxer = demuxer
        self._anchors = anchors
        self._last_entry = last_page_start(Path(path)) - 1 if demuxer == "ogg" else None
        self._open()
        self._first_stamp = 0
        self._hidden = 0
        #: How many samples the last decoding to the end left out there, as the file says.
        self.dropped = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()

    @property
    def _stated_end(self) -> int | None:
        """The place after the last sample, by the LAME tag; of other formats it is an estimate."""
        if self._demuxer != "mp3" or self._stream.duration is None:
            return None
        return round(self._stream.duration * self._stamp_samples)

    def head(self, end: int | None) -> Stretch:
        """From the first frame of the file to place `end` or farther; to its end without one.

        The first call after opening: other places are counted from here.
        """

        def is_enough(_: int, count: int) -> bool:
            return end is not None and count >= end + self._hidden

        raw = self._joined(self._decode(self._decoder, None), is_enough, None)
        self._first_stamp = raw.place
        return Stretch(-self._hidden, raw.samples)

    def stretch(self, begin: int, needed: int, end: int | None, *, anew: bool = False) -> Stretch:
        """From the last anchor at or before place `begin`, or else the first frame that starts at or after
        it, to place `end` or farther.

        Keeps nothing that lies before place `needed`. `anew` asks for a decoder that remembers nothing at
        all of what it decoded before.
        """
        at = bisect_right(self._anchors, begin, key=lambda anchor: anchor.place)
        if at:
            decoder = self._new_decoder() if anew else self._decoder
            return self._stretch_from(self._anchors[at - 1], decoder, needed, end)
        zero = self._first_stamp + self._hidden
        first = self._seek(begin, zero)
        decoder = self._new_decoder() if anew else self._decoder

        def is_enough(place: int, count: int) -> bool:
            return end is not None and place + count >= end + zero

        pieces = self._decode(decoder, first, reads_gaps=end is None)
        raw = self._joined(pieces, is_enough, needed + zero)
        return Stretch(raw.place - zero, raw.samples)

    def _stretch_from(
        self, anchor: Anchor, decoder: av.AudioCodecContext, needed: int, end: int | None
    ) -> Stretch:
        self._container.seek(anchor.offset, unsupported_byte_offset=True)
        self._are_stamps_lost = True

        def is_enough(place: int, count: int) -> bool:
            return end is not None and place + count >= end

        pieces = self._decode(decoder, None, reads_gaps=False)
        raw = self._joined(pieces, is_enough, needed, anchor.place)
        last = self._stated_end if end is None else end
        if last is None:
            return raw
        self.dropped = max(0, raw.end - last)
        return Stretch(raw.place, raw.part(raw.place, last - raw.place))

    def flow(self, begin: int, *, anew: bool = False) -> Iterator[Stretch]:
        """The same to the end of the file, some frames at a time."""
        zero = self._first_stamp + self._hidden
        first = self._seek(begin, zero)
        waiting: list[Piece] = []
        place: int | None = None
        like: Samples | None = None
        for piece in self._decode(self._new_decoder() if anew else self._decoder, first):
            waiting.append(piece)
            if len(waiting) < _FLOW_FRAMES:
                continue
            stretch = assembled(waiting, place_of(waiting) if place is None else place, None, like)
            yield Stretch(stretch.place - zero, stretch.samples)
            waiting, place, like = [], stretch.end, stretch.samples
        if waiting:
            stretch = assembled(waiting, place_of(waiting), None)
            yield Stretch(stretch.place - zero, stretch.samples)

    def _seek(self, begin: int, zero: int) -> int | None:
        """The first stamp to decode; none where that is the file's first frame."""
        if self._are_stamps_lost:
            self._reopen()
        first = begin + zero
        target = first if self._last_entry is None else min(first, self._last_entry)
        if not self._has_fine_stamps:
            target = self._first_stamp
        while target > self._first_stamp:
            try:
                self._container.seek(int(target / self._stamp_samples), stream=self._stream)
            except av.error.FFmpegError:
                target -= self._decoder.sample_rate  # FLAC can't be entered just before its end
            else:
                return first
        self._reopen()
        return first if first > self._first_stamp and self._has_fine_stamps else None

    def _reopen(self) -> None:
        self._container.close()
        self._open()

    def _open(self) -> None:
        options = {"protocol_whitelist": "file", "format_whitelist": self._demuxer}
        options |= _OPENING.get(self._demuxer, {})
        self._are_stamps_lost = False
        self._container: InputContainer = av.open(
            f"file:{self._path}", format=self._demuxer, options=options, metadata_errors="replace"
        )
        if not self._container.streams.audio:
            self._container.close()
            raise ValueError("it holds no audio")
        self._stream = self._container.streams.audio[0]
        self._decoder = self._stream.codec_context
        self._decoder.thread_count = 1
        self._codec = self._decoder.codec.canonical_name
        if self._codec not in _HIDING:
            self._decoder.flags2 |= Flags2.skip_manual.value
        self._stamp_samples = Fraction(self._stream.time_base or 1) * self._decoder.sample_rate
        self._ratio = self._stamp_samples.as_integer_ratio()
        self._has_fine_stamps = self._stamp_samples.numerator == 1
        self._placing_frames = _PLACING_FRAMES.get(self._codec, 1)

    def _new_decoder(self) -> av.AudioCodecContext:
        decoder = av.CodecContext.create(self._decoder.codec, "r")
        if not isinstance(decoder, av.AudioCodecContext):
            raise TypeError("it decodes no audio")
        if self._decoder.extradata:
            decoder.extradata = self._decoder.extradata
        decoder.sample_rate = self._decoder.sample_rate
        decoder.layout = self._decoder.layout
        decoder.flags2 |= self._decoder.flags2
        return decoder

    def _decode(
        self, decoder: av.AudioCodecContext, first_stamp: int | None, *, reads_gaps: bool = True
    ) -> Iterator[Piece]:
        """What packets give, from the first one with that stamp or a later one. Gaps are at the ends of a
        file, and mean nothing where it was entered at a byte."""
        is_first, last_count = True, 0
        self.dropped = 0
        for packet in self._container.demux(self._stream):
            stamp = self._sample_at(packet.pts)
            if first_stamp is not None and stamp is not None and stamp < first_stamp:
                continue
            hidden, dropped = self._gaps(packet) if reads_gaps else (0, 0)
            if is_first and first_stamp is None and reads_gaps:
                self._hidden = hidden
            is_first = False
            try:
                frames = decoder.decode(packet)
            except av.error.FFmpegError:
                if last_count:
                    yield Piece(stamp, None, last_count)
                continue
            for frame in frames:
                last_count = frame.samples
                kept = max(0, min(frame.samples, self._length(packet)) - dropped)
                self.dropped += frame.samples - kept
                yield Piece(self._sample_at(frame.pts), frame, kept)

    def _length(self, packet: "av.Packet[Any]") -> int:
        """MP4 says by the length of its last packet where the sound ends."""
        if self._demuxer != "mov" or not packet.duration:
            return _ANY_LENGTH
        return round(packet.duration * self._stamp_samples)

    def _gaps(self, packet: "av.Packet[Any]") -> tuple[int, int]:
        """How many samples the container hides from here on, and at this packet's end."""
        if self._codec in _HIDING or not packet.has_sidedata("skip_samples"):
            return 0, 0
        data = bytes(packet.get_sidedata("skip_samples"))
        return int.from_bytes(data[:4], "little"), int.from_bytes(data[4:8], "little")

    def _sample_at(self, stamp: int | None) -> int | None:
        if stamp is None:
            return None
        samples, stamps = self._ratio
        return (2 * stamp * samples + stamps) // (2 * stamps)

    def _joined(
        self,
        decoded: Iterator[Piece],
        is_enough: Callable[[int, int], bool],
        needed: int | None,
        known_place: int | None = None,
    ) -> Stretch:
        """Placed by the stamps, if the place isn't known."""
        pieces: list[Piece] = []
        count, place = 0, known_place
        for piece in decoded:
            pieces.append(piece)
            count += piece.sample_count
            if place is None and len(pieces) == self._placing_frames:
                place = place_of(pieces)
            if place is not None and is_enough(place, count):
                break
        return assembled(pieces, place_of(pieces) if place is None else place, needed)
