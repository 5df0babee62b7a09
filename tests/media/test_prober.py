"""The probing process is shared, limited, brought back when it dies, and gone when it is closed."""

import asyncio
import sys
from pathlib import Path

import psutil
import pytest

from server.media.facts import MediaLimits
from server.media.pcm import SampleFormat
from server.media.probing.probe import probe
from server.media.probing.prober import start_prober
from tests.media.conftest import Room
from tests.media.corpus import SAMPLES, cut_off
from zerokerf.errors import CorruptFile
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

FACTS = {
    "16bit.wav": (Format.WAV, "pcm_s16le", SampleFormat.S16, 16),
    "float.wav": (Format.WAV, "pcm_f32le", SampleFormat.F32, 32),
    "24bit.flac": (Format.FLAC, "flac", SampleFormat.S24, 24),
    "cbr.mp3": (Format.MP3, "mp3", SampleFormat.S16, None),
    "vorbis.ogg": (Format.OGG, "vorbis", SampleFormat.S16, None),
    "celt.opus": (Format.OPUS, "opus", SampleFormat.S16, None),
    "adts.aac": (Format.AAC, "aac", SampleFormat.S16, None),
    "aac.m4a": (Format.M4A, "aac", SampleFormat.S16, None),
    "alac.m4a": (Format.M4A, "alac", SampleFormat.S24, 24),
}


def workers() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "probing/worker" in " ".join(child.cmdline())]


@pytest.mark.parametrize("name", FACTS)
async def test_facts_are_those_of_the_content(name: str, sources: Path, room: Room) -> None:
    facts = await room.probe(sources / name)

    assert (facts.format, facts.codec, facts.sample_format, facts.bits_per_sample) == FACTS[name]
    assert facts.size_bytes == (sources / name).stat().st_size
    assert facts.channels == 2


@pytest.mark.parametrize("name", ["16bit.flac", "cbr.mp3", "vbr.mp3", "16bit.wav"])
async def test_what_a_container_promises_is_exact(name: str, sources: Path, room: Room) -> None:
    assert (await room.probe(sources / name)).claimed_samples == SAMPLES


@pytest.mark.parametrize("name", ["16bit.wav", "adpcm.wav", "sony.w64", "cbr.mp3"])
async def test_a_file_shorter_than_its_header_says_is_seen_at_a_glance(
    name: str, sources: Path, room: Room
) -> None:
    whole = await room.probe(sources / name)

    cut = await room.probe(cut_off(sources / name, room.folder / name))

    assert not whole.is_truncated
    assert cut.is_truncated
    assert cut.claimed_samples == whole.claimed_samples


async def test_many_probes_at_once_each_get_their_own_answer(sources: Path, room: Room) -> None:
    names = [*FACTS] * 4

    found = await asyncio.gather(*(room.probe(sources / name) for name in names))

    assert [facts.codec for facts in found] == [FACTS[name][1] for name in names]


async def test_a_worker_that_dies_is_started_again(sources: Path) -> None:
    async with start_prober() as prober:
        await probe(sources / "cbr.mp3", MediaLimits(), prober)
        for worker in workers():
            if worker.pid == prober._process.pid:  # type: ignore[union-attr]  # it has just answered
                worker.kill()

        facts = await probe(sources / "cbr.mp3", MediaLimits(), prober)

    assert facts.format is Format.MP3


async def test_a_probe_that_needs_too_much_memory_is_the_files_fault(sources: Path, room: Room) -> None:
    tight = MediaLimits(memory_bytes=20_000_000)

    with pytest.raises(CorruptFile):
        await probe(sources / "aac.m4a", tight, room.prober)

    assert (await room.probe(sources / "aac.m4a")).format is Format.M4A


async def test_many_probes_that_die_at_once_are_each_answered_for(sources: Path, room: Room) -> None:
    tight = MediaLimits(memory_bytes=20_000_000)

    probes = (probe(sources / "aac.m4a", tight, room.prober) for _ in range(40))
    found = await asyncio.gather(*probes, return_exceptions=True)

    assert [type(each) for each in found] == [CorruptFile] * 40


async def test_closing_leaves_no_process(sources: Path) -> None:
    before = {worker.pid for worker in workers()}
    async with start_prober() as prober:
        await probe(sources / "cbr.mp3", MediaLimits(), prober)
        started = {worker.pid for worker in workers()} - before
        assert len(started) == 1

    assert {worker.pid for worker in workers()} == before


async def test_the_worker_ends_with_its_parent(sources: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from server.media.probing.prober import start_prober\n"
        "async def main():\n"
        "    async with start_prober() as prober:\n"
        "        print(prober._process.pid, flush=True)\n"
        "        await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    worker = psutil.Process(int(await parent.stdout.readline()))

    parent.kill()

    await asyncio.to_thread(worker.wait, 5)
    await parent.communicate()
