"""Holds the image's locks to pyproject.toml and the developers' lock; --write brings them up to date."""

import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: What each lock is made from.
LOCKS = {"requirements.lock": "pyproject.toml", "deploy/build.lock": "deploy/build.in"}


def main(*arguments: str) -> int:
    stale = [
        lock for lock, source in LOCKS.items() if not _is_fresh(lock, source, write="--write" in arguments)
    ]
    for lock in stale:
        print(f"{lock} is not that of {LOCKS[lock]}: run 'python scripts/check_deploy.py --write'")
    return 1 if stale else 0


def _is_fresh(lock: str, source: str, *, write: bool) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "fresh.lock"
        compile_lock(source, fresh)
        text = fresh.read_text(encoding="utf-8")
    if write:
        (ROOT / lock).write_text(text, encoding="utf-8")
    return (ROOT / lock).read_text(encoding="utf-8") == text


def compile_lock(source: str, target: Path) -> None:
    """The image gets what the tests ran with: the developers' lock says which versions there are."""
    uv = Path(sysconfig.get_path("scripts")) / "uv"
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"]
    command = [uv, "pip", "compile", "--quiet", *options, "-c", "requirements-dev.lock", source, "-o", target]
    subprocess.run(command, cwd=ROOT, check=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
