"""The examples of the guide that need no service run as they are printed."""

import asyncio
import sys
from pathlib import Path

from tests.cli.local import names_in
from tests.cli.test_docs import blocks, run
from tests.corpus.recordings import RATE, music, write_wav

SHEET = 'FILE "talk.wav" WAVE\nTRACK 01 AUDIO\nTITLE "Rain"\nINDEX 01 00:00:00\n'


async def test_the_examples_without_a_server_run(environment: dict[str, str], tmp_path: Path) -> None:
    samples = music(RATE * 25)
    samples[RATE * 12 : RATE * 14] = 0
    await asyncio.to_thread(write_wav, tmp_path / "talk.wav", samples)
    (tmp_path / "talk.cue").write_text(SHEET)
    (commands,) = blocks("cli.md", "console")

    program = f'set -e\nzerokerf() {{ "{sys.executable}" -m zerokerf "$@"; }}\n{commands}'
    out = await run(tmp_path, environment, "sh", "-c", program)

    assert "3 segments, 1102500 samples: all of it is there, byte for byte." in out
    assert names_in(tmp_path / "tracks") == ["01 Rain.wav", "manifest.json"]
    assert (tmp_path / "cuts.png").exists()
