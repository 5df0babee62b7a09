"""The compose file: valid, closed without secrets, hardened, and configured by settings that exist."""

import hashlib
import json
from pathlib import Path

import jsonschema
import pytest
import yaml

from server.settings import load_settings
from server.workflows.embedded.program import _DYNAMIC_CONFIG
from tests.deploy.compose_file import (
    ROOT,
    MissingVariable,
    Service,
    named_variables,
    read_compose,
    services_of,
)
from tests.deploy.dockerfile import stages

SCHEMA = Path(__file__).with_name("compose_spec") / "compose-spec.json"
SCHEMA_SHA256 = "d549057ebc2925f39f62799eab0db7b9e2c18b35b6c00595199116da3ed10e64"
SECRETS = sorted(name for name, must in named_variables().items() if must)
OURS = {"server": "server", "gateway": "gateway", "worker": "worker", "migrate": "migrate"}
ONE_SHOT = {"migrate", "engine-schema", "engine-namespace"}


@pytest.fixture(scope="module")
def services(variables: dict[str, str]) -> dict[str, Service]:
    return services_of(variables)


def test_it_is_valid_by_the_compose_specification(variables: dict[str, str]) -> None:
    schema = SCHEMA.read_bytes()
    assert hashlib.sha256(schema).hexdigest() == SCHEMA_SHA256
    validator = jsonschema.Draft202012Validator(json.loads(schema))

    assert [error.message for error in validator.iter_errors(read_compose(variables))] == []


def test_the_schema_would_have_found_a_mistake(variables: dict[str, str]) -> None:
    document = read_compose(variables)
    document["services"]["server"]["enviroment"] = {}

    assert not jsonschema.Draft202012Validator(json.loads(SCHEMA.read_bytes())).is_valid(document)


@pytest.mark.parametrize("name", SECRETS)
def test_nothing_starts_without_a_secret(variables: dict[str, str], name: str) -> None:
    with pytest.raises(MissingVariable, match=name):
        read_compose({**variables, name: ""})


def test_no_service_can_become_root_or_write_into_its_image(services: dict[str, Service]) -> None:
    for name, service in services.items():
        user, _, group = service["user"].partition(":")
        assert int(user) > 0, name
        assert int(group) > 0, name
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert not service.get("privileged"), name


def test_every_service_has_limits_and_logs_that_end(services: dict[str, Service]) -> None:
    for name, service in services.items():
        assert service["deploy"]["resources"]["limits"].keys() == {"cpus", "memory", "pids"}, name
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}, name


def test_every_service_comes_back_and_is_given_time_to_end(services: dict[str, Service]) -> None:
    for name, service in services.items():
        expected = "on-failure:5" if name in ONE_SHOT else "unless-stopped"
        assert service["restart"] == expected, name
        assert name in ONE_SHOT or "stop_grace_period" in service, name


def test_what_others_wait_for_says_when_it_is_there(services: dict[str, Service]) -> None:
    for name, service in services.items():
        for other, wait in service.get("depends_on", {}).items():
            if wait["condition"] == "service_healthy":
                assert "test" in services[other]["healthcheck"], (name, other)
            else:
                assert other in ONE_SHOT, (name, other)


def test_images_of_others_are_pinned_by_version_and_digest(services: dict[str, Service]) -> None:
    for name in services.keys() - OURS.keys():
        tagged, _, digest = services[name]["image"].partition("@sha256:")
        assert len(digest) == 64, name
        assert tagged.rpartition(":")[2][0].isdigit(), name
    assert all(stage.base == "${PYTHON}" for stage in stages())


def test_only_this_machine_reaches_the_ports_unless_told_otherwise(services: dict[str, Service]) -> None:
    published = {name: service["ports"] for name, service in services.items() if "ports" in service}

    assert published.keys() == {"server", "gateway", "s3"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_databases_and_the_engine_reach_nobody_outside(variables: dict[str, str]) -> None:
    document = read_compose(variables)

    assert document["networks"]["inside"]["internal"] is True
    for name in ("records", "engine-db", "engine", "engine-schema", "engine-namespace", "migrate"):
        assert document["services"][name]["networks"] == ["inside"], name
    assert document["services"]["gateway"]["networks"] == ["outside"]


def test_the_gateway_knows_neither_the_database_nor_the_keys_of_the_store(
    services: dict[str, Service], variables: dict[str, str]
) -> None:
    given = " ".join(services["gateway"]["environment"].values())

    assert variables["RECORDS_PASSWORD"] not in given
    assert variables["S3_SECRET_KEY"] not in given


@pytest.mark.parametrize("name", OURS)
def test_what_our_services_are_given_are_settings(services: dict[str, Service], name: str) -> None:
    image = stages()[-1].environment

    settings = load_settings({}, {**image, **services[name]["environment"]})

    assert services[name]["command"] == [OURS[name]]
    assert settings.storage_url is None or settings.storage_url.startswith("s3+http://s3:8333/zerokerf?")


def test_what_is_mounted_is_declared_or_in_the_repository(variables: dict[str, str]) -> None:
    document = read_compose(variables)
    mounts = [mount for service in document["services"].values() for mount in service.get("volumes", [])]

    for source in {mount.partition(":")[0] for mount in mounts}:
        assert source in document["volumes"] or (ROOT / source).is_dir(), source


def test_the_engine_runs_with_what_the_embedded_one_was_proven_with() -> None:
    given = yaml.safe_load((ROOT / "deploy/temporal/dynamicconfig.yaml").read_text())

    values = {name: [json.loads(value)] for name, value in _DYNAMIC_CONFIG.items()}
    assert {name: [entry["value"] for entry in entries] for name, entries in given.items()} == values
