"""Settings: where they come from, what is refused, what is shown."""

from ipaddress import ip_network
from pathlib import Path

import pytest

from server.settings import describe, load_settings
from zerokerf.errors import ConfigError


def test_without_any_variable_everything_has_a_default() -> None:
    settings = load_settings({}, {})

    assert settings.grpc_address == "127.0.0.1:50051"
    assert settings.storage == f"file://{Path('zerokerf-data').absolute()}/objects"


def test_a_flag_wins_over_a_variable() -> None:
    settings = load_settings({"data_dir": "/flag"}, {"ZEROKERF_DATA_DIR": "/variable"})

    assert settings.data_dir == Path("/flag")


def test_networks_are_read_from_a_list() -> None:
    settings = load_settings({}, {"ZEROKERF_FETCH_ALLOW": "127.0.0.0/8, fd00::/8"})

    assert settings.fetch_allow == (ip_network("127.0.0.0/8"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ZEROKERF_DATADIR", "x"),
        ("ZEROKERF_GRPC_ADDRESS", "50051"),
        ("ZEROKERF_GRPC_ADDRESS", "127.0.0.1:99999"),
        ("ZEROKERF_FETCH_ALLOW", "everything"),
        ("ZEROKERF_WORKER_JOBS", "0"),
        ("ZEROKERF_LOG_LEVEL", "loud"),
        ("ZEROKERF_PUBLIC_URL", "example.com"),
        ("ZEROKERF_STORAGE_ACCESS_KEY", "half-of-a-pair"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_variable(name: str, value: str) -> None:
    with pytest.raises(ConfigError) as raised:
        load_settings({}, {name: value})

    assert name in str(raised.value)
    assert str(raised.value).endswith(".")


def test_every_mistake_is_told() -> None:
    with pytest.raises(ConfigError) as raised:
        load_settings({}, {"ZEROKERF_NO_SUCH": "1", "ZEROKERF_WORKER_JOBS": "many"})

    assert "ZEROKERF_NO_SUCH" in str(raised.value)
    assert "ZEROKERF_WORKER_JOBS" in str(raised.value)


def test_a_client_variable_in_the_same_shell_is_no_mistake() -> None:
    assert load_settings({}, {"ZEROKERF_API_KEY": "as_live_x"})


def test_secrets_are_masked_and_sources_told() -> None:
    environment = {
        "ZEROKERF_BOOTSTRAP_API_KEY": "as_live_sk_very_secret",
        "ZEROKERF_DATABASE_URL": "postgresql://me:password@db/z",
    }
    rows = {
        name: (value, source)
        for name, value, source in describe(load_settings({"ffmpeg": "/f"}, environment))
    }

    assert rows["bootstrap_api_key"] == ("**********", "environment")
    assert "password" not in str(rows)
    assert rows["ffmpeg"] == ("/f", "flag")
    assert rows["log_level"] == ("info", "default")
