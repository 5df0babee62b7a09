"""Stores a finished file that is mostly a range of its stored source: the store copies that itself."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

from server.media.copying.stretch import Stretch
from server.media.manifest.document import Composition as Composed
from server.media.segment import CutSegment
from server.workflows.composing.segment import COMPARED_BYTES, LEAST_BYTES
from server.workflows.composing.source import read_range
from storage.compose import LEAST_PART_BYTES, CannotCompose, Composer, Composition, StoredRange, Summing
from storage.interface import ObjectInfo, ObjectStore
from zerokerf.errors import ObjectDamaged, ObjectNotFound


@dataclass(frozen=True, slots=True)
class LocalComposing:
    """Of one worker. The files were proven before; what is stored is compared with them."""

    store: ObjectStore
    composer: Composer
    least_bytes: int = LEAST_BYTES

    async def put(self, key: str, segment: CutSegment, source_key: str, content_type: str) -> Composed | None:
        """None where its bytes have to be sent: they are few, the store will not or does it wrong, or its
        source has gone or changed, which does not touch a file that is proven."""
        stretch = segment.stretch
        if stretch is None or segment.size_bytes < self.least_bytes:
            return None
        try:
            source = await self.store.head(source_key)
            made_of = await asyncio.to_thread(_composition, segment, stretch, source)
            if made_of is None:
                return None
            info = await self.composer.compose(key, made_of, content_type=content_type)
        except (CannotCompose, ObjectNotFound, ObjectDamaged):
            return None
        if not await self._is_stored(info, segment.path, len(made_of.head)):
            await self.store.delete(key)
            return None
        return Composed(
            source_offset=stretch.offset,
            source_bytes=stretch.size_bytes,
            source_etag=made_of.body.etag,
            etag=info.etag or "",
            compared_bytes=COMPARED_BYTES,
            has_equal_sums=await self._has_equal_sums(info, made_of, segment.path),
        )

    async def _is_stored(self, info: ObjectInfo, path: Path, head_bytes: int) -> bool:
        """All that was sent, and the end of what was copied."""
        last = info.size - COMPARED_BYTES
        head, tail = await asyncio.gather(
            read_range(self.store, info.key, 0, head_bytes),
            read_range(self.store, info.key, last, COMPARED_BYTES),
        )
        return await asyncio.to_thread(_holds, path, ((0, head), (last, tail)))

    async def _has_equal_sums(self, info: ObjectInfo, made_of: Composition, path: Path) -> bool:
        if not isinstance(self.composer, Summing):
            return False
        return info.etag == await asyncio.to_thread(self.composer.composed_etag, made_of, path)


def _composition(segment: CutSegment, stretch: Stretch, source: ObjectInfo) -> Composition | None:
    """None unless it is the range behind the tags in front and its own head."""
    before = segment.size_bytes - stretch.size_bytes
    sent = max(COMPARED_BYTES, LEAST_PART_BYTES - before)
    with segment.path.open("rb") as file:
        head = file.read(before + sent)
    is_plain = not stretch.tail and head[:before].endswith(stretch.head)
    if source.etag is None or not is_plain or stretch.size_bytes <= sent:
        return None
    left = stretch.size_bytes - sent
    return Composition(StoredRange(source.key, stretch.offset + sent, left, source.etag), head)


def _holds(path: Path, pieces: tuple[tuple[int, bytes], ...]) -> bool:
    with path.open("rb") as file:
        for offset, data in pieces:
            file.seek(offset)
            if file.read(len(data)) != data or not data:
                return False
    return True
