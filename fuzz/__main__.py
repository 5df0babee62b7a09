"""Lets libFuzzer look for what breaks a parser of ours: `python -m fuzz mp3 --seconds 300`, or all in turn.

It follows which of our lines an input reaches, and keeps those that reach new ones in `.fuzz/`. What breaks a
parser is written there as well, and told; `python -m fuzz mp3 --again FILE` shows it once more.
"""

import argparse
import random
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import atheris

_KEPT = Path(".fuzz")
_OURS = ["server", "gateway", "storage", "zerokerf"]

with atheris.instrument_imports(include=_OURS):
    from fuzz.mutator import Mutator
    from fuzz.targets import TARGETS, Target


def main() -> int:
    asking = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    asking.add_argument("name", nargs="?", choices=sorted(TARGETS), help="which parser; all without it")
    asking.add_argument("--seconds", type=int, default=60, help="for each parser")
    asking.add_argument("--again", type=Path, help="a file that broke it")
    asked = asking.parse_args()
    if asked.name is None:
        return max(_in_a_process(name, asked.seconds) for name in TARGETS)
    if asked.again:
        with TemporaryDirectory() as folder:
            TARGETS[asked.name].try_one(asked.again.read_bytes(), Path(folder))
        return 0
    _fuzz(asked.name, TARGETS[asked.name], asked.seconds)
    return 0


def _in_a_process(name: str, seconds: int) -> int:
    """It ends with its fuzzing."""
    print(f"== {name}", flush=True)
    argv = [sys.executable, "-m", "fuzz", name, "--seconds", str(seconds)]
    return subprocess.run(argv, check=False).returncode  # noqa: S603  this program itself


def _fuzz(name: str, target: Target, seconds: int) -> None:
    kept = _KEPT / name
    kept.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.corpus()):
        (kept / f"seed{number}").write_bytes(seed)
    mutator = Mutator(name, target.corpus(), target.tokens)

    def changed(data: bytes, max_size: int, seed: int) -> bytes:
        mutator.random = random.Random(seed)  # noqa: S311  what libFuzzer asks for
        mutator.corpus = (data, *target.corpus()) if seed % 8 == 0 else (data,)
        made = mutator.next() if seed % 3 else atheris.Mutate(data, len(data))
        made = target.repair(made) if target.repair and seed % 4 else made
        return bytes(made[:max_size])

    limits = ["-max_len=65536", "-timeout=5", "-rss_limit_mb=1500", "-print_final_stats=1", "-verbosity=0"]
    limits += [f"-max_total_time={seconds}", f"-artifact_prefix={kept}/broken-", str(kept)]
    with TemporaryDirectory() as folder:
        atheris.Setup(
            [sys.argv[0], *limits],
            lambda data: target.try_one(data, Path(folder)),
            custom_mutator=changed,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main())
