"""Runs the compose file's services as plain processes: same command, same environment, other addresses."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.deploy.compose_file import ROOT, Service
from tests.deploy.dockerfile import stages

PROGRAMS = Path(sys.executable).parent
HEALTHY_WITHIN_S = 60.0
DONE_WITHIN_S = 90.0
#: Where nothing can be written, like an image's folders on a read-only root file system.
NOWHERE = "/proc/nowhere"


@dataclass(frozen=True, slots=True)
class Place:
    """What stands for the containers' names, ports and folders on this machine."""

    folder: Path
    #: Text as the compose file has it, and what it is here.
    addresses: Mapping[str, str]
    programs: Path = PROGRAMS

    def but(self, addresses: Mapping[str, str]) -> "Place":
        return replace(self, addresses={**self.addresses, **addresses})

    def here(self, text: str, service: Service) -> str:
        """One value of a command or environment, with addresses and paths of this machine."""
        for there, here in {**self.addresses, **self._paths(service)}.items():
            text = re.sub(rf"(?<![\w.-]){re.escape(there)}(?![\w-])", here, text)
        return text

    def _paths(self, service: Service) -> dict[str, str]:
        """What is mounted is a folder here; the image's other folders cannot be written."""
        paths = {"/opt/zerokerf/health.py": str(ROOT / "deploy/health.py")}
        for mount in service.get("volumes", []):
            source, target = mount.split(":")[:2]
            named = self.folder / source
            if not source.startswith("."):
                named.mkdir(exist_ok=True, mode=0o777)
            paths[target] = str(ROOT / source) if source.startswith(".") else str(named)
        for target in ("/var/lib/zerokerf", "/var/lib/zerokerf-scratch"):
            paths.setdefault(target, NOWHERE)
        return dict(sorted(paths.items(), key=lambda pair: -len(pair[0])))

    def command(self, service: Service) -> list[str]:
        return [self.here(word, service) for word in (*self._entry(service), *service["command"])]

    def environment(self, service: Service) -> dict[str, str]:
        """The container's own, and nothing of this machine's but where programs are."""
        image = stages()[-1].environment if _is_ours(service) else {}
        given = {
            **image,
            **service.get("environment", {}),
            "PATH": f"{self.programs}{os.pathsep}{os.defpath}",
        }
        return {name: self.here(str(value), service) for name, value in given.items()}

    def _entry(self, service: Service) -> list[str]:
        return ["zerokerf"] if _is_ours(service) else []


@contextmanager
def started(
    place: Place, service: Service, *more: str, program: str | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The process behind a service, stopped on the way out. `more` moves further ports."""
    command = [*([program] if program else []), *place.command(service), *more]
    log = place.folder / f"{time.monotonic_ns()}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [_found(place, command[0]), *command[1:]],
            env=place.environment(service),
            cwd=place.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield process
    except BaseException:
        sys.stderr.write(log.read_text(errors="replace")[-4000:])
        raise
    finally:
        # Programs of others have nothing to save here, and some take their time.
        (process.kill if program else process.terminate)()
        try:
            process.wait(30)
        finally:
            process.kill()


def finish(place: Place, service: Service) -> None:
    """Run a service that ends, as those that wait for its completion would see it."""
    command = place.command(service)
    done = subprocess.run(
        [_found(place, command[0]), *command[1:]],
        env=place.environment(service),
        cwd=place.folder,
        capture_output=True,
        text=True,
        timeout=DONE_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def wait_healthy(place: Place, service: Service, process: subprocess.Popen[bytes]) -> None:
    """Ask the service's own check, as the engine does, until it passes."""
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while not is_healthy(place, service):
        assert process.poll() is None, f"{process.args!r} ended"
        assert time.monotonic() < deadline, f"{process.args!r} is not healthy"


def is_healthy(place: Place, service: Service) -> bool:
    kind, *command = (place.here(word, service) for word in service["healthcheck"]["test"])
    assert kind == "CMD"
    return (
        subprocess.run(
            [_found(place, command[0]), *command[1:]],
            env=place.environment(service),
            capture_output=True,
            timeout=30,
            check=False,
        ).returncode
        == 0
    )


def _is_ours(service: Service) -> bool:
    return "build" in service


def _found(place: Place, program: str) -> str:
    found = shutil.which(program, path=f"{place.programs}{os.pathsep}{os.environ['PATH']}")
    assert found is not None, program
    return found
