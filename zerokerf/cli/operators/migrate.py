"""`zerokerf migrate`: brings the database to this version's tables, before the service is upgraded."""

import importlib

import typer

from zerokerf.cli.operators.service import settings_of
from zerokerf.cli.running import run_async
from zerokerf.cli.terminal import say


def migrate(context: typer.Context) -> None:
    """Bring the database to the tables of this version, and leave. Settings are flags: --database-url URL.

    Safe when several do it at once: one works, the others wait.
    """
    settings = settings_of(context)
    run_async(importlib.import_module("server.main").migrate(settings))
    say("The database has the tables of this version.")
