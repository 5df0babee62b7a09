"""Work in progress on disk."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.workflows.scratch import FREE_FLOOR_BYTES, open_scratch, sweep
from zerokerf.errors import Unavailable

HOLDER = """
import sys, time
from pathlib import Path
from server.workflows.scratch import open_scratch
with open_scratch(Path(sys.argv[1]), 1000) as scratch:
    print("held", flush=True)
    sys.stdin.read()
"""


async def test_a_folder_is_gone_with_its_content_on_the_way_out(tmp_path: Path) -> None:
    with open_scratch(tmp_path, 1000) as scratch:
        async with scratch.folder("job_a") as folder:
            (folder.path / "source").write_bytes(b"sound")

        assert not folder.path.exists()


async def test_a_folder_starts_empty_after_a_try_that_left_files(tmp_path: Path) -> None:
    with open_scratch(tmp_path, 1000) as scratch:
        async with scratch.folder("job_a") as folder:
            leftover = folder.path / "old"
        leftover.parent.mkdir()
        leftover.write_bytes(b"old")

        async with scratch.folder("job_a") as folder:
            assert not list(folder.path.iterdir())


async def test_room_is_claimed_up_to_the_limit_and_given_back(tmp_path: Path) -> None:
    with open_scratch(tmp_path, 1000) as scratch:
        async with scratch.folder("job_a") as first, scratch.folder("job_b") as second:
            first.reserve(600)
            with pytest.raises(Unavailable):
                second.reserve(600)
            first.reserve(300)
            second.reserve(600)

        async with scratch.folder("job_c") as third:
            third.reserve(1000)


async def test_the_last_free_disk_is_left_alone(tmp_path: Path) -> None:
    with open_scratch(tmp_path, 2**62) as scratch:
        async with scratch.folder("job_a") as folder:
            with pytest.raises(Unavailable):
                folder.reserve(2**61)
            free = os.statvfs(tmp_path)
            assert free.f_bavail * free.f_frsize > FREE_FLOOR_BYTES


async def test_what_a_killed_worker_left_is_swept_and_a_living_one_is_not(tmp_path: Path) -> None:
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLDER, str(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert holder.stdout is not None
    await holder.stdout.readline()

    assert sweep(tmp_path) == 0

    holder.kill()
    await holder.wait()

    assert sweep(tmp_path) == 1
    assert not list(tmp_path.iterdir())
