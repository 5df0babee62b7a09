"""Where transcripts go: into a folder, each in one step, or onto stdout."""

import asyncio
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import unquote, urlsplit

import typer

from zerokerf.cli.local.folder import TargetFolder, open_target
from zerokerf.cli.running import usage_error
from zerokerf.cli.terminal import put_file
from zerokerf.client import AsyncClient
from zerokerf.errors import FileNotKept, TranscriptMissing, ZerokerfError
from zerokerf.template import Fields, Template
from zerokerf.v1.batch_pb2 import BatchJob

FORMATS = ("txt", "srt", "vtt", "json")

_PANEL = "Results"
_NAME = Template("{segment}")

Formats = Annotated[
    list[str] | None,
    typer.Option(
        "--format",
        metavar="FORMAT",
        help=f"{', '.join(FORMATS)}; more than one with --output. Usually txt.",
        rich_help_panel=_PANEL,
    ),
]
Folder = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="DIR", help="Save here, not print.", rich_help_panel=_PANEL),
]
Force = Annotated[
    bool, typer.Option("--force", help="Replace files of the same names.", rich_help_panel=_PANEL)
]


@dataclass(frozen=True, slots=True)
class Results:
    """Which transcripts are wanted, and where. Without a folder it is one, to be printed."""

    formats: tuple[str, ...]
    target: TargetFolder | None

    def check(self, stem: str) -> None:
        """Raises TargetExists for what could not be saved in the end."""
        if self.target is not None:
            for name in self._names(stem):
                self.target.refuse(name)

    async def save(self, client: AsyncClient, job_id: str, stem: str) -> list[Path]:
        """All of them or none, as files named after the stem."""
        if self.target is None:
            return []
        names = self._names(stem)
        files = await self._fetch(client, job_id, self.target.scratch)
        return await asyncio.to_thread(self.target.publish, list(zip(files, names, strict=True)))

    async def print(self, client: AsyncClient, job_id: str) -> None:
        with tempfile.TemporaryDirectory(prefix="zerokerf-", ignore_cleanup_errors=True) as scratch:
            for path in await self._fetch(client, job_id, Path(scratch)):
                await asyncio.to_thread(put_file, path)

    async def _fetch(self, client: AsyncClient, job_id: str, scratch: Path) -> list[Path]:
        there = {file.format: file for file in (await client.batch.files(job_id)).outputs}
        for each in self.formats:
            if each not in there:
                raise await _missing(client, job_id, each)
        return [
            await client.batch.download(there[each], scratch / f"transcript.{each}") for each in self.formats
        ]

    def _names(self, stem: str) -> list[str]:
        return [_NAME.file_name(Fields(number=1, segment=stem), each) for each in self.formats]


async def _missing(client: AsyncClient, job_id: str, name: str) -> ZerokerfError:
    """Why there is no such transcript: not any more, or not yet."""
    if (await client.batch.get(job_id)).state == BatchJob.STATE_DONE:
        return FileNotKept(f"The {name} transcript of job {job_id}")
    return TranscriptMissing(job_id, name)


@contextmanager
def open_results(
    typed: Sequence[str] | None, folder: Path | None, source: Path | None, *, force: bool
) -> Iterator[Results]:
    """For the formats as typed. Raises typer.Exit for what cannot be meant."""
    formats = _meant(typed or ["txt"])
    if folder is None and len(formats) > 1:
        raise usage_error("More than one format needs a folder: --output DIR.")
    if folder is None and force:
        raise usage_error("--force goes with --output only.")
    opened: AbstractContextManager[TargetFolder | None] = (
        open_target(folder, source, force=force) if folder is not None else nullcontext()
    )
    with opened as target:
        yield Results(formats, target)


def stem_of(source: str) -> str:
    """Of a file's name or an address."""
    path = unquote(urlsplit(source).path) if "://" in source else source
    return Path(path).stem or "transcript"


def _meant(typed: Sequence[str]) -> tuple[str, ...]:
    formats = [each.strip().lower() for text in typed for each in text.split(",")]
    for each in formats:
        if each not in FORMATS:
            raise usage_error(f"--format {each!r} is not possible; use one of {', '.join(FORMATS)}.")
    return tuple(dict.fromkeys(formats))
