"""How to transcribe, in the bodies of requests: the same for transcription jobs and for split jobs."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.bodies import MAX_INT32, Body

NotEmpty = Annotated[str, Field(min_length=1)]


class VocabularyBody(Body):
    content: str = Field(description="A word or phrase of up to 6 words.")
    sounds_like: list[str] | None = None


class TranscriptionBody(Body):
    language: str | None = Field(None, description="`en` when absent.")
    operating_point: Literal["standard", "enhanced"] | None = Field(
        None, description="`standard` when absent."
    )
    diarization: Literal["none", "speaker", "channel"] | None = Field(None, description="`none` when absent.")
    domain: str | None = None
    output_locale: str | None = None
    enable_entities: bool | None = None
    additional_vocab: list[VocabularyBody] | None = Field(None, description="At most 1000 entries.")


class SrtBody(Body):
    max_line_length: int | None = Field(None, ge=1, le=MAX_INT32, description="37 when absent.")
    max_lines: int | None = Field(None, ge=1, le=MAX_INT32, description="2 when absent.")


class OutputBody(Body):
    srt_overrides: SrtBody | None = None


class TranscribeBody(Body):
    """In the words of the transcription API. `{}` is enough."""

    model_code: NotEmpty | None = Field(None, description="The default model when absent.")
    transcription_config: TranscriptionBody | None = None
    output_config: OutputBody | None = None
