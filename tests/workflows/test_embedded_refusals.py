"""Why the embedded engine cannot start, told so that an operator knows what to do."""

import socket
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from server.workflows.embedded.engine import read_published_address, running_engine
from zerokerf.errors import ConfigError


async def test_a_second_start_on_the_same_folder_names_the_folder(tmp_path: Path) -> None:
    async with running_engine(tmp_path) as address:
        with pytest.raises(ConfigError, match=rf"{tmp_path} is in use.*ZEROKERF_DATA_DIR"):
            async with running_engine(tmp_path):
                pass

        assert read_published_address(tmp_path) == address


async def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1:{port} is taken.*ZEROKERF_TEMPORAL_PORT"):
            async with running_engine(tmp_path, port=port):
                pass


async def test_a_database_that_another_program_holds_is_named(tmp_path: Path) -> None:
    async with running_engine(tmp_path):
        pass
    database = tmp_path / "temporal" / "engine-1.32.db"

    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("PRAGMA journal_mode=DELETE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(ConfigError, match=rf"{database} is in use by another program"):
            async with running_engine(tmp_path):
                pass


async def test_a_damaged_database_is_told_in_the_engines_words(tmp_path: Path) -> None:
    (tmp_path / "temporal").mkdir()
    (tmp_path / "temporal" / "engine-1.32.db").write_bytes(b"this is not a database" * 100)

    with pytest.raises(ConfigError, match=r"did not start on .*engine-1\.32\.db: .*not a database"):
        async with running_engine(tmp_path):
            pass

    with pytest.raises(ConfigError, match="No engine runs"):
        read_published_address(tmp_path)


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(ConfigError, match=f"{tmp_path}/file/temporal cannot be used"):
        async with running_engine(tmp_path / "file"):
            pass


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (
            "#!/bin/sh\necho temporal version 1.1.1 '(Server 1.25.0, UI 2.30.0)'\n",
            "holds Temporal server 1.25",
        ),
        ("#!/bin/sh\necho something else\n", "is not a Temporal program.*ZEROKERF_TEMPORAL_BINARY"),
        ("not a program", "cannot be run"),
        (None, "cannot be run"),
    ],
    ids=["old", "other", "broken", "missing"],
)
async def test_a_program_that_will_not_do_is_named(tmp_path: Path, script: str | None, sentence: str) -> None:
    program = tmp_path / "temporal-program"
    if script is not None:
        program.write_text(script)
        program.chmod(0o700)

    with pytest.raises(ConfigError, match=f"{program}.*{sentence}"):
        async with running_engine(tmp_path, binary=program):
            pass


@pytest.mark.parametrize("text", ["", "{", "[]", '{"target": "x"}'])
def test_an_unreadable_address_is_no_engine(tmp_path: Path, text: str) -> None:
    (tmp_path / "temporal").mkdir()
    (tmp_path / "temporal" / "address.json").write_text(text)

    with pytest.raises(ConfigError, match=r"No engine runs in .*ZEROKERF_TEMPORAL_ADDRESS"):
        read_published_address(tmp_path)
