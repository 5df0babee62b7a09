"""What the folder of a Whisper model says of it before it is loaded."""

import json
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Self

from tokenizers import Tokenizer

from zerokerf.errors import ConfigError

_NEEDED = ("model.bin", "config.json", "tokenizer.json")  # a tokenizer that is missing would be downloaded
_MULTILINGUAL_TOKENS = 51_865  # English-only models have one token less
_LANGUAGE = re.compile(r"<\|([a-z]{2,3})\|>")


@dataclass(frozen=True, slots=True, eq=False)
class ModelFiles:
    """`languages` are codes of the API: Mandarin is there as `zh` and as `cmn`."""

    folder: Path
    languages: frozenset[str]
    tokenizer: Tokenizer

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Raises ConfigError if the folder holds no whole model."""
        missing = [name for name in _NEEDED if not (folder / name).is_file()]
        if missing:
            raise ConfigError(f"The speech model in {folder} lacks {' and '.join(missing)}.")
        tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        return cls(folder, _languages(folder, tokenizer), tokenizer)

    @property
    def is_english_only(self) -> bool:
        return self.languages == {"en"}

    def count_tokens(self, text: str) -> int:
        return len(self.tokenizer.encode(text, add_special_tokens=False).ids)


def whisper_code(language: str) -> str:
    """The name that Whisper's models have for it."""
    return "zh" if language == "cmn" else language


def _languages(folder: Path, tokenizer: Tokenizer) -> frozenset[str]:
    if _vocabulary_size(folder) < _MULTILINGUAL_TOKENS:
        return frozenset({"en"})
    tokens = (token.content for token in tokenizer.get_added_tokens_decoder().values())
    found = {match[1] for match in map(_LANGUAGE.fullmatch, tokens) if match}
    return frozenset(found | ({"cmn"} if "zh" in found else set()))


def _vocabulary_size(folder: Path) -> int:
    as_json, as_text = folder / "vocabulary.json", folder / "vocabulary.txt"
    if as_json.is_file():
        return len(json.loads(as_json.read_text("utf-8")))
    if as_text.is_file():
        with as_text.open("rb") as file:
            return sum(chunk.count(b"\n") for chunk in iter(partial(file.read, 1 << 16), b""))
    raise ConfigError(f"The speech model in {folder} lacks its vocabulary.")
