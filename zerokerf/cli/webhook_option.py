"""The option that names an address to be told what became of a job."""

from typing import Annotated

import typer

WebhookUrl = Annotated[
    str,
    typer.Option("--webhook-url", metavar="URL", help="Tell this address (https) when the job has ended."),
]
