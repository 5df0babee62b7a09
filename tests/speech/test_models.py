"""Which model is taken, and what its folder says of it."""

import json
import shutil
from pathlib import Path

import pytest
from tokenizers import AddedToken, Tokenizer
from tokenizers.models import WordLevel

from server.speech.model_files import ModelFiles
from server.speech.models import ALIAS, Model, Models, bundled_model, find_model
from zerokerf.errors import ConfigError, UnsupportedModel


def multilingual(folder: Path) -> ModelFiles:
    """All of a model but its weights."""
    folder.mkdir()
    tokens = [f"<|{code}|>" for code in ("en", "de", "zh", "haw", "startoftranscript", "nospeech")]
    tokenizer = Tokenizer(WordLevel({"hello": 0, "[UNK]": 1}, unk_token="[UNK]"))
    tokenizer.add_special_tokens([AddedToken(token, special=True) for token in tokens])
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "vocabulary.json").write_text(json.dumps([str(index) for index in range(51_865)]))
    (folder / "config.json").write_text("{}")
    (folder / "model.bin").touch()
    return ModelFiles.open(folder)


def test_the_bundled_model_is_english_only(model_files: ModelFiles) -> None:
    assert model_files.languages == {"en"}
    assert model_files.is_english_only
    assert model_files.count_tokens("hello world") == 2


def test_a_multilingual_model_has_the_languages_of_its_tokens(tmp_path: Path) -> None:
    files = multilingual(tmp_path / "model")

    assert files.languages == {"en", "de", "zh", "cmn", "haw"}
    assert not files.is_english_only


@pytest.mark.parametrize("missing", ["model.bin", "config.json", "tokenizer.json", "vocabulary.txt"])
def test_a_folder_that_lacks_a_part_is_no_model(tmp_path: Path, missing: str) -> None:
    folder = Path(shutil.copytree(bundled_model(), tmp_path / "model", copy_function=_link))
    (folder / missing).unlink()

    with pytest.raises(ConfigError, match="lacks"):
        ModelFiles.open(folder)


def test_models_are_chosen_by_code(model_files: ModelFiles, tmp_path: Path) -> None:
    small, large = Model("ours/small", model_files), Model("ours/large", multilingual(tmp_path / "model"))
    models = Models.of([small, large], enhanced_code="ours/large")

    assert models.choose() is small
    assert models.choose(ALIAS) is small
    assert models.choose(ALIAS, is_enhanced=True) is large
    assert models.choose("ours/small", is_enhanced=True) is small
    assert models.choose("ours/large") is large


def test_one_model_serves_both_operating_points(model_files: ModelFiles) -> None:
    models = Models.of([Model("ours/small", model_files)])

    assert models.choose(is_enhanced=True) is models.choose()


def test_an_unknown_code_is_refused_with_those_that_are_known(model_files: ModelFiles) -> None:
    models = Models.of([Model("ours/small", model_files)])

    with pytest.raises(UnsupportedModel, match=f"'nova'.*ours/small, {ALIAS}"):
        models.choose("nova")


def test_codes_are_the_operators_to_keep_apart(model_files: ModelFiles) -> None:
    model = Model("ours/small", model_files)

    with pytest.raises(ConfigError):
        Models.of([model, model])
    with pytest.raises(ConfigError):
        Models.of([Model(ALIAS, model_files)])
    with pytest.raises(ConfigError):
        Models.of([model], enhanced_code="ours/large")


def test_a_model_is_found_by_its_folder(tmp_path: Path) -> None:
    assert find_model(str(bundled_model()), tmp_path, may_download=False) == bundled_model()


@pytest.mark.parametrize("source", ["large-v3", "somebody/some-model", "no-such-size", "/no/such/folder"])
def test_a_name_is_not_looked_for_outside_unless_it_may(tmp_path: Path, source: str) -> None:
    with pytest.raises(ConfigError, match="Downloads are turned off"):
        find_model(source, tmp_path, may_download=False)


def _link(source: str, target: str) -> None:
    Path(target).symlink_to(source)
