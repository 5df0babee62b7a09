"""Speech models that know languages and count tokens, and nothing else: the rules ask for no more."""

from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace

from server.speech.model_files import ModelFiles
from server.speech.models import Model, Models


def models() -> Models:
    """An English-only default, and a larger one with more languages."""
    small = Model("ours/small.en", _files({"en"}))
    large = Model("ours/large", _files({"en", "de", "zh", "cmn"}))
    return Models.of([small, large], enhanced_code="ours/large")


def _files(languages: set[str]) -> ModelFiles:
    tokenizer = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    return ModelFiles(Path("nowhere"), frozenset(languages), tokenizer)
