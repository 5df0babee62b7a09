"""Secrets as an operator would have made them."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.compose_file import ROOT, read_env


@pytest.fixture(scope="session")
def made_env(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("secrets") / ".env"
    subprocess.run(["sh", ROOT / "deploy" / "make-secrets.sh", target], check=True, capture_output=True)
    return target


@pytest.fixture(scope="session")
def variables(made_env: Path) -> dict[str, str]:
    return read_env(made_env)
