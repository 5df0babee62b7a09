"""The options that say how a recording is to be transcribed."""

from dataclasses import dataclass
from typing import Annotated

import typer

from zerokerf.batch_requests import SpeechWish

_PANEL = "Speech"


def _option(names: str, metavar: str, sentence: str) -> object:
    return typer.Option(names, metavar=metavar, help=sentence, rich_help_panel=_PANEL)


def _switch(name: str, sentence: str) -> object:
    return typer.Option(name, help=sentence, rich_help_panel=_PANEL)


Language = Annotated[str, _option("--language", "CODE", "As in en, or auto; else English.")]
Model = Annotated[str, _option("--model", "CODE", "As 'zerokerf models' lists them.")]
Enhanced = Annotated[bool, _switch("--enhanced", "Take the larger model.")]
ChannelsApart = Annotated[bool, _switch("--channels", "Transcribe channels apart.")]
Vocabulary = Annotated[
    list[str] | None, _option("--vocab", "WORD", "Likely to be said; may be given more than once.")
]
LineLength = Annotated[int | None, _option("--line-length", "N", "Characters in a line of subtitles.")]
Lines = Annotated[int | None, _option("--lines", "N", "Lines in a subtitle.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedSpeech:
    """The options as typed; what is empty was not given."""

    language: Language = ""
    model: Model = ""
    enhanced: Enhanced = False
    channels_apart: ChannelsApart = False
    vocabulary: Vocabulary = None
    line_length: LineLength = None
    lines: Lines = None

    @property
    def is_given(self) -> bool:
        texts = (self.language, self.model, self.vocabulary)
        return (
            any(texts)
            or self.enhanced
            or self.channels_apart
            or (self.line_length, self.lines) != (None, None)
        )

    @property
    def wish(self) -> SpeechWish:
        return SpeechWish(
            language=self.language,
            model=self.model,
            operating_point="enhanced" if self.enhanced else "standard",
            diarization="channel" if self.channels_apart else "none",
            vocabulary=self.vocabulary or [],
            line_length=self.line_length,
            lines=self.lines,
        )
