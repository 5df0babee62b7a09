"""The options of every command that makes a job."""

from dataclasses import dataclass
from typing import Annotated

import typer

from zerokerf.priorities import PriorityName

WebhookUrl = Annotated[
    str,
    typer.Option("--webhook-url", metavar="URL", help="Tell this address (https) when the job has ended."),
]
Bulk = Annotated[bool, typer.Option("--bulk", help="Nobody waits for it: work on other jobs comes first.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobOptions:
    """Who is told of the job, and how soon it is worked on."""

    webhook_url: WebhookUrl = ""
    bulk: Bulk = False

    @property
    def is_given(self) -> bool:
        return bool(self.webhook_url) or self.bulk

    @property
    def priority(self) -> PriorityName:
        return "bulk" if self.bulk else "interactive"
