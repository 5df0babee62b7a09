"""The script that makes secrets, and the example it fills in."""

import re
import subprocess
from pathlib import Path

from server.settings import Settings
from tests.deploy.compose_file import ROOT, named_variables, read_env

EXAMPLE = ROOT / ".env.example"
SCRIPT = ROOT / "deploy" / "make-secrets.sh"


def test_every_secret_is_filled_in_and_none_is_used_twice(variables: dict[str, str]) -> None:
    assert all(len(value) >= 20 for value in variables.values())
    assert len(set(variables.values())) == len(variables)


def test_two_calls_make_different_secrets(variables: dict[str, str], tmp_path: Path) -> None:
    subprocess.run(["sh", SCRIPT, tmp_path / "other"], check=True, capture_output=True)

    others = read_env(tmp_path / "other")

    assert others.keys() == variables.keys()
    assert not set(others.values()) & set(variables.values())


def test_secrets_in_use_are_not_replaced(made_env: Path) -> None:
    before = made_env.read_text()

    again = subprocess.run(["sh", SCRIPT, made_env], check=False, capture_output=True, text=True)

    assert again.returncode != 0
    assert "in use" in again.stderr
    assert made_env.read_text() == before
    assert [path.name for path in made_env.parent.iterdir()] == [made_env.name]


def test_only_their_owner_can_read_them(made_env: Path) -> None:
    assert made_env.stat().st_mode & 0o077 == 0


def test_the_example_holds_no_secret() -> None:
    assert set(read_env(EXAMPLE).values()) == {""}


def test_the_example_names_what_the_compose_file_takes_and_nothing_else() -> None:
    named = named_variables()
    offered = re.findall(r"^#?([A-Z][A-Z0-9_]*)=", EXAMPLE.read_text(), re.MULTILINE)

    assert set(offered) == set(named)
    assert read_env(EXAMPLE).keys() == {name for name, must in named.items() if must}


def test_what_looks_like_a_setting_is_one(variables: dict[str, str]) -> None:
    names = {name for name in (*named_variables(), *variables) if name.startswith("ZEROKERF_")}

    assert {name.removeprefix("ZEROKERF_").lower() for name in names} <= Settings.model_fields.keys()
