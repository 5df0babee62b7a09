"""The JSON file obeys its schema and its rules on time, and says what the contract says."""

import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from server.speech.format_json import JobFacts, json_file
from server.speech.transcript import Transcript
from server.speech.transcript_text import joined
from tests.speech.formats.spoken import FACTS, anything, call, said, transcript

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "transcript.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA, format_checker=jsonschema.FormatChecker())


def document(made: Transcript, facts: JobFacts = FACTS) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(json_file(made, facts))
    VALIDATOR.validate(found)
    return found


def test_the_call_is_written_as_the_contract_prints_it() -> None:
    found = document(call())

    assert found["format"] == "2.9"
    assert found["job"] == {
        "id": "call17",
        "created_at": "2026-05-02T08:00:00.000Z",
        "data_name": "call-17.mp3",
        "duration": 5,
    }
    assert found["metadata"] == {
        "created_at": "2026-05-02T08:00:09.120000Z",
        "type": "transcription",
        "transcription_config": {"language": "en", "operating_point": "enhanced", "diarization": "none"},
        "language_pack_info": {
            "adapted": False,
            "itn": True,
            "language_description": "English",
            "word_delimiter": " ",
            "writing_direction": "left-to-right",
        },
        "orchestrator_version": "0.1.0",
    }
    said_by = {"confidence": 0.9, "language": "en", "speaker": "UU"}
    assert found["results"][1:3] == [
        {
            "type": "word",
            "start_time": 0.66,
            "end_time": 1.1,
            "alternatives": [{"content": "morning", **said_by}],
        },
        {
            "type": "punctuation",
            "start_time": 1.1,
            "end_time": 1.1,
            "attaches_to": "previous",
            "is_eos": False,
            "alternatives": [{"content": ",", **said_by}],
        },
    ]
    assert [item["is_eos"] for item in found["results"] if item["type"] == "punctuation"] == [
        False,
        True,
        True,
    ]


def test_the_schema_takes_the_shapes_that_we_do_not_write_too() -> None:
    found = document(call())
    word = found["results"][0]
    entity = {
        **word,
        "type": "entity",
        "entity_class": "money",
        "spoken_form": [word],
        "written_form": [word],
    }

    VALIDATOR.validate({**found, "results": [entity, {**word, "volume": 12.5}]})


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "noise"},
        {"start_time": "0.4"},
        {"alternatives": []},
        {"alternatives": [{"content": "x", "confidence": 1.5, "language": "en"}]},
        {"is_eos": True},
        {"type": "punctuation"},
    ],
    ids=str,
)
def test_the_schema_refuses_what_is_no_item(changed: dict[str, Any]) -> None:
    found = document(call())

    assert not VALIDATOR.is_valid({**found, "results": [{**found["results"][0], **changed}]})


def test_what_was_sent_with_the_job_comes_back() -> None:
    tracking = {"title": "Møøse", "tags": ["a"], "details": {"free": 1}}
    output_config = {"srt_overrides": {"max_line_length": 20}}

    found = document(call(), replace(FACTS, tracking=tracking, output_config=output_config))

    assert found["job"]["tracking"] == tracking
    assert found["metadata"]["output_config"] == output_config


@pytest.mark.parametrize(
    ("language", "name", "delimiter", "direction"),
    [
        ("zh", "Chinese", "", "left-to-right"),
        ("ja", "Japanese", "", "left-to-right"),
        ("ar", "Arabic", " ", "right-to-left"),
        ("he", "Hebrew", " ", "right-to-left"),
        ("de", "German", " ", "left-to-right"),
        ("xx", "xx", " ", "left-to-right"),
    ],
)
def test_the_language_pack_says_how_a_language_is_written(
    language: str, name: str, delimiter: str, direction: str
) -> None:
    info = document(transcript([], language=language))["metadata"]["language_pack_info"]

    assert (info["language_description"], info["word_delimiter"], info["writing_direction"]) == (
        name,
        delimiter,
        direction,
    )


def test_a_word_that_runs_from_the_right_says_so() -> None:
    (word,) = document(transcript(said(" שלום", language="he"), language="he"))["results"]

    assert word["alternatives"][0]["display"] == {"direction": "rtl"}


def test_silence_is_a_file_without_results() -> None:
    assert document(transcript([]))["results"] == []


def test_a_speaker_stands_on_words_and_marks_and_a_channel_on_items() -> None:
    found = document(transcript(said(" Hi.", speaker="S1", channel="channel_2")))["results"]

    assert [item["channel"] for item in found] == ["channel_2", "channel_2"]
    assert [item["alternatives"][0]["speaker"] for item in found] == ["S1", "S1"]


def test_a_mark_in_front_of_a_word_comes_before_it() -> None:
    found = document(transcript(said(" He", ' "said')))["results"]

    assert [(item["alternatives"][0]["content"], item.get("attaches_to")) for item in found] == [
        ("He", None),
        ('"', "next"),
        ("said", None),
    ]
    assert found[1]["start_time"] == found[1]["end_time"] == 0.1


def test_items_of_two_channels_are_in_order_of_time() -> None:
    words = [*said(" One,", " two.", channel="channel_1"), *said(" Three.", channel="channel_2", from_ms=50)]

    found = document(transcript(words))["results"]

    assert [item["alternatives"][0]["content"] for item in found] == ["One", "Three", ",", "two", ".", "."]


@pytest.mark.parametrize(("duration_ms", "seconds"), [(0, 0), (1, 1), (5_000, 5), (5_001, 6)])
def test_a_started_second_counts_whole(duration_ms: int, seconds: int) -> None:
    assert document(transcript([], duration_ms=duration_ms))["job"]["duration"] == seconds


def test_instants_are_written_in_utc() -> None:
    summer = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))

    found = document(call(), replace(FACTS, created_at=summer))

    assert found["job"]["created_at"] == "2026-07-01T10:00:00.000Z"


def test_a_name_that_is_no_text_does_no_harm() -> None:
    found = document(call(), replace(FACTS, data_name='a\ud800"\n.mp3'))

    assert found["job"]["data_name"] == 'a?"\n.mp3'


@settings(deadline=None)
@given(anything())
def test_whatever_was_said_the_file_is_valid_and_its_times_rise_inside_the_audio(made: Transcript) -> None:
    results = document(made)["results"]

    clock = 0.0
    for item in results:
        assert clock <= item["start_time"] <= item["end_time"] <= made.duration_ms / 1000
        assert round(item["end_time"], 2) == item["end_time"]
        clock = item["start_time"]
    assert [i["alternatives"][0]["content"] for i in results if i["type"] == "word"] == [
        w.text for w in made.words
    ]


def test_a_reader_of_the_file_can_write_the_text_again() -> None:
    made = transcript(said(" He", " said,", ' "Go', " —", ' now!"'))

    text = ""
    glued = True
    for item in document(made)["results"]:
        side = item.get("attaches_to")
        gap = "" if glued or side in ("previous", "both") else " "
        text += gap + item["alternatives"][0]["content"]
        glued = side in ("next", "both")
    assert text == joined(made.words) == 'He said, "Go — now!"'
