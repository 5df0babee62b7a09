"""The corpus, made once, and the tools that every test of the room uses."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from server.media.decode import Decoded, decode
from server.media.decoder import Decoder, find_decoder
from server.media.facts import MediaLimits, SourceFacts
from server.media.pcm import Pcm
from server.media.probing.probe import probe
from server.media.probing.prober import Prober, start_prober
from tests.media.corpus import make_sources


@pytest.fixture(scope="session")
def decoder() -> Decoder:
    return find_decoder()


@pytest.fixture(scope="session")
def limits() -> MediaLimits:
    return MediaLimits()


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory, decoder: Decoder) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    make_sources(folder, decoder.binary)
    return folder


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def prober() -> AsyncIterator[Prober]:
    async with start_prober() as prober:
        yield prober


@dataclass(frozen=True, slots=True)
class Room:
    """The journey's first half: from a file to its counted samples."""

    prober: Prober
    decoder: Decoder
    limits: MediaLimits
    folder: Path

    async def probe(self, path: Path) -> SourceFacts:
        return await probe(path, self.limits, self.prober)

    async def open(self, path: Path) -> Pcm:
        return (await self.decode(path)).pcm

    async def decode(self, path: Path) -> Decoded:
        facts = await self.probe(path)
        return await decode(path, facts, self.folder, self.decoder, self.limits)


@pytest_asyncio.fixture(loop_scope="session")
async def room(prober: Prober, decoder: Decoder, limits: MediaLimits, tmp_path: Path) -> Room:
    return Room(prober, decoder, limits, tmp_path)
