"""Compares the protos with those of the commit before the change, by buf's rules for wire and source."""

import subprocess
import sys


def main() -> int:
    against = _base()
    if against is None:
        print("no earlier protos to compare with")
        return 0
    command = ["buf", "breaking", "--against", f".git#ref={against}"]
    return subprocess.run(command, check=False).returncode


def _base() -> str | None:
    """The newest of: the branch that changes land on, or the commit before this one; if it has protos."""
    for ref in ("origin/main", "HEAD~1"):
        probe = ["git", "cat-file", "-e", f"{ref}:buf.yaml"]
        if subprocess.run(probe, capture_output=True, check=False).returncode == 0:
            revision = ["git", "rev-parse", ref]
            return subprocess.run(revision, capture_output=True, check=True, text=True).stdout.strip()
    return None


if __name__ == "__main__":
    sys.exit(main())
