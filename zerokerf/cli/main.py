"""The `zerokerf` command."""

import importlib.metadata
import sys

import typer

from zerokerf.cli.account import account, keys, webhooks
from zerokerf.cli.account.usage import usage
from zerokerf.cli.doctor.doctor import doctor
from zerokerf.cli.exit_codes import ExitCode
from zerokerf.cli.local.cut import cut
from zerokerf.cli.local.verify import verify
from zerokerf.cli.operators import accounts, service
from zerokerf.cli.operators.development_token import token
from zerokerf.cli.operators.migrate import migrate
from zerokerf.cli.operators.settings_command import SettingsCommand
from zerokerf.cli.running import say_bug
from zerokerf.cli.splits import jobs
from zerokerf.cli.splits.cuts import CutCommand
from zerokerf.cli.splits.segment_speech import SplitCommand
from zerokerf.cli.splits.split import split
from zerokerf.cli.terminal import put
from zerokerf.cli.transcripts import transcripts
from zerokerf.cli.transcripts.transcribe import transcribe

app = typer.Typer(
    name="zerokerf",
    help="Cuts long recordings into exact segments, and writes down what is said in them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command(cls=SplitCommand)(split)
app.command(cls=CutCommand)(cut)
app.command()(verify)
app.add_typer(jobs.app, name="jobs")
app.command()(transcribe)
app.add_typer(transcripts.app, name="transcripts")
app.command()(transcripts.models)
app.add_typer(keys.app, name="keys")
app.command()(usage)
app.add_typer(account.app, name="account")
app.add_typer(webhooks.app, name="webhooks")
for command in (service.serve, service.server, service.gateway, service.worker, service.config, migrate):
    app.command(context_settings=service.ANY_FLAGS)(command)
app.command(cls=SettingsCommand)(doctor)
app.add_typer(accounts.app, name="accounts")
app.command(cls=SettingsCommand)(token)


@app.command()
def version() -> None:
    """Print the version."""
    put(f"zerokerf {_version()}")


def run() -> None:
    """The entry point: exits with a documented code and never shows a traceback."""
    try:
        app()
    except Exception as error:  # noqa: BLE001 - the outermost place; whatever comes here is a bug to report
        say_bug(error)
        sys.exit(ExitCode.UNEXPECTED)


def _version() -> str:
    try:
        return importlib.metadata.version("zerokerf")
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"
