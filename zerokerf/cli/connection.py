"""The options that say which service a command talks to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from zerokerf.channel import Tls
from zerokerf.cli.terminal import say
from zerokerf.client import AsyncClient
from zerokerf.errors import ServiceUnreachable

DEFAULT_SERVER = "127.0.0.1:50051"
_PANEL = "Connection"

Server = Annotated[
    str,
    typer.Option(
        "--server", envvar="ZEROKERF_SERVER", metavar="HOST:PORT", help="The service.", rich_help_panel=_PANEL
    ),
]
ApiKey = Annotated[
    str,
    typer.Option(
        "--api-key", envvar="ZEROKERF_API_KEY", help="The key to call it with.", rich_help_panel=_PANEL
    ),
]
UseTls = Annotated[bool, typer.Option("--tls", help="Encrypt the connection.", rich_help_panel=_PANEL)]
CaFile = Annotated[
    Path | None,
    typer.Option(
        "--ca-file",
        envvar="ZEROKERF_SERVER_CA_FILE",
        help="Trust these PEM certificates instead of the public ones; implies --tls.",
        rich_help_panel=_PANEL,
    ),
]
ClientCert = Annotated[
    Path | None,
    typer.Option(
        "--client-cert",
        envvar="ZEROKERF_CLIENT_CERT_FILE",
        help="Show this PEM certificate to a service that asks who calls; implies --tls.",
        rich_help_panel=_PANEL,
    ),
]
ClientKey = Annotated[
    Path | None,
    typer.Option(
        "--client-key",
        envvar="ZEROKERF_CLIENT_KEY_FILE",
        help="The PEM private key of that certificate.",
        rich_help_panel=_PANEL,
    ),
]


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the service is and how to be let in."""

    server: Server = DEFAULT_SERVER
    api_key: ApiKey = ""
    tls: UseTls = False
    ca_file: CaFile = None
    client_cert: ClientCert = None
    client_key: ClientKey = None

    @asynccontextmanager
    async def client(self) -> AsyncIterator[AsyncClient]:
        """Says which service was tried if it can't be reached."""
        try:
            async with AsyncClient(self.server, self.api_key.strip() or None, tls=self._tls()) as client:
                yield client
        except ServiceUnreachable:
            say(f"No answer from {self.server}; 'zerokerf serve' starts a service on this machine.")
            raise

    def _tls(self) -> Tls | None:
        if (self.client_cert is None) != (self.client_key is None):
            raise typer.BadParameter("--client-cert and --client-key go together.")
        if not self.tls and self.ca_file is None and self.client_cert is None:
            return None
        return Tls(
            root_certificates=_read(self.ca_file),
            certificate_chain=_read(self.client_cert),
            private_key=_read(self.client_key),
        )


def _read(path: Path | None) -> bytes | None:
    return path.read_bytes() if path is not None else None
