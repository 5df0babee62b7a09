"""The only reader of the environment: one frozen value that configures every process."""

import base64
import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
)

from server.machine import cores, jobs_at_once
from zerokerf.errors import ConfigError

PREFIX = "ZEROKERF_"

#: Read by the command line's client side; listed so that a service started from the same shell accepts it.
CLIENT_VARIABLES = frozenset({"ZEROKERF_API_KEY"})


class WorkerKind(StrEnum):
    """Kinds of work, so that machines can be specialised. Each needs a worker somewhere."""

    #: Whole jobs, all but what has its own kind.
    CUT = "cut"
    #: Shares of long encodings.
    ENCODE = "encode"
    TRANSCRIBE = "transcribe"
    #: Webhooks.
    DELIVER = "deliver"
    UPKEEP = "upkeep"


def _networks(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())


def _address(value: object) -> object:
    host, _, port = str(value).rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise ValueError("an address is host:port, such as 127.0.0.1:8080")
    return value


def _schedule(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(float(part) for part in value.split(","))


def _words(value: object) -> object:
    if not isinstance(value, str):
        return value
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _webhook_secret(value: SecretStr) -> SecretStr:
    prefix, _, encoded = value.get_secret_value().partition("_")
    try:
        is_one = prefix == "whsec" and len(base64.b64decode(encoded, validate=True)) >= 24
    except ValueError:
        is_one = False
    if not is_one:
        raise ValueError("a webhook secret is whsec_ and at least 24 random bytes in base64")
    return value


def _models(value: object) -> object:
    if not isinstance(value, str):
        return value
    pairs = [part.strip().partition("=") for part in value.split(",") if part.strip()]
    if any(not code or not source for code, _, source in pairs):
        raise ValueError("models are code=folder or code=name, separated by commas")
    return tuple((code, source) for code, _, source in pairs)


Address = Annotated[str, BeforeValidator(_address)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]
Schedule = Annotated[tuple[Annotated[float, Field(ge=0)], ...], BeforeValidator(_schedule)]
WorkerKinds = Annotated[tuple[WorkerKind, ...], BeforeValidator(_words)]
SpeechModels = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_models)]
Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], BeforeValidator(_networks)]


class Settings(BaseModel):
    """Every setting, by the name of its `ZEROKERF_` variable in lower case."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    _sources: dict[str, str] = PrivateAttr(default_factory=dict)

    data_dir: Path = Field(Path("zerokerf-data"), description="Folder of the embedded default.")
    grpc_address: Address = Field("127.0.0.1:50051", description="Where the server listens.")
    rest_address: Address = Field("127.0.0.1:8080", description="Where the gateway listens.")
    public_url: str | None = Field(
        None, pattern=r"^https?://[^/?#]+(/[^?#]*)?$", description="How clients reach the gateway."
    )
    server: Address | None = Field(None, description="The server that gateway and command line call.")
    server_ca_file: Path | None = Field(None, description="PEM roots: the gateway calls the server with TLS.")
    server_name: str = Field("", description="The name in the server's certificate, if not its address.")
    client_cert_file: Path | None = Field(None, description="PEM chain that is shown to the server.")
    client_key_file: Path | None = Field(None, description="PEM private key of that chain.")
    grpc_tls_cert_file: Path | None = Field(None, description="PEM chain; with the key file it turns on TLS.")
    grpc_tls_key_file: Path | None = Field(None, description="PEM private key.")
    grpc_tls_client_ca_file: Path | None = Field(
        None, description="PEM roots: only clients with a certificate that one of them signed are let in."
    )

    database_url: SecretStr | None = Field(None, description="postgresql://…; a SQLite file if unset.")
    storage_url: str | None = Field(None, description="file:///… or s3://bucket?region=…; a folder if unset.")
    storage_access_key: SecretStr | None = None
    storage_secret_key: SecretStr | None = None
    storage_session_token: SecretStr | None = None
    storage_compose: bool = Field(True, description="Whether an S3 store makes long segments itself.")
    signing_key: SecretStr | None = Field(None, min_length=32, description="Signs links to local files.")

    temporal_address: Address | None = Field(None, description="A Temporal server; an embedded one if unset.")
    temporal_namespace: str = "zerokerf"
    temporal_tls: bool = Field(False, description="Whether the Temporal server is spoken to with TLS.")
    temporal_ca_file: Path | None = Field(None, description="PEM roots of the Temporal server; turns on TLS.")
    temporal_cert_file: Path | None = Field(None, description="PEM chain that the Temporal server asks for.")
    temporal_key_file: Path | None = Field(None, description="PEM private key of that chain.")
    temporal_api_key: SecretStr | None = None
    temporal_port: int | None = Field(None, ge=1, le=65535, description="Port of the embedded engine.")
    temporal_binary: Path | None = Field(None, description="Program of the embedded engine.")

    ffmpeg: Path | None = Field(None, description="An ffmpeg program in place of the pinned one.")
    scratch_dir: Path | None = Field(None, description="Folder for work in progress.")
    scratch_max_bytes: int = Field(200 * 2**30, ge=2**20, description="All work in progress of one worker.")
    worker_jobs: int = Field(default_factory=jobs_at_once, ge=1, le=256)
    worker_kinds: WorkerKinds = Field(
        tuple(WorkerKind), min_length=1, description="What a worker does, comma-separated."
    )
    encode_parallel: int = Field(default_factory=cores, ge=1, le=256)

    max_source_bytes: int = Field(20 * 2**30, ge=1, description="Largest recording accepted.")
    max_segments: int = Field(5000, ge=1, le=5000, description="Most segments of one job.")
    fetch_allow: Networks = Field((), description="CIDRs, comma-separated, that source URLs may point into.")
    fetch_total_s: float = Field(3600, gt=0, description="Time limit of one download.")
    fetch_idle_s: float = Field(30, gt=0, description="Longest silence within a download.")

    speech_models: SpeechModels = Field(
        (), description="code=folder or code=name, comma-separated; the bundled English model if unset."
    )
    speech_enhanced: str | None = Field(None, description="Code of the model for operating point 'enhanced'.")
    speech_downloads: bool = Field(False, description="Whether models given by name may be downloaded.")
    speech_device: Literal["cpu", "cuda", "auto"] = "cpu"
    speech_compute_type: str = Field("int8", description="int8, float16 or any other of CTranslate2.")
    speech_threads: int = Field(default_factory=cores, ge=1, le=256)
    speech_batch: int = Field(1, ge=1, le=64, description="Windows that a graphics card recognizes at once.")

    plans_file: Path | None = Field(None, description="TOML file of plans in place of the built-in ones.")
    default_plan: str = Field("unlimited", description="Plan of the accounts that have no other.")
    records_days: int = Field(90, ge=1, le=3650, description="How long records of ended jobs are kept.")
    retention_every_s: float = Field(300, gt=0, description="How often what has expired is removed.")

    webhook_schedule: Schedule = Field(
        (60, 300, 1800, 7200, 28800, 86400, 172800),
        min_length=1,
        max_length=50,
        description="Seconds from each attempt of a webhook to the next, comma-separated.",
    )
    webhook_secret: WebhookSecret | None = Field(None, description="Signs the first account's webhooks.")
    webhook_progress_bytes: int = Field(
        500 * 10**6, ge=0, description="Webhooks tell the progress of jobs with larger sources."
    )

    jwt_jwks_url: str | None = Field(None, pattern="^https?://", description="Keys of the identity provider.")
    jwt_public_key_file: Path | None = Field(None, description="PEM public key of the identity provider.")
    jwt_issuer: str | None = Field(None, description="The issuer that tokens must name.")
    jwt_audience: str = Field("zerokerf", description="The audience that tokens must name.")
    jwt_account_claim: str = Field("sub", description="The claim that holds the id of the account.")

    bootstrap_api_key: SecretStr | None = Field(None, min_length=16, description="Sets the first API key.")
    metrics_address: Address | None = Field(None, description="Where metrics are served; nowhere if unset.")
    otlp_endpoint: str | None = Field(
        None, pattern=r"^https?://", description="Where traces are sent, http://host:4317; nowhere if unset."
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["json", "console"] = "json"

    def plain(self, name: str) -> str | None:
        """A secret as it is."""
        secret: SecretStr | None = getattr(self, name)
        return secret.get_secret_value() if secret is not None else None

    @property
    def public_base_url(self) -> str:
        return (self.public_url or f"http://{self.rest_address}").rstrip("/")

    @property
    def server_target(self) -> str:
        return self.server or self.grpc_address

    @property
    def scratch(self) -> Path:
        return self.scratch_dir or self.data_dir / "scratch"

    @property
    def database(self) -> str:
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir.absolute() / 'zerokerf.db'}"

    @property
    def storage(self) -> str:
        return self.storage_url or f"file://{self.data_dir.absolute() / 'objects'}"


def load_settings(
    overrides: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None
) -> Settings:
    """`ZEROKERF_` variables, overridden by flags. Raises ConfigError with a sentence per mistake."""
    environment = os.environ if environment is None else environment
    named = {
        key.removeprefix(PREFIX).lower(): value
        for key, value in environment.items()
        if key.startswith(PREFIX) and key not in CLIENT_VARIABLES
    }
    flags = dict(overrides or {})
    try:
        settings = Settings.model_validate({**named, **flags})
    except ValidationError as error:
        raise ConfigError(" ".join(_sentences(error))) from error
    _check_pairs(settings)
    settings._sources.update(dict.fromkeys(named, "environment") | dict.fromkeys(flags, "flag"))  # noqa: SLF001 - its own module fills it
    return settings


def describe(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Name, effective value and source of every setting; secrets are masked."""
    effective = {
        "public_url": settings.public_base_url,
        "server": settings.server_target,
        "scratch_dir": str(settings.scratch),
        "database_url": f"sqlite:///{settings.data_dir.absolute() / 'zerokerf.db'}",
        "storage_url": settings.storage,
    }
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, tuple):
            shown = ",".join("=".join(part) if isinstance(part, tuple) else str(part) for part in value)
        else:
            shown = str(value) if value is not None else effective.get(name, "")
        yield name, shown, settings._sources.get(name, "default")  # noqa: SLF001 - its own module reads it


def _sentences(error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        name = f"{PREFIX}{str(problem['loc'][0]).upper()}" if problem["loc"] else "The settings"
        if problem["type"] == "extra_forbidden":
            yield f"{name} is not a setting; 'zerokerf config' lists them all."
        else:
            yield f"{name} is not valid: {problem['msg'].removeprefix('Value error, ')}."


_PAIRS = (
    ("grpc_tls_cert_file", "grpc_tls_key_file"),
    ("client_cert_file", "client_key_file"),
    ("temporal_cert_file", "temporal_key_file"),
    ("storage_access_key", "storage_secret_key"),
)


def _check_pairs(settings: Settings) -> None:
    for one, other in _PAIRS:
        if (getattr(settings, one) is None) != (getattr(settings, other) is None):
            raise ConfigError(f"{PREFIX}{one.upper()} and {PREFIX}{other.upper()} go together: set both.")
    if settings.grpc_tls_client_ca_file is not None and settings.grpc_tls_cert_file is None:
        raise ConfigError(
            f"{PREFIX}GRPC_TLS_CLIENT_CA_FILE needs {PREFIX}GRPC_TLS_CERT_FILE, which turns on TLS."
        )
