"""The options that ask for transcripts of segments, and the files that come of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from zerokerf.batch_requests import SpeechWish
from zerokerf.cli.splits.cuts import CutCommand, with_value
from zerokerf.cli.transcripts.files import FORMATS
from zerokerf.cli.transcripts.speech import TypedSpeech
from zerokerf.client import AsyncClient
from zerokerf.errors import LinkRefused
from zerokerf.v1.split_pb2 import Split, TranscriptFile

USUAL_FORMATS = "txt,srt"
_PANEL = "Speech"

Transcribe = Annotated[
    str,
    typer.Option(
        "--transcribe",
        metavar="[FORMAT,FORMAT…]",
        help=f"Also write down what is said, as {', '.join(FORMATS)}; {USUAL_FORMATS} without a value.",
        rich_help_panel=_PANEL,
    ),
]
ChannelsApart = Annotated[
    bool,
    typer.Option("--channels-apart", help="Transcribe channels apart.", rich_help_panel=_PANEL),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedSegmentSpeech(TypedSpeech):
    """The options of speech where `--channels` says what the segments are to have."""

    channels_apart: ChannelsApart = False


@dataclass(frozen=True, slots=True)
class SegmentSpeech:
    """What was asked for: how to transcribe, and which files of it to have."""

    wish: SpeechWish
    formats: tuple[str, ...]

    def files(self, split: Split) -> list[TranscriptFile]:
        """Segment by segment, then those of the whole recording."""
        everything = [*(segment.transcripts for segment in split.segments), split.transcripts]
        return [file for files in everything for file in files if file.format in self.formats]

    async def save(self, client: AsyncClient, split: Split, folder: Path) -> list[Path]:
        """Beside the segments. Links that expire during a long download are renewed."""
        paths = []
        for place, file in enumerate(self.files(split)):
            try:
                paths.append(await client.download(file, folder))
            except LinkRefused:
                split = await client.get_split(split.id)
                paths.append(await client.download(self.files(split)[place], folder))
        return paths


class SplitCommand(CutCommand):
    """A command whose `--transcribe` needs no value either."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 - the framework keeps its type
        return super().parse_args(ctx, with_formats(args))


def with_formats(arguments: Sequence[str]) -> list[str]:
    """The arguments, with the usual formats behind a `--transcribe` that none follow."""
    return with_value(arguments, "--transcribe", USUAL_FORMATS, lambda text: _formats(text) is not None)


def meant_speech(formats: str, typed: TypedSpeech) -> SegmentSpeech | None:
    """None if nothing is to be transcribed. Raises ValueError for what cannot be meant."""
    if not formats:
        if typed.is_given:
            raise ValueError("Options of speech go with --transcribe.")
        return None
    wanted = _formats(formats)
    if wanted is None:
        raise ValueError(f"--transcribe {formats!r} is not possible; use {', '.join(FORMATS)}.")
    return SegmentSpeech(typed.wish, wanted)


def _formats(text: str) -> tuple[str, ...] | None:
    """None for any other text."""
    named = [each.strip().lower() for each in text.split(",")]
    return tuple(dict.fromkeys(named)) if set(named) <= set(FORMATS) else None
