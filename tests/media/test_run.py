"""ffmpeg is limited, watched, and gone when the work it did is no longer wanted."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from server.media.decode import decode
from server.media.decoder import Decoder, check_decoder
from server.media.encoding.cut import cut_by_plan
from server.media.encoding.options import plan_encode
from server.media.pcm import Pcm, SampleFormat
from server.media.plan.cuts import DurationMode, PlanOptions, plan_cuts
from server.media.run import RunLimits, run
from server.media.segment import CutSegment
from tests.media.conftest import Room
from tests.media.corpus import ffmpeg
from zerokerf.errors import ConfigError, Unavailable
from zerokerf.formats import Format

pytestmark = pytest.mark.asyncio(loop_scope="session")

TALKING = ("-nostdin", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.1")
ENDLESS = (*TALKING, "-re", "-f", "lavfi", "-i", "sine", "-f", "null", "-")
HOUR = RunLimits(wall_s=3600, cpu_s=3600, memory_bytes=2 * 1024**3)


def children() -> list[psutil.Process]:
    """Every ffmpeg below this process, by the program that runs and not by its arguments."""
    return [child for child in psutil.Process().children(recursive=True) if "ffmpeg" in child.name()]


class Output:
    """A pipe for standard output; its first byte tells that the program runs."""

    def __init__(self) -> None:
        self.read_fd, self.write_fd = os.pipe()

    async def first_byte(self) -> None:
        await asyncio.to_thread(os.read, self.read_fd, 1)

    def close(self) -> None:
        os.close(self.read_fd)
        os.close(self.write_fd)


async def test_the_packaged_decoder_can_do_all_that_is_needed(decoder: Decoder) -> None:
    assert (await check_decoder(decoder)).startswith("ffmpeg version")


async def test_a_missing_decoder_is_told_with_the_setting() -> None:
    with pytest.raises(ConfigError, match="ZEROKERF_FFMPEG"):
        await check_decoder(Decoder(Path("/nowhere/ffmpeg")))


async def test_a_decoder_without_an_encoder_is_told_by_its_name(tmp_path: Path) -> None:
    poor = tmp_path / "ffmpeg"
    poor.write_text("#!/bin/sh\necho ' A....D libvorbis x'\n")
    poor.chmod(0o755)

    with pytest.raises(ConfigError, match="libmp3lame"):
        await check_decoder(Decoder(poor))


async def time_to_cancel(argv: list[str], folder: Path) -> float:
    with closing(Output()) as output:
        task = asyncio.create_task(run(argv, folder=folder, limits=HOUR, stdout_fd=output.write_fd))
        await output.first_byte()
        started = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return time.monotonic() - started


async def test_cancelling_ends_ffmpeg_at_once(decoder: Decoder, tmp_path: Path) -> None:
    assert await time_to_cancel([str(decoder.binary), *ENDLESS], tmp_path) < 1.5
    assert children() == []


async def test_what_ignores_the_request_to_end_is_killed(tmp_path: Path) -> None:
    stubborn = "from signal import *; signal(SIGTERM, SIG_IGN); print(1, flush=True); pause()"

    assert 1.5 < await time_to_cancel([sys.executable, "-c", stubborn], tmp_path) < 4


async def test_the_wall_limit_ends_it(decoder: Decoder, tmp_path: Path) -> None:
    limits = RunLimits(wall_s=0.3, cpu_s=10, memory_bytes=2 * 1024**3)

    finished = await run([str(decoder.binary), *ENDLESS], folder=tmp_path, limits=limits)

    assert finished.is_timeout
    assert children() == []


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit is Linux's")
async def test_memory_processor_and_file_size_are_limited(tmp_path: Path) -> None:
    names = "r.RLIMIT_AS, r.RLIMIT_CPU, r.RLIMIT_FSIZE, r.RLIMIT_CORE"
    ask = f"import resource as r; print([r.getrlimit(name)[0] for name in ({names})])"
    limits = RunLimits(wall_s=10, cpu_s=7, memory_bytes=1 << 30, file_bytes=12345)
    with (tmp_path / "said").open("wb") as file:
        await run([sys.executable, "-c", ask], folder=tmp_path, limits=limits, stdout_fd=file.fileno())

    assert (tmp_path / "said").read_text().strip() == f"[{1 << 30}, 7, 12345, 0]"


async def test_the_environment_is_empty(tmp_path: Path) -> None:
    with (tmp_path / "said").open("wb") as file:
        await run(["/usr/bin/env"], folder=tmp_path, limits=HOUR, stdout_fd=file.fileno())

    assert (tmp_path / "said").read_bytes() == b""


async def test_a_flood_of_errors_blocks_nothing_and_its_end_is_kept(tmp_path: Path) -> None:
    flood = "import sys; sys.stderr.write('x' * 3_000_000 + 'the end')"

    finished = await run([sys.executable, "-c", flood], folder=tmp_path, limits=HOUR)

    assert finished.stderr.endswith("the end")
    assert len(finished.stderr) == 64 * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="the death signal is Linux's")
async def test_ffmpeg_dies_with_its_parent(decoder: Decoder, tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib\n"
        "from server.media.run import RunLimits, run\n"
        f"argv = {[str(decoder.binary), *ENDLESS]!r}\n"
        "limits = RunLimits(wall_s=60, cpu_s=60, memory_bytes=2 * 1024**3)\n"
        f"asyncio.run(run(argv, folder=pathlib.Path({str(tmp_path)!r}), limits=limits, stdout_fd=1))\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, cwd=Path(__file__).parents[2], stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    await parent.stdout.readexactly(1)
    (ffmpeg,) = children()

    parent.kill()

    await asyncio.to_thread(ffmpeg.wait, 5)
    await parent.communicate()


def long_silence(folder: Path) -> Pcm:
    """Ten minutes that take an encoder long enough to be caught at it."""
    samples = 600 * 48_000
    with (folder / "long.raw").open("wb") as file:
        file.truncate(samples * 4)
    return Pcm(
        path=folder / "long.raw",
        data_offset=0,
        sample_format=SampleFormat.S16,
        sample_rate=48_000,
        channels=2,
        sample_count=samples,
    )


async def started_cut(room: Room) -> tuple[AsyncGenerator[CutSegment, None], asyncio.Task[CutSegment]]:
    pcm = long_silence(room.folder)
    cuts = plan_cuts(DurationMode(300_000_000_000), PlanOptions(), pcm.sample_count, 48_000, room.limits)
    is_running = asyncio.Event()
    plan = plan_encode(pcm, Format.OGG)
    segments = cut_by_plan(pcm, cuts, plan, room.folder, room.decoder, 2, lambda _: is_running.set())
    first = asyncio.create_task(anext(segments))
    await is_running.wait()
    return segments, first


async def test_leaving_a_cut_early_ends_its_encoders(room: Room) -> None:
    segments, first = await started_cut(room)

    started = time.monotonic()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    await segments.aclose()

    assert time.monotonic() - started < 2.5
    assert children() == []
    assert [path.name for path in room.folder.iterdir()] == ["long.raw"]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_an_encoder_ended_from_outside_is_worth_another_try(number: signal.Signals, room: Room) -> None:
    _, first = await started_cut(room)
    for child in children():
        child.send_signal(number)

    with pytest.raises(Unavailable):
        await first

    assert children() == []
    assert [path.name for path in room.folder.iterdir()] == ["long.raw"]


async def test_a_decoder_ended_from_outside_does_not_blame_the_source(room: Room) -> None:
    path = room.folder / "long.wav"
    ffmpeg(room.decoder.binary, "-f", "lavfi", "-i", "sine=d=1200:r=48000", "-c:a", "adpcm_ms", path)
    facts = await room.probe(path)
    is_running = asyncio.Event()
    decoding = asyncio.create_task(
        decode(path, facts, room.folder, room.decoder, room.limits, lambda _: is_running.set())
    )
    await is_running.wait()
    for child in children():
        child.kill()

    with pytest.raises(Unavailable):
        await decoding
